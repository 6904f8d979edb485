"""Rows that stand in the pipeline file."""

import hashlib
import json
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, PpfError, Source, option, options
from ppf_inline.values import Conversion, carried

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType


@options
class InlineOptions:
    """The rows and their schema."""

    rows: list[dict[str, Any]] = option("The rows, each a map from column to value. A column that is left out is NULL.")
    schema: str = option('The columns and their types, as DDL: "id INT, name STRING".')


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
        text = json.dumps([self.options.schema, self.options.rows], default=str)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def read(self, context: Context) -> "DataFrame":
        """The rows as a frame; no Spark job runs."""
        wanted = context.spark.createDataFrame([], self.options.schema).schema
        travelling = carried(wanted)
        frame = context.spark.createDataFrame(self._converted(wanted), travelling)
        if travelling == wanted:
            return frame
        # In backticks: a name may hold a dot, which Spark would take for a path.
        columns = [frame[f"`{field.name.replace('`', '``')}`"].cast(field.dataType).alias(field.name) for field in wanted]
        return frame.select(*columns)

    def _converted(self, wanted: "StructType") -> list[Any]:
        conversion = Conversion()
        rows = [conversion.convert(row, wanted, f"rows[{index}]") for index, row in enumerate(self.options.rows)]
        if conversion.mistakes:
            raise PpfError("\n".join(conversion.mistakes), hint="Correct the rows or the schema.")
        return rows
