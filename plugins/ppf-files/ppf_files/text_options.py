"""Options of CSV that have a name of their own, and what Spark calls them."""

import re
from collections.abc import Mapping
from typing import Any

from ppf_core import Requirements
from ppf_files.pass_through import given as given_options
from ppf_files.pass_through import one_name

_NAMES = {
    "comment": "comment",
    "date_format": "dateFormat",
    "encoding": "encoding",
    "multiline": "multiLine",
    "timestamp_format": "timestampFormat",
}
# With the others Spark 4 wants a setting; Spark 3 has all that Java has.
_ENCODINGS = frozenset({"iso-8859-1", "us-ascii", "utf-8", "utf-16", "utf-16be", "utf-16le", "utf-32"})
_QUOTED = re.compile(r"'[^']*'")
_ZONE = re.compile(r"[VzOXxZ]")


def named_options(given: Any) -> dict[str, Any]:
    """What is set, as Spark calls it."""
    found = {spark: getattr(given, name) for name, spark in _NAMES.items() if _is_set(given, name)}
    format_ = found.get("timestampFormat")
    if format_ is not None and not _ZONE.search(_QUOTED.sub("", format_)):
        found["timestampNTZFormat"] = format_  # times without a zone look the same
    return found


def of_encoding(options: Mapping[str, Any]) -> Requirements:
    """What Spark needs for the encoding among these options."""
    encoding = str(given_options(options).get("encoding", "utf-8")).lower()
    return Requirements() if encoding in _ENCODINGS else Requirements(conf={"spark.sql.legacy.javaCharsets": "true"})


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
