"""Streams that a test feeds by itself, and one run of a streaming source or of a sink in a stream."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.components import Schema, Sink, StreamingSink
from ppf_core.contracts.context import WriteId
from ppf_core.testing.context import context

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession
    from pyspark.sql.streaming.readwriter import DataStreamWriter


class MemoryStream:
    """Rows that a test adds, as a stream: what is added at once is one batch. Keep it as long as its frame is read."""

    def __init__(self, spark: "SparkSession", schema: Schema, folder: Path) -> None:
        self._spark = spark
        self._schema = schema
        self._folder = folder

    @property
    def frame(self) -> "DataFrame":
        """The rows as a streaming frame, from the first one on."""
        reader = self._spark.readStream.schema(self._schema).option("maxFilesPerTrigger", 1)
        return reader.parquet(str(self._folder))

    def add(self, rows: Iterable[Any] = ()) -> None:
        """Adds a batch, of no rows too. A row is what `createDataFrame` takes: a tuple, a dict, a Row."""
        number = len(list(self._folder.glob("batch-*"))) + 1
        writing = self._folder / ".adding"
        self._spark.createDataFrame(list(rows), self._schema).coalesce(1).write.parquet(str(writing))
        (file,) = writing.glob("part-*")
        # Spark takes files by their times, and those of files that are added one after the other may be equal.
        os.utime(file, (number, number))
        file.rename(self._folder / f"batch-{number:06}.parquet")
        shutil.rmtree(writing)


class _Temporary(MemoryStream):
    def __init__(self, spark: "SparkSession", schema: Schema) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="ppf-stream-")
        super().__init__(spark, schema, Path(self._kept.name))


def memory_stream(spark: "SparkSession", schema: Schema, folder: Path | None = None) -> MemoryStream:
    """A stream that a test feeds batch by batch.

        def test_keeps_the_rows_of_each_batch(spark, tmp_path):
            stream = memory_stream(spark, "id INT, name STRING")
            stream.add([(1, "Ada"), (2, "Grace")])
            stream.add([(3, "Alan")])
            sink = build(ParquetSink, tmp_path, path="out", mode="append")
            write_stream(sink, stream.frame, tmp_path / "checkpoint")
            assert spark.read.parquet(str(tmp_path / "out")).count() == 3

    folder: where the rows are kept, for a test that goes on in another process.
    """
    if folder is None:
        return _Temporary(spark, schema)
    folder.mkdir(parents=True, exist_ok=True)
    return MemoryStream(spark, schema, folder)


def stream_batches(frame: "DataFrame", checkpoint: Path) -> "list[list[Row]]":
    """All that a streaming frame gives now, batch by batch; with the same checkpoint again what it gives since.

    def test_reads_what_is_new(spark, tmp_path):
        (tmp_path / "in").mkdir()
        source = build(FilesSource, tmp_path, path="in", format="text")
        for name in ("Ada", "Grace"):
            (tmp_path / "in" / name).write_text(name)
            frame = source.read_stream(context(spark))
            assert stream_batches(frame, tmp_path / "checkpoint") == [[Row(value=name)]]
    """
    batches: list[list[Row]] = []

    def collect(batch: "DataFrame", _number: int) -> None:
        batches.append(batch.collect())

    _run_batches(frame, checkpoint, "append", collect)
    return batches


def write_stream(
    sink: Sink[Any] | StreamingSink[Any],
    frame: "DataFrame",
    checkpoint: Path,
    *,
    output_mode: str = "append",
    component: str = "component",
) -> None:
    """Writes all that a streaming frame gives now, as a run does: batch by batch, or with Spark's own writer.

    A write id is that of its batch: the same when a batch is written again with the same checkpoint.
    """
    if isinstance(sink, StreamingSink):
        here = context(frame.sparkSession, component=component)
        writer = _described(sink.write_stream(here, frame).queryName(component), checkpoint, output_mode)
        sink.start(here, writer).awaitTermination()
        return

    def write(batch: "DataFrame", number: int) -> None:
        here = context(batch.sparkSession, component=component, write_id=WriteId(f"{component} of {checkpoint}", number))
        sink.write(here, batch)

    _run_batches(frame, checkpoint, output_mode, write)


def _run_batches(frame: "DataFrame", checkpoint: Path, output_mode: str, work: "Callable[[DataFrame, int], None]") -> None:
    failures: list[Exception] = []

    def observed(batch: "DataFrame", number: int) -> None:
        try:
            work(batch, number)
        except Exception as error:
            failures.append(error)
            raise

    query = _described(frame.writeStream.foreachBatch(observed), checkpoint, output_mode).start()
    try:
        query.awaitTermination()
    except Exception as error:
        if failures:  # Spark has only its text
            raise failures[0] from error
        raise


def _described(writer: "DataStreamWriter", checkpoint: Path, output_mode: str) -> "DataStreamWriter":
    return writer.outputMode(output_mode).trigger(availableNow=True).option("checkpointLocation", str(checkpoint))
