"""Values as HOCON text, which the loader reads back to the same values."""

import math
import re
from collections.abc import Mapping

_WORD = re.compile(r"(?!include)[A-Za-z_][A-Za-z0-9_]*")
_NO_TEXTS = ("true", "false", "null")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write_value(value: object, *, ascii_only: bool = False) -> str:
    """The value on one line: a text, a number, true, false, null, a list or a mapping of them. ValueError for all else."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return write_text(value, ascii_only=ascii_only)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        return f"{{ {write_fields(value, ascii_only=ascii_only)} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(write_value(item, ascii_only=ascii_only) for item in value)}]"
    raise ValueError(f"{value!r} is {type(value).__name__}, which HOCON does not have.")


def write_fields(fields: Mapping[str, object], *, ascii_only: bool = False) -> str:
    """The fields of an object, without its braces: `check = schema, options { strict = true }`."""
    written = ((write_text(key, ascii_only=ascii_only), value) for key, value in fields.items())
    return ", ".join(
        f"{key}{' ' if isinstance(value, Mapping) else ' = '}{write_value(value, ascii_only=ascii_only)}"
        for key, value in written
    )


def write_text(text: str, *, ascii_only: bool = False) -> str:
    """A text, or a key. A plain word stands by itself; all else in quotes, in which nothing has a meaning but the backslash."""
    if _WORD.fullmatch(text) and text not in _NO_TEXTS:
        return text
    return '"' + "".join(_character(each, ascii_only) for each in text) + '"'


def _character(character: str, ascii_only: bool) -> str:
    if "\ud800" <= character <= "\udfff":
        raise ValueError(f"{character!r} is half of a character, which no text of HOCON holds.")
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable() and (character.isascii() or not ascii_only):
        return character
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"HOCON does not have the number {value!r}.")
    return repr(value)
