"""Durations as a pipeline file writes them: `10`, `1.5 hours`, `2d`, `PT1H30M`."""

import re
from datetime import timedelta

_SECONDS = {
    ("ns", "nano", "nanos", "nanosecond", "nanoseconds"): 1e-9,
    ("us", "micro", "micros", "microsecond", "microseconds"): 1e-6,
    ("ms", "milli", "millis", "millisecond", "milliseconds"): 1e-3,
    ("", "s", "second", "seconds"): 1.0,
    ("m", "minute", "minutes"): 60.0,
    ("h", "hour", "hours"): 3600.0,
    ("d", "day", "days"): 86400.0,
    ("w", "week", "weeks"): 604800.0,
}
_UNITS = {name: seconds for names, seconds in _SECONDS.items() for name in names}
_AMOUNT = r"[0-9]{1,15}(?:\.[0-9]{1,15})?"
_HOCON = re.compile(rf"({_AMOUNT})\s*([a-z]*)")
# ISO 8601 without years and months, which have no fixed length.
_ISO = re.compile(
    rf"P(?=[0-9T])(?:({_AMOUNT})W)?(?:({_AMOUNT})D)?(?:T(?=[0-9])(?:({_AMOUNT})H)?(?:({_AMOUNT})M)?(?:({_AMOUNT})S)?)?",
    re.IGNORECASE,
)
# What JSON Schema can say of it: every duration, and of ISO 8601 a little more.
PATTERN = rf"^\s*({_AMOUNT}\s*({'|'.join(_UNITS)})|[Pp][0-9.WwDdTtHhMmSs]+)\s*$"

_EXPECTED = "Write seconds as a number, an amount with a unit (ms, s, m, h, d, w), or ISO 8601 such as PT1H30M."


def parse_duration(value: str | float) -> timedelta:
    """The duration that a number (seconds) or a text means. Raises ValueError, which says what is understood."""
    try:
        seconds = _seconds(value.strip()) if isinstance(value, str) else float(value)
        duration = timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r} is not a duration. {_EXPECTED}") from None
    if seconds < 0:
        raise ValueError(f"{value!r} is negative. A duration is 0 or more.")
    return duration


def _seconds(text: str) -> float:
    if text.startswith("-"):
        return -_seconds(text[1:].lstrip())
    hocon = _HOCON.fullmatch(text)
    if hocon and hocon[2] in _UNITS:
        return float(hocon[1]) * _UNITS[hocon[2]]
    iso = _ISO.fullmatch(text)
    if iso is None:
        raise ValueError(text)
    return sum(float(amount or 0) * _UNITS[unit] for amount, unit in zip(iso.groups(), "wdhms", strict=True))
