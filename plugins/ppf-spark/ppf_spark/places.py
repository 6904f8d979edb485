"""What a format reads or writes, as far as its options tell: for lineage, and for two sinks with one target."""

import os
import re
from collections.abc import Mapping
from typing import Any

from ppf_core import Dataset, local_path

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# `jdbc:oracle:thin:` has no `//` before its account.
_START = re.compile(r"(?:jdbc:[\w+.-]+:(?:(?:thin|oci8?):|\w+:(?=//))?|[A-Za-z][\w+.-]*:(?=//))(?://)?")
_HOST_WITH_PARAMETERS = re.compile(r"[\w.-]+(?::\d+)?(?:/[\w./-]*)?[?;,:][^@=]*=")
_PARAMETERS = re.compile(r"[?;,#]|(?:^|:)[^/:=?;,#]*=")
_TABLE = ("dbtable", "table", "collection", "topic")
_URL = ("url", "connection.uri", "sfurl")


def datasets_of(kind: str, path: str | list[str] | None, given: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """The paths, or the table. kind: the format."""
    if path is not None:
        return tuple(map(_of_path, [path] if isinstance(path, str) else path))
    options = {name.lower(): str(value) for name, value in given.items()}
    table = next((options[name] for name in _TABLE if name in options), None)
    url = next((_without_account(options[name]) for name in _URL if name in options), kind)
    return () if table is None else (Dataset(url, table),)


def _of_path(path: str) -> Dataset:
    scheme = _SCHEME.match(path)
    if scheme is None or scheme[1] == "file":
        return Dataset("file", os.path.normpath(local_path(path)))
    start, _, rest = path.partition("://")
    authority, _, name = rest.partition("/")
    return Dataset(f"{start.lower()}://{authority}", "/" + name.strip("/"))


def _without_account(url: str) -> str:
    """Scheme, host and path: without user, password and parameters, among which a password may be."""
    start = _START.match(url)
    scheme = start[0] if start else ""
    rest = url[len(scheme) :]
    if not _HOST_WITH_PARAMETERS.match(rest):  # there a `@` belongs to a value
        rest = rest.rpartition("@")[2]
    return scheme + _PARAMETERS.split(rest, maxsplit=1)[0]
