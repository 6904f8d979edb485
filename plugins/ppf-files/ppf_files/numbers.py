"""Numbers of CSV with marks of their own, such as 1.234,5: Spark knows only those with a point, and reads others as NULL."""

import re
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from ppf_core import SchemaContract
from ppf_files.marked import RECORD

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

POINT = "."  # the one mark that Spark knows
_WHOLE = ("tinyint", "smallint", "int", "bigint")
_BROKEN = ("float", "double", "decimal")
_PLAIN = "_ppf_plain_"
_UNFIT = re.compile(r"[\w+\-]")  # a digit, a sign, a letter


def problems(decimal: str, thousands: str | None, schema: str | None) -> dict[str, str]:
    """What cannot be a mark, or has nothing to stand in."""
    found = {
        name: f"must be one character that is no digit, letter or sign, not {mark!r}"
        for name, mark in (("decimal", decimal), ("thousands", thousands))
        if mark is not None and (len(mark) != 1 or _UNFIT.match(mark))
    }
    if thousands == decimal:
        found["thousands"] = f"is {thousands!r}, which is the decimal mark as well"
    if (decimal, thousands) != (POINT, None) and schema is None:
        name = "decimal" if decimal != POINT else "thousands"
        found.setdefault(name, "needs to know which columns are numbers; give the schema")
    return found


def marked_numbers(decimal: str, thousands: str | None, schema: str | None) -> frozenset[str]:
    """The columns that Spark would read wrong."""
    if schema is None or (decimal, thousands) == (POINT, None):
        return frozenset()
    parts = SchemaContract.of(schema).type.parts
    unread = (*_WHOLE, *_BROKEN) if thousands is not None else _BROKEN
    return frozenset(name for name, type_ in parts if type_.name.split("(")[0] in unread)


def read(frame: "DataFrame", types: "Mapping[str, DataType]", decimal: str, thousands: str | None, between: str) -> "DataFrame":
    """The frame with numbers in the place of these texts; NULL where a text is none, as Spark's own reader has it.

    Where bad records are marked, such a record is one; its text is put together of its values, with `between` between two.
    """
    from pyspark.sql import functions as F

    from ppf_files.writing import quoted  # which knows the options, as these know what stands here

    there = {name: type_ for name, type_ in types.items() if name in frame.columns}
    plain = {name: f"{_PLAIN}{number}" for number, name in enumerate(there)}
    texts = [_plain(F.col(quoted(name)), types[name], decimal, thousands).alias(plain[name]) for name in there]
    # By name and as SQL: Spark 3.5 has `try_cast` in no other form, and a plain cast of too large a number would end the job.
    numbers = {name: F.expr(f"try_cast({plain[name]} AS {type_.simpleString()})") for name, type_ in there.items()}
    columns = [numbers[name].alias(name) if name in there else F.col(quoted(name)) for name in frame.columns]
    if RECORD in frame.columns and there:
        is_bad = reduce(or_, [F.col(quoted(name)).isNotNull() & value.isNull() for name, value in numbers.items()])
        own = frame.columns[: frame.columns.index(RECORD)]  # what comes after is of folders
        values = [F.coalesce(F.col(quoted(name)).cast("string"), F.lit("")) for name in own]
        text = F.concat_ws(between, *values)
        marked = F.coalesce(F.col(RECORD), F.when(is_bad, text)).alias(RECORD)
        columns = [marked if name == RECORD else column for name, column in zip(frame.columns, columns, strict=True)]
    return frame.select("*", *texts).select(*columns)


def _plain(text: "Column", type_: "DataType", decimal: str, thousands: str | None) -> "Column":
    from pyspark.sql import functions as F

    plain = F.translate(F.translate(text, thousands, ""), decimal, ".") if thousands else F.translate(text, decimal, ".")
    return F.when(text.rlike(_pattern(type_.typeName(), decimal, thousands)), plain)


def _pattern(type_name: str, decimal: str, thousands: str | None) -> str:
    digits, point = "[0-9]+", re.escape(decimal)
    if thousands is not None:
        digits = rf"(?:[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|[0-9]+)"
    if type_name in ("float", "double", "decimal"):
        digits = rf"(?:{digits}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    names = "|NaN|[+-]?Inf(?:inity)?" if type_name in ("float", "double") else ""
    return rf"^(?:[+-]?{digits}{names})$"
