"""Paths as Spark's readers and the plan understand them: plain text with an optional scheme, never percent-encoded."""

import os
import re
from urllib.parse import unquote

from ppf_core import Dataset, local_path
from ppf_core.storage import scheme

GLOB = re.compile(r"([\\{}\[\]*?])")


def literal(path: str) -> str:
    """The path in a form that Spark's readers do not take for a glob."""
    return GLOB.sub(r"\\\1", path)


def readable(path: str) -> str:
    """The path as Spark's readers want it, where what is there under its very name is no glob.

    Names may hold `[` or `*`, also those of the folders above the pipeline file, which its author did not choose.
    """
    if scheme(path) not in ("", "file"):
        return path
    start, fixed, rest = _parts(path)
    return start + "/".join([*map(literal, fixed), *rest])


def fixed_folder(path: str) -> str:
    """The path up to its first name that is a glob; all of it where there is none."""
    start, fixed, _ = _parts(path)
    return start + "/".join(fixed)


def _parts(path: str) -> tuple[str, list[str], list[str]]:
    """The scheme of a local path, the names before the first glob, and the rest. Only here is it known what is there."""
    is_local = scheme(path) in ("", "file")
    start = len(scheme(path)) + 1 if is_local and scheme(path) else 0
    names = path[start:].split("/")
    for index, name in enumerate(names):
        if not GLOB.search(name):
            continue
        if not is_local or not os.path.exists("/".join(names[: index + 1])):  # noqa: PTH110 -- Path's raises for long names
            return path[:start], names[:index], names[index:]
    return path[:start], names, []


def partition_columns(relative: str) -> tuple[str, ...]:
    """The partition columns in the folders of a relative path: `year=2025/month=1/part-0` gives year and month."""
    folders = relative.split("/")[:-1]
    return tuple(unquote(folder.split("=", 1)[0]) for folder in folders if "=" in folder)


def dataset(path: str) -> Dataset:
    """The identity of a path for lineage and for finding two sinks with one target.

    Done without asking any file system, so a path without a scheme counts as local.
    """
    if scheme(path) in ("", "file"):
        return Dataset("file", os.path.normpath(local_path(path)))
    start, _, rest = path.partition("://")
    authority, _, name = rest.partition("/")
    return Dataset(f"{start.lower()}://{authority}", "/" + name.strip("/"))
