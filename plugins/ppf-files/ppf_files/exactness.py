"""Whether files give back exactly the rows that were written into them, so that these can be looked at in their place.

A format is asked for what it surely keeps; all else counts as changed. What Parquet and ORC do to each type, name and setting
was tried out, and `tests/conformance` tries it again.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import DataType, StructField, StructType

_NUMBERS = frozenset({"boolean", "byte", "short", "integer", "long", "float", "double", "decimal"})
_TIMES = frozenset({"date", "timestamp", "timestamp_ntz", "yearmonthinterval", "daytimeinterval"})
# What a folder's name gives back: `01` as text would be a number, an empty text NULL.
_FOLDER_TYPES = frozenset({"byte", "short", "integer", "long", "date"})
# A folder whose name starts with a dot is hidden.
_FOLDER_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
# How writer options begin that choose how large, how packed and how indexed files are.
_HARMLESS = (
    *("compression", "maxrecordsperfile", "orc.bloom.filter.", "orc.compress", "orc.stripe.size"),
    *("parquet.block.size", "parquet.bloom.filter.", "parquet.compression", "parquet.enable.dictionary", "parquet.page.size"),
)
# With these, columns are found by number, or texts are padded and cut.
_TELLING_METADATA = frozenset({"parquet.field.id", "__CHAR_VARCHAR_TYPE_STRING"})


@dataclass(frozen=True)
class Exactness:
    """What a format gives back exactly.

    types: names of types that it keeps, also inside others. names: what columns and fields may be called. settings: settings
    of Spark that decide what is written, each with the values under which nothing is changed.
    """

    types: Collection[str]
    names: "re.Pattern[str]" = re.compile(r".*", re.DOTALL)
    settings: Mapping[str, Collection[str]] = field(default_factory=dict)

    def holds(
        self, spark: "SparkSession", schema: "StructType", partition_by: Sequence[str], writer: Mapping[str, Any]
    ) -> bool:
        """Whether rows of this schema are given back as they were, when they are written now and so."""
        folders = {name.lower() for name in partition_by}
        return (
            all(key.lower().startswith(_HARMLESS) for key in writer)
            and all(str(spark.conf.get(key)).upper() in allowed for key, allowed in self.settings.items())
            and all(_is_kept_by_folders(each) for each in schema if each.name.lower() in folders)
            and all(self._keeps_field(each) for each in schema)
        )

    def _keeps_field(self, found: "StructField") -> bool:
        is_named = self.names.fullmatch(found.name) is not None
        return is_named and _TELLING_METADATA.isdisjoint(found.metadata) and self._keeps(found.dataType)

    def _keeps(self, kind: "DataType") -> bool:
        from pyspark.sql.types import ArrayType, MapType, StructType

        if isinstance(kind, StructType):
            return all(self._keeps_field(each) for each in kind)
        if isinstance(kind, ArrayType):
            return self._keeps(kind.elementType)
        if isinstance(kind, MapType):
            return self._keeps(kind.keyType) and self._keeps(kind.valueType)
        # Texts with a collation have the name of all texts.
        return kind.typeName() in self.types and " collate " not in kind.simpleString()


PARQUET = Exactness(
    types=_NUMBERS | _TIMES | {"string", "binary"},
    settings={
        "spark.sql.parquet.outputTimestampType": ("INT96", "TIMESTAMP_MICROS"),
        "spark.sql.parquet.int96TimestampConversion": ("FALSE",),
        # EXCEPTION refuses what LEGACY would move by days.
        "spark.sql.parquet.datetimeRebaseModeInWrite": ("CORRECTED", "EXCEPTION"),
        "spark.sql.parquet.int96RebaseModeInWrite": ("CORRECTED", "EXCEPTION"),
        "spark.sql.parquet.writeLegacyFormat": ("FALSE",),
    },
)
# ORC moves times: days that its calendar lacks, and moments before 1970. It loses columns with a backtick in their name.
ORC = Exactness(
    types=_NUMBERS | {"string", "binary"},
    names=re.compile(r"\w+", re.ASCII),
    settings={"spark.sql.orc.impl": ("NATIVE",)},
)


def _is_kept_by_folders(found: "StructField") -> bool:
    return found.dataType.typeName() in _FOLDER_TYPES and _FOLDER_NAME.fullmatch(found.name) is not None
