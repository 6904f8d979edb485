"""Single values: what the file gives → what an option wants. Environment variables are strings, so texts convert as well."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ppf_core.config.durations import parse_duration
from ppf_core.config.option_types import Choice
from ppf_core.contracts.secrets import Secret

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,4000}")  # Python refuses to read longer ones
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}  # HOCON's words
_EXACT = 2**53  # from here on a float may already stand for another whole number


class Unfit(Exception):
    """A value does not fit its type. `reason` says more than the type does, where there is more to say."""

    def __init__(self, reason: str = "", *, code: str = "wrong-type") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


def convert_scalar(value: Any, python: type) -> Any:
    """The value as the Python type wants it; raises Unfit."""
    return _CONVERSIONS[python](value)


def choose(value: Any, choice: Choice) -> Any:
    """The member that a value means; raises Unfit."""
    for written, member in choice.members:
        if value is member or (type(value) is type(written) and value == written):
            return member
    if isinstance(value, str | int | float):
        texts = {_text(written): member for written, member in choice.members}
        if _text(value) in texts:
            return texts[_text(value)]
    raise Unfit(code="bad-value" if isinstance(value, str | int | float) else "wrong-type")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise Unfit


def _whole(value: Any) -> int:
    if isinstance(value, str):
        text = value.strip()
        return int(text) if _WHOLE_NUMBER.fullmatch(text) else _whole(_real(text))
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Unfit


def _real(value: Any) -> float:
    try:
        number = float(_number(value))
    except OverflowError:
        raise Unfit(code="bad-value") from None
    if not math.isfinite(number):
        raise Unfit(code="bad-value")
    return number


def _decimal(value: Any) -> Decimal:
    number = value if isinstance(value, Decimal) else Decimal(str(_number(value)))
    if not number.is_finite():
        raise Unfit(code="bad-value")
    return number


def _number(value: Any) -> str | int | float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise Unfit


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _FLAGS:
        return _FLAGS[value.strip().lower()]
    raise Unfit


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unfit
    try:
        return parse_duration(value)
    except (ValueError, OverflowError) as error:
        raise Unfit(str(error), code="bad-value") from error


def _secret(value: Any) -> Secret:
    return value if isinstance(value, Secret) else Secret(_text(value))


def _anything(value: Any) -> Any:
    return float(value) if isinstance(value, float) else value  # not one that remembers its text: Spark knows only float


_CONVERSIONS: Mapping[type, Callable[[Any], Any]] = {
    str: _text,
    int: _whole,
    float: _real,
    bool: _flag,
    Decimal: _decimal,
    timedelta: _duration,
    Secret: _secret,
    object: _anything,
}
