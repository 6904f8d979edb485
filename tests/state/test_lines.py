"""Each kind of line is written as text and read back as the same value."""

import datetime

import pytest

from ppf_core.contracts.context import Dataset, WriteId
from ppf_core.contracts.results import ComponentResult, ErrorInfo, QualityResult, RunInfo, UsedPlugin
from ppf_core.errors import Problem
from ppf_core.state import lines
from ppf_core.state.lines import Entry, read_entries, write_entry

NOW = datetime.datetime(2026, 1, 31, 23, 59, 59, 123000, tzinfo=datetime.UTC)
RUN = RunInfo(
    run_id="r1",
    pipeline="flights",
    version=None,
    environment="dev",
    mode="batch",
    tags={"team": "ops"},
    started_at=NOW,
    record_path="record.jsonl",
    resumed_from="r1",
)
WRITE = WriteId("flights/r1/out", 7)
CHECK = QualityResult(check="in_range", name="delay", action="warn", status="warned", failed=3, evaluated=1000, value=0.5)
RESULT = ComponentResult(
    name="out",
    kind="sink",
    plugin="csv",
    distribution="ppf-files",
    status="failed",
    started_at=NOW,
    error=ErrorInfo("OSError", "\ud800"),
    quality=(CHECK,),
)

ALL = (
    lines.RunBegan(RUN, (UsedPlugin(distribution="ppf-files", version="0.1.0"),), "host", 7, "r0"),
    lines.RunResumed(RUN),
    lines.PlanMade(({"name": "out", "inputs": {"a": "b"}},), {"file": "f.conf"}),
    lines.SessionOpened({"master": "local[2]"}),
    lines.ComponentStarted("out"),
    lines.Pinned("in", "v7"),
    lines.Advanced("in", {"end": "3"}, "end", "5"),
    lines.FrameCached("in", "memory", "it is dear"),
    lines.FrameSaved("in", "file:/in", ("file:/bad",)),
    lines.AttemptEnded("out", 2, "stage", NOW, NOW, ErrorInfo("OSError", "gone"), 0.5),
    lines.CheckJudged("out", CHECK),
    lines.RowsSetApart("out", {"bad": 2, "": 1}),
    lines.SamplesTaken("out", 0, ("id",), (("1",), (None,))),
    lines.SamplesLost("out", "Spark is gone."),
    lines.ComponentEnded(RESULT),
    lines.Staging("out", WRITE, (Dataset("file", "/out"),)),
    lines.Staged("out", WRITE, {"stage": "/.out"}),
    lines.Committed((WRITE,), (lines.Move("in", {"end": "5"}, (WRITE,)),)),
    lines.Published("out", WRITE),
    lines.Discarded("out", WRITE),
    lines.CursorsCommitted(("in",)),
    lines.BatchesSetApart("late", "/data/quarantine/late/run_id=r1", 3),
    lines.BatchBegan(7, "r1"),
    lines.BatchEnded({"out": 7}),
    lines.RunEnded("failed", 1, NOW, 1.5, (Problem(code="run", message="It is over."),)),
)


@pytest.mark.parametrize("line", ALL, ids=lambda line: line.kind)
def test_a_line_is_read_as_it_was_written(line: lines.Line) -> None:
    entry = Entry(NOW, line)
    text = write_entry(entry)
    assert text.count(b"\n") == 1
    assert list(read_entries([text])) == [entry]


def test_there_is_a_test_for_each_kind() -> None:
    assert {line.kind for line in ALL} == set(lines.KINDS)


def test_lines_of_some_kinds_can_be_read_alone() -> None:
    texts = [write_entry(Entry(NOW, line)) for line in ALL]
    found = [entry.line.kind for entry in read_entries(texts, lines.RunBegan, lines.RunEnded)]
    assert found == ["run", "end"]


def test_a_torn_line_says_nothing() -> None:
    text = write_entry(Entry(NOW, lines.Published("out", WRITE)))
    assert list(read_entries([text[:-9], b"", text])) == [Entry(NOW, lines.Published("out", WRITE))]
