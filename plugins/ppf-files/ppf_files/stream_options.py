"""The options of the streaming source and the streaming sink, which know every format."""

from typing import Any, Literal

from ppf_core import OptionsError, option, options
from ppf_files import marked, numbers, pass_through
from ppf_files.options import (
    PATH_KEYS,
    CsvReadOptions,
    CsvWriteOptions,
    JsonReadOptions,
    JsonWriteOptions,
    OrcReadOptions,
    OrcWriteOptions,
    ParquetReadOptions,
    ParquetWriteOptions,
    ReadOptions,
    RecordReadOptions,
    TextReadOptions,
    TextWriteOptions,
    WriteOptions,
)
from ppf_files.paths import GLOB

Format = Literal["csv", "json", "orc", "parquet", "text"]

_READ: dict[str, type[ReadOptions]] = {
    each.format: each for each in (CsvReadOptions, JsonReadOptions, OrcReadOptions, ParquetReadOptions, TextReadOptions)
}
_WRITE: dict[str, type[WriteOptions]] = {
    each.format: each for each in (CsvWriteOptions, JsonWriteOptions, OrcWriteOptions, ParquetWriteOptions, TextWriteOptions)
}


@options
class StreamReadOptions:
    """What the streaming source understands."""

    path: str = option("Folder to watch, or a glob. What is there under this very name is no glob.", path=True)
    format: Format = option("Format of the files.")
    schema: str | None = option(
        "Columns and types as DDL, for example 'id INT, name STRING'. Only text needs none: it has one column.", default=None
    )
    max_files_per_trigger: int | None = option("How many files a batch has at most; without it all that are new.", default=None)
    bad_records: marked.BadRecords | None = option(f"Of csv and json. {marked.HELP}", default=None)
    decimal: str = option("Of csv. What stands before the fraction of a number.", default=numbers.POINT)
    thousands: str | None = option("Of csv. What stands between groups of three digits, if anything.", default=None)
    reader: dict[str, Any] = option(
        "Further options for Spark's reader, passed on as they are. All else is as in the source of the format.",
        default_factory=dict,
        path_keys=(*PATH_KEYS, "sourcearchivedir"),
        as_written=True,
    )

    def __post_init__(self) -> None:
        problems = {}
        if self.schema is None and self.format != "text":
            problems["schema"] = (
                f"is missing: the files of a stream are not there yet, so that no columns can be found in them. Give those of "
                f"the {self.format} files as DDL, for example 'id INT, name STRING'"
            )
        if self.max_files_per_trigger is not None and self.max_files_per_trigger < 1:
            problems["max_files_per_trigger"] = f"must be at least 1, not {self.max_files_per_trigger}"
        if self.bad_records is not None and not issubclass(_READ[self.format], RecordReadOptions):
            problems["bad_records"] = f"has no meaning for {self.format}, whose records always fit; leave it out"
        if self.format != "csv":
            given = {"decimal": self.decimal != numbers.POINT, "thousands": self.thousands is not None}
            problems |= {
                name: f"has no meaning for {self.format}; leave it out" for name, is_given in given.items() if is_given
            }
        if not problems:
            _ = self.batch
        if problems:
            raise OptionsError(problems)

    def warnings(self) -> dict[str, str]:
        """What Spark would pass over."""
        found = pass_through.doubts("reader", self.reader, self.format, pass_through.OF_STREAMS)
        name = next((name for name in self.reader if name.lower() == "basepath"), None)
        if name is not None and not GLOB.search(self.path):
            found[f"reader.{name}"] = "does nothing here: unless path is a glob, Spark takes the watched folder for it"
        return found

    @property
    def batch(self) -> ReadOptions:
        """The options of the source that reads this format in a batch."""
        further: dict[str, Any] = {} if self.bad_records is None else {"bad_records": self.bad_records}
        if self.format == "csv":
            further |= {"decimal": self.decimal, "thousands": self.thousands}
        return _READ[self.format](path=self.path, schema=self.schema, reader=self.reader, **further)


@options
class StreamWriteOptions:
    """What the streaming sink understands."""

    path: str = option("Folder to write.", path=True)
    format: Format = option("Format of the files.", default="parquet")
    mode: Literal["append", "overwrite"] = option(
        "What a batch does to the rows that are there: it adds to them, or replaces them, as output_mode = complete asks for.",
        default="append",
    )
    partition_by: list[str] = option("Columns that become folders such as year=2025.", default_factory=list)
    writer: dict[str, Any] = option(
        "Further options for Spark's writer, passed on as they are. All else is as in the sink of the format.",
        default_factory=dict,
        path_keys=PATH_KEYS,
        as_written=True,
    )

    def __post_init__(self) -> None:
        _ = self.batch

    def warnings(self) -> dict[str, str]:
        """What Spark would pass over."""
        return self.batch.warnings()

    @property
    def batch(self) -> WriteOptions:
        """The options of the sink that writes this format in a batch."""
        return _WRITE[self.format](path=self.path, mode=self.mode, partition_by=self.partition_by, writer=self.writer)
