"""Whole runs over a real broker: what is read once, what is set apart, and what happens while brokers change."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kafka_broker import KafkaBroker, Topics
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner

HOURLY = """
name = hourly
components {
  read {
    source = kafka
    options { bootstrap_servers = "%s", topic_pattern = "%s.*", value_format = string, incremental = true, %s }
    quality = [ { check = row_count, options { max = 3 } } ]
  }
  out { sink = parquet, inputs = [read], options { path = out, mode = append } }
}
"""
ORDERS = """
name = orders
mode = streaming
components {
  orders {
    source = kafka
    options { bootstrap_servers = "%s", topics = %s, value_schema = "id INT", starting_offsets = earliest, %s }
    quality = [ { check = expression, options { sql = "_corrupt_value IS NULL" }, action = quarantine } ]
  }
  out { sink = parquet, inputs = [orders], trigger = %s, options { path = out, mode = append } }
}
"""


class Pipeline:
    """A file in a folder, which runs in the session of the tests."""

    def __init__(self, spark: SparkSession, folder: Path, text: str) -> None:
        self.spark, self.folder, self.text = spark, folder, text

    def runner(self, *given: str) -> PipelineRunner:
        (self.folder / "pipeline.conf").write_text(self.text % given)
        return PipelineRunner.from_file(self.folder / "pipeline.conf")

    def run(self, *given: str) -> PipelineResult:
        return self.runner(*given).run(spark=self.spark)

    def out(self, column: str) -> list[Any]:
        return self._values(self.folder / "out", column)

    def apart(self, column: str) -> list[Any]:
        return self._values(self.folder / ".ppf" / "data" / "quarantine" / "orders", column)

    def _values(self, folder: Path, column: str) -> list[Any]:
        if not folder.exists():
            return []
        reader = self.spark.read.option("recursiveFileLookup", True)
        return sorted(row[0] for row in reader.parquet(str(folder)).select(column).collect())


def test_each_run_reads_what_is_new_once(spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path) -> None:
    prefix = tmp_path.name.replace("_", "-")
    topic = topics.create(1, f"{prefix}-a")
    pipeline = Pipeline(spark, tmp_path, HOURLY)
    topics.send(topic, ["a0", "a1"])
    assert pipeline.run(kafka.address, prefix, "").exit_code == 0
    assert (pipeline.out("value"), pipeline.run(kafka.address, prefix, "")["out"].rows_written) == (["a0", "a1"], 0)
    topics.grow(topic, 2)
    topics.send(topic, ["b0"], partition=1)
    topics.send(topics.create(1, f"{prefix}-c"), ["c0", "c1", "c2"])
    assert pipeline.run(kafka.address, prefix, "").exit_code == 4  # 4 rows are more than the check allows: nothing moves
    topics.delete_before(f"{prefix}-c", 1)
    assert pipeline.run(kafka.address, prefix, "").exit_code == 0
    assert pipeline.out("value") == ["a0", "a1", "b0", "c1", "c2"]
    topics.send(topic, ["a2", "a3"], partition=0)
    topics.delete_before(topic, 3)
    lost = pipeline.run(kafka.address, prefix, "")
    assert lost["read"].error is not None
    assert "Records are gone: reading begins at offset 2 of partition 0" in lost["read"].error.message
    assert pipeline.run(kafka.address, prefix, "fail_on_data_loss = false").exit_code == 0
    assert pipeline.out("value") == ["a0", "a1", "a3", "b0", "c1", "c2"]


def test_what_does_not_parse_is_set_apart_and_what_is_gone_is_told(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path
) -> None:
    topic, pipeline = topics.create(), Pipeline(spark, tmp_path, ORDERS)
    topics.send(topic, ['{"id": 1}', "poison", '{"id": 2, "new": true}', '{"id": "three"}'])
    assert pipeline.run(kafka.address, topic, "", "available_now").exit_code == 0
    assert (pipeline.out("id"), pipeline.apart("_corrupt_value")) == ([1, 2], ["poison", '{"id": "three"}'])
    topics.send(topic, ['{"id": 4}', '{"id": 5}'])
    topics.delete_before(topic, 5)
    lost = pipeline.run(kafka.address, topic, "", "available_now")
    assert (lost.exit_code, "data may have been" in str(lost)) == (1, True), lost
    assert pipeline.run(kafka.address, topic, "fail_on_data_loss = false", "available_now").exit_code == 0
    assert pipeline.out("id") == [1, 2, 5]
    other = pipeline.run(kafka.address, topic, "isolation_level = read_committed", "available_now")
    assert (other.exit_code, "reads something else" in str(other)) == (5, True), other


def test_a_stream_goes_on_when_the_broker_restarts_and_finds_new_partitions(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path
) -> None:
    topic, pipeline = topics.create(), Pipeline(spark, tmp_path, ORDERS)
    stream = pipeline.runner(kafka.address, topic, "", "200 ms").start(spark=spark)
    wait = _waiting(lambda: pipeline.out("id"))
    topics.send(topic, ['{"id": 1}'])
    wait([1])
    kafka.stop()
    kafka.start()
    topics.send(topic, ['{"id": 2}'])
    wait([1, 2])
    topics.grow(topic, 2)
    topics.send(topic, ['{"id": 3}'], partition=1)
    wait([1, 2, 3])
    stream.stop()
    result = stream.await_end()
    assert result is not None
    assert result.exit_code == 0
    assert pipeline.out("id") == [1, 2, 3]


def _waiting(found: Callable[[], Sequence[Any]]) -> Callable[[Sequence[Any]], None]:
    def wait(wanted: Sequence[Any], seconds: float = 300) -> None:
        end = time.monotonic() + seconds
        while found() != wanted:
            assert time.monotonic() < end, f"{found()} instead of {wanted}"
            time.sleep(0.2)

    return wait


def test_a_stream_ends_where_its_topic_was_made_anew_and_has_grown_past_its_checkpoint(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path
) -> None:
    """Spark alone would go on at the old offset, and miss what is before it, without a word."""
    topic, stream = topics.create(), Pipeline(spark, tmp_path, ORDERS)
    topics.send(topic, ['{"id": 1}', '{"id": 2}'])
    begun = stream.run(kafka.address, topic, "", "available_now")
    assert begun.status == "success", begun
    kept = tmp_path / ".ppf/data/streams/orders/orders/_ppf/sources.json"
    before = kept.read_text()
    topics.delete(topic)
    topics.send(topics.create(name=topic), [f'{{"id": {number}}}' for number in range(10, 15)])
    ended = stream.run(kafka.address, topic, "", "available_now")
    (problem,) = ended.problems
    assert (ended.exit_code, kept.read_text()) == (5, before)
    assert f"the topic '{topic}' is another one than the checkpoint knows" in problem.message
    assert "--fresh" in str(problem.hint)
    assert stream.out("id") == [1, 2]
    again = stream.run(kafka.address, topic, "fail_on_data_loss = false", "available_now")
    assert again.status == "success"
    assert stream.out("id") == [1, 2, 12, 13, 14]
    assert kept.read_text() != before
    assert stream.run(kafka.address, topic, "", "available_now").status == "success"


def test_a_stream_ends_when_its_topic_is_made_anew_under_it(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path
) -> None:
    topic, pipeline = topics.create(), Pipeline(spark, tmp_path, ORDERS)
    stream = pipeline.runner(kafka.address, topic, "", "15 s").start(spark=spark)
    wait = _waiting(lambda: pipeline.out("id"))
    for number in (1, 2):
        topics.send(topic, [f'{{"id": {number}}}'])
        wait(list(range(1, number + 1)))
    # A batch has just been shown, so that nobody asks the broker for some seconds.
    topics.delete(topic)
    topics.send(topics.create(name=topic), [f'{{"id": {number}}}' for number in range(10, 15)])
    result = stream.await_end(120)
    assert result is not None
    assert (result.exit_code, result.status) == (1, "failed"), result
    assert f"the topic '{topic}' is another one than the checkpoint knows" in str(result)
    assert pipeline.out("id") == [1, 2]
