"""The numbers of a frame, from which checks are proposed: NULLs, ranges, lengths, distinct values.

One aggregate pass over all columns. One more, over some of them, counts the values of columns that seem to have few, or hardly
any twice, and lists the few:

    frame → counts, ranges, lengths, estimates of distinct values → (column, value) → exact numbers of distinct values
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ppf_profile.portable_values import FRACTIONS, WHOLE_NUMBERS, Value, kind_of, portable, text_of, value_of, value_of_text

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

FEW = 20
"""A column with at most so many distinct values has a small set of them, which is listed."""

_RANGED = WHOLE_NUMBERS | FRACTIONS | {"decimal", "date", "timestamp", "timestamp_ntz"}
_LISTED = _RANGED | {"string", "boolean"}
_LONGEST_LISTED = 200
# Estimates are off by 5 % on average: these bounds lie six times as far, so that hardly a candidate is missed.
_SEEM_FEW, _SEEM_DIFFERENT = 1.3 * FEW, 0.7


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
    """The numbers of a frame, or of some of its rows. At most two Spark actions.

    frame: gives the same rows each time, at little cost, as one of `PipelineRunner.frames` does.
    """
    schema = frame.schema
    # Under names of ours, by position: those of the frame may be anything, also twice the same.
    renamed = frame.toDF(*[f"c{index}" for index in range(len(schema))])
    types = {f"c{index}": field.dataType.simpleString() for index, field in enumerate(schema)}
    with _limited(renamed, limit) as steady:
        rows, found = _first_look(steady, types)
        further = _second_look(steady, types, found)
    columns = [
        _column(field.name, types[key], rows, {**found[key], **further.get(key, {})})
        for key, field in zip(types, schema, strict=True)
    ]
    return FrameProfile(rows, schema, tuple(columns), limit)


@contextmanager
def _limited(frame: "DataFrame", limit: int | None) -> "Iterator[DataFrame]":
    """The frame, or some rows of it, which are kept: a limit may take others the next time."""
    if limit is None:
        yield frame
        return
    some = frame.limit(limit).persist()
    try:
        yield some
    finally:
        some.unpersist()


def _first_look(frame: "DataFrame", types: Mapping[str, str]) -> tuple[int, dict[str, dict[str, Any]]]:
    from pyspark.sql import functions

    asked = {"": {"rows": functions.count(functions.lit(1))}}
    asked |= {key: _cheap(functions.col(key), kind_of(type_)) for key, type_ in types.items()}
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
        asked |= {"min": portable(functions.min(column), kind), "max": portable(functions.max(column), kind)}
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
    pairs = [
        functions.struct(functions.lit(key).alias("key"), text_of(functions.col(key), kind_of(types[key])).alias("text"))
        for key in asked
    ]
    each = frame.select(functions.explode(functions.array(*pairs)).alias("each")).select("each.key", "each.text")
    once = each.where("text is not null").groupBy("key", "text").count()
    values = functions.collect_list(functions.when(functions.col("key").isin(few), functions.col("text")))
    answers = once.groupBy("key").agg(functions.count("text"), values).collect()
    return {key: {"counted": counted, **({"values": texts} if key in few else {})} for key, counted, texts in answers}


def _seems_few(found: Mapping[str, Any]) -> bool:
    return bool(found["distinct"] <= _SEEM_FEW) and (found.get("longest") or 0) <= _LONGEST_LISTED


def _seems_unique(found: Mapping[str, Any]) -> bool:
    return bool(found["distinct"] >= _SEEM_DIFFERENT * found["filled"])


def _ask(frame: "DataFrame", questions: "Mapping[str, Mapping[str, Column]]") -> dict[str, dict[str, Any]]:
    """The answers under the names of the questions. One Spark action."""
    columns = [column for asked in questions.values() for column in asked.values()]
    (row,) = frame.agg(*[column.alias(f"v{index}") for index, column in enumerate(columns)]).collect()
    answers = iter(row)
    return {key: {name: next(answers) for name in asked} for key, asked in questions.items()}


def _column(name: str, type_: str, rows: int, found: Mapping[str, Any]) -> ColumnProfile:
    kind, filled = kind_of(type_), found["filled"]
    values, counted = _values(found.get("values"), kind), found.get("counted")
    return ColumnProfile(
        name=name,
        type=type_,
        kind=kind,
        filled=filled,
        nulls=rows - filled,
        nans=found.get("nans"),
        min=value_of(found.get("min"), kind),
        max=value_of(found.get("max"), kind),
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
    values = [value_of_text(text, kind) for text in texts]
    written = [value for value in values if value is not None]
    return tuple(sorted(written, key=Decimal if kind == "decimal" else None)) if len(written) == len(values) else None
