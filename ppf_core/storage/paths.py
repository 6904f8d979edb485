"""What a path tells before any file system is asked: it is plain text with an optional scheme, never percent-encoded."""

import re

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
# Their renames copy, but a file appears there as a whole, and only where there is none if that is asked for.
_OBJECT_STORES = {"s3", "s3a", "s3n", "gs", "wasb", "wasbs", "oss", "cosn", "obs", "swift"}


def scheme(path: str) -> str:
    """The scheme of a path in lower case; empty when it has none, so that Spark's default file system is meant.

    scheme("s3a://bucket/out") == "s3a"
    """
    found = _SCHEME.match(path)
    return found.group()[:-1].lower() if found else ""


def is_in_object_store(path: str) -> bool:
    """Whether the scheme of a path is one of a store without folders, where a rename copies."""
    return scheme(path) in _OBJECT_STORES


def is_hidden(name: str) -> bool:
    """Whether Spark's readers skip a file or folder of this name. `_c=1` is a partition, not a hidden folder."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name)
