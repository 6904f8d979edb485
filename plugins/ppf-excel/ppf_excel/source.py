"""Reads a sheet of a workbook."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Dataset, PpfError, Schema, SchemaContract, Source, local_path
from ppf_excel.options import ExcelReadOptions
from ppf_excel.table import Table
from ppf_excel.workbook import cells, opened

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType


class ExcelSource(Source[ExcelReadOptions]):
    """Reads a sheet of an Excel workbook. The driver reads all of it, so that there are limits."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar[Sequence[str]] = ('{ path = "in/prices.xlsx", sheet = Prices, range = "A3:F" }',)

    @property
    def output_schema(self) -> Schema | None:
        """The schema that the file gives; None: the cells tell it."""
        return self.options.schema

    def datasets(self) -> Sequence[Dataset]:
        """The workbook."""
        return (Dataset("file", str(self._path)),)

    def pin(self, context: Context) -> str | None:
        """Size and time of the workbook."""
        return _mark(self._path)

    def read(self, context: Context) -> "DataFrame":
        """The rows below the header."""
        from pyspark.sql import functions

        with opened(self._path, self.options.max_bytes) as stream:
            found = cells(self._path, stream, self.options.sheet, self.options.region)
            table = Table.of(str(self._path), found, self.options)
        if context.pinned is not None and context.pinned != _mark(self._path):
            raise PpfError(
                f"The workbook {str(self._path)!r} changed while the run was reading it.",
                hint="Run the pipeline again from the start.",
            )
        if self.options.schema is None:
            schema = table.schema()
        else:
            schema = SchemaContract.struct(self.options.schema, context.spark)
            table = table.chosen(schema, by_name=self.options.header)
        rows = context.spark.createDataFrame(table.values(schema), _local_times(schema), verifySchema=False)
        # Python would take times for those of its own zone, and not of the session's.
        columns = [functions.col(f"`{name.replace('`', '``')}`") for name in schema.names]
        return rows.select(
            *[column.cast(field.dataType).alias(field.name) for column, field in zip(columns, schema, strict=True)]
        )

    @property
    def _path(self) -> Path:
        return local_path(self.options.path).absolute()


def _mark(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        raise PpfError(
            f"The workbook {str(path)!r} cannot be read: {error.strerror or error}.", hint="Check the option 'path'."
        ) from error
    return f"{status.st_size} {status.st_mtime_ns}"


def _local_times(schema: "StructType") -> "StructType":
    from pyspark.sql.types import StructField, StructType, TimestampNTZType, TimestampType

    return StructType(
        [
            StructField(field.name, TimestampNTZType() if isinstance(field.dataType, TimestampType) else field.dataType)
            for field in schema
        ]
    )
