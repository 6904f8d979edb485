"""The sinks that write files, by format."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Requirements
from ppf_files import layout
from ppf_files.exactness import ORC, PARQUET
from ppf_files.file_sink import FileSink, TypedFileSink
from ppf_files.options import (
    WHOLE_TIMES,
    CsvWriteOptions,
    JsonWriteOptions,
    OrcWriteOptions,
    ParquetWriteOptions,
    TextWriteOptions,
)
from ppf_files.pass_through import given as by_one_name
from ppf_files.text_options import named_options
from ppf_files.writing import without_nul

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructField, StructType


class CsvSink(FileSink[CsvWriteOptions]):
    """Writes CSV files."""

    format = "csv"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/report", mode = overwrite, coalesce = 1 }',)

    def own_options(self) -> dict[str, Any]:
        """Header, delimiter, and times with all their digits."""
        # By default Spark's writer drops white space around values, and puts a backslash before a quote but not before another.
        kept = {"escape": '"', "ignoreLeadingWhiteSpace": False, "ignoreTrailingWhiteSpace": False}
        quoting = kept if self.options.quoting == "rfc4180" else {}
        return {
            **WHOLE_TIMES,
            "header": self.options.header,
            "sep": self.options.delimiter,
            **quoting,
            **named_options(self.options),
        }

    def storable(self, frame: "DataFrame") -> "DataFrame":
        """A text with the character NUL fails."""
        return without_nul(frame, "CSV")

    def reader_options(self) -> dict[str, Any]:
        """Options for Spark's reader of what was so written: values may hold line breaks."""
        return {"multiLine": True, **self.writer_options()}

    def require_fitting(self, target: str, found: "StructType", given: "list[StructField]") -> None:
        """CSV has no types, but an order: the header must be the same."""
        has_names = by_one_name(self.writer_options())["header"].lower() == "true"
        layout.require_same_header(target, found.names, [field.name for field in given], has_names)


class JsonSink(FileSink[JsonWriteOptions]):
    """Writes files with one JSON object a line."""

    format = "json"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/events", mode = append }',)

    def own_options(self) -> dict[str, Any]:
        """Times with all their digits."""
        return dict(WHOLE_TIMES)

    def require_fitting(self, target: str, found: "StructType", given: "list[StructField]") -> None:
        """JSON has few types, and leaves out what is NULL."""
        layout.require_same_kinds(target, found, given)


class ParquetSink(TypedFileSink[ParquetWriteOptions]):
    """Writes Parquet files."""

    format = "parquet"
    exactness = PARQUET
    examples: ClassVar[Sequence[str]] = (
        '{ path = "out/late", mode = overwrite, partition_by = [carrier], partition_overwrite = dynamic }',
    )

    @classmethod
    def requirements(cls, options: ParquetWriteOptions | None) -> Requirements:
        """Times as microseconds: Spark's default is INT96, of which other programs read years far from ours as others."""
        return Requirements(conf={"spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS"})


class OrcSink(TypedFileSink[OrcWriteOptions]):
    """Writes ORC files."""

    format = "orc"
    exactness = ORC
    examples: ClassVar[Sequence[str]] = ('{ path = "out/planes", mode = overwrite }',)


class TextSink(FileSink[TextWriteOptions]):
    """Writes the one column of text as lines."""

    format = "text"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/lines", mode = overwrite }',)

    def empty(self, frame: "DataFrame") -> "DataFrame":
        """A text file has one column."""
        return frame.drop(*self.options.partition_by)

    def require_fitting(self, target: str, found: "StructType", given: "list[StructField]") -> None:
        """Any line fits beside any other."""
