"""Whether a hidden table gives back exactly the rows that were written into it, so that checks may look at it in their place.

That is known of Parquet in Spark's own catalog alone. All else counts as changed: text is understood anew, options and the
types CHAR and VARCHAR change values, a folder's name keeps no empty text, other catalogs have types of their own.
`tests/conformance` tries it with every type.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ppf_table import catalog
from ppf_table.catalog import Description, Table
from ppf_table.names import SESSION_CATALOG, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructField, StructType

_FOLDER_TYPES = frozenset({"byte", "short", "integer", "long", "date"})
_TYPES = _FOLDER_TYPES | {
    *("binary", "boolean", "daytimeinterval", "decimal", "double", "float"),
    *("string", "timestamp", "timestamp_ntz", "yearmonthinterval"),
}
# With these, columns are found by number, or texts are padded and cut.
_TELLING_METADATA = frozenset({"parquet.field.id", "__CHAR_VARCHAR_TYPE_STRING"})
# Settings that decide what Parquet holds, each with the values under which nothing is changed.
_SETTINGS: Mapping[str, Collection[str]] = {
    "spark.sql.parquet.outputTimestampType": ("INT96", "TIMESTAMP_MICROS"),
    "spark.sql.parquet.int96TimestampConversion": ("FALSE",),
    # EXCEPTION refuses what LEGACY would move by days.
    "spark.sql.parquet.datetimeRebaseModeInWrite": ("CORRECTED", "EXCEPTION"),
    "spark.sql.parquet.int96RebaseModeInWrite": ("CORRECTED", "EXCEPTION"),
    "spark.sql.parquet.writeLegacyFormat": ("FALSE",),
}


def gives_back(spark: "SparkSession", stage: Description, given: "StructType") -> bool:
    """Whether rows of this schema are given back as they were. Asked under the settings under which they were written."""
    stored = spark.table(quoted(stage.table)).schema
    return (
        _is_plain_parquet(spark, stage)
        and all(str(spark.conf.get(key)).upper() in allowed for key, allowed in _SETTINGS.items())
        and _shape(stored) == _shape(given)
        and all(_keeps_field(each) for each in (*given, *stored))
        and all(each.dataType.typeName() in _FOLDER_TYPES for each in stored if each.name in stage.partition_columns)
    )


def read(spark: "SparkSession", stage: Table, names: Sequence[str]) -> "DataFrame":
    """The rows, with the columns as they were called and in the order that they had."""
    frame = spark.table(quoted(stage))
    stored = {name.lower(): name for name in frame.columns}
    return frame.select(*(frame[quoted((stored[name.lower()],))].alias(name) for name in names))


def _is_plain_parquet(spark: "SparkSession", stage: Description) -> bool:
    is_own = stage.table[0] == SESSION_CATALOG and catalog.is_sparks_own(spark)
    return is_own and stage.provider == "parquet" and not stage.has_options and stage.knows_partitions


def _shape(schema: "StructType") -> dict[str, list[str]]:
    """Folded name → the types under it; those of a table come in another order, and perhaps in other letters."""
    found: dict[str, list[str]] = {}
    for each in schema:
        found.setdefault(each.name.lower(), []).append(each.dataType.simpleString())
    return found


def _keeps_field(found: "StructField") -> bool:
    return _TELLING_METADATA.isdisjoint(found.metadata) and _keeps(found.dataType)


def _keeps(kind: "DataType") -> bool:
    from pyspark.sql.types import ArrayType, MapType, StructType

    if isinstance(kind, StructType):
        return all(_keeps_field(each) for each in kind)
    if isinstance(kind, ArrayType):
        return _keeps(kind.elementType)
    if isinstance(kind, MapType):
        return _keeps(kind.keyType) and _keeps(kind.valueType)
    # Texts with a collation have the name of all texts.
    return kind.typeName() in _TYPES and " collate " not in kind.simpleString()
