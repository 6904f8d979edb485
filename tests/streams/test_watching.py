"""A stream that goes on, seen and stopped from Python and from the command line."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import Ppf, ppf
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner, PpfError, RunningStream
from ppf_core.errors import ConfigError, RunLocked

__all__ = ["ppf"]

STREAM = """
name = ticks
mode = streaming
components {
  numbers { source = rate, options { rows_per_batch = 10, partitions = 1 } }
  even    { transform = filter, inputs = [numbers], options { where = "value % 2 = 0" },
            quality = [ { check = in_range, options { column = value, max = 7 }, action = drop } ] }
  out     { sink = parquet, inputs = [even], options { path = "out" } }
  also    { sink = parquet, inputs = [even], options { path = "also" } }
}
"""

Start = Callable[..., RunningStream]


@pytest.fixture
def start(tmp_path: Path, spark: SparkSession) -> Iterator[Start]:
    """Starts the stream; at the end of the test it ends as well."""
    (tmp_path / "ticks.conf").write_text(STREAM)
    started = []

    def begin(**overrides: str) -> RunningStream:
        runner = PipelineRunner.from_file(tmp_path / "ticks.conf", overrides)
        started.append(runner.start(spark=spark, run_id=f"ticks-{len(started)}"))
        return started[-1]

    yield begin
    for each in started:
        each.stop(drain=False)
        each.await_end()


def wait_for_batches(stream: RunningStream, number: int) -> None:
    while stream.is_alive and not any(each.batch_id >= number for each in stream.progress()):
        time.sleep(0.05)


def test_a_stream_is_listed_shown_and_stopped_from_another_shell(start: Start, ppf: Ppf, tmp_path: Path) -> None:
    where = ("--state-dir", tmp_path / ".ppf")
    stream = start()
    wait_for_batches(stream, 1)
    (batch,) = stream.progress()
    assert (batch.query, batch.input_rows, batch.trigger) == ("even", 10, None)
    until = time.monotonic() + 30
    while not ppf("runs", "list", *where, "--json").document["runs"][0].get("streams", [{"batches": 0}])[0]["batches"]:
        assert time.monotonic() < until
    (run,) = ppf("runs", "list", *where, "--json").document["runs"]
    assert (run["status"], run["streams"][0]["sinks"]) == ("running", ["out", "also"])
    listed = ppf("runs", "list", *where).out
    assert "running" in listed
    assert "even 1" in listed or "even 0" in listed
    assert "even" in ppf("runs", "show", "ticks-0", *where).out

    near = ppf("runs", "stop", "ticks-9", *where)
    assert (near.code, "Did you mean 'ticks-0'?" in near.err) == (2, True)
    stopped = ppf("runs", "stop", "ticks-0", *where, "--json")
    assert (stopped.code, stopped.document["status"], stopped.document["exit_code"]) == (0, "success", 0)
    result = stream.await_end()
    assert result is not None
    assert (result.status, result.exit_code) == ("success", 0)
    again = ppf("runs", "stop", "ticks-0", *where)
    assert (again.code, "'ticks-0' is not alive: its status is success" in again.err) == (2, True)


def test_the_result_tells_of_the_last_batch_and_adds_up_all_of_them(start: Start, ppf: Ppf, tmp_path: Path) -> None:
    stream = start()
    wait_for_batches(stream, 1)
    stream.stop()
    result = stream.await_end()
    assert result is not None
    last = result["out"].progress
    assert last is not None
    assert last == result["also"].progress
    assert (last.query, last.bad_rows) == ("even", 5)
    document = ppf("runs", "show", "ticks-0", "--state-dir", tmp_path / ".ppf", "--json").document
    shown = next(each for each in document["components"] if each["name"] == "out")["progress"]
    keys = {"query", "batch_id", "started_at", "duration", "input_rows", "input_rate", "output_rate", "lag", "state_rows"}
    assert shown.keys() >= keys | {"watermark", "bad_rows"}
    assert shown["batch_id"] == last.batch_id
    (query,) = document["streams"]
    assert query["batches"] == last.batch_id + 1
    assert query["bad_rows"] == result["even"].quality[0].failed
    assert result["out"].rows_written == 4


def test_a_stream_that_is_stopped_at_once_is_interrupted_and_goes_on_with_the_next_run(start: Start) -> None:
    stream = start()
    wait_for_batches(stream, 0)
    assert stream.await_end(0.0) is None
    stream.stop(drain=False)
    result = stream.await_end()
    assert result is not None
    assert (result.status, result.exit_code) == ("interrupted", 130)
    following = start()
    wait_for_batches(following, 0)
    assert following.is_alive


def test_what_is_wrong_before_the_run_begins_is_raised_by_start(start: Start, spark: SparkSession, tmp_path: Path) -> None:
    start()
    runner = PipelineRunner.from_file(tmp_path / "ticks.conf")
    with pytest.raises(RunLocked, match="'ticks-0' exists already"):
        runner.start(spark=spark, run_id="ticks-0")


def test_a_batch_pipeline_is_neither_started_nor_stopped(tmp_path: Path, spark: SparkSession, ppf: Ppf) -> None:
    path = tmp_path / "few.conf"
    path.write_text(
        "name = few\ncomponents { few { source = range, options { end = 3 } }, none { sink = noop, inputs = [few] } }"
    )
    runner = PipelineRunner.from_file(path)
    with pytest.raises(ConfigError, match="is no stream: mode is batch") as refused:
        runner.start(spark=spark)
    assert isinstance(refused.value, PpfError)
    run = runner.run(spark=spark)
    answer = ppf("runs", "stop", run.run_id, "--pipeline", path)
    assert answer.code == 2
    assert "is no stream: it cannot be drained" in answer.err
    assert "SIGTERM to process" in answer.err
