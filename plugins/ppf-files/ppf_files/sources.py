"""Sources that read files."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, Schema, Source
from ppf_files.options import CsvReadOptions, ReadOptions, spark_options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

R = TypeVar("R", bound=ReadOptions)


class FileSource(Source[R]):
    """Reads files of one format."""

    format: ClassVar[str]

    @property
    def output_schema(self) -> Schema | None:
        """The schema that the file gives; None: Spark finds it when it reads."""
        return self.options.schema

    def read(self, context: Context) -> "DataFrame":
        """The files as a frame."""
        reader = context.spark.read.format(self.format).options(**self.reader_options())
        if self.options.schema is not None:
            reader = reader.schema(self.options.schema)
        return reader.load(self.options.paths)

    def reader_options(self) -> dict[str, Any]:
        """Options for Spark's reader."""
        return spark_options(self.options.reader)


class CsvSource(FileSource[CsvReadOptions]):
    """Reads CSV files."""

    format = "csv"
    examples: ClassVar[Sequence[str]] = ('{ path = "data/flights.csv", schema = "carrier STRING, dep_delay INT" }',)

    def reader_options(self) -> dict[str, Any]:
        """Options for Spark's reader; what the user wrote under `reader` wins."""
        given = self.options
        return {
            "header": given.header,
            "sep": given.delimiter,
            "nullValue": given.null_value,
            "inferSchema": given.infer_schema,
            **super().reader_options(),
        }


class JsonSource(FileSource[ReadOptions]):
    """Reads files with one JSON object a line."""

    format = "json"
    examples: ClassVar[Sequence[str]] = ('{ path = "data/events", schema = "id INT, kind STRING" }',)


class ParquetSource(FileSource[ReadOptions]):
    """Reads Parquet files."""

    format = "parquet"
    examples: ClassVar[Sequence[str]] = ('{ path = "data/weather" }',)


class OrcSource(FileSource[ReadOptions]):
    """Reads ORC files."""

    format = "orc"
    examples: ClassVar[Sequence[str]] = ('{ path = "data/planes" }',)


class TextSource(FileSource[ReadOptions]):
    """Reads text files, one row a line, in the column `value`."""

    format = "text"
    examples: ClassVar[Sequence[str]] = ('{ path = "logs/*.log" }',)
