"""Values of a column as a pipeline file can hold them, each on its way from Spark."""

import datetime
import math
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pyspark.sql import Column

WHOLE_NUMBERS = frozenset({"tinyint", "smallint", "int", "bigint"})
FRACTIONS = frozenset({"float", "double"})

Value: TypeAlias = bool | int | float | str
"""A value as a pipeline file can hold it: decimals, dates and times are texts, moments in UTC."""

# What Spark would give instead of the texts of values; microseconds for a moment.
_READERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(WHOLE_NUMBERS, int),
    **dict.fromkeys(FRACTIONS, float),
    "decimal": Decimal,
    "timestamp": int,
    "boolean": "true".__eq__,
}
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def kind_of(type_: str) -> str:
    """The type without its parameters."""
    # A collation is left on, for with one, texts that differ may be the same value.
    return type_.partition("(")[0].partition("<")[0]


def portable(column: "Column", kind: str) -> "Column":
    """The column as Python can hold all its values: there are times out of the years 1 to 9999, and zones."""
    from pyspark.sql import functions

    if kind == "timestamp":
        return functions.unix_micros(column)
    return column.cast("string") if kind in ("date", "timestamp_ntz") else column


def text_of(column: "Column", kind: str) -> "Column":
    """Each value as a text of its own, NULL for NaN."""
    from pyspark.sql import functions

    if kind in FRACTIONS:
        # To add zero takes the sign of -0.0, which equals 0.0.
        column = functions.when(~functions.isnan(column), column + functions.lit(0.0).cast(kind))
    return portable(column, kind).cast("string")


def value_of_text(text: str, kind: str) -> Value | None:
    """What `text_of` gave, as a pipeline file can hold it; None for a time that is out of the years 1 to 9999."""
    return value_of(_READERS.get(kind, str)(text), kind)


def value_of(raw: Any, kind: str) -> Value | None:
    """What `portable` gave, as a pipeline file can hold it; None for NULL too."""
    if raw is None:
        return None
    if kind in ("date", "timestamp", "timestamp_ntz"):
        return _time(raw, kind)
    if kind == "decimal":
        return format(raw, "f")
    if kind in FRACTIONS:
        return _fraction(raw, kind)
    value: Value = raw
    return value


def _time(raw: Any, kind: str) -> str | None:
    try:
        if kind == "date":
            return datetime.date.fromisoformat(raw).isoformat()
        if kind == "timestamp_ntz":
            return datetime.datetime.fromisoformat(raw).isoformat(sep=" ")
        return (_EPOCH + datetime.timedelta(microseconds=raw)).isoformat(sep=" ")
    except (ValueError, OverflowError):
        return None


def _fraction(raw: float, kind: str) -> float:
    """The number with as few digits as mean the same in its column. -0.0 is 0.0: Spark finds them equal."""
    if kind == "double" or not math.isfinite(raw):
        return raw + 0.0
    shorter = (float(f"{raw:.{digits}g}") for digits in range(6, 10))
    return next((value for value in shorter if _as_float(value) == raw), raw) + 0.0


def _as_float(value: float) -> float:
    try:
        found: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.inf
    return found
