"""Spark's own words, for a command that keeps no record."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ppf_core.cli.output import Output
from ppf_core.cli.spark_log import ShortLivedLog

LINES = "09:00 INFO all is well\n09:01 WARN the token is canary\n09:02 ERROR it broke\n"


def hide(text: str) -> str:
    return text.replace("canary", "****")


@pytest.fixture
def look(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Spark writes its lines; gives what is told of them on standard error."""

    def run(*, everything: bool, fails: bool) -> str:
        output = Output()
        capture = ShortLivedLog(output, everything=everything).capture
        with output.streams(as_json=False), suppress(LookupError), capture(tmp_path / "spark.log", hide):
            os.write(1, LINES.encode())
            if fails:
                raise LookupError
        return capfd.readouterr().err

    return run


def test_after_a_failure_the_warnings_and_errors_are_told(look: Callable[..., str]) -> None:
    assert look(everything=False, fails=True).splitlines() == ["09:01 WARN the token is ****", "09:02 ERROR it broke"]


def test_when_asked_for_all_of_it_is_told(look: Callable[..., str]) -> None:
    assert len(look(everything=True, fails=False).splitlines()) == 3


def test_otherwise_nothing_is_told(look: Callable[..., str]) -> None:
    assert look(everything=False, fails=False) == ""
