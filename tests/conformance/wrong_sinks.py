"""A small sink that is right, and some that are not."""

import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pyspark.sql import functions as F

from ppf_core import Context, StagedSink, Ticket, local_path, option, options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ALONE = threading.Lock()
"""Held while a folder is replaced."""


@options
class RightOptions:
    """Options of these sinks."""

    path: str = option("Folder to replace.", path=True)


class Right(StagedSink[RightOptions]):
    """Replaces a folder of Parquet files, staged beside it."""

    @property
    def target(self) -> Path:
        """What readers read."""
        return local_path(self.options.path)

    def where(self, context: Context) -> Path:
        """The stage of a write."""
        return self.target.with_name(f".{self.target.name}.{context.write_id}")

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        path = self.where(context)
        frame.write.mode("overwrite").parquet(str(path))
        return {"path": str(path), "schema": frame.schema.json()}

    def publish(self, context: Context, ticket: Ticket) -> None:
        with _ALONE:
            if self.where(context).exists():
                self.show(self.where(context))

    def show(self, stage: Path) -> None:
        """Lets readers see a stage."""
        shutil.rmtree(self.target, ignore_errors=True)
        stage.rename(self.target)

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        shutil.rmtree(self.where(context), ignore_errors=True)

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        return context.spark.read.parquet(ticket["path"])


class RightAdding(Right):
    """Adds its rows to those that are there."""

    def show(self, stage: Path) -> None:
        self.target.mkdir(exist_ok=True)
        for file in stage.glob("part-*"):
            file.rename(self.target / file.name)
        shutil.rmtree(stage)


class Trimming(Right):
    """Stores texts without the blanks around them."""

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        trimmed = {name: F.trim(name) for name, kind in frame.dtypes if kind == "string"}
        return super().stage(context, frame.withColumns(trimmed) if trimmed else frame)


class Renaming(Right):
    """Gives its columns other names."""

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        frame = super().staged(context, ticket)
        return frame.toDF(*(name.upper() for name in frame.columns)) if frame is not None else None


class Once(Right):
    """Stores each row once."""

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        return super().stage(context, frame.dropDuplicates())


class Sweeping(Right):
    """Discards whatever is staged."""

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        for stage in self.target.parent.glob(f".{self.target.name}.*"):
            shutil.rmtree(stage)


class Visible(Right):
    """Stages where readers look."""

    def where(self, context: Context) -> Path:
        return self.target / f"{context.write_id}"

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Nothing is left to do."""


class Adding(Right):
    """Adds rows, each time it publishes."""

    def publish(self, context: Context, ticket: Ticket) -> None:
        context.spark.read.parquet(ticket["path"]).write.mode("append").parquet(str(self.target))


class Forgetful(Right):
    """Knows what it staged only from its ticket."""

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        if ticket is not None:
            super().discard(context, ticket)


class Eager(Right):
    """Takes the old rows away before it has new ones."""

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        shutil.rmtree(self.target, ignore_errors=True)
        return super().stage(context, frame)


class Mixing(Right):
    """Shows one file after the other."""

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        return super().stage(context, frame.repartition(4))

    def publish(self, context: Context, ticket: Ticket) -> None:
        for file in self.target.glob("part-*"):
            file.unlink(missing_ok=True)
        self.target.mkdir(exist_ok=True)
        for file in sorted(self.where(context).glob("part-*")):
            time.sleep(0.1)
            file.rename(self.target / file.name)


class Holding(Right):
    """Knows what it has staged as long as its process lives."""

    held: ClassVar[set[str]] = set()

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        self.held.add(str(self.where(context)))
        return super().stage(context, frame)

    def publish(self, context: Context, ticket: Ticket) -> None:
        if str(self.where(context)) in self.held:
            super().publish(context, ticket)


class Leaving(Holding):
    """Discards what it remembers to have staged."""

    def publish(self, context: Context, ticket: Ticket) -> None:
        Right.publish(self, context, ticket)

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        if str(self.where(context)) in self.held:
            super().discard(context, ticket)


class Recalling(RightAdding):
    """Knows what it has published as long as its process lives."""

    done: ClassVar[set[str]] = set()

    def publish(self, context: Context, ticket: Ticket) -> None:
        if str(self.where(context)) not in self.done:
            self.done.add(str(self.where(context)))
            context.spark.read.parquet(ticket["path"]).write.mode("append").parquet(str(self.target))
