"""Values of a pipeline file as values of Spark's types.

A file knows texts, numbers, booleans, lists and maps. They are converted without Spark, so that `ppf validate` tells what does
not fit. Timestamps, and types that Python does not have, travel as text and are cast by Spark, which knows the time zone of its
session.
"""

import datetime
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any

from ppf_core import SchemaContract, suggestion

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_LARGEST_FLOAT = (2 - 2**-23) * 2.0**127  # what 32 bits can hold
_MOST_DIGITS = 38  # of Spark's decimals; Python rounds to 28 unless told


class Conversion:
    """Converts rows to a schema. `mistakes` are the values that do not fit, by their place in the options."""

    def __init__(self, schema: str) -> None:
        self.mistakes: dict[str, str] = {}
        self._row: Any = SchemaContract.of(schema).type

    def row(self, values: Mapping[str, Any], index: int) -> tuple[Any, ...]:
        """The row as createDataFrame takes it for `travelling` types, with None after a mistake."""
        converted: tuple[Any, ...] = self._convert(values, self._row, f"rows[{index}]")
        return converted

    def _convert(self, value: Any, wanted: Any, place: str) -> Any:
        if value is None:
            return None
        nested = {"struct": self._struct, "array": self._array, "map": self._map}.get(wanted.name)
        if nested is not None:
            return nested(value, wanted, place)
        try:
            return _single(value, wanted.name)
        except (ValueError, InvalidOperation):
            self.mistakes[place] = f"is {value!r}, which is no {wanted}."
            return None

    def _struct(self, value: Any, wanted: Any, place: str) -> tuple[Any, ...] | None:
        if not self._is(Mapping, "a map", value, wanted, place):
            return None
        fields = dict(wanted.parts)
        for name in value:
            if name not in fields:
                self.mistakes[_below(place, name)] = f"is not in the schema. {suggestion(name, fields)}"
        return tuple(self._convert(value.get(name), type_, _below(place, name)) for name, type_ in fields.items())

    def _array(self, value: Any, wanted: Any, place: str) -> list[Any] | None:
        if not self._is(list, "a list", value, wanted, place):
            return None
        ((_, element),) = wanted.parts
        return [self._convert(item, element, f"{place}[{index}]") for index, item in enumerate(value)]

    def _map(self, value: Any, wanted: Any, place: str) -> dict[Any, Any] | None:
        if not self._is(Mapping, "a map", value, wanted, place):
            return None
        (_, key), (_, item) = wanted.parts
        return {
            self._convert(name, key, _below(place, name)): self._convert(one, item, _below(place, name))
            for name, one in value.items()
        }

    def _is(self, kind: type[Any], noun: str, value: Any, wanted: Any, place: str) -> bool:
        if isinstance(value, kind):
            return True
        self.mistakes[place] = f"is {value!r}, but {wanted} is written as {noun}."
        return False


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if re.fullmatch(r"[\w-]+", name) else f'{place}."{name}"'


def travelling(schema: "StructType") -> "StructType":
    """The schema in which values travel to Spark: text wherever Spark casts."""
    from pyspark.sql.types import StructField, StructType

    return StructType([StructField(field.name, _travelling(field.dataType), field.nullable) for field in schema])


def _travelling(wanted: "DataType") -> "DataType":
    from pyspark.sql.types import ArrayType, MapType, StringType, StructType

    if isinstance(wanted, StructType):
        return travelling(wanted)
    if isinstance(wanted, ArrayType):
        return ArrayType(_travelling(wanted.elementType), wanted.containsNull)
    if isinstance(wanted, MapType):
        return MapType(_travelling(wanted.keyType), _travelling(wanted.valueType), wanted.valueContainsNull)
    name = wanted.simpleString()
    as_it_is = name in _BITS or name.startswith("decimal") or (name in _PLAIN and name != "timestamp")
    return wanted if as_it_is else StringType()


def _single(value: Any, wanted: str) -> Any:
    if isinstance(value, list | Mapping):
        raise ValueError("not a single value")
    if wanted in _BITS:
        return _whole(value, _BITS[wanted])
    decimal = _DECIMAL.fullmatch(wanted)
    if decimal:
        return _decimal(value, int(decimal[1]), int(decimal[2]))
    return _PLAIN[wanted](value) if wanted in _PLAIN else _text(value)


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
    number = Decimal(_digits(value))
    if not number.is_finite():
        raise ValueError("not finite")
    return number


def _fraction(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError("a boolean")
    number = float(value) if isinstance(value, float) else float(_digits(value))
    if math.isinf(number) and any(character.isdigit() for character in str(value)):
        raise ValueError("too large")
    return number


def _short_fraction(value: Any) -> float:
    number = _fraction(value)
    if math.isfinite(number) and abs(number) > _LARGEST_FLOAT:
        raise ValueError("too large")
    return number


def _digits(value: Any) -> str:
    """Python reads `1_000` and digits of other scripts as numbers; Spark and the reader of a file do not."""
    text = str(value)
    if "_" in text or not text.isascii():
        raise ValueError("not a number")
    return text


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
    "float": _short_fraction,
    "double": _fraction,
    "date": _date,
    "timestamp": _moment_text,
    "timestamp_ntz": _local_moment,
    "binary": _bytes,
}
