"""Reads a table of the catalog."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Dataset, OptionsError, Source, option, options
from ppf_table.names import full_name, parts, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


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

    def datasets(self) -> tuple[Dataset, ...]:
        """The table."""
        return (Dataset("table", self.options.name),)

    def read(self, context: Context) -> "DataFrame":
        """The rows of the table."""
        return context.spark.read.table(quoted(full_name(context.spark, self.options.name)))
