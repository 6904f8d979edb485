"""A cursor moves when what was read is published, and never before."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from killed import WritePipeline, do, kill, rows, run, store, unfinished
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner
from ppf_core.errors import CheckpointRefused, RunError
from ppf_core.runs.runner import RunRequest
from ppf_core.state.cursors import Cursors
from ppf_core.state.events import Warned
from ppf_core.storage.state_files import StateFiles, using_state_files

FLOW = """
    new   { source = growing, options { end = 3, log = log } }
    first { sink = folder, inputs = [new], options { path = first } }
    more  { sink = folder, inputs = [new], options { path = more } }
"""

RESUMABLE = "name = test\nhooks { checkpoint {} }\ncomponents {"


def end(number: int) -> dict[str, str]:
    return {"components.new.options.end": str(number)}


def cursor(path: Path) -> dict[str, dict[str, str]]:
    return Cursors(path.parent / ".ppf", "test").read()


def test_each_run_reads_what_came_since_the_last_published_one(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    assert run(path, spark).ok
    assert cursor(path) == {"new": {"end": "3"}}
    assert run(path, spark, **end(10)).ok
    assert rows(path, "first") == rows(path, "more") == 7


def test_a_run_that_publishes_nothing_moves_nothing(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    run(path, spark, **{"components.more.options.fails": "stage"})
    assert cursor(path) == {}
    assert run(path, spark, **end(5)).ok
    assert rows(path, "first") == 5


def test_one_sink_below_that_did_not_publish_holds_the_cursor(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    result = run(path, spark, **{"components.more.options.fails": "stage", "runtime.on_failure": "continue"})
    assert result["first"].published
    assert cursor(path) == {}


def test_a_sink_that_was_not_asked_for_holds_the_cursor_and_is_named(spark: SparkSession, pipeline: WritePipeline) -> None:
    path, heard = pipeline(FLOW), []
    request = RunRequest(spark=spark, only=["first"], observers=[heard.append])
    assert PipelineRunner.from_file(path).execute(request).ok
    assert cursor(path) == {}
    problems = {event.problem.code: event.problem for event in heard if isinstance(event, Warned)}
    problem = problems["cursor-stays"]
    assert problem.path == "components.new"
    assert "'new'" in problem.message
    assert "'more'" in problem.message
    assert run(path, spark, **end(5)).ok
    assert (rows(path, "first"), rows(path, "more")) == (5, 5)


def test_a_sink_that_is_disabled_holds_no_cursor(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    assert run(path, spark, **{"components.more.enabled": "false"}).ok
    assert cursor(path) == {"new": {"end": "3"}}


def test_a_sink_that_only_waits_for_a_source_does_not_hold_its_cursor(spark: SparkSession, pipeline: WritePipeline) -> None:
    late = "other { source = numbers }\n late { sink = folder, inputs = [other], after = [first], options { path = late } }"
    path = pipeline(FLOW + late)
    assert run(path, spark, **{"components.late.options.fails": "stage", "runtime.on_failure": "continue"}).status == "failed"
    assert cursor(path) == {"new": {"end": "3"}}


def test_a_publish_that_recovery_completes_moves_the_cursor(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    run(path, spark, "r1", **{"components.more.options.fails": "publish"})
    assert cursor(path) == {}
    journaled = path.parent / ".ppf" / "runs" / "r1" / "pipeline.json"
    journaled.write_text(journaled.read_text().replace('"publish"', "null"))
    do(path, spark, "r1")
    assert cursor(path) == {"new": {"end": "3"}}
    assert (rows(path, "first"), rows(path, "more")) == (3, 3)


def test_a_run_whose_slice_another_run_has_published_cannot_be_resumed(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(RESUMABLE + FLOW + "}")
    run(path, spark, "r1", **{"components.more.options.fails": "stage"})
    assert run(path, spark, "r2", **end(5)).ok
    with pytest.raises(CheckpointRefused, match="The cursor of 'new' has moved since"):
        run(path, spark, resume="r1")
    assert cursor(path) == {"new": {"end": "5"}}


def test_a_success_that_is_resumed_moves_no_cursor_back(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(
        "name = test\nhooks { checkpoint {} }\ncomponents {" + FLOW + "other { transform = step, inputs = [new] } }"
    )
    assert run(path, spark, "r1").ok
    assert run(path, spark, "r2", **end(5)).ok
    assert run(path, spark, resume="r1").ok
    assert cursor(path) == {"new": {"end": "5"}}


def test_every_read_of_a_run_gives_the_same_slice(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW.replace("log = log } }", "log = log, fails = 1 }, retry { initial_delay = 10 ms } }"))
    assert run(path, spark).ok
    assert path.with_name("log").read_text().splitlines() == ["read 0 3", "read 0 3"]


@pytest.mark.parametrize(("at", "moved"), [("commit", {}), ("publish", {"new": {"end": "3"}})])
def test_a_killed_run_moves_its_cursor_only_if_it_is_finished(
    at: str, moved: Any, spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(FLOW)
    kill(path, spark, "r1", at, monkeypatch)
    assert cursor(path) == {}
    do(path, spark, "r1")
    assert cursor(path) == moved
    assert unfinished(path) == []


def test_a_run_killed_after_its_last_publish_still_moves_its_cursor(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(FLOW)
    with monkeypatch.context() as patched:
        patched.setattr(Cursors, "move", lambda *_: (_ for _ in ()).throw(RunError("no room")))
        assert run(path, spark, "r1").status == "failed"
    assert [each["status"] for each in store(path).list()] == ["publishing"]
    assert run(path, spark, "r2", **end(5)).ok
    assert cursor(path) == {"new": {"end": "5"}}
    assert rows(path, "first") == 2


def test_a_cursor_whose_sinks_are_not_staged_moves_at_the_end(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("new { source = growing, options { end = 3 } }\n out { sink = direct, inputs = [new] }")
    run(path, spark, **{"components.out.options.fails": "true"})
    assert cursor(path) == {}
    assert run(path, spark).ok
    assert cursor(path) == {"new": {"end": "3"}}


def test_a_cursor_file_that_is_not_ours_stops_the_run_before_it_begins(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    assert run(path, spark).ok
    file = path.parent / ".ppf" / "cursors" / "test.json"
    file.write_text(file.read_text()[:-5])
    with pytest.raises(RunError, match=r"test\.json holds no cursors of ppf"):
        run(path, spark, "r9")
    assert not (path.parent / ".ppf" / "runs" / "r9").exists()
    file.write_text('{"format": "ppf-cursors-9", "components": {}}')
    with pytest.raises(RunError, match="its format is 'ppf-cursors-9'"):
        run(path, spark)


class SlowFiles(StateFiles):
    """A disk that takes its time."""

    def write(self, path: Path, text: str, *, mode: int = 0o666) -> None:
        time.sleep(0.005)
        super().write(path, text, mode=mode)


def test_two_processes_move_their_cursors_one_after_the_other(tmp_path: Path) -> None:
    def move(number: int) -> None:
        Cursors(tmp_path, "p").move({f"c{number}": {"k": str(number)}})

    with using_state_files(SlowFiles()), ThreadPoolExecutor(8) as pool:
        list(pool.map(move, range(16)))
    assert Cursors(tmp_path, "p").read() == {f"c{number}": {"k": str(number)} for number in range(16)}
