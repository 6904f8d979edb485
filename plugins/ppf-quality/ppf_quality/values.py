"""Values of a pipeline file as values of a column: texts that Spark casts to the column's type without loss or error.

Spark's own cast gives NULL, or aborts the job, for what does not fit; so all that does not fit is found here, before any job.
"""

import datetime
import re
import struct
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pyspark.sql import Column

    from ppf_quality.columns import Found

Rounding = Literal["none", "up", "down"]

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_NUMBER = re.compile(r"\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?\s*")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


def number(value: Any) -> Decimal | None:
    """The number that a value is, or that it spells; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    # By way of its text: the 0.1 of a file is 0.1, not the binary fraction next to it.
    return Decimal(str(value).strip()) if _NUMBER.fullmatch(str(value)) else None


def moment(value: Any) -> datetime.datetime | None:
    """The date or time that a text spells in ISO 8601; None for anything else."""
    try:
        return datetime.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def literal(value: Any, found: "Found", rounding: Rounding = "none") -> "Column | str | int":
    """The value in the type of the column, for comparisons with it. Raises ValueError saying what is wrong.

    What Spark takes for that type by itself stays a value of Python, since each column that is made is a call to the JVM.
    """
    from pyspark.sql import functions

    text = as_text(value, found, rounding)
    if found.kind == "string":
        return text
    # The name of the type, since a type itself would want an active session.
    return int(text) if found.kind == "int" else functions.lit(text).cast(found.type_name)


def as_text(value: Any, found: "Found", rounding: Rounding = "none") -> str:
    """The value as the text of a value of the column's type. Raises ValueError saying what is wrong.

    rounding: where to go from a number with more digits than the type has; for a bound, the next value inside.
    """
    if found.kind in _BITS:
        return _whole(value, _BITS[found.kind], rounding)
    if found.kind == "decimal":
        return _decimal(value, found.type_name, rounding)
    if found.kind not in _TEXTS:
        raise ValueError(f"cannot be compared with a column of type {found.type_name}.")
    return _TEXTS[found.kind](value)


def _whole(value: Any, bits: int, rounding: Rounding) -> str:
    wanted = _required_number(value)
    largest = Decimal(2 ** (bits - 1))
    # The size first: to write out 1e9999 takes long.
    if not -largest <= wanted < largest:
        raise ValueError(f"does not fit: the column holds {-largest} to {largest - 1}.")
    with localcontext(prec=100):
        whole = wanted.to_integral_value(ROUND_FLOOR if rounding == "down" else ROUND_CEILING)
    if whole != wanted and rounding == "none":
        raise ValueError("is no whole number.")
    return str(int(whole))


def _decimal(value: Any, type_name: str, rounding: Rounding) -> str:
    wanted = _required_number(value)
    matched = _DECIMAL.fullmatch(type_name)
    precision, scale = (int(matched[1]), int(matched[2])) if matched else (10, 0)
    limit = Decimal(10) ** (precision - scale)
    if not -limit < wanted < limit:
        raise ValueError("has too many digits before the point.")
    with localcontext(prec=100):
        rounded = wanted.quantize(Decimal(1).scaleb(-scale), ROUND_FLOOR if rounding == "down" else ROUND_CEILING)
        if rounded != wanted and rounding == "none":
            raise ValueError("has too many digits after the point.")
        if not -limit < rounded < limit:
            raise ValueError("has too many digits.")
    return format(rounded, "f")


def _required_number(value: Any) -> Decimal:
    wanted = number(value)
    if wanted is None:
        raise ValueError("is no number.")
    return wanted


def _double(value: Any) -> str:
    text = repr(float(_required_number(value)))
    if text.lstrip("-") == "inf":
        raise ValueError("is too large.")
    return text


def _float(value: Any) -> str:
    wanted = float(_double(value))
    try:
        # The 32 bits that the column would hold.
        return repr(struct.unpack("<f", struct.pack("<f", wanted))[0])
    except OverflowError as error:
        raise ValueError("is too large.") from error


def _date(value: Any) -> str:
    try:
        return datetime.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise ValueError('is no date. Write it like "2024-12-31".') from error


def _required_moment(value: Any) -> datetime.datetime:
    found = moment(value)
    if found is None:
        raise ValueError('is no time. Write it like "2024-12-31 23:59:59".')
    return found


def _timestamp(value: Any) -> str:
    found = _required_moment(value)
    try:
        at = found if found.tzinfo is None else found.astimezone(datetime.UTC)
    except OverflowError as error:
        raise ValueError("is out of the years 1 to 9999.") from error
    return at.isoformat(sep=" ")


def _local_timestamp(value: Any) -> str:
    found = _required_moment(value)
    if found.tzinfo is not None:
        raise ValueError("has a time zone, which the column does not.")
    return found.isoformat(sep=" ")


def _string(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _boolean(value: Any) -> str:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise ValueError("is neither true nor false.")
    return text


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "string": _string,
    "boolean": _boolean,
    "float": _float,
    "double": _double,
    "date": _date,
    "timestamp": _timestamp,
    "timestamp_ntz": _local_timestamp,
}
