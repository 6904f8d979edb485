"""Values of a pipeline file as values of Spark's types.

A file knows texts, numbers, booleans, lists and maps. What Python can judge is converted here, so that a mistake is told before
anything runs, all of them together. Timestamps, and types that Python does not have, travel as text and are cast by Spark,
which knows the time zone of its session.
"""

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any

from ppf_core import suggestion

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64}
_MOST_DIGITS = 38  # of Spark's decimals; Python rounds to 28 unless told


class Conversion:
    """Converts rows to the fields of a schema and collects what does not fit in `mistakes`."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def convert(self, value: Any, wanted: "DataType", place: str) -> Any:
        """The value as createDataFrame takes it for the type in which it travels; None after a mistake."""
        if value is None:
            return None
        nested = {"struct": self._struct, "array": self._array, "map": self._map}.get(wanted.typeName())
        if nested is not None:
            return nested(value, wanted, place)
        try:
            return _single(value, wanted)
        except (ValueError, InvalidOperation):
            self.mistakes.append(f"{place} is {value!r}, which is no {wanted.simpleString()}.")
            return None

    def _struct(self, value: Any, wanted: Any, place: str) -> tuple[Any, ...] | None:
        if not self._is(Mapping, "a map", value, wanted, place):
            return None
        for name in value:
            if name not in wanted.names:
                self.mistakes.append(f"{place} has {name!r}, which is not in the schema. {suggestion(name, wanted.names)}")
        for field in wanted:
            if not field.nullable and value.get(field.name) is None:
                self.mistakes.append(f"{place} has no {field.name!r}, which is NOT NULL.")
        return tuple(self.convert(value.get(field.name), field.dataType, f"{place}.{field.name}") for field in wanted)

    def _array(self, value: Any, wanted: Any, place: str) -> list[Any] | None:
        if not self._is(list, "a list", value, wanted, place):
            return None
        return [self.convert(item, wanted.elementType, f"{place}[{index}]") for index, item in enumerate(value)]

    def _map(self, value: Any, wanted: Any, place: str) -> dict[Any, Any] | None:
        if not self._is(Mapping, "a map", value, wanted, place):
            return None
        return {
            self.convert(key, wanted.keyType, f"a key of {place}"): self.convert(item, wanted.valueType, f"{place}.{key}")
            for key, item in value.items()
        }

    def _is(self, kind: type[Any], noun: str, value: Any, wanted: "DataType", place: str) -> bool:
        if isinstance(value, kind):
            return True
        self.mistakes.append(f"{place} is {value!r}, but {wanted.simpleString()} is written as {noun}.")
        return False


def carried(schema: "StructType") -> "StructType":
    """The schema in which values travel to Spark: text wherever Spark casts."""
    from pyspark.sql.types import StructField, StructType

    return StructType([StructField(field.name, _carried(field.dataType), field.nullable) for field in schema])


def _carried(wanted: "DataType") -> "DataType":
    from pyspark.sql.types import ArrayType, MapType, StringType, StructType

    if isinstance(wanted, StructType):
        return carried(wanted)
    if isinstance(wanted, ArrayType):
        return ArrayType(_carried(wanted.elementType), wanted.containsNull)
    if isinstance(wanted, MapType):
        return MapType(_carried(wanted.keyType), _carried(wanted.valueType), wanted.valueContainsNull)
    return wanted if wanted.typeName() in _TRAVEL_AS_THEY_ARE else StringType()


def _single(value: Any, wanted: Any) -> Any:
    if isinstance(value, list | Mapping):
        raise ValueError("not a single value")
    kind = wanted.typeName()
    if kind in _BITS:
        return _whole(value, _BITS[kind])
    if kind == "decimal":
        return _decimal(value, wanted.precision, wanted.scale)
    return _PLAIN[kind](value) if kind in _PLAIN else _text(value)


def _whole(value: Any, bits: int) -> int:
    number = _number(value)
    # The size first: to write out 1e999999999 takes long.
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1) or number != int(number):
        raise ValueError("not whole, or too large")
    return int(number)


def _decimal(value: Any, precision: int, scale: int) -> Decimal:
    number = _number(value)
    with localcontext(prec=_MOST_DIGITS):
        rounded = round(number, scale)
    if rounded != number or abs(rounded) >= Decimal(10) ** (precision - scale):
        raise ValueError("too many digits")
    return rounded


def _number(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise ValueError("a boolean")
    # By way of its text: a file's 0.1 is 0.1, not the binary fraction next to it.
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("not finite")
    return number


def _fraction(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError("a boolean")
    return float(value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _boolean(value: Any) -> bool:
    known = {"true": True, "false": False}
    if str(value).lower() not in known:
        raise ValueError("neither true nor false")
    return known[str(value).lower()]


def _date(value: Any) -> datetime.date:
    return datetime.date.fromisoformat(str(value))


def _moment(value: Any) -> datetime.datetime:
    return datetime.datetime.fromisoformat(str(value))


def _moment_text(value: Any) -> str:
    return _moment(value).isoformat()


def _local_moment(value: Any) -> datetime.datetime:
    moment = _moment(value)
    if moment.tzinfo is not None:
        raise ValueError("has a time zone")
    return moment


def _bytes(value: Any) -> bytes:
    return str(value).encode()


_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "string": _text,
    "boolean": _boolean,
    "float": _fraction,
    "double": _fraction,
    "date": _date,
    "timestamp": _moment_text,
    "timestamp_ntz": _local_moment,
    "binary": _bytes,
}
_TRAVEL_AS_THEY_ARE = ({*_PLAIN} - {"timestamp"}) | {*_BITS, "decimal"}
