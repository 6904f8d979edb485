"""Values as messages show them."""

from collections.abc import Mapping
from typing import Any

_LONGEST = 80


def shown(value: Any) -> str:
    """A value as the file would have it. Lists and objects are only named: what is in them may be secret."""
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")
    if isinstance(value, list | tuple | Mapping):
        return "an object" if isinstance(value, Mapping) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)
