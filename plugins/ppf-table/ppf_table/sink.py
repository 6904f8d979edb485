"""Writes a table of the catalog: first into a hidden table beside it, then into view.

people                          the table
_ppf_<write id>                 the stage: a hidden table
_ppf_<write id>_old             the table that is replaced, for the moment between two renames
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, Dataset, OptionsError, PpfError, StagedSink, TargetMoved, Ticket, option, options
from ppf_table import catalog, guards
from ppf_table.catalog import Table
from ppf_table.names import full_name, parts, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@options
class TableSinkOptions:
    """What the table sink understands."""

    name: str = option("Table to write: table, schema.table or catalog.schema.table.")
    mode: Literal["error", "overwrite", "append", "ignore"] = option("What to do with a table that exists.", default="error")
    format: str = option("Format of a table that does not exist yet.", default="parquet")
    partition_by: list[str] = option("Columns by which a new table is partitioned.", default_factory=list)

    def __post_init__(self) -> None:
        try:
            parts(self.name)
        except ValueError as error:
            raise OptionsError({"name": str(error)}) from None


class TableSink(StagedSink[TableSinkOptions]):
    """Writes a table of Spark's catalog. What it replaces keeps its columns, partitions, format, comment and properties."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar[Sequence[str]] = ('{ name = "shop.daily", mode = overwrite, partition_by = [day] }',)

    @property
    def atomic(self) -> bool:
        """A new table appears by one rename; to replace one takes two, and rows are added file by file."""
        return self.options.mode in ("error", "ignore")

    @property
    def exclusive(self) -> bool:
        """Only rows that are added leave room for another sink's."""
        return self.options.mode != "append"

    def datasets(self) -> tuple[Dataset, ...]:
        """The table."""
        return (Dataset("table", ".".join(parts(self.options.name))),)

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes the hidden table, after refusing what could not be published.

        With mode = ignore and a table that exists there is nothing to do, and Spark does nothing.
        """
        spark, mode = context.spark, self.options.mode
        target, stage = self._target(spark), self._stage(context)
        existed = catalog.exists(spark, target)
        if existed and mode == "ignore":
            context.report(rows_written=0)
            return {"ignored": "true"}
        self._refuse(spark, target, frame, existed=existed)
        catalog.drop(spark, stage)
        swaps = existed and mode == "overwrite" and catalog.is_managed(spark, target)
        if swaps:
            catalog.create_like(spark, stage, target)
            _insert(spark, frame, stage)
        else:
            frame.write.format(self.options.format).partitionBy(*self.options.partition_by).saveAsTable(quoted(stage))
        # Counting what was staged reads file footers only, where the format has them.
        context.report(rows_written=spark.table(quoted(stage)).count())
        return {"existed": str(existed).lower(), "swaps": str(swaps).lower()}

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Shows the rows. A stage that is gone was published already."""
        if "ignored" in ticket:
            return
        spark = context.spark
        target, stage, old = self._target(spark), self._stage(context), self._old(context)
        if catalog.exists(spark, stage):
            self._show(context, target, stage, old, ticket)
        if ticket["existed"] == "false" or ticket["swaps"] == "true":
            catalog.find_partitions(spark, target)
        catalog.drop(spark, old)
        spark.catalog.refreshTable(quoted(target))

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Drops the hidden table, and puts an old one back that was just aside."""
        spark, target, old = context.spark, self._target(context.spark), self._old(context)
        if catalog.exists(spark, old) and not catalog.exists(spark, target):
            catalog.rename(spark, old, target)
            catalog.find_partitions(spark, target)
        catalog.drop(spark, self._stage(context))

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        """The rows of the hidden table; None when there is none, or no longer."""
        stage = self._stage(context)
        return context.spark.table(quoted(stage)) if catalog.exists(context.spark, stage) else None

    def _refuse(self, spark: "SparkSession", target: Table, frame: "DataFrame", *, existed: bool) -> None:
        if existed and self.options.mode == "error":
            hint = "Set mode to overwrite, append or ignore."
            raise PpfError(f"The table {self.options.name!r} exists already.", hint=hint)
        guards.require_columns(self.options.partition_by, frame)
        if existed:
            guards.require_fitting(spark, target, frame, self.options.partition_by)
        else:
            guards.require_new_name(target)

    def _show(self, context: Context, target: Table, stage: Table, old: Table, ticket: Ticket) -> None:
        spark = context.spark
        if catalog.exists(spark, target) and not catalog.exists(spark, old):
            if self.options.mode == "ignore":
                catalog.drop(spark, stage)
                return
            self._require_unmoved(spark, target, stage, ticket)
            if ticket["swaps"] == "false":
                _insert(spark, spark.table(quoted(stage)), target, overwrite=self.options.mode == "overwrite")
                catalog.drop(spark, stage)
                return
            catalog.rename(spark, target, old)
            catalog.find_partitions(spark, old)
        if catalog.exists(spark, target):
            raise TargetMoved(f"The table {self.options.name!r} was made anew during the run; its old rows are in {old[-1]!r}.")
        catalog.rename(spark, stage, target)

    def _require_unmoved(self, spark: "SparkSession", target: Table, stage: Table, ticket: Ticket) -> None:
        if ticket["existed"] == "false" and self.options.mode != "append":
            raise TargetMoved(f"The table {self.options.name!r} was made by somebody else during the run.")
        try:
            guards.require_fitting(spark, target, spark.table(quoted(stage)), self.options.partition_by)
        except PpfError as error:
            raise TargetMoved(f"The table {self.options.name!r} was changed during the run. {error}") from error

    def _target(self, spark: "SparkSession") -> Table:
        return full_name(spark, self.options.name)

    def _stage(self, context: Context) -> Table:
        return (*self._target(context.spark)[:-1], f"_ppf_{context.write_id}")

    def _old(self, context: Context) -> Table:
        return (*self._target(context.spark)[:-1], f"_ppf_{context.write_id}_old")


def _insert(spark: "SparkSession", frame: "DataFrame", table: Table, *, overwrite: bool = False) -> None:
    """By name: INSERT goes by position, and the order of columns may differ."""
    columns = [quoted((name,)) for name in spark.table(quoted(table)).columns]
    frame.select(*columns).write.insertInto(quoted(table), overwrite=overwrite)
