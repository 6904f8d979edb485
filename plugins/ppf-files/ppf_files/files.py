"""The few things that publishing does to files. One method is one effect.

`LocalFiles` can exchange two folders in one step and link files; `HadoopFiles` can only rename.
"""

import hashlib
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ppf_files.paths import scheme

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True, order=True)
class Entry:
    """One file: its path below the folder that was walked, its size, and when it was last modified."""

    relative: str
    size: int
    modified: int

    @property
    def folder(self) -> str:
        """The path without the file's name; empty for a file that lies directly in the folder."""
        return self.relative.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.relative.rpartition("/")[2]


class Files(Protocol):
    """A file system. Paths are text, made by `resolve` and by joining with `/`. What it refuses is raised as OSError."""

    @property
    def renames_by_copying(self) -> bool:
        """Whether a rename takes many steps and changes times, as on object stores."""

    def resolve(self, path: str) -> str:
        """The one full name of a folder that can be written and replaced."""

    def uri(self, path: str) -> str:
        """The path as Spark's readers and writers want it."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""

    def names(self, path: str) -> list[str]:
        """The names in a folder, hidden ones too; none when there is no folder."""

    def walk(self, path: str) -> list[Entry]:
        """Every file below a folder that a reader sees, sorted; none when there is no folder."""

    def modified(self, path: str) -> float | None:
        """When a file was last written, in seconds by the clock of this file system; None when there is none."""

    def delete(self, path: str) -> None:
        """Removes a file, or a folder with all in it, if it is there."""

    def move(self, source: str, target: str) -> None:
        """Renames a file or folder; FileExistsError when the new name is taken. Parents are made."""

    def exchange(self, one: str, other: str) -> bool:
        """Exchanges two folders in one step, and gives `one` the rights of `other`; False, with nothing moved, if it cannot."""

    def read(self, path: str) -> str | None:
        """The text of a small file; None when there is none."""

    def write(self, path: str, text: str) -> None:
        """Writes a small file durably, replacing it. Parents are made."""

    def claim(self, file: str, name: str) -> None:
        """Shows a small file under a second name, whole from the start; FileExistsError when that name is taken."""

    def touch(self, path: str) -> None:
        """Makes a small file as new as if it had just been written."""

    def alone(self, folder: str) -> AbstractContextManager[None]:
        """No other process of this machine that asks the same is in it meanwhile; for a moment only."""

    def sync(self, folder: str) -> None:
        """Makes the names in a folder outlive a power cut."""


def fingerprint(entries: Iterable[Entry]) -> str:
    """Changes when a file is added, removed or written again; empty when there is no file."""
    return _digest(f"{entry.relative}\0{entry.size}\0{entry.modified}" for entry in entries)


def outline(entries: Iterable[Entry]) -> str:
    """Changes when a file is added, removed or cut; empty when there is no file."""
    return _digest(f"{entry.relative}\0{entry.size}" for entry in entries)


def moves(files: Files, source: str, target: str) -> bool:
    """Renames; False, with nothing done, when the new name is taken."""
    try:
        files.move(source, target)
    except FileExistsError:
        return False
    return True


def files_at(spark: "SparkSession", path: str) -> Files:
    """The file system of a path. A path without a scheme lies where Spark's configuration says."""
    from ppf_files.hadoop_files import HadoopFiles
    from ppf_files.local_files import LocalFiles

    if scheme(path) == "file":
        return LocalFiles()
    hadoop = HadoopFiles(spark, path)
    return LocalFiles() if hadoop.is_local else hadoop


def _digest(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest() if text else ""
