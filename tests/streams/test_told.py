"""What hooks hear of a stream that really runs: each batch once for each sink, whatever the number of queries."""

import json
import time
from pathlib import Path

from otlp_receiver import Receiver, attributes_of, http_receiver
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner

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
hooks {
  audit      { path = "audit.jsonl" }
  logging    { level = debug, format = json, path = "log.jsonl" }
  prometheus { textfile = "ticks.prom" }
  otel       { endpoint = "ENDPOINT", protocol = http }
}
"""


def ran(folder: Path, spark: SparkSession, receiver: Receiver) -> PipelineResult:
    """The stream, stopped after its second batch."""
    path = folder / "ticks.conf"
    path.write_text(STREAM.replace("ENDPOINT", receiver.url))
    stream = PipelineRunner.from_file(path).start(spark=spark)
    while stream.is_alive and not any(each.batch_id >= 1 for each in stream.progress()):
        time.sleep(0.05)
    stream.stop()
    result = stream.await_end()
    assert result is not None
    assert result.ok, result.problems
    return result


def samples(path: Path) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in path.read_text().splitlines() if line[0] != "#"]
    return {name: float(value) for name, _, value in lines}


def test_metrics_logs_and_the_audit_tell_of_each_batch_once_for_each_sink(tmp_path: Path, spark: SparkSession) -> None:
    with http_receiver() as receiver:
        result = ran(tmp_path, spark, receiver)
    last = result["out"].progress
    assert last is not None
    batches = last.batch_id + 1

    shown = samples(tmp_path / "ticks.prom")
    for sink in ("out", "also"):
        place = f'{{component="{sink}",pipeline="ticks"}}'
        assert shown[f"ppf_stream_input_rows_total{place}"] == 10 * batches
        assert shown[f"ppf_stream_bad_rows_total{place}"] == 5 * batches - 4
        assert shown[f"ppf_stream_batch_duration_seconds{place}"] == last.duration
        assert shown[f"ppf_component_rows_written_total{place}"] == 4
    assert not [name for name in shown if "ppf_stream" in name and "numbers" in name]

    read = [metric for metric in receiver.metrics if metric.name == "ppf.stream.input_rows"][-1].sum.data_points
    assert {attributes_of(point.attributes)["component"]: point.as_int for point in read} == {
        "out": 10 * batches,
        "also": 10 * batches,
    }

    logged = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    progress = [(each["component"], each["batch_id"]) for each in logged if each["event"] == "stream_progress"]
    assert progress == [(sink, number) for number in range(batches) for sink in ("out", "also")]
    assert [each["status"] for each in logged if each["event"] == "pipeline_ended"] == ["success"]

    audit = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    events = [(each["event"], each["component"]) for each in audit]
    assert len([each for each in events if each[0] == "quality_result"]) == batches
    for event in ("component_started", "component_ended"):
        assert sorted(component for each, component in events if each == event) == ["also", "even", "numbers", "out"]
    assert [each["status"] for each in audit if each["event"] == "pipeline_ended"] == ["success"]
