"""Rows that stand in the pipeline file."""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, OptionsError, PpfError, SchemaContract, Source, option, options
from ppf_inline.values import Conversion, travelling

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@options
class InlineOptions:
    """The rows and their schema."""

    rows: list[dict[str, Any]] = option(
        "The rows, each a map from column to value. A column that is left out is NULL.", as_written=True
    )
    schema: str = option('The columns and their types, as DDL: "id INT, name STRING".')

    def __post_init__(self) -> None:
        """Every value fits its column."""
        try:
            SchemaContract.of(self.schema)
        except ValueError as error:
            raise OptionsError({"schema": str(error)}) from error
        conversion = Conversion(self.schema)
        for index, row in enumerate(self.rows):
            conversion.row(row, index)
        if conversion.mistakes:
            raise OptionsError(conversion.mistakes)


class InlineSource(Source[InlineOptions]):
    """Gives rows that stand in the pipeline file: small lookup tables, examples, tests."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = (
        """
        schema = "id INT, name STRING, since DATE"
        rows = [
          { id = 1, name = Ada, since = "2024-02-29" }
          { id = 2, name = Grace }
        ]
        """,
    )

    @property
    def output_schema(self) -> str:
        """The schema that the file gives."""
        return self.options.schema

    def pin(self, context: Context) -> str:
        """A digest: the rows are the pipeline file's own."""
        text = repr([self.options.schema, self.options.rows])  # JSON would write 1.10 as 1.1
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def read(self, context: Context) -> "DataFrame":
        """The rows as a frame; no Spark job runs."""
        wanted = SchemaContract.struct(self.options.schema, context.spark)
        self._require_values(field.name for field in wanted if not field.nullable)
        conversion = Conversion(self.options.schema)
        rows = [conversion.row(row, index) for index, row in enumerate(self.options.rows)]
        frame = context.spark.createDataFrame(rows, travelling(wanted))
        # In backticks: a name may hold a dot, which Spark would take for a path.
        columns = [frame[f"`{field.name.replace('`', '``')}`"].cast(field.dataType).alias(field.name) for field in wanted]
        return frame if frame.schema == wanted else frame.select(*columns)

    def _require_values(self, names: Iterable[str]) -> None:
        for name in names:
            for index, row in enumerate(self.options.rows):
                if row.get(name) is None:
                    raise PpfError(f"rows[{index}] has no {name!r}, which is NOT NULL.", hint="Give it a value.")
