from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.streaming.readwriter import DataStreamWriter

from ppf_core import Context, NoOptions, Sink, StreamingSink
from ppf_core.testing import build, memory_stream, stream_batches, write_stream


class Collecting(Sink[NoOptions]):
    """Notes what it is given."""

    given: list[tuple[str, int, list[Row]]]

    def write(self, context: Context, frame: DataFrame) -> None:
        if not hasattr(self, "given"):
            self.given = []
        self.given.append((context.component, context.write_id.number, frame.collect()))


class Failing(Sink[NoOptions]):
    def write(self, context: Context, frame: DataFrame) -> None:
        raise LookupError("no room")


class Memory(StreamingSink[NoOptions]):
    def write_stream(self, context: Context, frame: DataFrame) -> DataStreamWriter:
        return frame.writeStream.format("memory")


def test_what_is_added_at_once_is_one_batch(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT, name STRING")
    stream.add([(2, "b"), (1, "a")])
    stream.add([{"id": 3, "name": None}])
    assert stream_batches(stream.frame, tmp_path) == [[Row(id=2, name="b"), Row(id=1, name="a")], [Row(id=3, name=None)]]


def test_a_checkpoint_knows_what_was_read(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT")
    for number in range(3):
        stream.add([(number,)])
        assert stream_batches(stream.frame, tmp_path) == [[Row(id=number)]]
    assert stream_batches(stream.frame, tmp_path) == []
    assert len(stream_batches(stream.frame, tmp_path / "another")) == 3


def test_batches_come_in_the_order_in_which_they_were_added_however_fast(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT")
    for number in range(12):
        stream.add([(number,)])
    assert [rows[0].id for rows in stream_batches(stream.frame, tmp_path)] == list(range(12))


def test_a_batch_may_have_no_rows(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT")
    stream.add()
    assert stream_batches(stream.frame, tmp_path) == [[]]


def test_values_come_as_they_were_added(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "at TIMESTAMP, price DECIMAL(9,2), raw BINARY, tags ARRAY<STRING>, more MAP<STRING, INT>")
    row = (datetime(2024, 1, 2, 3, 4, 5, 678901), Decimal("1.50"), bytearray(b"\x00"), ["a", None], {"x": 1})
    stream.add([row])
    assert [tuple(found) for found in stream_batches(stream.frame, tmp_path)[0]] == [row]


def test_a_stream_in_a_folder_goes_on_where_another_process_left_it(spark: SparkSession, tmp_path: Path) -> None:
    for number in range(2):
        memory_stream(spark, "id INT", tmp_path / "rows").add([(number,)])
    frame = memory_stream(spark, "id INT", tmp_path / "rows").frame
    assert stream_batches(frame, tmp_path / "checkpoint") == [[Row(id=0)], [Row(id=1)]]


def test_a_sink_gets_batch_by_batch_under_the_id_of_each(spark: SparkSession, tmp_path: Path) -> None:
    stream, sink = memory_stream(spark, "id INT"), build(Collecting)
    stream.add([(1,)])
    stream.add([(2,)])
    write_stream(sink, stream.frame, tmp_path, component="late")
    stream.add([(3,)])
    write_stream(sink, stream.frame, tmp_path, component="late")
    assert sink.given == [("late", number, [Row(id=number + 1)]) for number in range(3)]


def test_what_a_sink_raises_reaches_the_test(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT")
    stream.add([(1,)])
    with pytest.raises(LookupError, match="no room"):
        write_stream(build(Failing), stream.frame, tmp_path)


def test_a_sink_of_sparks_own_writes_with_it(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT")
    stream.add([(1,)])
    stream.add([(1,)])
    counted = stream.frame.groupBy("id").count()
    write_stream(build(Memory), counted, tmp_path, output_mode="complete", component="counted")
    assert spark.table("counted").collect() == [Row(id=1, count=2)]


def test_a_source_that_fails_says_so(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT", tmp_path / "rows")
    stream.add([(1,)])
    (tmp_path / "rows" / "batch-000001.parquet").write_bytes(b"torn")
    with pytest.raises(Exception, match="batch-000001"):
        stream_batches(stream.frame, tmp_path / "checkpoint")
