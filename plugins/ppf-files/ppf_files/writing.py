"""Writing a frame into a folder that nobody reads yet."""

import threading
from typing import TYPE_CHECKING, Any

from ppf_files.filesystem import Files
from ppf_files.options import WriteOptions
from ppf_files.publishing import EMPTY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Observation

_SECONDS = 5


def write_files(
    frame: "DataFrame",
    format_name: str,
    files: Files,
    folder: str,
    options: WriteOptions,
    further: dict[str, Any],
) -> int | None:
    """Writes the rows with one action and says how many they were; None when Spark did not tell."""
    from pyspark.sql import Observation
    from pyspark.sql import functions as F

    observation = Observation()
    shaped = _shaped(frame, options).observe(observation, F.count(F.lit(1)).alias("rows"))
    writer = shaped.write.format(format_name).options(**further)
    if options.max_records_per_file is not None:
        writer = writer.option("maxRecordsPerFile", options.max_records_per_file)
    writer.partitionBy(*options.partition_by).save(files.uri(folder))
    if files.walk(folder):
        return _rows(observation)
    _write_empty(frame, format_name, files, folder, further)
    return 0


def _shaped(frame: "DataFrame", options: WriteOptions) -> "DataFrame":
    if options.repartition is not None:
        frame = frame.repartition(options.repartition)
    if options.coalesce is not None:
        frame = frame.coalesce(options.coalesce)
    return frame.sortWithinPartitions(*map(_quoted, options.sort_by)) if options.sort_by else frame


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _rows(observation: "Observation") -> int | None:
    """What was counted on the way; asked with a limit, since Spark waits for ever when it removed the node from the plan."""
    found: list[int] = []
    asking = threading.Thread(target=lambda: found.append(observation.get["rows"]), daemon=True)
    asking.start()
    asking.join(_SECONDS)
    return found[0] if found else None


def _write_empty(frame: "DataFrame", format_name: str, files: Files, folder: str, further: dict[str, Any]) -> None:
    """One file without rows, so that readers still find the schema: a partitioned write of nothing leaves no file at all."""
    nothing = frame.sparkSession.createDataFrame([], frame.schema).coalesce(1)
    aside = f"{folder}/.empty"
    nothing.write.format(format_name).options(**further).save(files.uri(aside))
    for entry in files.walk(aside):
        files.move(f"{aside}/{entry.relative}", f"{folder}/{EMPTY}{entry.name}")
    files.delete(aside)
