"""The metadata that lies beside installed packages, found as importlib.metadata finds it, which costs 30 ms to import.

It is asked for what is no folder of metadata in a folder on sys.path: a zip file, an egg, what somebody else's finder knows.
"""

import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_SUFFIXES = ("dist-info", "egg-info")


@cache
def normalise(name: str) -> str:
    """The name as PEP 503 compares it: `Ppf_Files` is `ppf-files`."""
    return re.sub(r"[-_.]+", "-", name).lower()


class MetadataFiles:
    """The metadata of one installed distribution. name: as the name of its folder tells it; reading METADATA takes longer."""

    def __init__(self, name: str, folder: str = "", found: "Distribution | None" = None) -> None:
        self.name = name
        self._folder = folder
        self._found = found

    def text(self, file: str) -> str | None:
        """The text of one file, None when there is none. OSError or ValueError when it cannot be read."""
        if self._found is not None:
            return self._found.read_text(file)
        try:
            with open(f"{self._folder}/{file}", "rb", buffering=0) as stream:  # noqa: PTH123 -- pathlib takes twice as long
                text = stream.read().decode("utf-8")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError):
            return None
        return text.replace("\r\n", "\n") if "\r" in text else text

    def whole(self) -> "Distribution":
        """All that importlib.metadata makes of it."""
        from importlib.metadata import Distribution
        from pathlib import Path

        return self._found or Distribution.at(Path(self._folder))


def installed() -> Iterator[MetadataFiles]:
    """Every installed distribution, in the order in which imports look for it; several of one name, if there are."""
    for finder in sys.meta_path:
        if finder is PathFinder:
            for entry in sys.path:
                yield from _below(entry or ".")
        elif hasattr(finder, "find_distributions"):
            yield from _told_by(finder)


def _below(entry: str) -> Iterator[MetadataFiles]:
    try:
        with os.scandir(entry) as found:
            names = [each.name for each in found]
    except OSError as error:
        yield from _in_file(entry) if isinstance(error, NotADirectoryError) else ()
        return
    if entry.lower().endswith(".egg"):
        yield from _in_file(entry)
        return
    for name in names:
        stem, _, suffix = name.rpartition(".")
        if stem and suffix.lower() in _SUFFIXES:
            yield MetadataFiles(normalise(stem.partition("-")[0]), f"{entry}/{name}")


def _in_file(entry: str) -> Iterator[MetadataFiles]:
    """A zip file, or an egg."""
    from importlib.metadata import DistributionFinder, MetadataPathFinder

    yield from map(_told, MetadataPathFinder.find_distributions(DistributionFinder.Context(path=[entry])))


def _told_by(finder: Any) -> Iterator[MetadataFiles]:
    from importlib.metadata import DistributionFinder

    yield from map(_told, finder.find_distributions(DistributionFinder.Context()))


def _told(found: "Distribution") -> MetadataFiles:
    try:
        name = normalise(getattr(found, "_normalized_name", None) or found.metadata["Name"])
    except Exception:  # noqa: BLE001 -- damaged metadata fails in many ways; none may hide the other distributions
        name = "unknown"
    return MetadataFiles(name, found=found)
