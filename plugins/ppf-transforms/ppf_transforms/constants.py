"""Values of a pipeline file in the type of a column.

For what does not fit, Spark's own cast gives NULL or fails in the run, so it is found here.
"""

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError

if TYPE_CHECKING:
    from pyspark.sql import Column
    from pyspark.sql.types import DataType

_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64}


def constant(value: Any, type_: "DataType", option: str) -> "Column":
    """The value as a column of this type; None is NULL."""
    from pyspark.sql import functions

    text = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    try:
        if text is not None:
            _require(text, type_)
    except (ValueError, InvalidOperation) as error:
        raise PpfError(f"{option} is {value!r}, which is no {type_.simpleString()}.") from error
    return functions.lit(text).cast(type_)


def _require(text: str, type_: Any) -> None:
    kind = type_.typeName()
    if kind in _BITS:
        _require_whole(text, _BITS[kind])
    elif kind == "decimal":
        _require_decimal(text, type_.precision, type_.scale)
    elif kind in _READ:
        _READ[kind](text)
    else:
        raise ValueError("no single value")


def _require_whole(text: str, bits: int) -> None:
    number = Decimal(text)
    # The size first: to write out 1e999999 takes long.
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1) or number != int(number):
        raise ValueError("not whole, or too large")


def _require_decimal(text: str, precision: int, scale: int) -> None:
    _sign, digits, exponent = Decimal(text).normalize().as_tuple()
    before = len(digits) + int(exponent)
    if -int(exponent) > scale or before > precision - scale:
        raise ValueError("too many digits")


def _boolean(text: str) -> None:
    if text.lower() not in ("true", "false"):
        raise ValueError("neither true nor false")


_READ: Mapping[str, Callable[[str], object]] = {
    "string": str,
    "float": float,
    "double": float,
    "boolean": _boolean,
    "date": datetime.date.fromisoformat,
    "timestamp": datetime.datetime.fromisoformat,
    "timestamp_ntz": datetime.datetime.fromisoformat,
}
