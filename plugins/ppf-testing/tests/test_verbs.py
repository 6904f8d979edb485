"""`ppf plugins test` asks an installed distribution, without a source tree; `ppf plugins docs` makes its page."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ppf_testing.versions import since, skip_later_checks

PPF = Path(sys.executable).with_name("ppf")
PLUGINS = '''
"""Numbers."""

from ppf_core import Context, NoOptions, OptionsError, Source, option, options


@options
class CountOptions:
    """How far."""

    end: int = option("Where it ends.")

    def __post_init__(self) -> None:
        if self.end < 1:
            raise OptionsError({"end": f"must be at least 1, not {self.end}."})


class Right(Source[CountOptions]):
    """Counts."""

    examples = ("end = 3",)
    repeatable = property(lambda self: True)

    def read(self, context: Context):
        return context.spark.range(self.options.end)


class Wrong(Right):
    """Counts, and says so."""

    examples = ("ende = 3",)
    output_schema = property(lambda self: "number INT")


class Untold(Source[NoOptions]):
    """Nobody speaks of it."""

    examples = ("",)

    def read(self, context: Context):
        return context.spark.range(1)
'''
CASES = '''
"""Cases for `ppf plugins test`."""

from acme.plugins import Right, Wrong


class _Counting:
    is_self_made = True
    refused = ({"end": 0},)

    def options(self, folder):
        return {"end": 3}


class ToThree(_Counting):
    plugin = Right


class ToThreeWrongly(_Counting):
    plugin = Wrong
'''
OFFERS = {f"sources.acme_{name}": f"acme.plugins:{name.title()}" for name in ("right", "wrong", "untold")}
FILES = {"acme/__init__.py": '"""Numbers."""\n', "acme/py.typed": "", "acme/plugins.py": PLUGINS}


def asked(*words: str, folder: Path) -> tuple[int, dict[str, Any], str]:
    # What a user has set for tests of his own has no say.
    environment = {**os.environ, "PYTEST_ADDOPTS": "--nonsense"}
    command = [PPF, "plugins", "test", *words, "--json"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout), done.stderr


def test_what_is_right_wrong_and_untold_is_told_apart(tmp_plugin: Callable[..., Path], tmp_path: Path) -> None:
    tmp_plugin(OFFERS, {**FILES, "acme/conformance/__init__.py": "", "acme/conformance/counting.py": CASES}, name="Ac_Me")
    code, document, said = asked("ac-me", folder=tmp_path)
    assert (code, document["ok"], document["distribution"]) == (1, False, "Ac_Me"), said
    checks = {(each["plugin"], each["name"]): each for each in document["checks"]}
    of = {
        name: [each for (plugin, _), each in checks.items() if plugin == f"sources.acme_{name}"] for name in ("right", "untold")
    }
    assert [each for each in of["right"] if each["status"] != "passed"] == []
    assert len(of["right"]) == 9
    failed = {name: each["message"] for (_, name), each in checks.items() if each["status"] == "failed"}
    assert failed.keys() == {"its examples are right", "ToThreeWrongly: it gives a frame of the schema that it tells"}
    assert "Unknown option 'ende'" in failed["its examples are right"]
    skipped = {each["name"]: each["message"] for each in of["untold"] if each["status"] == "skipped"}
    assert set(skipped.values()) == {"No case in acme.conformance speaks of Untold."}
    assert "a second read has the same rows" in skipped


@pytest.mark.parametrize(
    ("conformance", "told"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("from ppf_inline.range import RangeSource\nclass Foreign:\n    plugin = RangeSource", "Foreign speaks of RangeSource"),
        ("import os\nos._exit(7)", "exit code 7"),
    ],
)
def test_cases_that_cannot_be_read_have_failed(
    conformance: str, told: str, tmp_plugin: Callable[..., Path], tmp_path: Path
) -> None:
    tmp_plugin(OFFERS, {**FILES, "acme/conformance.py": conformance})
    code, document, _ = asked("acme", folder=tmp_path)
    (check,) = document["checks"]
    assert (code, check["status"], told in check["message"]) == (1, "failed", True), check


def test_a_distribution_that_is_not_there_gets_a_near_miss(tmp_path: Path) -> None:
    code, document, _ = asked("ppf-inlin", folder=tmp_path)
    assert (code, document["distribution"], document["checks"]) == (3, None, [])
    assert "Did you mean 'ppf-inline'" in document["problems"][0]["hint"]


def test_the_table_counts_and_names_what_was_skipped(tmp_plugin: Callable[..., Path], tmp_path: Path) -> None:
    tmp_plugin({"sources.acme_untold": "acme.plugins:Untold"}, FILES)
    command = [PPF, "plugins", "test", "acme", "--markdown"]
    done = subprocess.run([*command, "--strict"], cwd=tmp_path, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert "| `sources.acme_untold` | 3 | 0 | 6 |" in lines, done.stderr
    assert lines[-1] == "- `sources.acme_untold`: 6 skipped. No case in acme.conformance speaks of Untold."
    assert done.returncode == 1
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


BAD = "from ppf_core import NoOptions, Source\n\n\nclass Bad(Source[NoOptions]):\n    pass\n"


def made(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PPF, "plugins", "docs", *words], capture_output=True, text=True, check=False)


def test_a_page_has_options_promises_examples_and_cases(tmp_plugin: Callable[..., Path]) -> None:
    tmp_plugin({**OFFERS, "sources.acme_bad": "acme.bad:Bad"}, {**FILES, "acme/bad.py": BAD, "acme/conformance.py": CASES})
    page = made("acme").stdout
    assert page.startswith("# acme\n")
    right, wrong, bad = (page[page.index(f"## source `acme_{name}`") :] for name in ("right", "wrong", "bad"))
    assert "| `end` | whole number | required | Where it ends. |" in right
    assert right.index("- Works with Spark classic.") < right.index("{ source = acme_right, options { end = 3 } }")
    assert "The kit asks it in the cases `ToThree`: `ppf plugins test acme`." in right
    assert wrong.index("`ToThreeWrongly`") < wrong.index("{ source = acme_wrong, options { ende = 3 } }")
    assert "It is broken. 'acme.bad:Bad'" in bad


def test_pages_are_written_with_an_index(tmp_plugin: Callable[..., Path], tmp_path: Path) -> None:
    tmp_plugin(OFFERS, FILES)
    document = json.loads(made("acme", "PPF_Files", "--into", tmp_path / "pages", "--json").stdout)
    assert document["distributions"] == ["acme", "ppf-files"]
    assert sorted(document["files"]) == sorted(str(each) for each in (tmp_path / "pages").iterdir())
    index = (tmp_path / "pages" / "index.md").read_text()
    assert "| [acme](acme.md) | A plugin of a test. | source `acme_right`, source `acme_wrong`, source `acme_untold` |" in index
    assert "## source `csv`" in (tmp_path / "pages" / "ppf-files.md").read_text()


def test_the_result_of_the_kit_ends_the_page_when_it_is_asked_for(tmp_plugin: Callable[..., Path]) -> None:
    tmp_plugin({"sources.acme_untold": "acme.plugins:Untold"}, FILES)
    assert "| `sources.acme_untold` | 3 | 0 | 6 |" in made("acme", "--tested").stdout


def test_a_page_of_what_is_not_there_gets_a_near_miss() -> None:
    done = made("ppf-file")
    assert (done.returncode, "Did you mean 'ppf-files'?" in done.stderr) == (3, True), done.stderr


class OfVersionOne:
    kit = 1


class OfVersionTwo:
    kit = 2


def test_checks_of_a_later_version_wait_until_they_are_asked_for() -> None:
    @since(2)
    def later() -> None: ...

    class Item:
        def __init__(self, suite: type, function: Callable[[], None]) -> None:
            self.cls, self.function, self.reasons = suite, function, list[str]()

        def add_marker(self, mark: Any) -> None:
            self.reasons.append(mark.kwargs["reason"])

    items: Any = [Item(OfVersionOne, later), Item(OfVersionTwo, later), Item(OfVersionOne, lambda: None)]
    skip_later_checks(items)
    assert [len(each.reasons) for each in items] == [1, 0, 0]
    assert "Say kit = 2 in it" in items[0].reasons[0]
