"""Sources that read files."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, Dataset, ImpliedCheck, PpfError, Requirements, Schema, SchemaContract, Source
from ppf_files import marked, numbers, skipped_lines
from ppf_files.csv_columns import Headers, together
from ppf_files.documents import require_closed_quotes, require_json, require_lines, require_one_document, require_utf8
from ppf_files.heads import Dialect, codec, heads, plain_delimiter
from ppf_files.listing import Listing, folder_columns, is_empty
from ppf_files.options import (
    CsvReadOptions,
    JsonReadOptions,
    OrcReadOptions,
    ParquetReadOptions,
    ReadOptions,
    RecordReadOptions,
    TextReadOptions,
)
from ppf_files.orc_types import require_kept
from ppf_files.pass_through import given, one_name, spark_options
from ppf_files.paths import dataset, literal, readable
from ppf_files.text_options import named_options, of_encoding

if TYPE_CHECKING:
    from pyspark.errors import AnalysisException
    from pyspark.sql import DataFrame, DataFrameReader, SparkSession
    from pyspark.sql.types import StructField, StructType

R = TypeVar("R", bound=ReadOptions)
T = TypeVar("T", bound=RecordReadOptions)

_READ = "files"  # the cursor
_NO_TEXT = "\ufdd0"  # to Unicode no character
_LOOKS = 16  # files whose beginning is looked at, at the same time
# Options that decide how a line with a quote in the wrong place is taken apart.
_QUOTING = frozenset({"escape", "unescapedquotehandling"})
# Options that say what becomes of a wrong line.
_LENIENT = frozenset({"badrecordspath", "columnnameofcorruptrecord", "mode", "unescapedquotehandling"})


class FileSource(Source[R]):
    """Reads files of one format. Over Spark Connect the server reads them, and nothing can be pinned."""

    format: ClassVar[str]
    supports: ClassVar = frozenset({"classic", "connect"})

    @classmethod
    def requirements(cls, options: R | None) -> Requirements:
        """A setting, for an encoding that Spark knows only with it."""
        return Requirements() if options is None else of_encoding({**options.reader, **named_options(options)})

    @property
    def output_schema(self) -> Schema | None:
        """The schema that the file gives; None: Spark finds it when it reads."""
        return self.options.schema

    def datasets(self) -> Sequence[Dataset]:
        """The files and folders."""
        return tuple(dataset(path) for path in self.options.paths)

    def pin(self, context: Context) -> str | None:
        """The files that are there now, with sizes and times."""
        if _is_remote(context):
            return None
        # Lines of text need no schema, so that Spark only lists.
        listing = Listing.of(self._load(self._reader(context, "text"), self._paths))
        listing.require_names()
        return (listing.without(_read_before(context)) if self.options.incremental else listing).text

    def read(self, context: Context) -> "DataFrame":
        """The pinned files as a frame; without a pin what is there now."""
        noted = self.pin(context) if context.pinned is None else context.pinned
        frame = self._load(self._described(context), self._paths)
        if noted is None:
            self._require_pin()
            self._require_columns(not frame.columns)
            return self.with_file(self.unseen(context, frame))
        self._require_columns(is_empty(frame))
        pinned, found = Listing.parse(noted), Listing.of(frame)
        if self.options.incremental:
            context.advance(_READ, self._read_by_then(context, pinned, found))
        if found != pinned:
            pinned.require_in(found)
            frame = self._only(context, pinned, frame)
        return self.examined(context, frame, pinned)

    def examined(self, context: Context, frame: "DataFrame", listing: Listing) -> "DataFrame":
        """The frame, after a look at the beginning of its files, where Spark would read something wrong."""
        return self.with_file(frame)

    def unseen(self, context: Context, frame: "DataFrame") -> "DataFrame":
        """The frame over Spark Connect, where nobody but the server looks into the files."""
        return frame

    def beginnings(self, context: Context, listing: Listing, *, in_utf8: bool = True) -> list[tuple[str, bytes]]:
        """How some files of text begin, once it is known that these are in UTF-8, unless the file says how they are written."""
        options = given(self.reader_options())
        if _is_true(options.get("ignorecorruptfiles")):
            return []
        begun = list(heads(context.spark, [path for path, size, _ in listing.files if size > 0][:_LOOKS]))
        if in_utf8 and "encoding" not in options:
            require_utf8(begun)
        return begun

    def require_content(self, listing: Listing) -> None:
        """Refuses a file without any byte, which Spark skips: what was to be in it would be missing."""
        if _is_true(given(self.options.reader).get("ignorecorruptfiles")):
            return
        for path, size, _ in listing.files:
            if size == 0 and path.endswith(f".{self.format}"):
                raise PpfError(
                    f"The file {path!r} is empty, which no {self.format} file is: its writer was cut short.",
                    hint="Write it again, or leave it out with a glob.",
                )

    def with_file(self, frame: "DataFrame") -> "DataFrame":
        """The frame with the column for the file of each row, where that is wanted."""
        from pyspark.sql import functions

        name = self.options.file_column
        if name is None:
            return frame
        if name.lower() in map(str.lower, frame.columns):
            raise PpfError(f"file_column is {name!r}, but the files have a column of that name.", hint="Give it another name.")
        return frame.select("*", functions.col(f"{marked.META}.file_path").alias(name))

    def _require_columns(self, is_empty: bool) -> None:
        if is_empty and self.options.schema is None:
            names = ", ".join(map(repr, self._paths))
            raise PpfError(
                f"The {self.format} files in {names} have no columns: they are empty.",
                hint="Check the option 'path', or give the option 'schema'.",
            )

    def _require_pin(self) -> None:
        if self.options.incremental:
            raise PpfError(
                "incremental = true lists the files, which cannot be done over Spark Connect.",
                hint="Run without Spark Connect, or leave it out.",
            )

    def _read_by_then(self, context: Context, pinned: Listing, found: Listing) -> str:
        """What is known once this run is published. Of a file that went away nothing is kept, or this would grow for ever.

        With a limit of time, files that are there are not found either.
        """
        is_limited = self.options.modified_after is not None or self.options.modified_before is not None
        before = _read_before(context)
        return " ".join(sorted(pinned.marks | (before if is_limited else before & found.marks)))

    def _only(self, context: Context, pinned: Listing, frame: "DataFrame") -> "DataFrame":
        """Without what arrived after the pin."""
        return self._of_files(self._described(context), pinned, pinned.paths) if pinned.files else frame.filter("false")

    def _of_files(self, reader: "DataFrameReader", listing: Listing, paths: list[str]) -> "DataFrame":
        """These files alone, with the columns of their folders."""
        if listing.base is not None:
            reader = reader.option("basePath", listing.base)
        return self._load(reader, [literal(path) for path in paths])

    @property
    def _paths(self) -> list[str]:
        return [readable(path) for path in self.options.paths]

    def _described(self, context: Context) -> "DataFrameReader":
        reader, schema = self._reader(context, self.format), self._schema(context)
        return reader if schema is None else reader.schema(schema)

    def _schema(self, context: Context) -> "StructType | None":
        """The columns that Spark is to read; None: it finds them."""
        given = self._given_schema(context)
        if self.options.partition_inference:
            return given
        if _is_remote(context):
            message = "partition_inference = false looks at the names of folders, which cannot be done over Spark Connect."
            raise PpfError(message, hint="Run without Spark Connect, or give these columns in the schema.")
        reader = self._reader(context, self.format)
        frame = self._load(reader if given is None else reader.schema(given), self._paths)
        folders = set(folder_columns(frame)).difference(given.names if given is not None else ())
        return marked.as_texts(frame.schema, folders) if folders else given

    def _given_schema(self, context: Context) -> "StructType | None":
        """The columns that the file gives."""
        schema = self.options.schema
        return None if schema is None else SchemaContract.struct(schema, context.spark)

    def _reader(self, context: Context, format_name: str) -> "DataFrameReader":
        return context.spark.read.format(format_name).options(**self.reader_options())

    def _load(self, reader: "DataFrameReader", paths: list[str]) -> "DataFrame":
        from pyspark.errors import AnalysisException

        try:
            frame = reader.load(paths)
            _ = frame.columns  # Spark Connect looks for the files only when it is asked
            return frame
        except AnalysisException as error:
            explained = _explained(error, self.format, paths)
            if explained is None:
                raise
            raise explained from error
        except Exception as error:
            if "of bounds for length" in str(error) and self.format == "csv":
                raise _too_wide(paths) from error
            # Of a broken ORC file Spark does not tell which one it is.
            error.add_note(f"looking for the columns in {', '.join(paths)}")
            raise

    def reader_options(self) -> dict[str, Any]:
        """Options for Spark's reader; what the user wrote under `reader` wins."""
        times = {"modifiedAfter": self.options.modified_after, "modifiedBefore": self.options.modified_before}
        limits = {name: datetime.fromisoformat(text).strftime("%Y-%m-%dT%H:%M:%S") for name, text in times.items() if text}
        return spark_options(self.options.reader, {**limits, **self.own_options()})

    def own_options(self) -> dict[str, Any]:
        """What the other options say to Spark's reader."""
        return {}


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _is_remote(context: Context) -> bool:
    return type(context.spark).__module__.startswith("pyspark.sql.connect")


def _read_before(context: Context) -> frozenset[str]:
    """The files that published runs have read."""
    return frozenset(context.state.get(_READ, "").split())


def _spelling(spark: "SparkSession") -> Callable[[str], str]:
    """Makes two names equal where Spark, as its session is set, takes them for one."""
    return str if spark.conf.get("spark.sql.caseSensitive") == "true" else str.casefold


def _explained(error: "AnalysisException", format_name: str, paths: list[str]) -> PpfError | None:
    """What a user can do about it; None for an error that explains itself."""
    # The name of this method changed in Spark 4.
    condition = error.getCondition() if hasattr(error, "getCondition") else error.getErrorClass()
    told = {key: value.strip("`") for key, value in (error.getMessageParameters() or {}).items()}
    names = ", ".join(map(repr, paths))
    match condition:
        case "PATH_NOT_FOUND":
            return PpfError(f"There is no file or folder {told.get('path', names)!r}.", hint="Check the option 'path'.")
        case "UNABLE_TO_INFER_SCHEMA":
            return PpfError(
                f"There is no {format_name} file in {names} to take the columns from.",
                hint="Check the option 'path', or give the option 'schema'. Names that start with _ or . are skipped.",
            )
        case "COLUMN_ALREADY_EXISTS":
            return PpfError(
                f"The files in {names} have the column {told.get('columnName')!r} twice, or in letters of another case.",
                hint="Set spark.sql.caseSensitive = true where only the case differs, or give the option 'schema'.",
            )
        case "PARQUET_TYPE_ILLEGAL" | "PARQUET_TYPE_NOT_SUPPORTED" | "PARQUET_TYPE_NOT_RECOGNIZED":
            kind = str(told.get("parquetType"))
            nanoseconds = "spark.sql.legacy.parquet.nanosAsLong = true reads such times as BIGINT. "
            return PpfError(
                f"The files in {names} have a column of the type {kind}, which Spark cannot read.",
                hint=f"{nanoseconds if 'NANOS' in kind else ''}Leave the column out with the option 'schema'.",
            )
        case "PARSE_SYNTAX_ERROR":  # Spark reads the names of types in a file of ORC as its own
            sql = re.search(r"== SQL ==\n(.+)", str(error))
            return PpfError(
                f"The files in {names} have a column of a type that Spark cannot read: {sql[1] if sql else error}.",
                hint="Write them again with types that Spark knows.",
            )
    error.add_note(f"looking for the columns in {', '.join(paths)}")
    return None


def _too_wide(paths: list[str]) -> PpfError:
    return PpfError(
        f"A line of the files in {', '.join(map(repr, paths))} has more columns than Spark takes, which are 20,480.",
        hint="Check the delimiter, or say how many there may be: reader { maxColumns = 100000 }.",
    )


class RecordSource(FileSource[T]):
    """Reads text whose records may not fit their columns."""

    @property
    def implied_checks(self) -> Sequence[ImpliedCheck]:
        """The one for bad records, if the file says what becomes of them."""
        return marked.implied_checks(self.options.bad_records)

    def with_file(self, frame: "DataFrame") -> "DataFrame":
        """Also with what is known of bad records."""
        is_marked = self.options.bad_records is not None
        return FileSource.with_file(self, marked.told(frame, self.format) if is_marked else frame)

    def reader_options(self) -> dict[str, Any]:
        """Also that bad records are marked."""
        return {**FileSource.reader_options(self), **marked.reader_options(self.options.bad_records)}

    def _schema(self, context: Context) -> "StructType | None":
        schema = FileSource._schema(self, context)
        if self.options.bad_records is None:
            return schema
        if schema is None:
            schema = self._own_columns(context, self._load(self._reader(context, self.format), self._paths))
            self._require_columns(not schema.names)
            self.require_records(schema.names, marked.RECORD)
        return marked.marking(schema)

    def require_records(self, names: list[str], corrupt: str) -> None:
        """Refuses files in which Spark found no column but `corrupt`, where it keeps what it cannot read."""
        if self.options.schema is None and names == [corrupt]:
            paths = ", ".join(map(repr, self._paths))
            raise PpfError(f"No record of the files in {paths} can be read as {self.format}.", hint=self.unreadable)

    @property
    def unreadable(self) -> str:
        """What to do about files without a record that can be read."""
        return "Check the option 'path'."

    def _own_columns(self, context: Context, frame: "DataFrame") -> "StructType":
        """Without those that the names of folders give."""
        from pyspark.sql.types import StructType

        folders = [] if _is_remote(context) else folder_columns(frame)
        return StructType([field for field in frame.schema if field.name not in folders])


class CsvSource(RecordSource[CsvReadOptions]):
    """Reads CSV files."""

    format = "csv"
    examples: ClassVar[Sequence[str]] = ('{ path = "data/flights.csv", schema = "carrier STRING, dep_delay INT" }',)

    def own_options(self) -> dict[str, Any]:
        """Header, delimiter, NULL, types."""
        options = self.options
        return {
            "header": options.header,
            "sep": options.delimiter,
            "nullValue": options.null_value or self._nothing,
            "inferSchema": options.infer_schema,
            # By default Spark takes columns by position and only logs that the header names others.
            "enforceSchema": options.schema is None or not options.header or options.columns == "by_position",
            **({"escape": '"'} if options.quoting == "rfc4180" else {}),
            **({"columnPruning": False} if self._reads_whole_lines else {}),
            **named_options(options),
        }

    def examined(self, context: Context, frame: "DataFrame", listing: Listing) -> "DataFrame":
        """The frame, once it is known that all files have the same columns, or put together by their names."""
        options = self.options
        self._warn_of_commas(context)
        begun = self.beginnings(context, listing)
        if self._has_closed_quotes:
            require_closed_quotes(begun, self._dialect)
        if options.skip_lines:
            return self._without_first_lines(context, frame, listing)
        has_to_look = options.columns == "by_name" or (options.columns == "same" and options.schema is None)
        if not has_to_look or not listing.files:
            return self.with_file(frame)
        headers = Headers.read(context.spark, listing.paths, self._dialect, options.header)
        if options.columns != "by_name":
            headers.require_same(_spelling(context.spark))
            return self.with_file(frame)
        return self._by_name(context, frame, listing, headers, folder_columns(frame))

    def unseen(self, context: Context, frame: "DataFrame") -> "DataFrame":
        """The frame, whose files Spark compares with the columns of the first one while it reads them."""
        options = self.options
        if options.columns == "by_name":
            raise PpfError(
                "columns = by_name looks into the files, which cannot be done over Spark Connect.",
                hint="Run without Spark Connect, or read the files that differ by sources of their own.",
            )
        # A name that Spark has made, of one that is empty or there twice, is in no file.
        is_told = options.header and options.columns == "same" and not any(name[-1:].isdigit() for name in frame.columns)
        if options.schema is not None or not is_told:
            return frame
        return self._load(self._reader(context, self.format).schema(frame.schema).option("enforceSchema", "false"), self._paths)

    def with_file(self, frame: "DataFrame") -> "DataFrame":
        """Also with the numbers that Spark would not read."""
        return RecordSource.with_file(self, self._numbered(frame)).drop(marked.META)

    def _described(self, context: Context) -> "DataFrameReader":
        if not self.options.skip_lines:
            return RecordSource._described(self, context)
        if _is_remote(context):
            raise PpfError(
                "skip_lines looks into the files, which cannot be done over Spark Connect.",
                hint="Run without Spark Connect, or remove these lines beforehand.",
            )
        return skipped_lines.reader(context.spark, self._typed_folders(context), self.reader_options())

    def _typed_folders(self, context: Context) -> "list[StructField]":
        """Columns from names of folders whose types Spark is not to find."""
        from pyspark.sql.types import StringType, StructField

        given = FileSource._given_schema(self, context)
        if given is None and self.options.partition_inference:
            return []
        folders = folder_columns(self._load(self._reader(context, "text"), self._paths))
        typed = {field.name: field for field in given or ()}
        texts = {} if self.options.partition_inference else {name: StructField(name, StringType()) for name in folders}
        return [field for name, field in {**texts, **typed}.items() if name in folders]

    def _without_first_lines(self, context: Context, frame: "DataFrame", listing: Listing) -> "DataFrame":
        """The frame of the lines as one of rows, in which the first lines of each file are neither header nor data."""
        options, (_, *folders) = self.options, frame.columns
        headers = Headers.read(context.spark, listing.paths, self._dialect, options.header)
        lines = self._lines(context, frame)
        schema = self._line_columns(context, lines, headers, folders)
        rows = skipped_lines.parsed(lines, schema, self.reader_options())
        if options.columns == "by_name":
            return self._by_name(context, rows, listing, headers, folders)
        if options.columns == "same" and (options.schema is None or not options.header):
            headers.require_same(_spelling(context.spark))
        elif options.columns == "same":
            headers.require([name for name in schema.names if name != self._corrupt], _spelling(context.spark))
        return self.with_file(rows)

    def _lines(self, context: Context, frame: "DataFrame") -> "DataFrame":
        dialect = self._dialect
        encoding = None if dialect.codec in ("utf-8-sig", "ascii") else given(self.reader_options())["encoding"]
        return skipped_lines.lines(context.spark, frame, self.options.skip_lines, dialect.comment, encoding)

    def _line_columns(self, context: Context, lines: "DataFrame", headers: Headers, folders: list[str]) -> "StructType":
        """The columns of the lines; those of folders are not among them."""
        from pyspark.sql.types import StructType

        schema, first = self._given_schema(context), next(iter(headers.found), None)
        if schema is None:
            self._require_columns(first is None)
            _, head = next(heads(context.spark, [str(first)], self.options.skip_lines + 1))
            line = self._dialect.first_line(head) or ""
            typed = lines if self.options.infer_schema else None
            schema = skipped_lines.columns(context.spark, line, typed, self.reader_options())
        own = StructType([field for field in schema if field.name not in folders])
        return own if self.options.bad_records is None else marked.marking(own)

    def _given_schema(self, context: Context) -> "StructType | None":
        schema = FileSource._given_schema(self, context)
        return None if schema is None else marked.as_texts(schema, self._unread)

    def _numbered(self, frame: "DataFrame") -> "DataFrame":
        if not self._unread or self.options.schema is None:
            return frame
        options = self.options
        schema = SchemaContract.struct(self.options.schema, frame.sparkSession)
        types = {field.name: field.dataType for field in schema if field.name in self._unread}
        return numbers.read(frame, types, options.decimal, options.thousands, options.delimiter)

    @property
    def _unread(self) -> frozenset[str]:
        """The columns of numbers that Spark would not read."""
        return numbers.marked_numbers(self.options.decimal, self.options.thousands, self.options.schema)

    def _by_name(
        self, context: Context, frame: "DataFrame", listing: Listing, headers: Headers, folders: list[str]
    ) -> "DataFrame":
        from pyspark.sql.types import StringType, StructField, StructType

        reader = self._reader(context, self.format).option("enforceSchema", "true")
        schema = frame.schema if self.options.schema is not None else None
        texts = [] if self.options.partition_inference else [field for field in frame.schema if field.name in folders]
        if schema is None:
            wanted = StructType([StructField(name, StringType()) for name in headers.names])
            wanted = wanted if self.options.bad_records is None else marked.marking(wanted)
        else:
            numbered = self._numbered(frame).schema
            wanted = StructType([numbered[field.name] for field in schema if field.name not in (*folders, marked.META)])
        extra = [name for name in wanted.names if name == self._corrupt]

        def read(columns: StructType, paths: list[str]) -> "DataFrame":
            texts_too = marked.as_texts(columns, self._unread)
            if self.options.skip_lines:
                lines = self._lines(context, self._of_files(self._described(context), listing, paths))
                return self.with_file(skipped_lines.parsed(lines, texts_too, self.reader_options()))
            return self.with_file(self._of_files(reader.schema(StructType([*texts_too, *texts])), listing, paths))

        return together(wanted, headers, _spelling(context.spark), extra, read)

    @property
    def _nothing(self) -> str:
        """What stands for NULL where nothing does: Spark takes this text for both what is not there and what is "" in quotes.

        A text that no file has tells them apart. But then "" is no number, so not where such a line would be a wrong one.
        """
        is_typed = self.options.bad_records is not None and not {*self._types.values()} <= {"string"}
        is_seen = self.options.infer_schema or self._is_strict or self._corrupt in self._types or is_typed
        return "" if is_seen or self.options.quoting == "spark" else _NO_TEXT

    @property
    def _is_strict(self) -> bool:
        return str(given(self.options.reader).get("mode", "PERMISSIVE")).upper() != "PERMISSIVE"

    @property
    def _reads_whole_lines(self) -> bool:
        """Whether what is wrong in one column changes what is read of others.

        Spark skips columns that nobody asks for: what is wrong there drops no row and is not noted, and with some quotes
        its neighbours get other values. A check that needs few columns would see other rows than those that are written.
        """
        if self.options.quoting == "rfc4180":
            return True
        options = given(self.options.reader)
        is_marked = self.options.bad_records is not None or self._corrupt in self._types
        return self._is_strict or is_marked or not _QUOTING.isdisjoint(options)

    @property
    def _has_closed_quotes(self) -> bool:
        """Whether a line that ends within quotes is a mistake, and nobody has said what becomes of it."""
        options = {one_name(name): value for name, value in self.reader_options().items()}
        is_told = _is_true(options.get("multiline")) or self._corrupt in self._types or not _LENIENT.isdisjoint(options)
        return self._dialect.has_doubled_quotes and not is_told and not _is_true(options.get("ignoreleadingwhitespace"))

    @property
    def _corrupt(self) -> str:
        return str(given(self.options.reader).get("columnnameofcorruptrecord", "_corrupt_record"))

    @property
    def _types(self) -> dict[str, str]:
        """The types that the schema gives, by column."""
        parts = SchemaContract.of(self.options.schema).type.parts if self.options.schema is not None else ()
        return {name: type_.name for name, type_ in parts}

    @property
    def _dialect(self) -> Dialect:
        options = {one_name(name): value for name, value in self.reader_options().items()}
        return Dialect(
            delimiter=plain_delimiter(options["sep"]),
            quote=options.get("quote", '"'),
            escape=options.get("escape", "\\"),
            comment=options.get("comment", ""),
            line_end=options.get("linesep"),
            codec=codec(options.get("encoding", "UTF-8")),
            skip_lines=self.options.skip_lines,
        )

    def _warn_of_commas(self, context: Context) -> None:
        """With the locale `de` Spark reads 1,5 as DECIMAL and as nothing else: a DOUBLE is NULL."""
        locale = given(self.options.reader).get("locale")
        columns = [name for name, type_ in self._types.items() if type_ in ("float", "double")]
        if locale is None or not columns:
            return
        java: Any = context.spark._jvm
        language = java.java.util.Locale.forLanguageTag(str(locale))
        if java.java.text.DecimalFormatSymbols.getInstance(language).getDecimalSeparator() == ",":
            context.logger.warning(
                "A number such as 1,5 is NULL in %s: Spark reads the commas of reader.locale = %s only as DECIMAL.",
                ", ".join(map(repr, columns)),
                locale,
            )


class JsonSource(RecordSource[JsonReadOptions]):
    """Reads files with one JSON object a line."""

    format = "json"
    examples: ClassVar[Sequence[str]] = ('{ path = "data/events", schema = "id INT, kind STRING" }',)

    def examined(self, context: Context, frame: "DataFrame", listing: Listing) -> "DataFrame":
        """The frame, unless a file is one document over several lines, holds several in one, or none."""
        options = given(self.options.reader)
        is_whole = _is_true(options.get("multiline"))  # then Spark finds out about UTF-16 by itself
        begun = self.beginnings(context, listing, in_utf8=not is_whole)
        if is_whole:
            require_one_document(begun, options.get("encoding"))
        elif "encoding" not in options and "linesep" not in options:
            takes_torn_lines = self.options.bad_records is not None
            require_lines(begun, may_be_torn=takes_torn_lines)
            if not takes_torn_lines and "singlevariantcolumn" not in options:
                require_json(begun)
        self.require_records(frame.columns, str(options.get("columnnameofcorruptrecord", marked.RECORD)))
        return self.with_file(frame)

    @property
    def unreadable(self) -> str:
        """A document over several lines is none that a reader of lines knows."""
        is_whole = _is_true(given(self.options.reader).get("multiline"))
        lines = "" if is_whole else " Of documents over several lines say reader { multiLine = true }."
        return f"Check the option 'path'.{lines}"

    def own_options(self) -> dict[str, Any]:
        """Where a line ends, which Spark wants to be told for every encoding but UTF-8."""
        options = given(self.options.reader)
        is_utf8 = codec(str(options.get("encoding", "UTF-8"))) == codec("UTF-8")
        is_told = is_utf8 or _is_true(options.get("multiline")) or "linesep" in options
        return {} if is_told else {"lineSep": "\n"}


class ParquetSource(FileSource[ParquetReadOptions]):
    """Reads Parquet files."""

    format = "parquet"
    examples: ClassVar[Sequence[str]] = ('{ path = "data/weather" }',)

    def examined(self, context: Context, frame: "DataFrame", listing: Listing) -> "DataFrame":
        """The frame, unless a file that is called one of Parquet has nothing in it."""
        self.require_content(listing)
        return self.with_file(frame)


class OrcSource(FileSource[OrcReadOptions]):
    """Reads ORC files."""

    format = "orc"
    examples: ClassVar[Sequence[str]] = ('{ path = "data/planes" }',)

    def examined(self, context: Context, frame: "DataFrame", listing: Listing) -> "DataFrame":
        """The frame, unless Spark would make NULL of values that do not fit the schema."""
        first = [path for path, size, _ in listing.files if size > 0][:1]
        if self.options.schema is not None and first:
            found = self._load(self._reader(context, self.format), [literal(path) for path in first]).schema
            require_kept(first[0], found, SchemaContract.struct(self.options.schema, context.spark))
        return self.with_file(frame)


class TextSource(FileSource[TextReadOptions]):
    """Reads text files, one row a line, in the column `value`."""

    format = "text"
    examples: ClassVar[Sequence[str]] = ('{ path = "logs/*.log" }',)

    def examined(self, context: Context, frame: "DataFrame", listing: Listing) -> "DataFrame":
        """The frame, unless a file is not in UTF-8."""
        self.beginnings(context, listing)
        return self.with_file(frame)
