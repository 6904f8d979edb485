"""Paths as plugins get them: an absolute path, or a URI."""

from pathlib import Path
from urllib.parse import urlsplit


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
