"""What every sink promises that serves in a stream, as a suite of tests: subclass it once for each set of options that matters.

    class TestFiles(StreamingSinkConformance):
        plugin = FilesSink

        def options(self, folder):
            return {"path": str(folder / "out")}

        def shown(self, spark, folder):
            return spark.read.parquet(f"{folder}/out") if (folder / "out").exists() else None

A sink passes when each batch is shown, one after the other, also batches without rows and after another start; when a
batch that is tried again, under its number, is there once, wherever the attempts before were cut short; and when streams
with checkpoints of their own do not take each other's batches for theirs.

`NativeSinkConformance` is for sinks of Spark's own that hold one stream; `StagedStreamConformance` asks more, of sinks that
stage. What readers see of a stage is asked in `staged_sinks`.

`again` says what becomes of rows when a batch is tried again: "once", "twice" for sinks that are not idempotent, or
"anew" for those of Spark's own that start with the first row.
"""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pytest
from pyspark.sql import functions as F

from ppf_core import Sink, StagedSink, StreamingSink, WriteId
from ppf_core.testing import MemoryStream, build, context, memory_stream, write_stream
from ppf_testing.plugins import WritingConformance

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Killed(Exception):
    """The end of a process, as a batch sees it."""


class NativeSinkConformance(WritingConformance):
    """What a sink promises that may start anew, and so holds one stream."""

    plugin: ClassVar[type[Sink[Any] | StreamingSink[Any]]]
    again: ClassVar[Literal["once", "twice", "anew"]] = "once"

    def shown(self, spark: "SparkSession", folder: Path) -> "DataFrame | None":
        """What a reader of the target sees, with a column `value`; None when there is no target."""
        raise NotImplementedError

    def given(self, frame: "DataFrame") -> "DataFrame":
        """A frame as this sink can take it, for example with a column to partition by."""
        return frame

    def texts(self, spark: "SparkSession", folder: Path) -> list[str]:
        """What a reader sees now."""
        frame = self.shown(spark, folder)
        return [] if frame is None else sorted(str(row["value"]) for row in frame.select("value").collect())

    def start(self, stream: MemoryStream, folder: Path, checkpoint: str = "checkpoint") -> None:
        """Writes what is new, with an instance of its own."""
        sink = self.made(folder)
        with self.writing(folder):
            write_stream(sink, self.given(stream.frame), folder / checkpoint, component="sink")
        sink.close()

    def test_every_batch_is_shown_also_after_another_start(self, spark: "SparkSession", tmp_path: Path) -> None:
        """One at a time, and several at once."""
        stream, written = memory_stream(spark, "value STRING"), list[str]()
        for batches in ([["a", "b"]], [["b"], ["c", "c"]], []):
            for batch in batches:
                stream.add([(text,) for text in batch])
                written += batch
            self.start(stream, tmp_path)
            assert self.texts(spark, tmp_path) == sorted(written)

    def test_a_batch_without_rows_takes_none_away(self, spark: "SparkSession", tmp_path: Path) -> None:
        """Spark has such batches when only time went on."""
        stream = memory_stream(spark, "value STRING")
        for batch in ([], ["a"], [], ["b"]):
            stream.add([(text,) for text in batch])
            self.start(stream, tmp_path)
        assert self.texts(spark, tmp_path) == ["a", "b"]

    def test_a_batch_that_is_tried_again_is_there_as_often_as_is_said(self, spark: "SparkSession", tmp_path: Path) -> None:
        """The stream was killed after its sink had written, and before Spark knew."""
        stream = memory_stream(spark, "value STRING")
        stream.add([("a",)])
        self.start(stream, tmp_path)
        stream.add([("b",), ("c",)])
        self._cut_short(stream, tmp_path)
        stream.add([("d",)])
        self.start(stream, tmp_path)
        repeated = ["b", "c"] if self.again == "twice" else []
        assert self.texts(spark, tmp_path) == sorted(["a", "b", "c", "d", *repeated])

    def test_it_says_whether_writing_twice_is_writing_once(self, tmp_path: Path) -> None:
        """The plan tells people so."""
        sink = self.made(tmp_path)
        promised = isinstance(sink, StagedSink) or sink.idempotent  # a batch that is staged is shown once in any case
        assert promised == (self.again == "once")

    def _cut_short(self, stream: MemoryStream, folder: Path) -> None:
        """Writes the next batch as a run that is killed right after it."""
        sink, checkpoint = self.made(folder), folder / "checkpoint"
        if isinstance(sink, StreamingSink):
            write_stream(sink, self.given(stream.frame), checkpoint, component="sink")
            last = max((checkpoint / "commits").glob("[0-9]*"), key=lambda file: int(file.name))
            last.unlink()
            last.with_name(f".{last.name}.crc").unlink(missing_ok=True)
            return

        class Dying(type(sink)):  # type: ignore[misc] # whichever it is
            """Dies with its work done."""

            def write(self, context: Any, frame: Any) -> None:
                super().write(context, frame)
                raise Killed

        dying = build(Dying, folder, **self.options(folder))
        with suppress(Killed), self.writing(folder):
            write_stream(dying, self.given(stream.frame), checkpoint, component="sink")


class StreamingSinkConformance(NativeSinkConformance):
    """The suite for sinks into which several streams may write."""

    def test_streams_of_their_own_do_not_take_each_others_batches(self, spark: "SparkSession", tmp_path: Path) -> None:
        """Both count from 0."""
        for name in ("a", "b"):
            stream = memory_stream(spark, "value STRING")
            stream.add([(name,)])
            self.start(stream, tmp_path, f"checkpoint of {name}")
        assert self.texts(spark, tmp_path) == ["a", "b"]


class StagedStreamConformance(StreamingSinkConformance):
    """The suite for sinks that stage each batch."""

    @pytest.mark.parametrize("cut", ["staged", "published", "discarded", "failed"])
    def test_a_staged_batch_is_there_once_wherever_it_was_cut_short(
        self, cut: str, spark: "SparkSession", tmp_path: Path
    ) -> None:
        """By a kill, which leaves everything, or by a failure, after which it is discarded without its ticket."""
        for number, value in enumerate(["before", "new", "after"]):
            here = context(spark, write_id=WriteId("sink of checkpoint", number))
            frame = self.given(spark.createDataFrame([(value,)], "value STRING"))
            if value == "new":
                self._attempt(cut, here, frame, tmp_path)
            sink = self.made(tmp_path)
            sink.publish(here, sink.stage(here, frame))
            sink.close()
        assert self.texts(spark, tmp_path) == ["after", "before", "new"]

    def _attempt(self, cut: str, here: Any, frame: "DataFrame", folder: Path) -> None:
        sink = self.made(folder)
        if cut == "failed":
            failing = frame.withColumn("value", F.raise_error(F.lit("bad luck")).cast("string"))
            with pytest.raises(Exception, match="bad luck"):
                sink.stage(here, failing)
        else:
            ticket = sink.stage(here, frame)
            if cut == "published":
                sink.publish(here, ticket)
        if cut in ("discarded", "failed"):
            self.made(folder).discard(here, None)
