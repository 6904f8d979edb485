"""The numbers of a frame, from which checks are proposed: NULLs, ranges, lengths, distinct values.

One aggregate pass over all columns. One more, over some of them, counts the values of columns that seem to have few, or hardly
any twice, and lists the few:

    frame → counts, ranges, lengths, estimates of distinct values → (column, value) → exact numbers of distinct values
"""

import datetime
import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from ppf_core.spark.frames import keep_when_read, release_frame, why_keep

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

FEW = 20
"""A column with at most so many distinct values has a small set of them, which is listed."""

WHOLE_NUMBERS = frozenset({"tinyint", "smallint", "int", "bigint"})
FRACTIONS = frozenset({"float", "double"})

_RANGED = WHOLE_NUMBERS | FRACTIONS | {"decimal", "date", "timestamp", "timestamp_ntz"}
_LISTED = _RANGED | {"string", "boolean"}
_LONGEST_LISTED = 200
# Estimates are off by 5 % on average: these bounds lie six times as far, so that hardly a candidate is missed.
_SEEM_FEW, _SEEM_DIFFERENT = 1.3 * FEW, 0.7
# What Spark would give instead of the texts of values; microseconds for a moment.
_READERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(WHOLE_NUMBERS, int),
    **dict.fromkeys(FRACTIONS, float),
    "decimal": Decimal,
    "timestamp": int,
    "boolean": "true".__eq__,
}
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

Value: TypeAlias = bool | int | float | str
"""A value as a pipeline file can hold it: decimals, dates and times are texts, moments in UTC."""


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """The numbers of one column; None where its type has no such number, or where the number was not looked for.

    kind: the type without its parameters. filled: rows with a value. min, max: of all values that are neither NULL nor NaN;
    None too for a time that is out of the years 1 to 9999. values: all of them, where they are few. distinct: an estimate
    unless `is_exact`. shortest, longest: the characters of a text. is_unique: no two rows have the same value, and none NULL.
    """

    name: str
    type: str
    kind: str
    filled: int
    nulls: int
    nans: int | None = None
    min: Value | None = None
    max: Value | None = None
    shortest: int | None = None
    longest: int | None = None
    distinct: int | None = None
    is_exact: bool = False
    values: tuple[Value, ...] | None = None
    is_unique: bool | None = None


@dataclass(frozen=True)
class FrameProfile:
    """The numbers of a frame. limit: at most so many of its rows were looked at; None: at all.

    schema: None where it must not be told.
    """

    rows: int
    schema: "StructType | None"
    columns: tuple[ColumnProfile, ...]
    limit: int | None = None

    @property
    def is_sample(self) -> bool:
        """Whether there may be rows that were not looked at."""
        return self.limit is not None and self.rows >= self.limit


def profile_frame(frame: "DataFrame", limit: int | None = None) -> FrameProfile:
    """The numbers of a frame, or of some of its rows. At most two Spark actions; what is kept in between is let go."""
    schema = frame.schema
    # Under names of ours, by position: those of the frame may be anything, also twice the same.
    renamed = frame.toDF(*[f"c{index}" for index in range(len(schema))])
    types = {f"c{index}": field.dataType.simpleString() for index, field in enumerate(schema)}
    with _steady(renamed if limit is None else renamed.limit(limit), limit) as steady:
        rows, found = _first_look(steady, types)
        further = _second_look(steady, types, found)
    columns = [
        _column(field.name, types[key], rows, {**found[key], **further.get(key, {})})
        for key, field in zip(types, schema, strict=True)
    ]
    return FrameProfile(rows, schema, tuple(columns), limit)


@contextmanager
def _steady(frame: "DataFrame", limit: int | None) -> "Iterator[DataFrame]":
    """The frame, kept where the second look would see other rows, or would have to pay for them again."""
    if limit is None and why_keep(frame) is None:
        yield frame
        return
    kept = keep_when_read(frame, "memory")
    try:
        yield kept
    finally:
        release_frame(frame)


def _first_look(frame: "DataFrame", types: Mapping[str, str]) -> tuple[int, dict[str, dict[str, Any]]]:
    from pyspark.sql import functions

    asked = {"": {"rows": functions.count(functions.lit(1))}}
    asked |= {key: _cheap(functions.col(key), _kind(type_)) for key, type_ in types.items()}
    answers = _ask(frame, asked)
    return answers.pop("")["rows"], answers


def _cheap(column: "Column", kind: str) -> "dict[str, Column]":
    """What one pass counts exactly, and an estimate of how many different values there are."""
    from pyspark.sql import functions

    asked = {"filled": functions.count(column)}
    if kind in FRACTIONS:
        asked["nans"] = functions.count(functions.when(functions.isnan(column), 1))
        column = functions.when(~functions.isnan(column), column)
    if kind in _RANGED:
        asked |= {"min": _portable(functions.min(column), kind), "max": _portable(functions.max(column), kind)}
    if kind == "string":
        asked |= {"shortest": functions.min(functions.length(column)), "longest": functions.max(functions.length(column))}
    if kind in _LISTED:
        asked["distinct"] = functions.approx_count_distinct(column)
    return asked


def _second_look(
    frame: "DataFrame", types: Mapping[str, str], found: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The exact number of values of columns that seem to have few, or hardly any twice; and the values where they are few.

    One row for each value, under the number of its column: an aggregate with many distinct counts would read all rows once
    for each of them.
    """
    from pyspark.sql import functions

    few = [key for key in types if found[key].get("distinct") and _seems_few(found[key])]
    asked = list(dict.fromkeys([*few, *(key for key in types if found[key].get("distinct") and _seems_unique(found[key]))]))
    if not asked:
        return {}
    pairs = [functions.struct(functions.lit(key).alias("key"), _text(key, types[key]).alias("text")) for key in asked]
    each = frame.select(functions.explode(functions.array(*pairs)).alias("each")).select("each.key", "each.text")
    once = each.where("text is not null").groupBy("key", "text").count()
    values = functions.collect_list(functions.when(functions.col("key").isin(few), functions.col("text")))
    answers = once.groupBy("key").agg(functions.count("text"), values).collect()
    return {key: {"counted": counted, **({"values": texts} if key in few else {})} for key, counted, texts in answers}


def _seems_few(found: Mapping[str, Any]) -> bool:
    return bool(found["distinct"] <= _SEEM_FEW) and (found.get("longest") or 0) <= _LONGEST_LISTED


def _seems_unique(found: Mapping[str, Any]) -> bool:
    return bool(found["distinct"] >= _SEEM_DIFFERENT * found["filled"])


def _text(key: str, type_: str) -> "Column":
    """Each value as a text of its own, NULL for NaN."""
    from pyspark.sql import functions

    column, kind = functions.col(key), _kind(type_)
    if kind in FRACTIONS:
        # To add zero takes the sign of -0.0, which equals 0.0.
        column = functions.when(~functions.isnan(column), column + functions.lit(0.0).cast(kind))
    return _portable(column, kind).cast("string")


def _ask(frame: "DataFrame", questions: "Mapping[str, Mapping[str, Column]]") -> dict[str, dict[str, Any]]:
    """The answers under the names of the questions. One Spark action."""
    columns = [column for asked in questions.values() for column in asked.values()]
    (row,) = frame.agg(*[column.alias(f"v{index}") for index, column in enumerate(columns)]).collect()
    answers = iter(row)
    return {key: {name: next(answers) for name in asked} for key, asked in questions.items()}


def _portable(column: "Column", kind: str) -> "Column":
    """The column as Python can hold all its values: there are times out of the years 1 to 9999, and zones."""
    from pyspark.sql import functions

    if kind == "timestamp":
        return functions.unix_micros(column)
    return column.cast("string") if kind in ("date", "timestamp_ntz") else column


def _kind(type_: str) -> str:
    # A collation is left on, for with one, texts that differ may be the same value.
    return type_.partition("(")[0].partition("<")[0]


def _column(name: str, type_: str, rows: int, found: Mapping[str, Any]) -> ColumnProfile:
    kind, filled = _kind(type_), found["filled"]
    values, counted = _values(found.get("values"), kind), found.get("counted")
    return ColumnProfile(
        name=name,
        type=type_,
        kind=kind,
        filled=filled,
        nulls=rows - filled,
        nans=found.get("nans"),
        min=_value(found.get("min"), kind),
        max=_value(found.get("max"), kind),
        shortest=found.get("shortest"),
        longest=found.get("longest"),
        distinct=found.get("distinct") if counted is None else counted,
        is_exact=counted is not None,
        values=values,
        # All NaN are one value, which is not counted.
        is_unique=(counted or 0) + bool(found.get("nans")) == filled == rows if rows and "distinct" in found else None,
    )


def _values(texts: Sequence[str] | None, kind: str) -> tuple[Value, ...] | None:
    """All values in their order; None where they are not few, or where one of them cannot be written."""
    if texts is None or len(texts) > FEW:
        return None
    values = [_value(_READERS.get(kind, str)(text), kind) for text in texts]
    written = [value for value in values if value is not None]
    return tuple(sorted(written, key=Decimal if kind == "decimal" else None)) if len(written) == len(values) else None


def _value(raw: Any, kind: str) -> Value | None:
    """A value that Spark gave, as a pipeline file can hold it."""
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
