"""Paths as plugins get them: an absolute path, or a URI."""

import re
from os.path import expanduser, normpath
from pathlib import Path
from urllib.parse import urlsplit

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def local_path(path: str) -> Path:
    """The local file that a path option names; raises ValueError when it lies on another file system.

    A relative path in a pipeline file reaches a plugin as `file:/…`, since on a cluster a bare path means the cluster's file
    system. A plugin that opens a file with Python asks here.

        local_path("file:/data/log.jsonl") == Path("/data/log.jsonl")
    """
    scheme = urlsplit(path).scheme
    if scheme == "" or (len(scheme) == 1 and path[1:2] == ":"):
        return Path(path)
    if scheme != "file":
        raise ValueError(f"{path!r} is not a local file: its scheme is {scheme!r}. Use a path on this machine.")
    rest = path[len("file:") :]
    return Path("/" + rest.lstrip("/")) if rest.startswith("//") else Path(rest)


def absolute_path(path: str, folder: Path) -> str:
    """A relative path as a `file:` URI below the folder; on a cluster a bare one would mean the cluster's file system.

    Hadoop knows neither `~` nor `file:data`: it would look below the current folder, or fail.
    """
    relative = expanduser(path) if path.startswith("~") else path  # noqa: PTH111 -- Path's raises for an unknown user
    if relative.startswith("file:") and not relative.startswith("file:/"):
        relative = relative.removeprefix("file:")
    if relative == path and (path.startswith("/") or _URI.match(path)):
        return path
    return f"file:{normpath(folder.absolute() / relative)}"
