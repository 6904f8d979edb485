"""The options of file sources and sinks."""

import codecs
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from ppf_core import OptionsError, SchemaContract, near_miss, option, options
from ppf_files import marked, named_partitions, numbers, pass_through
from ppf_files.sizes import size_of
from ppf_files.text_options import faults_of_named, named_options

# As text Spark writes times with milliseconds only, and drops the rest.
WHOLE_TIMES = {
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}
_OF_TEXT = ("none", "bzip2", "deflate", "gzip", "lz4", "snappy", "zstd")
_CODECS = {
    **dict.fromkeys(("csv", "json", "text", "xml"), _OF_TEXT),
    "avro": ("uncompressed", "bzip2", "deflate", "snappy", "xz", "zstandard"),
    "orc": ("none", "lz4", "lzo", "snappy", "zlib", "zstd"),
    "parquet": ("none", "uncompressed", "brotli", "gzip", "lz4", "lz4_raw", "lzo", "snappy", "zstd"),
}
_NAMED_BY_CODEC = ("csv", "json", "text", "xml")
_ENDINGS = {"bzip2": ".bz2", "deflate": ".deflate", "gzip": ".gz", "lz4": ".lz4", "snappy": ".snappy", "zstd": ".zst"}
_NO_PLACE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?![/\\])")
# Options of Spark whose values are paths.
PATH_KEYS = ("avroschemaurl", "badrecordspath", "basepath", "rowvalidationxsdpath")


@options
class ReadOptions:
    """What every file source understands."""

    format: ClassVar[str] = ""
    path: str | list[str] = option(
        "File, folder or glob to read, or a list of them. What is there under this very name is no glob.", path=True
    )
    schema: str | None = option(
        "Columns and types as DDL, for example 'id INT, name STRING'; without it Spark finds them.", default=None
    )
    file_column: str | None = option("A further column, the last one, for the URI of the file of each row.", default=None)
    modified_after: str | None = option(
        'Only files that were changed after this time of the session\'s time zone: "2024-12-31T18:00:00".', default=None
    )
    modified_before: str | None = option("Only files that were changed before this time.", default=None)
    partition_inference: bool = option(
        "The types of columns from names of folders are found; otherwise they are text, so that 007 stays what it is.",
        default=True,
    )
    incremental: bool = option(
        "Only files that no published run has read, whatever their names and times; one that changed is read again.",
        default=False,
    )
    reader: dict[str, Any] = option(
        "Further options for Spark's reader, passed on as they are.",
        default_factory=dict,
        path_keys=PATH_KEYS,
        as_written=True,
    )

    def __post_init__(self) -> None:
        problems = _no_place(self.paths) if self.path else {"path": "must name at least one file or folder"}
        for name in ("modified_after", "modified_before"):
            problems |= _no_time(name, getattr(self, name))
        _raise(problems | _no_schema(self.schema) | pass_through.problems("reader", self.reader))

    def warnings(self) -> dict[str, str]:
        """What Spark would pass over."""
        doubts = pass_through.doubts("reader", self.reader, self.format) if self.format else {}
        twins = SchemaContract.of(self.schema).case_twins if self.schema is not None else ()
        if twins:
            names = " and ".join(map(repr, twins))
            doubts["schema"] = f"has {names}, which Spark tells apart only with spark.sql.caseSensitive = true"
        return doubts

    @property
    def paths(self) -> list[str]:
        """The paths as a list, however they were given."""
        return [self.path] if isinstance(self.path, str) else list(self.path)


@options
class RecordReadOptions(ReadOptions):
    """What the sources of text understand whose records may not fit their columns."""

    bad_records: marked.BadRecords | None = option(marked.HELP, default=None)

    def __post_init__(self) -> None:
        # Not super(): the decorator's dataclass may be another class object than this body sees.
        ReadOptions.__post_init__(self)
        _raise(marked.problems(self.bad_records, self.schema, self.reader))


@options
class CsvReadOptions(RecordReadOptions):
    """What the CSV source understands."""

    format: ClassVar[str] = "csv"
    header: bool = option("The first line of each file holds the column names.", default=True)
    delimiter: str = option("What stands between two values.", default=",")
    null_value: str = option("The text that stands for NULL.", default="")
    infer_schema: bool = option("Read the data once more to find the types; otherwise every column is text.", default=False)
    comment: str | None = option("Lines that begin with this character are left out.", default=None)
    encoding: str | None = option("How characters are written; UTF-8 unless given.", default=None)
    multiline: bool = option("Values in quotes may have line breaks. Then one task reads a whole file.", default=False)
    date_format: str | None = option('How dates are written, as Spark has it: "dd.MM.yyyy".', default=None)
    timestamp_format: str | None = option('How times are written, as Spark has it: "dd.MM.yyyy HH:mm".', default=None)
    quoting: Literal["rfc4180", "spark"] = option(
        "rfc4180: a quote in a value is doubled, as all other programs have it. spark: a backslash stands before it.",
        default="rfc4180",
    )
    decimal: str = option("What stands before the fraction of a number. Needs the schema.", default=".")
    thousands: str | None = option("What stands between groups of three digits, if anything. Needs the schema.", default=None)
    skip_lines: int = option("How many lines at the beginning of each file are neither header nor data.", default=0)
    columns: Literal["same", "by_name", "by_position"] = option(
        "How files go together. same: the first line is the same in all. by_name: columns are found by name in each file, NULL "
        "where a file does not have them. by_position: the first file names the columns of all.",
        default="same",
    )

    def __post_init__(self) -> None:
        RecordReadOptions.__post_init__(self)
        problems = _no_delimiter(self.delimiter) | _wide_lines(self.reader, named_options(self))
        problems |= faults_of_named(self, "reader", self.reader)
        problems |= numbers.problems(self.decimal, self.thousands, self.schema)
        problems |= self._misused_skip_lines()
        if self.schema is not None and self.infer_schema:
            problems["infer_schema"] = "has no meaning when schema gives the types; leave one of them out"
        if self.columns == "by_name" and self.infer_schema:
            problems["infer_schema"] = "cannot find types with columns = by_name; give the schema"
        if self.columns == "by_name" and not self.header:
            problems["columns"] = "is by_name, but header = false says that no file has names"
        _raise(problems)

    def _misused_skip_lines(self) -> dict[str, str]:
        if self.skip_lines < 0:
            return {"skip_lines": f"must be at least 0, not {self.skip_lines}"}
        given = pass_through.given({**self.reader, **named_options(self)})
        found = {
            "values with line breaks (multiline = true)": str(given.get("multiline", False)).lower() == "true",
            "mode = DROPMALFORMED": str(given.get("mode", "")).upper() == "DROPMALFORMED",
            "singleVariantColumn": "singlevariantcolumn" in given,
            "UTF-16 and UTF-32": _codec(given.get("encoding", "UTF-8")).startswith(("utf-16", "utf-32")),
        }
        other = next((name for name, is_given in found.items() if is_given), None) if self.skip_lines else None
        if other is not None:
            instead = "set bad_records = drop" if "MALFORMED" in other else "remove these lines beforehand"
            return {"skip_lines": f"cannot be set together with {other}; {instead}"}
        if self.skip_lines and self.incremental and self.schema is None:
            return {"schema": "is missing: with skip_lines and incremental = true it must be given"}
        return {}


@options
class JsonReadOptions(RecordReadOptions):
    """What the JSON source understands."""

    format: ClassVar[str] = "json"

    def __post_init__(self) -> None:
        RecordReadOptions.__post_init__(self)
        _raise(_wide_lines(self.reader))


@options
class ParquetReadOptions(ReadOptions):
    """What the Parquet source understands."""

    format: ClassVar[str] = "parquet"


@options
class OrcReadOptions(ReadOptions):
    """What the ORC source understands."""

    format: ClassVar[str] = "orc"


@options
class TextReadOptions(ReadOptions):
    """What the text source understands."""

    format: ClassVar[str] = "text"

    def __post_init__(self) -> None:
        ReadOptions.__post_init__(self)
        encoding = pass_through.given(self.reader).get("encoding", "UTF-8")
        if _codec(encoding) not in ("utf-8", "ascii"):
            text = (
                f"is {encoding!r}, but Spark's text reader knows UTF-8 only; read it with csv, one column and multiLine = true"
            )
            _raise({"reader.encoding": text})


@options
class WriteOptions:
    """What every file sink understands."""

    format: ClassVar[str] = ""
    path: str = option("Folder to write.", path=True)
    mode: Literal["error", "overwrite", "append", "ignore"] = option("What to do with a target that exists.", default="error")
    partition_by: list[str] = option("Columns that become folders such as year=2025.", default_factory=list)
    partition_overwrite: Literal["static", "dynamic", "named"] = option(
        "What mode = overwrite replaces: the whole target (static), only the partitions that the result holds (dynamic), "
        "or those that `partitions` names (named).",
        default="static",
    )
    partitions: list[str] = option(
        'The partitions that are replaced, also by nothing, as their folders are called: ["day=2025-01-31"]. '
        "Rows of others fail the run.",
        default_factory=list,
    )
    repartition: int | None = option("Spread the rows evenly over this many partitions before writing.", default=None)
    coalesce: int | None = option("Merge partitions to at most this many before writing, without moving rows.", default=None)
    target_file_size: str | None = option(
        'About how large each file becomes, within a factor of two: "128 MB". The rows are kept and shuffled for it.',
        default=None,
    )
    sort_by: list[str] = option(
        'Columns to sort the rows of each file by, each with "DESC" or "NULLS LAST" if wanted.', default_factory=list
    )
    single_file: str | None = option(
        "The name of the one file that the folder holds, such as report.csv. One task writes it.", default=None
    )
    compression: str | None = option("The codec of the files, as Spark calls it: gzip, zstd, snappy, none.", default=None)
    max_records_per_file: int | None = option("Start a new file after this many rows.", default=None)
    writer: dict[str, Any] = option(
        "Further options for Spark's writer, passed on as they are.",
        default_factory=dict,
        path_keys=PATH_KEYS,
        as_written=True,
    )

    def __post_init__(self) -> None:
        problems = _no_place([self.path]) if self.path else {"path": "must name a folder"}
        for name in ("repartition", "coalesce", "max_records_per_file"):
            number = getattr(self, name)
            if number is not None and number < 1:
                problems[name] = f"must be at least 1, not {number}"
        if self.repartition is not None and self.coalesce is not None:
            problems["coalesce"] = "cannot be set together with repartition; leave one of them out"
        if self.compression is not None and self.format and self.compression.lower() not in _CODECS[self.format]:
            close = near_miss(self.compression, _CODECS[self.format])
            meant = f"Did you mean {close!r}? " if close else ""
            problems["compression"] = f"is {self.compression!r}. {meant}There is: {', '.join(_CODECS[self.format])}"
        if self.partition_overwrite != "static" or self.partitions:
            problems |= self._misused_partitions()
        if self.target_file_size is not None:
            problems |= self._misused_size(self.target_file_size)
        if self.single_file is not None:
            problems |= self._misused_single_file(self.single_file)
        _raise(problems | pass_through.problems("writer", self.writer))

    def warnings(self) -> dict[str, str]:
        """What Spark would pass over."""
        return pass_through.doubts("writer", self.writer, self.format) if self.format else {}

    def _misused_single_file(self, name: str) -> dict[str, str]:
        if "/" in name or name.startswith((".", "_")) or ":" in name or not name:
            return {"single_file": f"is {name!r}, but must be a name without / and : that does not begin with . or _"}
        if self.mode == "append":
            return {"single_file": "cannot be added to what is there; set mode to overwrite, error or ignore"}
        others = ("partition_by", "repartition", "coalesce", "max_records_per_file", "target_file_size")
        other = next((other for other in others if getattr(self, other)), None)
        if other is not None:
            return {"single_file": f"cannot be set together with {other}, which makes more files or none"}
        ending = _ENDINGS.get((self.compression or "none").lower()) if self.format in _NAMED_BY_CODEC else None
        if ending is not None and not name.endswith(ending):
            return {"single_file": f"is {name!r}, but readers know compression = {self.compression} by the ending {ending!r}"}
        return {}

    def _misused_partitions(self) -> dict[str, str]:
        way = self.partition_overwrite
        if self.partitions and way != "named":
            return {"partitions": f"needs partition_overwrite = named, but that is {way!r}"}
        if self.mode != "overwrite":
            return {"partition_overwrite": f"{way!r} needs mode = overwrite, but mode is {self.mode!r}"}
        if not self.partition_by:
            return {"partition_overwrite": f"{way!r} needs partition_by"}
        if way == "named" and not self.partitions:
            return {"partition_overwrite": "'named' needs the names, under partitions"}
        return named_partitions.faults(self.partitions, self.partition_by)

    def _misused_size(self, text: str) -> dict[str, str]:
        other = next((each for each in ("repartition", "coalesce", "max_records_per_file") if getattr(self, each)), None)
        if other is not None:
            return {other: "cannot be set together with target_file_size, which decides how many files there are"}
        try:
            size_of(text)
        except ValueError as error:
            return {"target_file_size": str(error)}
        return {}


@options
class CsvWriteOptions(WriteOptions):
    """What the CSV sink understands."""

    format: ClassVar[str] = "csv"
    header: bool = option("Write the column names as the first line of each file.", default=True)
    delimiter: str = option("What stands between two values.", default=",")
    quoting: Literal["rfc4180", "spark"] = option(
        "rfc4180: a quote in a value is doubled, as all other programs have it, and white space is kept. "
        "spark: a backslash stands before it, and white space around values is lost.",
        default="rfc4180",
    )
    encoding: str | None = option("How characters are written; UTF-8 unless given.", default=None)
    date_format: str | None = option('How dates are written, as Spark has it: "dd.MM.yyyy".', default=None)
    timestamp_format: str | None = option('How times are written, as Spark has it: "dd.MM.yyyy HH:mm".', default=None)

    def __post_init__(self) -> None:
        WriteOptions.__post_init__(self)
        _raise(_no_delimiter(self.delimiter) | faults_of_named(self, "writer", self.writer))


@options
class JsonWriteOptions(WriteOptions):
    """What the JSON sink understands."""

    format: ClassVar[str] = "json"


@options
class ParquetWriteOptions(WriteOptions):
    """What the Parquet sink understands."""

    format: ClassVar[str] = "parquet"


@options
class OrcWriteOptions(WriteOptions):
    """What the ORC sink understands."""

    format: ClassVar[str] = "orc"


@options
class TextWriteOptions(WriteOptions):
    """What the text sink understands."""

    format: ClassVar[str] = "text"


def _no_time(name: str, text: str | None) -> dict[str, str]:
    try:
        if text is not None and datetime.fromisoformat(text).tzinfo is not None:
            return {name: f"is {text!r}, which has a time zone. Write it in that of the session, without one"}
    except ValueError:
        return {name: f'is {text!r}, but must be a time such as "2024-12-31T18:00:00"'}
    return {}


def _no_schema(schema: str | None) -> dict[str, str]:
    try:
        if schema is not None:
            SchemaContract.of(schema)
    except ValueError as error:
        return {"schema": str(error)}
    return {}


def _no_delimiter(delimiter: str) -> dict[str, str]:
    return {} if delimiter else {"delimiter": "must be at least one character"}


def _wide_lines(reader: dict[str, Any], named: Mapping[str, Any] = MappingProxyType({})) -> dict[str, str]:
    """Spark looks for the single byte of a line's end, which two or four bytes of these encodings are."""
    given = pass_through.given({**reader, **named})
    codec = _codec(given.get("encoding", "UTF-8"))
    is_whole = str(given.get("multiline", False)).lower() == "true" or ("linesep" in given and codec.endswith(("-le", "-be")))
    if not codec.startswith(("utf-16", "utf-32")) or is_whole:
        return {}
    name = next((f"reader.{name}" for name in reader if pass_through.one_name(name) == "encoding"), "encoding")
    return {name: f"is {given['encoding']!r}, which Spark reads right only with multiLine = true beside it"}


def _codec(encoding: Any) -> str:
    """Python's name of an encoding; as it is where Python has none."""
    try:
        return codecs.lookup(str(encoding)).name
    except LookupError:
        return str(encoding).lower()


def _no_place(paths: Sequence[str]) -> dict[str, str]:
    """An address whose scheme is followed by a plain name: nobody can read it, and most probably it is a name with a colon."""
    found = next((path for path in paths if _NO_PLACE.match(path)), None)
    wanted = "an address has a / after its scheme, and a name with a colon begins with ./"
    return {} if found is None else {"path": f"is {found!r}, but {wanted}: {'./' + found!r}"}


def _raise(problems: dict[str, str]) -> None:
    if problems:
        raise OptionsError(problems)
