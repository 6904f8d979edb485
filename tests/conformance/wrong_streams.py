"""Small streaming sources and sinks that are right, and some that are not."""

import shutil
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pyspark.sql import functions as F

from ppf_core import (
    Context,
    OptionsError,
    Sink,
    StagedSink,
    StreamingSink,
    StreamingSource,
    Ticket,
    local_path,
    option,
    options,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.streaming.query import StreamingQuery
    from pyspark.sql.streaming.readwriter import DataStreamWriter


@options
class RightOptions:
    """Options of all of these."""

    path: str = option("Folder.", path=True)

    def __post_init__(self) -> None:
        if "?" in self.path:
            raise OptionsError({"path": "must be no glob."})


@options
class CarelessOptions:
    """Options that take anything."""

    path: str = option("Folder.", path=True)


# ---- sources ---------------------------------------------------------------------------------------------------------


class RightSource(StreamingSource[RightOptions]):
    """Reads lines of text files."""

    output_schema: ClassVar = "value STRING"

    def read_stream(self, context: Context) -> "DataFrame":
        return context.spark.readStream.text(self.options.path)


class Static(RightSource):
    """Reads what is there, once."""

    def read_stream(self, context: Context) -> "DataFrame":
        return context.spark.read.text(self.options.path)


class Counting(RightSource):
    """Takes what it reads for something else once more has come."""

    def recognise(self, context: Context, known: str | None) -> str:
        return str(len(list(local_path(self.options.path).iterdir())))


class Lying(RightSource):
    """Tells another schema than it gives."""

    output_schema: ClassVar = "value BINARY"


class Eager(RightSource):
    """Looks into the files beforehand."""

    def read_stream(self, context: Context) -> "DataFrame":
        context.spark.range(1).count()
        return super().read_stream(context)


class Doubling(RightSource):
    """Gives each row twice."""

    def read_stream(self, context: Context) -> "DataFrame":
        return super().read_stream(context).select(F.explode(F.array("value", "value")).alias("value"))


class Unsteady(RightSource):
    """Gives other rows when it is asked again."""

    def read_stream(self, context: Context) -> "DataFrame":
        return super().read_stream(context).select(F.concat("value", F.expr("uuid()")).alias("value"))


class Taking(RightSource):
    """Gives what was there when it was last asked to nobody else."""

    taken: ClassVar[set[str]] = set()

    def read_stream(self, context: Context) -> "DataFrame":
        frame = super().read_stream(context).where(~F.col("value").isin(*self.taken))
        self.taken.update(file.read_text() for file in local_path(self.options.path).iterdir())
        return frame


class ClosingOnce(RightSource):
    """Must not be closed twice."""

    is_closed = False

    def close(self) -> None:
        if self.is_closed:
            raise RuntimeError("It is closed.")
        self.is_closed = True


class CarelessSource(StreamingSource[CarelessOptions]):
    """Finds mistakes in its options when it reads."""

    def read_stream(self, context: Context) -> "DataFrame":
        return context.spark.readStream.text(self.options.path)


# ---- sinks -----------------------------------------------------------------------------------------------------------


class RightSink(Sink[RightOptions]):
    """Writes each batch into a folder of its own."""

    idempotent: ClassVar = True

    def folder(self, context: Context) -> str:
        """Where a batch lies."""
        return f"{self.options.path}/batch={context.write_id}"

    def write(self, context: Context, frame: "DataFrame") -> None:
        frame.write.mode("overwrite").parquet(self.folder(context))


class Appending(RightSink):
    """Adds a batch each time that it is tried."""

    def write(self, context: Context, frame: "DataFrame") -> None:
        frame.write.mode("append").parquet(self.options.path)


class HonestlyAppending(Appending):
    """Adds a batch each time that it is tried, and says so."""

    idempotent: ClassVar = False


class Remembering(Appending):
    """Remembers in its instance what it wrote, and so not for long."""

    def write(self, context: Context, frame: "DataFrame") -> None:
        written = self.__dict__.setdefault("written", set())
        if context.write_id not in written:
            super().write(context, frame)
            written.add(context.write_id)


class ByNumber(RightSink):
    """Takes the number of a batch for its identity."""

    def folder(self, context: Context) -> str:
        return f"{self.options.path}/batch={context.write_id.number}"


class ByScope(RightSink):
    """Takes the stream for the batch."""

    def folder(self, context: Context) -> str:
        return f"{self.options.path}/batch={abs(hash(context.write_id.scope))}"


class Emptying(RightSink):
    """Takes a batch without rows for the end."""

    def write(self, context: Context, frame: "DataFrame") -> None:
        if frame.isEmpty():
            shutil.rmtree(local_path(self.options.path), ignore_errors=True)
        else:
            super().write(context, frame)


class Tidying(RightSink):
    """Removes its target when it is closed."""

    def close(self) -> None:
        shutil.rmtree(local_path(self.options.path), ignore_errors=True)


class CarelessSink(Sink[CarelessOptions]):
    """Finds mistakes in its options when it writes."""

    def write(self, context: Context, frame: "DataFrame") -> None:
        frame.write.mode("append").parquet(self.options.path)


class RightStaged(StagedSink[RightOptions]):
    """Adds a folder of Parquet files for each batch."""

    idempotent: ClassVar = True

    def stage_of(self, context: Context) -> Path:
        """Where a batch waits."""
        target = local_path(self.options.path)
        return target.with_name(f".{target.name}-{context.write_id}")

    def shown_of(self, context: Context) -> Path:
        """Where readers find it."""
        return local_path(self.options.path) / f"batch={context.write_id}"

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        frame.write.mode("overwrite").parquet(str(self.stage_of(context)))
        return {}

    def publish(self, context: Context, ticket: Ticket) -> None:
        stage, shown = self.stage_of(context), self.shown_of(context)
        if stage.exists():
            shutil.rmtree(shown, ignore_errors=True)
            shown.parent.mkdir(exist_ok=True)
            stage.rename(shown)

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        shutil.rmtree(self.stage_of(context), ignore_errors=True)


class AddingStaged(RightStaged):
    """Shows a batch that is tried again beside the one that is there."""

    def shown_of(self, context: Context) -> Path:
        return local_path(self.options.path) / f"batch={uuid.uuid4().hex}"


class StuckStaged(RightStaged):
    """Cannot stage where a stage was left."""

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        frame.write.parquet(str(self.stage_of(context)))
        return {}


class RightNative(StreamingSink[RightOptions]):
    """Spark's own files, for Spark alone."""

    idempotent: ClassVar = True

    def write_stream(self, context: Context, frame: "DataFrame") -> "DataStreamWriter":
        return frame.writeStream.format("parquet").option("path", self.options.path)


class Elsewhere(RightNative):
    """Keeps what it has done where it likes."""

    def write_stream(self, context: Context, frame: "DataFrame") -> "DataStreamWriter":
        return frame.writeStream.foreachBatch(lambda batch, _: batch.write.mode("append").parquet(self.options.path))

    def start(self, context: Context, writer: "DataStreamWriter") -> "StreamingQuery":
        return writer.option("checkpointLocation", tempfile.mkdtemp()).start()
