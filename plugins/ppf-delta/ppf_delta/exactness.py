"""Whether the Parquet files of a stage give back exactly the rows that were given, so that checks may read them instead."""

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from ppf_delta.names import quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructField, StructType

_KEPT = frozenset(
    (
        *("boolean", "byte", "short", "integer", "long", "float", "double", "decimal", "date", "timestamp", "timestamp_ntz"),
        *("yearmonthinterval", "daytimeinterval", "string", "binary"),
    )
)
# What a folder's name gives back: `01` as text would be a number, an empty text NULL.
_KEPT_BY_FOLDERS = frozenset(["byte", "short", "integer", "long", "date"])
_FOLDER_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_SETTINGS = {
    "spark.sql.parquet.outputTimestampType": ("INT96", "TIMESTAMP_MICROS"),
    "spark.sql.parquet.int96TimestampConversion": ("FALSE",),
    "spark.sql.parquet.datetimeRebaseModeInWrite": ("CORRECTED", "EXCEPTION"),
    "spark.sql.parquet.int96RebaseModeInWrite": ("CORRECTED", "EXCEPTION"),
    "spark.sql.parquet.writeLegacyFormat": ("FALSE",),
}
# With these, texts are padded and cut, or columns have other names in files.
_TELLING = frozenset(["__CHAR_VARCHAR_TYPE_STRING", "delta.columnMapping.physicalName", "parquet.field.id"])


def is_exact(spark: "SparkSession", schema: "StructType", table: "StructType | None", partition_by: Collection[str]) -> bool:
    """Whether rows of `schema`, staged for a table with columns `table`, are read back as they were. None: as given."""
    folders = {name.lower() for name in partition_by}
    stored = {field.name: field for field in table or ()}
    return (
        all(str(spark.conf.get(key)).upper() in allowed for key, allowed in _SETTINGS.items())
        and all(_is_kept_by_folders(field) for field in schema if field.name.lower() in folders)
        and all(_is_stored(field, stored.get(field.name) if table is not None else field) for field in schema)
    )


def read(spark: "SparkSession", folder: str, paths: Iterable[str], schema: "StructType") -> "DataFrame":
    """The rows of these files of a folder, with the columns in the order in which they were given."""
    files = [f"{folder}/{path}" for path in paths]
    if not files:
        return spark.createDataFrame([], schema)
    reader = spark.read.schema(schema).option("basePath", folder)
    return reader.parquet(*files).select(*map(quoted, schema.names))


def _is_stored(given: "StructField", stored: "StructField | None") -> bool:
    if stored is None or _plain(stored.dataType) != _plain(given.dataType):
        return False
    return _TELLING.isdisjoint(stored.metadata) and _TELLING.isdisjoint(given.metadata) and _keeps(given.dataType)


def _keeps(kind: "DataType") -> bool:
    from pyspark.sql.types import ArrayType, MapType, StructType

    if isinstance(kind, StructType):
        return all(_TELLING.isdisjoint(each.metadata) and _keeps(each.dataType) for each in kind)
    if isinstance(kind, ArrayType):
        return _keeps(kind.elementType)
    if isinstance(kind, MapType):
        return _keeps(kind.keyType) and _keeps(kind.valueType)
    return kind.typeName() in _KEPT and " collate " not in kind.simpleString()


def _plain(kind: "DataType") -> str:
    return kind.simpleString()


def _is_kept_by_folders(found: "StructField") -> bool:
    return found.dataType.typeName() in _KEPT_BY_FOLDERS and _FOLDER_NAME.fullmatch(found.name) is not None
