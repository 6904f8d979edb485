"""Frames that are kept as Parquet files, on any file system that Hadoop knows, and read back as they were."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ppf_core.storage import LocalFiles, files_at, scheme

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType

# Types for which Parquet has no place.
_UNSTORABLE = ("void", "interval")


def unstorable_columns(frame: "DataFrame") -> dict[str, str]:
    """Columns that Parquet cannot store, each with its type: `void`, or one that only differs from another in its case."""
    found = {}
    seen: set[str] = set()
    for field in frame.schema.fields:
        if field.name.lower() in seen:
            found[field.name] = f"{field.dataType.simpleString()}, and another column has this name"
        seen.add(field.name.lower())
        if any(kind.typeName() in _UNSTORABLE for kind in _parts(field.dataType)):
            found[field.name] = field.dataType.simpleString()
    return found


def write_frame(frame: "DataFrame", path: str) -> None:
    """Writes a frame with one action, for good, replacing what an attempt that did not end left there."""
    frame.write.mode("overwrite").parquet(path)
    if scheme(path) == "file":  # elsewhere it is for the file system to keep what it said it did
        LocalFiles().sync_tree(path)


def read_frame(spark: "SparkSession", path: str, schema: str) -> "DataFrame":
    """The frame that was written. schema: Spark's JSON of it."""
    import json

    from pyspark.sql.types import StructType

    return spark.read.schema(StructType.fromJson(json.loads(schema))).parquet(path)


def count_stored(spark: "SparkSession", path: str) -> int:
    """How many rows were written; Spark finds this in the footers of the files."""
    return spark.read.parquet(path).count()


def show_frame(spark: "SparkSession", staged: str, path: str) -> None:
    """Gives a written frame its name, in the place of what has it; nothing when that was done before."""
    files = files_at(spark, path)
    if files.exists(staged):
        files.delete(path)
        files.rename(staged, path)


def remove_frames(spark: "SparkSession", path: str) -> None:
    """Removes a folder of frames, if it is there."""
    files_at(spark, path).delete(path)


def _parts(kind: "DataType") -> "Iterator[DataType]":
    yield kind
    for attribute in ("elementType", "keyType", "valueType"):
        if hasattr(kind, attribute):
            yield from _parts(getattr(kind, attribute))
    for field in getattr(kind, "fields", ()):
        yield from _parts(field.dataType)
