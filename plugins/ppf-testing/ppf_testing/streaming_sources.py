"""What every streaming source promises, as a suite of tests: subclass it once for each set of options that matters.

    class TestFiles(StreamingSourceConformance):
        plugin = FilesSource

        def options(self, folder):
            return {"path": str(folder / "in"), "format": "text"}

        def feed(self, spark, folder, value):
            (folder / "in" / value).write_text(value)

A source passes when it gives a streaming frame of the schema that it tells, without running a job for it; when a checkpoint
knows what was read, so that each row comes once however often the stream starts again; when a batch that failed comes again
with the very same rows, whatever has arrived since; and when two streams do not take rows from each other.

Sources that make their own rows, and need not be fed, say with `due` what has to have come by now.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ppf_core import StreamingSource
from ppf_core.testing import context, stream_batches
from ppf_testing.plugins import PluginConformance

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class StreamingSourceConformance(PluginConformance):
    """The whole suite."""

    plugin: ClassVar[type[StreamingSource[Any]]]
    stops_after_repeating: ClassVar[bool] = False
    """Whether Spark ends a start that repeats a failed batch with that batch, so that the next start reads what came since."""

    def prepare(self, spark: "SparkSession", folder: Path) -> None:
        """Makes the place that is read, without rows."""

    def feed(self, spark: "SparkSession", folder: Path, value: str) -> None:
        """Adds one row there, with this text in it."""
        raise NotImplementedError

    def values(self, frame: "DataFrame") -> "DataFrame":
        """The texts that were fed, as the one column of a frame."""
        return frame.selectExpr("CAST(value AS STRING) AS value")

    def due(self, fed: Sequence[str], read: Sequence[str]) -> Sequence[str]:
        """What has to have come by now, once each."""
        return fed

    def frame(self, spark: "SparkSession", folder: Path) -> "DataFrame":
        """The frame of a new instance."""
        frame: DataFrame = self.made(folder).read_stream(context(spark))
        return frame

    def texts(self, spark: "SparkSession", folder: Path, checkpoint: str = "checkpoint") -> list[str]:
        """What is new since the last call."""
        batches = stream_batches(self.values(self.frame(spark, folder)), folder / checkpoint)
        return [row[0] for rows in batches for row in rows]

    def test_it_gives_a_stream_of_the_schema_that_it_tells_and_runs_no_job(self, spark: "SparkSession", tmp_path: Path) -> None:
        """The plan stands on that schema before anything runs."""
        self.prepare(spark, tmp_path)
        source = self.made(tmp_path)
        spark.sparkContext.setJobGroup(str(tmp_path), "reading")
        frame = source.read_stream(context(spark))
        jobs = list(spark.sparkContext.statusTracker().getJobIdsForGroup(str(tmp_path)))
        assert (frame.isStreaming, jobs) == (True, [])
        if source.output_schema is not None:
            told = spark.createDataFrame([], source.output_schema).schema
            assert [(field.name, field.dataType) for field in frame.schema] == [(field.name, field.dataType) for field in told]

    def test_each_row_comes_once_however_often_it_starts_again(self, spark: "SparkSession", tmp_path: Path) -> None:
        """Nothing but the checkpoint remembers: each time it is another instance."""
        self.prepare(spark, tmp_path)
        fed, read = [], list[str]()
        for number in range(3):
            fed.append(f"row {number}")
            self.feed(spark, tmp_path, fed[-1])
            read += self.texts(spark, tmp_path)
        read += self.texts(spark, tmp_path)
        assert sorted(read) == sorted(self.due(fed, read))

    def test_a_batch_that_failed_comes_again_as_it_was(self, spark: "SparkSession", tmp_path: Path) -> None:
        """Its sink may have written half of it under its number."""
        self.prepare(spark, tmp_path)
        self.feed(spark, tmp_path, "first")
        first = self.texts(spark, tmp_path)
        self.feed(spark, tmp_path, "second")
        failed = self._failing(spark, tmp_path)
        self.feed(spark, tmp_path, "third")
        again = self._batches(spark, tmp_path)
        assert again[0] == failed
        if self.stops_after_repeating:
            assert again == [failed]
            again += self._batches(spark, tmp_path)
        read = [*first, *(text for batch in again for text in batch)]
        assert sorted(read) == sorted(self.due(["first", "second", "third"], read))

    def test_two_streams_read_all_of_it_each(self, spark: "SparkSession", tmp_path: Path) -> None:
        """The state of a stream is in its checkpoint alone."""
        self.prepare(spark, tmp_path)
        fed, reads = list[str](), {"here": list[str](), "there": list[str]()}
        for value in ("one", "two"):
            fed.append(value)
            self.feed(spark, tmp_path, value)
            for checkpoint, read in reads.items():
                read += self.texts(spark, tmp_path, checkpoint)
                assert sorted(read) == sorted(self.due(fed, read))

    def test_it_recognises_what_it_reads(self, spark: "SparkSession", tmp_path: Path) -> None:
        """Another instance does too, by the text that was kept, also when more has come."""
        self.prepare(spark, tmp_path)
        told = self.made(tmp_path).recognise(context(spark), None)
        self.feed(spark, tmp_path, "row")
        again = self.made(tmp_path)
        assert again.recognise(context(spark), told) == told
        again.close()

    def test_it_can_be_closed_after_its_use(self, spark: "SparkSession", tmp_path: Path) -> None:
        """And again; the frame of another instance is not touched by it."""
        self.prepare(spark, tmp_path)
        self.feed(spark, tmp_path, "row")
        source = self.made(tmp_path)
        source.read_stream(context(spark))
        frame = self.values(self.frame(spark, tmp_path))
        source.close()
        source.close()
        read = [row[0] for rows in stream_batches(frame, tmp_path / "checkpoint") for row in rows]
        assert sorted(read) == sorted(self.due(["row"], read))

    def _batches(self, spark: "SparkSession", folder: Path) -> list[list[str]]:
        batches = stream_batches(self.values(self.frame(spark, folder)), folder / "checkpoint")
        return [sorted(row[0] for row in rows) for rows in batches]

    def _failing(self, spark: "SparkSession", folder: Path) -> list[str]:
        """The rows of the next batch, whose sink fails."""
        found: list[list[str]] = []

        def fail(batch: "DataFrame", _number: int) -> None:
            found.append(sorted(row[0] for row in batch.collect()))
            raise RuntimeError("bad luck")

        writer = self.values(self.frame(spark, folder)).writeStream.foreachBatch(fail).trigger(availableNow=True)
        query = writer.option("checkpointLocation", str(folder / "checkpoint")).start()
        with pytest.raises(Exception, match="bad luck"):
            query.awaitTermination()
        return found[0]
