"""Writes a table of the catalog: first into a hidden table beside it, then into view."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, Dataset, OptionsError, PpfError, StagedSink, TargetMoved, Ticket, option, options
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
    """Writes a table of Spark's catalog. What it replaces keeps its comment, properties and grants."""

    examples: ClassVar[Sequence[str]] = ('{ name = "shop.daily", mode = overwrite, partition_by = [day] }',)

    @property
    def atomic(self) -> bool:
        """A new table appears by one rename; rows of one that is there are replaced file by file."""
        return self.options.mode in ("error", "ignore")

    def datasets(self) -> tuple[Dataset, ...]:
        """The table."""
        return (Dataset("table", self.options.name),)

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes the hidden table, after refusing what could not be published."""
        spark = context.spark
        target, stage = self._target(spark), self._stage(context)
        exists = _exists(spark, target)
        if exists and self.options.mode == "error":
            hint = "Set mode to overwrite, append or ignore."
            raise PpfError(f"The table {self.options.name!r} exists already.", hint=hint)
        if exists and self.options.mode in ("overwrite", "append"):
            _require_same_columns(self.options.name, spark.table(quoted(target)), frame)
        self._drop(spark, stage)
        writer = frame.write.format(self.options.format)
        if self.options.partition_by:
            writer = writer.partitionBy(*self.options.partition_by)
        writer.saveAsTable(quoted(stage))
        # Counting what was staged reads file footers only, where the format has them.
        context.report(rows_written=spark.table(quoted(stage)).count())
        return {"existed": str(exists).lower()}

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Shows the rows. A stage that is gone was published already."""
        spark = context.spark
        target, stage = self._target(spark), self._stage(context)
        if not _exists(spark, stage):
            return
        if not _exists(spark, target):
            spark.sql(f"ALTER TABLE {quoted(stage)} RENAME TO {quoted(target[-2:])}")
        elif self.options.mode == "error":
            raise TargetMoved(f"The table {self.options.name!r} was made by somebody else during the run.")
        elif self.options.mode != "ignore":
            self._insert(spark, stage, target)
            self._drop(spark, stage)
        else:
            self._drop(spark, stage)
        spark.catalog.refreshTable(quoted(target))

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Drops the hidden table."""
        self._drop(context.spark, self._stage(context))

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        """The rows of the hidden table."""
        return context.spark.table(quoted(self._stage(context)))

    def _insert(self, spark: "SparkSession", stage: tuple[str, ...], target: tuple[str, ...]) -> None:
        # By name: INSERT goes by position, and the order of columns may differ.
        columns = spark.table(quoted(target)).columns
        frame = spark.table(quoted(stage)).select(*[quoted((name,)) for name in columns])
        frame.write.insertInto(quoted(target), overwrite=self.options.mode == "overwrite")

    def _target(self, spark: "SparkSession") -> tuple[str, ...]:
        return full_name(spark, self.options.name)

    def _stage(self, context: Context) -> tuple[str, ...]:
        return (*self._target(context.spark)[:-1], f"_ppf_{context.write_id}")

    def _drop(self, spark: "SparkSession", stage: tuple[str, ...]) -> None:
        spark.sql(f"DROP TABLE IF EXISTS {quoted(stage)}")


def _exists(spark: "SparkSession", table: tuple[str, ...]) -> bool:
    return bool(spark.catalog.tableExists(quoted(table)))


def _require_same_columns(name: str, there: "DataFrame", frame: "DataFrame") -> None:
    """Refuses columns or types that differ: Spark would fill in NULL, or write what no reader can read."""
    wanted = {field.name.lower(): field.dataType.simpleString() for field in there.schema.fields}
    found = {field.name.lower(): field.dataType.simpleString() for field in frame.schema.fields}
    differences = [f"{column!r} is missing" for column in wanted if column not in found]
    differences += [f"{column!r} is new" for column in found if column not in wanted]
    differences += [
        f"{column!r} is {found[column]}, wanted {wanted[column]}"
        for column in wanted
        if column in found and found[column] != wanted[column]
    ]
    if differences:
        hint = "Make the columns equal with a transform, or write another table."
        raise PpfError(f"The rows do not fit the table {name!r}: {', '.join(differences)}.", hint=hint)
