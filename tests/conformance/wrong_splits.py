"""A small sink that splits as it should, and some that do not."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from wrong_sinks import Right

from ppf_core import Context, Ticket

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class RightSplit(Right):
    """Writes good and bad rows in one pass, as two partitions that become the stage and what lies beside it."""

    @property
    def can_split(self) -> bool:
        return True

    def apart(self, context: Context) -> Path:
        """Where bad rows lie."""
        return self.target.with_name(f".{self.target.name}.{context.write_id}.apart")

    def stage_split(self, context: Context, frame: "DataFrame", mask: str) -> "tuple[Ticket, DataFrame] | None":
        rows, both = frame.drop(mask), self.apart(context) / "both"
        self.write_both(frame, mask, both)
        for value, folder in {"false": self.where(context), "true": self.apart(context) / "bad"}.items():
            if (both / f"bad={value}").exists():
                (both / f"bad={value}").rename(folder)
            else:
                context.spark.createDataFrame([], rows.schema).write.parquet(str(folder))
        told = [context.spark.read.parquet(str(each)).count() for each in (self.where(context), self.apart(context) / "bad")]
        context.report(rows_written=self.counted(*told))
        apart = context.spark.read.schema(rows.schema).parquet(str(self.apart(context) / "bad"))
        return {"path": str(self.where(context)), "schema": rows.schema.json()}, apart

    def write_both(self, frame: "DataFrame", mask: str, folder: Path) -> None:
        """In one pass."""
        frame.withColumn("bad", F.col("`" + mask.replace("`", "``") + "`")).drop(mask).write.partitionBy("bad").parquet(
            str(folder)
        )

    def counted(self, good: int, bad: int) -> int:
        """What it reports."""
        return good + bad

    def publish(self, context: Context, ticket: Ticket) -> None:
        super().publish(context, ticket)
        shutil.rmtree(self.apart(context), ignore_errors=True)

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        super().discard(context, ticket)
        shutil.rmtree(self.apart(context), ignore_errors=True)


class Twice(RightSplit):
    """Computes the rows once for the good ones and once for the bad ones."""

    def write_both(self, frame: "DataFrame", mask: str, folder: Path) -> None:
        bad = F.col("`" + mask.replace("`", "``") + "`")
        frame.where(~bad).drop(mask).write.parquet(str(folder / "bad=false"))
        frame.where(bad).drop(mask).write.parquet(str(folder / "bad=true"))


class Flagged(RightSplit):
    """Has the column that tells bad rows among the columns of good ones."""

    def write_both(self, frame: "DataFrame", mask: str, folder: Path) -> None:
        super().write_both(frame.withColumn("was_bad", F.lit(False)), mask, folder)


class Miscounting(RightSplit):
    """Reports good rows alone."""

    def counted(self, good: int, bad: int) -> int:
        return good


class Leaking(RightSplit):
    """Publishes bad rows as well."""

    def publish(self, context: Context, ticket: Ticket) -> None:
        if self.apart(context).exists():
            (self.apart(context) / "bad").rename(self.where(context) / "more")
        super().publish(context, ticket)


class Littering(RightSplit):
    """Leaves bad rows behind."""

    def publish(self, context: Context, ticket: Ticket) -> None:
        Right.publish(self, context, ticket)

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        Right.discard(self, context, ticket)


class Unprepared(RightSplit):
    """Fails where no row is bad."""

    def stage_split(self, context: Context, frame: "DataFrame", mask: str) -> "tuple[Ticket, DataFrame] | None":
        found = super().stage_split(context, frame, mask)
        if found is not None and found[1].isEmpty():
            raise FileNotFoundError(self.apart(context))
        return found


class Hasty(RightSplit):
    """Begins to write before it finds that it cannot."""

    def stage_split(self, context: Context, frame: "DataFrame", mask: str) -> "tuple[Ticket, DataFrame] | None":
        self.where(context).mkdir()
        return None


class Blocking(RightSplit):
    """Stands in its own way once it has found that it cannot."""

    def stage_split(self, context: Context, frame: "DataFrame", mask: str) -> "tuple[Ticket, DataFrame] | None":
        return None

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        raise FileExistsError(self.where(context))
