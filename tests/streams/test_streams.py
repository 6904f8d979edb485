"""Streams as a user runs them: real Spark, real folders, one process."""

import datetime
import json
import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from ppf_files.stream_source import FilesSource
from pyspark.sql import SparkSession

from ppf_core import CheckpointRefused, Context, PipelineResult, PipelineRunner, PpfError
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.steps import Steps
from ppf_core.runs.recovery import recover
from ppf_core.runs.replay import find_quarantined
from ppf_core.runs.run import Run
from ppf_core.runs.runner import RunRequest
from ppf_core.spark.engines import engines
from ppf_core.state.events import Retried
from ppf_core.state.store import RunRecords
from ppf_core.storage import LocalFiles
from ppf_core.streams.lease import Lease
from ppf_core.streams.opening import Fresh
from ppf_core.streams.supervisor import Supervisor
from ppf_core.threads import threads
from ppf_core.verbs.cleaning import find_old, remove

HEAD = """
name = events
mode = streaming
components.numbers {
  source = files, options { path = in, format = json, schema = "id INT, kind STRING", max_files_per_trigger = 1 }
}
"""
OUT = 'out { sink = json, inputs = [numbers], trigger = available_now, options { path = "out" } }'


class Stream:
    """A folder with a pipeline, what feeds it, and what it wrote."""

    def __init__(self, folder: Path, spark: SparkSession) -> None:
        self.folder = folder
        self.spark = spark
        (folder / "in").mkdir()

    def feed(self, *ids: int) -> None:
        """One file, which is one batch."""
        number = len(list((self.folder / "in").iterdir()))
        lines = [json.dumps({"id": each, "kind": f"k{each % 2}"}) + "\n" for each in ids]
        path = self.folder / "in" / f"{number:04}.json"
        path.write_text("".join(lines))
        os.utime(path, (number + 1, number + 1))  # Spark takes the oldest file first

    def run(self, components: str, *, head: str = HEAD, **request: Any) -> PipelineResult:
        (self.folder / "events.conf").write_text(f"{head}\ncomponents {{\n{components}\n}}\n")
        runner = PipelineRunner.from_file(self.folder / "events.conf")
        return runner.execute(RunRequest(spark=self.spark, **request))

    def rows(self, sink: str = "out") -> list[tuple[Any, ...]]:
        files = sorted((self.folder / sink).glob("[!._]*"))
        return sorted(tuple(json.loads(line).values()) for path in files for line in path.read_text().splitlines())

    def ids(self, sink: str = "out") -> list[int]:
        return [row[0] for row in self.rows(sink)]


@pytest.fixture
def stream(tmp_path: Path, spark: SparkSession) -> Stream:
    return Stream(tmp_path, spark)


def said(act: Callable[[], PipelineResult]) -> str:
    """All that a run says that went wrong, before its record or in it."""
    try:
        result = act()
    except PpfError as error:
        return "\n".join([str(error), *map(str, error.problems)])
    errors = [f"{each.name}: {each.error.message}" for each in result.components if each.error is not None]
    return "\n".join([*map(str, result.problems), *errors])


def test_a_stream_goes_on_where_the_last_run_ended(stream: Stream) -> None:
    stream.feed(1, 2)
    stream.feed(3)
    first = stream.run(OUT)
    assert first.ok, said(lambda: first)
    assert first["out"].rows_written == 3
    stream.feed(4)
    second = stream.run(OUT)
    assert second["out"].rows_written == 1
    assert stream.ids() == [1, 2, 3, 4]
    progress = second["out"].progress
    assert progress is not None
    assert (progress.query, progress.batch_id, progress.input_rows) == ("numbers", 2, 1)


CHECKED = """
good { transform = sql, inputs = [numbers], options { query = "SELECT id, kind FROM numbers" }
       quality = [ { check = in_range, options { column = id, max = 10 }, action = %s } ] }
out  { sink = json, inputs = [good], trigger = available_now, options { path = "out" } }
"""


def test_the_results_of_checks_add_up_over_the_batches(stream: Stream) -> None:
    stream.feed(1, 99)
    stream.feed(2, 98, 97)
    result = stream.run(CHECKED % "drop")
    (check,) = result["good"].quality
    assert (check.status, check.failed, check.evaluated) == ("warned", 3, 5)
    assert stream.ids() == [1, 2]


def test_a_blocking_check_ends_the_stream_and_the_bad_batch_is_not_visible(stream: Stream) -> None:
    stream.feed(1)
    stream.feed(2, 99)
    stream.feed(3)
    result = stream.run(CHECKED % "fail")
    assert (result.status, result.exit_code) == ("failed", 4)
    assert result["good"].status == "failed"
    assert stream.ids() == [1]
    again = stream.run(CHECKED.replace("max = 10", "max = 100") % "fail")
    assert again.ok, said(lambda: again)
    assert stream.ids() == [1, 2, 3, 99]


def test_checks_that_no_batch_passes_by_are_filters_above_what_needs_the_whole_stream(stream: Stream) -> None:
    stream.feed(1, 99, 3)
    stream.feed(5, 98)
    counted = """
    good { transform = sql, inputs = [numbers], options { query = "SELECT id, kind FROM numbers" }
           quality = [ { check = in_range, options { column = id, max = 10 }, action = drop }
                       { check = in_set, options { column = kind, values = [k0] }, action = warn } ] }
    sums { transform = sql, inputs = [good], options { query = "SELECT kind, sum(id) AS total FROM good GROUP BY kind" } }
    out  { sink = json, inputs = [sums], trigger = available_now, output_mode = complete
           options { path = "out", mode = overwrite } }
    """
    result = stream.run(counted)
    assert result.ok, said(lambda: result)
    assert stream.rows() == [("k1", 9)]
    assert [(each.status, each.failed, each.evaluated) for each in result["good"].quality] == [
        ("warned", 2, 5),
        ("warned", 4, 5),
    ]


def test_what_needs_the_whole_stream_is_refused_below_a_cut(stream: Stream) -> None:
    stream.feed(1)
    below = """
    kept { transform = sql, inputs = [numbers], persist = memory, options { query = "SELECT * FROM numbers" } }
    sums { transform = sql, inputs = [kept], options { query = "SELECT kind, sum(id) AS total FROM kept GROUP BY kind" } }
    out  { sink = json, inputs = [sums], trigger = available_now, options { path = "out" } }
    """
    text = said(lambda: stream.run(below))
    assert "'sums' would see one batch only: 'kept' above it is handed on batch by batch" in text
    assert not (stream.folder / "out").exists()


def test_a_side_input_of_each_batch_does_not_hide_what_needs_the_whole_stream(stream: Stream) -> None:
    stream.feed(1)
    (stream.folder / "names.json").write_text('{"kind": "k1", "name": "odd"}\n')
    below = """
    names { source = json, batch = true, refresh = per_batch
            options { path = "names.json", schema = "kind STRING, name STRING" } }
    kept  { transform = sql, inputs = [numbers], persist = memory, options { query = "SELECT * FROM numbers" } }
    named { transform = sql, inputs = [kept, names], options { query = "SELECT id, name FROM kept JOIN names USING (kind)" } }
    sums  { transform = sql, inputs = [named], options { query = "SELECT name, sum(id) AS total FROM named GROUP BY name" } }
    out   { sink = json, inputs = [sums], trigger = available_now, options { path = "out" } }
    """
    assert "'sums' would see one batch only" in said(lambda: stream.run(below))


def test_a_hook_that_is_required_and_fails_keeps_batches_from_being_shown(stream: Stream) -> None:
    stream.feed(1)
    (stream.folder / "audit.jsonl").mkdir()
    head = HEAD + 'hooks.audit { path = "audit.jsonl", required = true }'
    assert "The hook ppf_pipeline_start of 'audit'" in said(lambda: stream.run(OUT, head=head))
    assert stream.ids() == []
    (stream.folder / "audit.jsonl").rmdir()
    assert stream.run(OUT, head=head).ok
    assert stream.ids() == [1]


def test_a_query_whose_last_batch_cannot_be_shown_can_begin_anew(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    stream.feed(1)
    die_in(monkeypatch, Steps, "publish", at=1)
    with pytest.raises(Killed):
        stream.run(OUT, run_id="dead")
    monkeypatch.undo()
    (stream.folder / ".ppf/data/streams/events/numbers/_ppf/query.json").write_text("{")
    text = said(lambda: stream.run(OUT))
    assert "nobody can read" in text
    assert "--abandon" in text
    recover(RunRecords(stream.folder / ".ppf"), "dead", lambda _resources: engines().engine(stream.spark), abandon=True)
    told: list[Any] = []
    assert stream.run(OUT, fresh=Fresh(["numbers"]), observers=(told.append,)).ok
    assert "was given up" in str(told)
    assert stream.ids() == [1]


def test_a_checkpoint_is_not_followed_by_another_query(stream: Stream) -> None:
    stream.feed(1)
    assert stream.run(OUT).ok
    changed = stream.run(OUT.replace("json", "parquet"))
    assert changed.exit_code == 5
    text = said(lambda: changed)
    assert "its sinks are out (ppf-files:parquet), and were out (ppf-files:json)" in text
    assert "--fresh numbers" in text
    text = said(lambda: stream.run(OUT, head=HEAD.replace("path = in,", 'path = "in/..",')))
    assert "the source 'numbers' reads something else" in text


def test_a_safe_change_goes_on_and_is_told(stream: Stream) -> None:
    stream.feed(1)
    filtered = """
    some { transform = filter, inputs = [numbers], options { where = "id < %d" } }
    out  { sink = json, inputs = [some], trigger = available_now, options { path = "out" } }
    """
    assert stream.run(filtered % 5).ok
    stream.feed(7)
    told: list[Any] = []
    assert stream.run(filtered % 10, observers=(told.append,)).ok
    assert any("goes on from its checkpoint, although it changed: 'some': options.where" in str(each) for each in told)
    assert stream.ids() == [1, 7]


def test_a_query_that_begins_anew_does_not_write_into_what_holds_rows(stream: Stream) -> None:
    stream.feed(1)
    assert stream.run(OUT).ok
    assert "may hold rows" in said(lambda: stream.run(OUT, fresh=Fresh(["numbers"])))
    assert stream.run(OUT, fresh=Fresh(["numbers"], may_append=True)).ok
    assert stream.ids() == [1, 1]
    shutil.rmtree(stream.folder / "out")
    assert stream.run(OUT, fresh=Fresh(["numbers"])).ok
    assert stream.ids() == [1]
    with pytest.raises(PpfError, match="There is no query 'number'"):
        stream.run(OUT, fresh=Fresh(["number"]))


def test_a_target_that_was_emptied_is_told(stream: Stream) -> None:
    stream.feed(1)
    assert stream.run(OUT).ok
    for path in (stream.folder / "out").iterdir():
        path.unlink()
    stream.feed(2)
    told: list[Any] = []
    assert stream.run(OUT, observers=(told.append,)).ok
    assert "The sink 'out' holds no rows; 1 were written before, and do not come again." in str(told)
    assert stream.ids() == [2]


def test_how_much_is_read_at_a_time_may_change(stream: Stream) -> None:
    stream.feed(1)
    assert stream.run(OUT).ok
    stream.feed(2)
    assert stream.run(OUT, head=HEAD.replace("max_files_per_trigger = 1", "max_files_per_trigger = 7")).ok
    assert stream.ids() == [1, 2]


def test_a_batch_whose_sink_failed_is_done_by_the_next_run(stream: Stream) -> None:
    stream.feed(1)
    (stream.folder / "out").write_text("a file where the folder should be")
    text = said(lambda: stream.run(OUT))
    assert "out" in text
    (stream.folder / "out").unlink()
    assert stream.run(OUT).ok
    assert stream.ids() == [1]


@pytest.mark.parametrize(
    ("request_", "text"),
    [({"only": ["out"]}, "--only is for batch pipelines"), ({"resume": "last"}, "--resume is for batch pipelines")],
)
def test_a_part_of_a_stream_cannot_be_asked_for(stream: Stream, request_: dict[str, Any], text: str) -> None:
    with pytest.raises(PpfError, match=text):
        stream.run(OUT, **request_)


def test_a_checkpoint_that_lost_files_is_refused(stream: Stream) -> None:
    stream.feed(1)
    stream.feed(2)
    assert stream.run(OUT).ok
    folder = stream.folder / ".ppf" / "data" / "streams" / "events" / "numbers"
    for name in ("1", ".1.crc"):
        (folder / "offsets" / name).unlink()
    assert "ends with batch 0, and the journal with batch 1" in said(lambda: stream.run(OUT))


def test_side_inputs_are_read_once_or_again_for_each_batch(stream: Stream) -> None:
    stream.feed(1)
    names = stream.folder / "names.json"
    names.write_text('{"kind": "k1", "name": "odd"}\n')
    joined = """
    names  { source = json, batch = true, refresh = per_batch
             options { path = "names.json", schema = "kind STRING, name STRING" } }
    kept   { transform = sql, inputs = [numbers], persist = memory, options { query = "SELECT * FROM numbers" } }
    joined { transform = sql, inputs = [kept, names], options { query = "SELECT id, name FROM kept JOIN names USING (kind)" } }
    out    { sink = json, inputs = [joined], trigger = available_now, options { path = "out" } }
    """
    assert stream.run(joined).ok
    names.write_text('{"kind": "k1", "name": "uneven"}\n')
    stream.feed(3)
    assert stream.run(joined).ok
    assert stream.rows() == [(1, "odd"), (3, "uneven")]


def test_bad_rows_lie_in_quarantine_batch_by_batch_and_can_be_replayed(stream: Stream) -> None:
    stream.feed(1, 99)
    stream.feed(98, 97, 2)
    result = stream.run(CHECKED % "quarantine")
    assert result.ok, said(lambda: result)
    assert stream.ids() == [1, 2]
    store = RunRecords(stream.folder / ".ppf")
    (found,) = find_quarantined(store)
    assert (found.run_id, found.component, found.rows, found.replayed_by) == (result.run_id, "good", 3, None)
    kept = stream.spark.read.parquet(found.path)
    assert sorted((row["ppf_batch"], row["id"]) for row in kept.collect()) == [(0, 99), (1, 97), (1, 98)]
    path = stream.folder / "events.conf"
    path.write_text(path.read_text().replace("max = 10", "max = 98"))
    again = PipelineRunner.from_file(path).replay(found, RunRequest(spark=stream.spark))
    assert again.ok, said(lambda: again)
    assert stream.ids() == [1, 2, 97, 98]
    assert [each.replayed_by for each in find_quarantined(store, result.run_id)] == [again.run_id]


def test_a_dead_stream_is_finished_by_recover(stream: Stream, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    stream.feed(1)
    two = OUT + '\nother { sink = json, inputs = [numbers], trigger = available_now, options { path = "other" } }'
    die_in(monkeypatch, Steps, "publish", at=2)
    with pytest.raises(Killed):
        stream.run(two, run_id="dead")
    monkeypatch.undo()
    assert (stream.ids("out"), (stream.folder / "other").exists()) == ([1], False)
    finished = recover(RunRecords(stream.folder / ".ppf"), "dead", lambda _resources: engines().engine(spark))
    assert "other" in finished.published  # and perhaps once more what was shown already
    assert stream.ids("other") == [1]
    stream.feed(2)
    assert stream.run(two).ok
    assert stream.ids("out") == stream.ids("other") == [1, 2]


def test_an_abandoned_batch_is_shown_by_nobody_and_done_again(
    stream: Stream, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream.feed(1)
    two = OUT + '\nother { sink = json, inputs = [numbers], trigger = available_now, options { path = "other" } }'
    die_in(monkeypatch, Steps, "publish", at=2)
    with pytest.raises(Killed):
        stream.run(two, run_id="dead")
    monkeypatch.undo()
    records = RunRecords(stream.folder / ".ppf")
    finished = recover(records, "dead", lambda _resources: engines().engine(spark), abandon=True)
    assert "other" in finished.discarded
    assert (stream.ids("out"), stream.ids("other")) == ([1], [])
    assert [each.name for each in stream.folder.iterdir() if each.name.startswith(".ppf-")] == []
    stream.feed(2)
    assert stream.run(two).ok
    assert stream.ids("out") == stream.ids("other") == [1, 2]


def test_clean_removes_the_checkpoint_of_a_query_that_the_file_has_no_more(stream: Stream) -> None:
    stream.feed(1)
    assert stream.run(OUT, run_id="r1").ok
    assert stream.run(OUT.replace("json,", "json, query = again,").replace('"out"', '"more"'), run_id="r2").ok
    store, later = RunRecords(stream.folder / ".ppf"), threads().now() + datetime.timedelta(days=1)
    queries = stream.folder / ".ppf/data/streams/events"
    assert "query" not in {each.what for each in find_old(store, later)}  # somebody may start it with --set
    old = [each for each in find_old(store, later, with_queries=True) if each.what == "query"]
    assert [(each.run_id, each.place) for each in old] == [("r1", str(queries / "numbers"))]
    remove(store, old, lambda _log, _redact: nullcontext())
    assert [each.name for each in queries.iterdir()] == ["again"]


def test_batches_without_rows_leave_no_files(stream: Stream) -> None:
    some = 'some { transform = filter, inputs = [numbers], options { where = "id < 5" } }\n'
    for number in (7, 1, 8, 9):
        stream.feed(number)
    assert stream.run(some + OUT.replace("[numbers]", "[some]")).ok
    assert stream.ids() == [1]
    assert len(list((stream.folder / "out").glob("[!._]*"))) <= 2  # one for the row, and the first one, for its columns


def test_a_batch_that_was_decided_is_shown_where_it_was_to_be_although_the_file_changed(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream.feed(1)
    die_in(monkeypatch, Steps, "publish", at=1)
    with pytest.raises(Killed):
        stream.run(OUT)
    monkeypatch.undo()
    stream.feed(2)
    assert stream.run(OUT.replace('"out"', '"elsewhere"')).ok
    assert (stream.ids("out"), stream.ids("elsewhere")) == ([1], [2])


def test_two_processes_do_not_run_one_query(stream: Stream) -> None:
    stream.feed(1)
    assert stream.run(OUT).ok
    folder = stream.folder / ".ppf" / "data" / "streams" / "events" / "numbers"
    other = Lease(LocalFiles(), str(folder), "other")
    other.take()
    assert "runs already: run 'other'" in said(lambda: stream.run(OUT))
    other.give_up()
    assert stream.run(OUT).ok


UNSTEADY = """
import pathlib

def unsteady(context, inputs, fails):
    marks = pathlib.Path(__file__).parent / "marks"
    marks.mkdir(exist_ok=True)
    if len(list(marks.iterdir())) < fails:
        (marks / str(len(list(marks.iterdir())))).touch()
        raise OSError("not yet")
    return inputs["numbers"]
"""
RETRIED = """
kept { transform = sql, inputs = [numbers], persist = memory, options { query = "SELECT * FROM numbers" } }
step { transform = python, inputs { numbers = kept }, options { function = "steps%d:unsteady", args { fails = %d } } }
out  { sink = json, inputs = [step], trigger = available_now, options { path = "out" } }
"""


@pytest.mark.parametrize(("fails", "is_good"), [(3, True), (4, False)])
def test_a_query_is_started_again_as_its_input_says(stream: Stream, fails: int, is_good: bool) -> None:
    # The first failure is the look before the start, which only asks whether the transform needs the whole stream.
    (stream.folder / f"steps{fails}.py").write_text(UNSTEADY)
    stream.feed(1)
    retry = "components.kept.retry { max_attempts = 3, initial_delay = 0 s }"
    result = stream.run(RETRIED % (fails, fails), head=HEAD + retry)
    assert result.ok == is_good, said(lambda: result)
    assert stream.ids() == ([1] if is_good else [])
    assert (result["step"].status, result["out"].status) == (("success",) * 2 if is_good else ("failed", "skipped"))


def test_a_failed_check_is_not_tried_again(stream: Stream) -> None:
    stream.feed(99)
    retried: list[Any] = []
    head = HEAD + "components.good.retry { max_attempts = 3, initial_delay = 0 s }"
    result = stream.run(CHECKED % "fail", head=head, observers=(retried.append,))
    assert result.exit_code == 4
    assert not [each for each in retried if isinstance(each, Retried)]


class Killed(BaseException):
    """Ends a run the way SIGKILL does: nothing comes after it."""


def die_in(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, at: int) -> None:
    """From the `at`-th call of a method on, nothing is done any more, and the run ends without a word."""
    original: Callable[..., Any] = getattr(owner, name)
    left = [at]

    def struck(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] <= 0:
            raise Killed
        return original(*args, **kwargs)

    def end(*_args: Any) -> None:
        raise Killed

    monkeypatch.setattr(owner, name, struck)
    monkeypatch.setattr(Supervisor, "_end_query", end)
    monkeypatch.setattr(Run, "_finish", end)


def test_a_stream_ends_where_a_source_recognises_that_it_reads_something_else(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked at the start, and for each batch once its rows are staged; what it told is kept beside the checkpoint."""
    named, asked = stream.folder / "name", list[str | None]()

    def recognise(_source: FilesSource, _context: Context, known: str | None) -> str:
        asked.append(known)
        if known not in (None, named.read_text()):
            raise CheckpointRefused(f"{named.read_text()!r} is not {known!r}.")
        return named.read_text()

    def taken_away(steps: Steps, component: ComponentRun) -> None:
        stage(steps, component)
        named.write_text("two")

    monkeypatch.setattr(FilesSource, "recognise", recognise)
    stage = Steps.stage
    named.write_text("one")
    stream.feed(1)
    assert stream.run(OUT).ok
    assert asked == [None, "one"]
    stream.feed(2)
    with monkeypatch.context() as during:
        during.setattr(Steps, "stage", taken_away)
        assert "'two' is not 'one'" in said(lambda: stream.run(OUT))
    assert (stream.ids(), [each.name for each in stream.folder.glob(".stage*")]) == ([1], [])
    refused = stream.run(OUT)
    assert (refused.exit_code, stream.ids()) == (5, [1])
    assert stream.run(OUT, fresh=Fresh(["numbers"], may_append=True)).ok
    assert (asked[-1], stream.ids()) == ("two", [1, 1, 2])


def test_checks_of_each_batch_see_the_rows_that_meet_their_condition_beside_a_static_component(stream: Stream) -> None:
    checks = [
        "unique, options { columns = [id], nulls_distinct = false }",
        "foreign_key, options { columns = [id], references = known, reference_columns = [id], null_safe = true }",
        "compare, options { with = known, keys = [id], columns = [kind] }",
        'query, options { sql = "SELECT id FROM this EXCEPT SELECT id FROM known", components = [known] }',
    ]
    listed = ", ".join(
        f"{{ check = {check}, name = n{number}, where = \"kind = 'k1'\", action = warn }}"
        for number, check in enumerate(checks)
    )
    stream.feed(1, 2, 3, 3)
    columns = "id INT, kind STRING"
    result = stream.run(
        f"""
        numbers.quality = [{listed}]
        known {{ source = inline, batch = true, options {{ schema = "{columns}", rows = [{{ id = 1, kind = k1 }}] }} }}
        {OUT}
        """
    )
    assert (result.exit_code, stream.ids()) == (0, [1, 2, 3, 3])
    assert [(each.failed, each.evaluated) for each in result["numbers"].quality] == [(1, 3), (2, 3), (1, 2), (1, 3)]
