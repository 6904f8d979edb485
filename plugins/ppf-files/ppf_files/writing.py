"""Writing a frame into a folder that nobody reads yet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_core.storage import Files
from ppf_files.file_by_file import EMPTY
from ppf_files.options import WriteOptions
from ppf_files.place import Place

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, DataFrameWriter

_DIRECTION = re.compile(r"(?:\s+(?P<way>asc|desc))?(?:\s+nulls\s+(?P<nulls>first|last))?\s*$", re.IGNORECASE)
# Where more folders than these are open, Spark sorts what is left; two are needed, and it does so when the number is reached.
_OPEN_FOLDERS = {"spark.sql.maxConcurrentOutputFileWriters": "3"}


@dataclass(frozen=True)
class Order:
    """An entry of `sort_by`: a column, and its direction as SQL has it."""

    name: str
    is_down: bool = False
    nulls: str = ""

    @classmethod
    def of(cls, text: str, columns: Sequence[str]) -> "Order":
        """The entry that a text is; a text that is the name of a column is that column."""
        found = _DIRECTION.search(text)
        if text in columns or found is None:
            return cls(text)
        return cls(text[: found.start()], (found["way"] or "").lower() == "desc", (found["nulls"] or "").lower())

    @property
    def column(self) -> "Column":
        """The column in this order."""
        from pyspark.sql import functions

        column = functions.col(quoted(self.name))
        nulls = self.nulls or ("last" if self.is_down else "first")
        ordered: Column = getattr(column, f"{'desc' if self.is_down else 'asc'}_nulls_{nulls}")()
        return ordered


def write_files(frame: "DataFrame", format_name: str, uri: str, options: WriteOptions, further: dict[str, Any]) -> None:
    """Writes the rows with one action."""
    shaped = _shaped(frame, options, [*options.partition_by, *options.sort_by])
    _writer(shaped, format_name, options, further).partitionBy(*options.partition_by).save(uri)


def write_apart(
    frame: "DataFrame", mask: str, format_name: str, place: Place, options: WriteOptions, further: dict[str, Any]
) -> None:
    """Writes the rows with one action: those where `mask` is false as the stage, the others apart. No folder for no rows."""
    if options.partition_by:
        shaped = _shaped(frame, options, [mask, *options.partition_by, *options.sort_by])
    else:
        shaped = _unsorted(_shaped(frame, options, options.sort_by))
    writer = _writer(shaped, format_name, options, further)
    writer.partitionBy(mask, *options.partition_by).save(place.files.uri(place.both))
    folders = {"=false": place.stage, "=true": place.apart}
    for name in place.files.names(place.both):
        for value, folder in folders.items():
            if name.endswith(value):
                place.files.rename(f"{place.both}/{name}", folder)
    place.files.delete(place.both)


def without_nul(frame: "DataFrame", format_name: str) -> "DataFrame":
    """The frame, which fails while it is written where a text holds the character NUL: no other program would read that."""
    from pyspark.sql import functions
    from pyspark.sql.types import StringType

    columns = []
    for field in frame.schema:
        column = functions.col(quoted(field.name))
        if isinstance(field.dataType, StringType):
            told = (
                f"The column {field.name!r} holds the character NUL, which {format_name} cannot. Take it out with a transform."
            )
            column = functions.when(column.contains("\0"), functions.raise_error(functions.lit(told))).otherwise(column)
        columns.append(column.alias(field.name, metadata=field.metadata))
    return frame.select(*columns)


def name_the_file(files: Files, folder: str, name: str) -> None:
    """Gives the one file of a folder its name."""
    (entry,) = files.walk(folder)
    files.rename(f"{folder}/{entry.relative}", f"{folder}/{name}")
    files.delete(f"{folder}/.{entry.name}.crc")  # of the name that it had


def write_schema(frame: "DataFrame", format_name: str, files: Files, folder: str, further: dict[str, Any]) -> None:
    """One file without rows, so that readers find the schema: a partitioned write of nothing leaves no file at all."""
    aside = f"{folder}/.empty"
    nothing = frame.sparkSession.createDataFrame([], frame.schema).coalesce(1)
    nothing.write.format(format_name).options(**further).save(files.uri(aside))
    for entry in files.walk(aside):
        files.rename(f"{aside}/{entry.relative}", f"{folder}/{EMPTY}{entry.name}")
    files.delete(aside)


def quoted(name: str) -> str:
    """A column's name as Spark's functions take it literally."""
    return "`" + name.replace("`", "``") + "`"


def _writer(frame: "DataFrame", format_name: str, options: WriteOptions, further: dict[str, Any]) -> "DataFrameWriter":
    writer = frame.write.format(format_name).options(**further)
    return writer if options.max_records_per_file is None else writer.option("maxRecordsPerFile", options.max_records_per_file)


def _shaped(frame: "DataFrame", options: WriteOptions, order: list[str]) -> "DataFrame":
    """As many partitions as the options say, and the rows of each in an order, if they ask for one.

    order: partition columns first, since Spark needs that order to write, and would sort once more without it.
    """
    if options.repartition is not None:
        frame = frame.repartition(options.repartition)
    if options.coalesce is not None or options.single_file is not None:
        frame = frame.coalesce(options.coalesce or 1)
    return frame.sortWithinPartitions(*[Order.of(text, frame.columns).column for text in order]) if options.sort_by else frame


def _unsorted(frame: "DataFrame") -> "DataFrame":
    """The frame in a session in which Spark writes into two folders at once; else it would sort the rows by them first.

    A session of its own, with all that the frame's own has: other writes go on meanwhile, and may need their order.
    """
    from pyspark.sql import DataFrame

    java: Any = frame._jdf
    session = java.sparkSession().cloneSession()
    for key, value in _OPEN_FOLDERS.items():
        session.conf().set(key, value)
    return DataFrame(java.ofRows(session, java.queryExecution().analyzed()), frame.sparkSession)
