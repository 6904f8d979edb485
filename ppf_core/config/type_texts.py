"""Types in words: for messages, `ppf plugins show` and the option tables of the documentation."""

from datetime import timedelta
from decimal import Decimal

from ppf_core.config.option_types import Choice, Many, Maybe, OneOrMany, OptionType, Scalar, Table
from ppf_core.contracts.options import OptionInfo
from ppf_core.contracts.secrets import Secret

_WORDS: dict[type, tuple[str, str]] = {
    str: ("string", "strings"),
    int: ("whole number", "whole numbers"),
    float: ("number", "numbers"),
    bool: ("boolean", "booleans"),
    Decimal: ("decimal number", "decimal numbers"),
    timedelta: ("duration", "durations"),
    Secret: ("secret", "secrets"),
    object: ("any value", "values"),
}
_EXPECTED: dict[type, str] = {
    bool: "true or false",
    timedelta: "a duration such as 10 seconds",
    Secret: "a string or a reference to a secret",
    object: "any value",
}


def type_text(type_: OptionType, info: OptionInfo) -> str:
    """The type as a table shows it: `list of strings`, `one of append, overwrite`."""
    return _words(type_, info)[0]


def expected(type_: OptionType, info: OptionInfo) -> str:
    """The type as a sentence needs it: `a list of strings`, `true or false`."""
    if isinstance(type_, Maybe):
        return expected(type_.inner, info)
    if isinstance(type_, Scalar) and type_.python in _EXPECTED:
        return _EXPECTED[type_.python]
    if isinstance(type_, OneOrMany):
        return f"{expected(type_.one, info)} or {expected(type_.many, info)}"
    text = type_text(type_, info)
    if isinstance(type_, Choice):
        return text
    return f"an {text}" if text[0] in "aeiou" else f"a {text}"


def _words(type_: OptionType, info: OptionInfo) -> tuple[str, str]:
    """Singular and plural."""
    match type_:
        case Scalar(python):
            named = "path" if info.path else "component name" if info.component else ""
            return (named, f"{named}s") if named and python is str else _WORDS[python]
        case Choice(members):
            values = ", ".join(
                str(written).lower() if isinstance(written, bool) else str(written) for written, _member in members
            )
            return (f"one of {values}" if len(members) > 1 else values, f"values out of {values}")
        case Maybe(inner):
            return _words(inner, info)
        case Many(item):
            return (f"list of {_words(item, info)[1]}", f"lists of {_words(item, info)[1]}")
        case Table(value):
            return (f"map of {_words(value, info)[1]}", f"maps of {_words(value, info)[1]}")
        case OneOrMany(one, many):
            return (f"{_words(one, info)[0]} or {_words(many, info)[0]}", f"{_words(one, info)[1]} or {_words(many, info)[1]}")
        case _:
            return ("object", "objects")
