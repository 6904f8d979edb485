"""Sources that read files."""

import json
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, Dataset, Schema, Source
from ppf_files.listing import listing
from ppf_files.options import CsvReadOptions, ReadOptions, spark_options
from ppf_files.paths import dataset, literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameReader

R = TypeVar("R", bound=ReadOptions)


class FileSource(Source[R]):
    """Reads files of one format."""

    format: ClassVar[str]

    @property
    def output_schema(self) -> Schema | None:
        """The schema that the file gives; None: Spark finds it when it reads."""
        return self.options.schema

    def datasets(self) -> tuple[Dataset, ...]:
        """The files and folders."""
        return tuple(dataset(path) for path in self.options.paths)

    def pin(self, context: Context) -> str | None:
        """The files that are there now, with sizes and times."""
        return json.dumps({path: listing(context.spark, path) for path in self.options.paths})

    def read(self, context: Context) -> "DataFrame":
        """The pinned files as a frame; without a pin what is there when it is called."""
        pinned = json.loads(context.pinned) if context.pinned else {}
        if not any(pinned.values()):
            return self._reader(context).load(self.options.paths)
        frames = [self._read_pinned(context, files) for files in pinned.values() if files]
        return reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), frames)

    def _read_pinned(self, context: Context, files: list[dict[str, Any]]) -> "DataFrame":
        """Exactly these files. Their common folder tells Spark which part of a path is a partition."""
        roots = {file["root"] for file in files if file["root"]}
        reader = self._reader(context)
        if len(roots) == 1:
            reader = reader.option("basePath", roots.pop())
        return reader.load([literal(file["path"]) for file in files])

    def _reader(self, context: Context) -> "DataFrameReader":
        reader = context.spark.read.format(self.format).options(**self.reader_options())
        return reader if self.options.schema is None else reader.schema(self.options.schema)

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
