"""What a run wants of a session, against what it has: pure comparisons."""

import pytest

from ppf_core.errors import RunError
from ppf_core.jvm.settings import differing, require_settings

PACKAGE = "org.example:tool:1.0"


def unasked() -> str:
    raise AssertionError("The class path was asked for: 45 ms of every run.")


def test_the_jars_are_asked_for_only_when_one_may_be_missing() -> None:
    wanted = {"spark.sql.ansi.enabled": "true", "spark.jars.packages": PACKAGE}
    require_settings(wanted, wanted, unasked)
    assert list(differing(wanted, wanted, unasked)) == []
    with pytest.raises(RunError, match=r"spark\.sql\.ansi\.enabled = true"):
        require_settings(wanted, {"spark.jars.packages": PACKAGE}, unasked)


@pytest.mark.parametrize(
    ("key", "value"), [("spark.jars.packages", PACKAGE), ("spark.jars", "/somewhere/else/tool-1.0.jar,here/tool-1.0.jar")]
)
def test_a_jar_counts_however_it_got_there(key: str, value: str) -> None:
    require_settings({key: value}, {}, lambda: "file:/cache/org.example_tool-1.0.jar file:/jars/tool-1.0.jar")
    with pytest.raises(RunError, match="lacks what the plugins"):
        require_settings({key: value}, {}, lambda: "file:/jars/tool-kit-2.0.jar")
