"""A state directory that another version of ppf wrote is refused by name, and left as it is.

`old_state` was made by ppf before the lines of records had types: a run that a breaker's component failed, and one that was
killed between its commit and its first publish.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from killed import WritePipeline
from test_record import info, plan

from ppf_core import PipelineRunner
from ppf_core.contracts.context import WriteId
from ppf_core.errors import RunError
from ppf_core.runs.replay import find_quarantined
from ppf_core.state import lines
from ppf_core.state.cursors import Cursors
from ppf_core.state.store import FORMAT, RunRecords

OLD = Path(__file__).parent / "old_state"

ASKS: dict[str, Callable[[RunRecords], Any]] = {
    "list": lambda store: store.list(),
    "show": lambda store: store.show("tuesday"),
    "report": lambda store: store.report("tuesday"),
    "unfinished": lambda store: store.unfinished(),
    "reopen": lambda store: store.reopen("wednesday"),
    "create": lambda store: store.create("thursday"),
    "quarantined": find_quarantined,
}


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD, tmp_path / ".ppf"))


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS.keys())
def test_an_older_state_directory_is_refused_by_name_and_left_as_it_is(ask: Callable[[RunRecords], Any], old: Path) -> None:
    with pytest.raises(RunError, match="was written by an older version of ppf") as raised:
        ask(RunRecords(old))
    assert str(old) in str(raised.value)
    assert "ppf runs recover" in str(raised.value.hint)
    assert content(old) == content(OLD)


def test_a_run_in_an_older_state_directory_is_refused_before_it_begins(old: Path, pipeline: WritePipeline) -> None:
    path = pipeline("n { source = numbers }")
    with pytest.raises(RunError, match="was written by an older version of ppf"):
        PipelineRunner.from_file(path).run()
    assert content(old) == content(OLD)


def test_a_newer_state_directory_is_refused_with_both_formats(tmp_path: Path) -> None:
    RunRecords(tmp_path).create("r1").begin(info("r1"), ())
    (tmp_path / "format").write_text(f"{FORMAT + 1}\n")
    with pytest.raises(RunError, match=f"has the format '{FORMAT + 1}'; this version of ppf reads {FORMAT}"):
        RunRecords(tmp_path).list()


def test_old_cursors_can_be_taken_along(tmp_path: Path) -> None:
    shutil.copytree(OLD / "cursors", tmp_path / ".ppf" / "cursors")
    RunRecords(tmp_path / ".ppf").create("r1").begin(info("r1"), ())
    assert Cursors(tmp_path / ".ppf", "test").read() == {"new": {"end": "3"}}


def test_what_became_of_a_write_can_be_asked_across_runs(tmp_path: Path) -> None:
    store, scope = RunRecords(tmp_path), "flights/out/checkpoint"
    for number in range(3):
        record = store.create(f"r{number}")
        record.begin(info(f"r{number}"), (), plan("out"))
        record.write(lines.Staging("out", WriteId(scope, number)))
        record.write(lines.Staging("other", WriteId("flights/other/checkpoint", number)))
        if number < 2:
            record.write(lines.Published("out", WriteId(scope, number)))
        record.release()
    assert [(write.id.number, write.state) for write in store.writes(scope)] == [
        (0, "published"),
        (1, "published"),
        (2, "open"),
    ]
