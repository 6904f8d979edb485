"""Reads a table of the catalog."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Dataset, OptionsError, PpfError, Source, option, options, suggestion
from ppf_table.catalog import is_in_memory
from ppf_table.names import dataset, full_name, parts, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


_EMPTY = (
    "Spark's catalog lives in memory, so that it is empty when a run starts Spark. Under spark.conf set "
    "'spark.sql.catalogImplementation' = hive, with the metastore or the database of Derby in which the table is."
)


@options
class TableSourceOptions:
    """What the table source understands."""

    name: str = option("Table to read: table, schema.table or catalog.schema.table.")

    def __post_init__(self) -> None:
        try:
            parts(self.name)
        except ValueError as error:
            raise OptionsError({"name": str(error)}) from None


class TableSource(Source[TableSourceOptions]):
    """Reads a table of Spark's catalog; never a temporary view of the same name."""

    examples: ClassVar[Sequence[str]] = ('{ name = "shop.sales" }',)
    supports: ClassVar = frozenset({"classic", "connect"})

    def datasets(self) -> tuple[Dataset, ...]:
        """The table."""
        return (dataset(self.options.name),)

    def read(self, context: Context) -> "DataFrame":
        """The rows of the table."""
        spark, table = context.spark, full_name(context.spark, self.options.name)
        if not spark.catalog.tableExists(quoted(table)):
            is_empty = context.spark_ends and is_in_memory(spark, table)
            hint = _EMPTY if is_empty else _near(spark, table)
            raise PpfError(f"There is no table {self.options.name!r} in the catalog.", hint=hint)
        return spark.read.table(quoted(table))


def _near(spark: "SparkSession", table: tuple[str, ...]) -> str:
    schema = quoted(table[:-1])
    if not spark.catalog.databaseExists(schema):
        return f"There is no schema {'.'.join(table[:-1])!r} either. Correct the option 'name'."
    return suggestion(table[-1], [each.name for each in spark.catalog.listTables(schema) if not each.isTemporary])
