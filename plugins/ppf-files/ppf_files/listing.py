"""What a source reads, file by file: noted once per run, and compared with what Spark finds whenever it reads."""

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_PRINTED = re.compile(r"\w+\{path=(.*); isDirectory=false; length=(\d+); .*; modification_time=(\d+);.*", re.DOTALL)


@dataclass(frozen=True)
class Listing:
    """Files with size and time of change, sorted by path. `base` is the folder below which folder names are columns."""

    files: tuple[tuple[str, int, int], ...]
    base: str | None

    @classmethod
    def of(cls, frame: "DataFrame") -> "Listing":
        """The files behind a frame that Spark has just listed; asks Spark's own index, so that nobody lists again."""
        location = frame._jdf.queryExecution().analyzed().relation().location()
        files = tuple(sorted(_files(location.allFiles())))
        return cls(files, _base(location, [path for path, _, _ in files]))

    @classmethod
    def parse(cls, text: str) -> "Listing":
        """The listing that `text` gave."""
        noted = json.loads(text)
        return cls(tuple((path, size, modified) for path, size, modified in noted["files"]), noted["base"])

    @property
    def text(self) -> str:
        """The listing as JSON."""
        return json.dumps({"base": self.base, "files": self.files})

    @property
    def paths(self) -> list[str]:
        """The paths alone."""
        return [path for path, _, _ in self.files]

    @property
    def marks(self) -> frozenset[str]:
        """A short text for each file as it is now: another one when its size or its time changes."""
        return frozenset(map(_mark, self.files))

    def without(self, marks: Collection[str]) -> "Listing":
        """The files that are not among these."""
        return replace(self, files=tuple(file for file in self.files if _mark(file) not in marks))

    def require_names(self) -> None:
        """Refuses names that Hadoop takes for addresses: beside a local file it looks for one with its checksum."""
        for path in self.paths:
            name = path.rpartition("/")[2]
            if ":" in name and path.startswith("file:"):
                raise PpfError(
                    f"The file {path!r} has a colon in its name, which Spark cannot read on this machine.",
                    hint="Rename it, or name the files to read in a list: a glob stumbles over it, too.",
                )

    def require_in(self, found: "Listing") -> None:
        """Refuses when a file of this listing is gone, or is not what it was."""
        there = {path: rest for path, *rest in found.files}
        for path, *rest in self.files:
            if there.get(path) != rest:
                happened = "changed" if path in there else "went away"
                raise PpfError(
                    f"The file {path!r} {happened} while the run was reading it.", hint="Run the pipeline again from the start."
                )


def _mark(file: tuple[str, int, int]) -> str:
    return hashlib.sha256(json.dumps(file).encode()).hexdigest()[:16]


def is_empty(frame: "DataFrame") -> bool:
    """Whether the files behind a frame have no column; those of folders do not count."""
    return bool(frame._jdf.queryExecution().analyzed().relation().dataSchema().isEmpty())


def folder_columns(frame: "DataFrame") -> list[str]:
    """The columns that the names of folders give."""
    return list(frame._jdf.queryExecution().analyzed().relation().partitionSchema().fieldNames())


def _files(statuses: Any) -> Iterator[tuple[str, int, int]]:
    """What all of them print at once: five questions to the JVM for each of many files would take longer than to list them.

    A file system whose files print otherwise is asked file by file.
    """
    told = [_PRINTED.fullmatch(text) for text in str(statuses.mkString("\0")).split("\0")]
    if None in told:
        return (_file(status) for status in _each(statuses))
    return ((found[1], int(found[2]), int(found[3])) for found in told if found)


def _file(status: Any) -> tuple[str, int, int]:
    return (str(status.getPath().toString()), int(status.getLen()), int(status.getModificationTime()))


def _base(location: Any, paths: list[str]) -> str | None:
    if location.partitionSpec().partitionColumns().isEmpty():
        return None
    roots = (str(root.toString()) for root in _each(location.rootPaths()))
    return next((root for root in roots if all(path.startswith(f"{root}/") for path in paths)), None)


def _each(scala_sequence: Any) -> Iterator[Any]:
    iterator = scala_sequence.iterator()
    while iterator.hasNext():
        yield iterator.next()
