"""Options of CSV that have a name of their own, and what Spark calls them."""

import re
from collections.abc import Mapping
from typing import Any

from ppf_files.pass_through import one_name

_NAMES = {
    "comment": "comment",
    "date_format": "dateFormat",
    "encoding": "encoding",
    "multiline": "multiLine",
    "timestamp_format": "timestampFormat",
}
_QUOTED = re.compile(r"'[^']*'")
_ZONE = re.compile(r"[VzOXxZ]")


def named_options(given: Any) -> dict[str, Any]:
    """What is set, as Spark calls it."""
    found = {spark: getattr(given, name) for name, spark in _NAMES.items() if _is_set(given, name)}
    format_ = found.get("timestampFormat")
    if format_ is not None and not _ZONE.search(_QUOTED.sub("", format_)):
        found["timestampNTZFormat"] = format_  # times without a zone look the same
    return found


def faults_of_named(given: Any, block: str, extra: Mapping[str, Any]) -> dict[str, str]:
    """What cannot be: an option that stands in the block of further options as well, a comment of two characters."""
    ours = {one_name(spark): name for name, spark in _NAMES.items() if _is_set(given, name)}
    found = {
        f"{block}.{name}": f"is the same option as {ours[one_name(name)]!r}; leave one of them out"
        for name in extra
        if one_name(name) in ours
    }
    if len(getattr(given, "comment", None) or "#") != 1:
        found["comment"] = f"must be one character, not {given.comment!r}"
    return found


def _is_set(given: Any, name: str) -> bool:
    return getattr(given, name, None) not in (None, False)
