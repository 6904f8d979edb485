"""pyhocon, fenced in: it gets a scanned text, one caller at a time, and its own ideas of keys and values are undone."""

import threading
from typing import Any

from ppf_core.config.scanner import Scan
from ppf_core.errors import ConfigError, Problem

_LOCK = threading.Lock()


def parse(scan: Scan, file: str) -> dict[str, Any]:
    """The values of a scanned file in plain Python, its substitutions filled in."""
    from pyhocon import ConfigFactory
    from pyhocon.exceptions import ConfigException
    from pyparsing import ParserElement
    from pyparsing.exceptions import ParseBaseException

    text = "".join(scan.text)
    if not text.strip():
        return {}
    with _LOCK:
        # pyhocon changes pyparsing's white space for the whole process, and does not restore it when it fails.
        before = ParserElement.DEFAULT_WHITE_CHARS
        try:
            tree = ConfigFactory.parse_string(text)
        except (ConfigException, ParseBaseException, RecursionError, AttributeError, IndexError, TypeError, KeyError) as error:
            message = f"The values cannot be merged: {_first_line(error)}."
            hint = "Check substitutions and '+='."
            problem = Problem(code="syntax", message=message, hint=hint, file=file, line=1, column=1)
            raise ConfigError.of([problem]) from error
        finally:
            ParserElement.set_default_whitespace_chars(before)
    plain = _plain(tree, scan.names())
    return plain if isinstance(plain, dict) else {}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _plain(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _plain(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, names) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    # pyhocon's own null inside lists and concatenations.
    return None
