"""Sources that read files."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, Dataset, PpfError, Schema, SchemaContract, Source
from ppf_files.listing import Listing
from ppf_files.options import CsvReadOptions, ReadOptions, spark_options
from ppf_files.paths import dataset, literal, readable

if TYPE_CHECKING:
    from pyspark.errors import AnalysisException
    from pyspark.sql import DataFrame, DataFrameReader

R = TypeVar("R", bound=ReadOptions)

# Options that decide how a line with a quote in the wrong place is taken apart.
_QUOTING = frozenset({"escape", "unescapedquotehandling"})


class FileSource(Source[R]):
    """Reads files of one format. Over Spark Connect the server reads them, and nothing can be pinned."""

    format: ClassVar[str]
    supports: ClassVar = frozenset({"classic", "connect"})

    @property
    def output_schema(self) -> Schema | None:
        """The schema that the file gives; None: Spark finds it when it reads."""
        return self.options.schema

    def datasets(self) -> Sequence[Dataset]:
        """The files and folders."""
        return tuple(dataset(path) for path in self.options.paths)

    def pin(self, context: Context) -> str | None:
        """The files that are there now, with sizes and times."""
        if type(context.spark).__module__.startswith("pyspark.sql.connect"):
            return None
        # Lines of text need no schema, so that Spark only lists.
        return Listing.of(self._load(self._reader(context, "text"), self._paths)).text

    def read(self, context: Context) -> "DataFrame":
        """The pinned files as a frame; without a pin what is there now."""
        frame = self._load(self._described(context), self._paths)
        if context.pinned is None:
            return frame
        pinned, found = Listing.parse(context.pinned), Listing.of(frame)
        if found == pinned:
            return frame
        pinned.require_in(found)
        return self._only(context, pinned, frame)

    def _only(self, context: Context, pinned: Listing, frame: "DataFrame") -> "DataFrame":
        """Without what arrived after the pin."""
        if not pinned.files:
            return frame.limit(0)
        reader = self._described(context)
        if pinned.base is not None:
            reader = reader.option("basePath", pinned.base)
        return self._load(reader, [literal(path) for path in pinned.paths])

    @property
    def _paths(self) -> list[str]:
        return [readable(path) for path in self.options.paths]

    def _described(self, context: Context) -> "DataFrameReader":
        reader = self._reader(context, self.format)
        return reader if self.options.schema is None else reader.schema(self.options.schema)

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
            # Of a broken ORC file Spark does not tell which one it is.
            error.add_note(f"looking for the columns in {', '.join(paths)}")
            raise

    def reader_options(self) -> dict[str, Any]:
        """Options for Spark's reader."""
        return spark_options(self.options.reader)


def _explained(error: "AnalysisException", format_name: str, paths: list[str]) -> PpfError | None:
    """What a user can do about it; None for an error that explains itself."""
    # The name of this method changed in Spark 4.
    condition = error.getCondition() if hasattr(error, "getCondition") else error.getErrorClass()
    if condition == "PATH_NOT_FOUND":
        path = (error.getMessageParameters() or {}).get("path", ", ".join(paths))
        return PpfError(f"There is no file or folder {path!r}.", hint="Check the option 'path'.")
    if condition == "UNABLE_TO_INFER_SCHEMA":
        names = ", ".join(map(repr, paths))
        message = f"There is no {format_name} file in {names} to take the columns from."
        return PpfError(
            message, hint="Check the option 'path', or give the option 'schema'. Names that start with _ or . are skipped."
        )
    return None


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
            # By default Spark takes columns by position and only logs that the header names others.
            "enforceSchema": given.schema is None or not given.header,
            **({"columnPruning": False} if self._reads_whole_lines else {}),
            **super().reader_options(),
        }

    @property
    def _reads_whole_lines(self) -> bool:
        """Whether what is wrong in one column changes what is read of others.

        Spark skips columns that nobody asks for: what is wrong there drops no row and is not noted, and with some quotes
        its neighbours get other values. A check that needs few columns would see other rows than those that are written.
        """
        given = {key.lower(): str(value) for key, value in self.options.reader.items()}
        corrupt = given.get("columnnameofcorruptrecord", "_corrupt_record")
        columns = SchemaContract.of(self.options.schema).type.parts if self.options.schema is not None else ()
        is_strict = given.get("mode", "PERMISSIVE").upper() != "PERMISSIVE"
        return is_strict or corrupt in dict(columns) or not _QUOTING.isdisjoint(given)


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
