"""A plugin of pytest that writes down how each check ended, as lines of JSON: loaded by `ppf plugins test` alone."""

import json
from pathlib import Path
from typing import Any

import pytest

_RANK = {"passed": 0, "skipped": 1, "failed": 2}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the lines go."""
    parser.addoption("--ppf-report", metavar="FILE", help="Write how each check ended there, as lines of JSON.")


def pytest_configure(config: pytest.Config) -> None:
    """Begins to listen, if it is wanted."""
    if path := config.getoption("--ppf-report"):
        config.pluginmanager.register(_Report(Path(path)), "ppf-report")


class _Report:
    """A line for each check, once it is over: setting up and tearing down may fail as well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.touch()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Collects the reports of one check."""
        self._worst: dict[str, str] = {"status": "passed", "message": ""}
        done = yield
        suite = getattr(item, "cls", None)
        self._write(plugin=getattr(suite, "offered", ""), name=_name(item.name, getattr(suite, "case", "")), **self._worst)
        return done

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps the worst of them."""
        if _RANK[report.outcome] > _RANK[self._worst["status"]]:
            self._worst = {"status": report.outcome, "message": _message(report)}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Cases that cannot be read have failed, too."""
        if report.outcome == "failed":
            self._write(plugin="", name="cases", status="failed", message=_message(report))

    def _write(self, **line: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(line)}\n")


def _name(test: str, case: str) -> str:
    """The sentence of a check, after the case that it was asked of."""
    sentence, _, of = test.removeprefix("test_").partition("[")
    return f"{case + ': ' if case else ''}{sentence.replace('_', ' ')}{' [' + of if of else ''}"


def _message(report: pytest.TestReport | pytest.CollectReport) -> str:
    """What a failure or a skip says, and where."""
    found: Any = report.longrepr
    if isinstance(found, tuple):
        return str(found[2]).removeprefix("Skipped: ")
    crash = getattr(found, "reprcrash", None)
    if crash is None:
        return str(found).strip().splitlines()[-1]
    return f"{crash.message.splitlines()[0]} ({crash.path}:{crash.lineno})"
