"""Writing a frame into a folder that nobody reads yet."""

from typing import TYPE_CHECKING, Any

from ppf_files.file_by_file import EMPTY
from ppf_files.files import Files
from ppf_files.options import WriteOptions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def write_files(frame: "DataFrame", format_name: str, uri: str, options: WriteOptions, further: dict[str, Any]) -> None:
    """Writes the rows with one action."""
    writer = _shaped(frame, options).write.format(format_name).options(**further)
    if options.max_records_per_file is not None:
        writer = writer.option("maxRecordsPerFile", options.max_records_per_file)
    writer.partitionBy(*options.partition_by).save(uri)


def write_schema(frame: "DataFrame", format_name: str, files: Files, folder: str, further: dict[str, Any]) -> None:
    """One file without rows, so that readers find the schema: a partitioned write of nothing leaves no file at all."""
    aside = f"{folder}/.empty"
    nothing = frame.sparkSession.createDataFrame([], frame.schema).coalesce(1)
    nothing.write.format(format_name).options(**further).save(files.uri(aside))
    for entry in files.walk(aside):
        files.move(f"{aside}/{entry.relative}", f"{folder}/{EMPTY}{entry.name}")
    files.delete(aside)


def quoted(name: str) -> str:
    """A column's name as Spark's functions take it literally."""
    return "`" + name.replace("`", "``") + "`"


def _shaped(frame: "DataFrame", options: WriteOptions) -> "DataFrame":
    if options.repartition is not None:
        frame = frame.repartition(options.repartition)
    if options.coalesce is not None:
        frame = frame.coalesce(options.coalesce)
    if not options.sort_by:
        return frame
    # Partition columns first: Spark needs that order to write, and would sort once more without it.
    return frame.sortWithinPartitions(*map(quoted, [*options.partition_by, *options.sort_by]))
