"""What can be done to files, on any file system. One method is one effect.

`LocalFiles` can exchange two folders in one step and link files; `HadoopFiles` can only rename.
"""

import hashlib
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, order=True)
class Entry:
    """One file: its path below the folder that was walked, its size, and when it was last modified.

    modified: a number that only compares, in a unit of the file system's own.
    """

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
    """A file system. Paths are text, made by joining with `/`. What it refuses is raised as OSError that names the path.

    files.write("hdfs://nodes/data/mark", "done")
    files.rename("hdfs://nodes/data/.stage", "hdfs://nodes/data/out")
    """

    @property
    def renames_by_copying(self) -> bool:
        """Whether a rename takes many steps and changes times, as on object stores."""

    def resolve(self, path: str) -> str:
        """The one full name of a folder that can be written and replaced. PpfError for the root of a file system."""

    def uri(self, path: str) -> str:
        """The path as Spark's readers and writers want it."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""

    def names(self, path: str) -> list[str]:
        """The names in a folder, hidden ones too, sorted; none when there is no folder."""

    def folders(self, path: str) -> list[str]:
        """The names of the folders in a folder, hidden ones too, sorted; none when there is no folder."""

    def walk(self, path: str) -> list[Entry]:
        """Every file below a folder that a reader sees, sorted; none when there is no folder."""

    def modified(self, path: str) -> float | None:
        """When a file was last written, in seconds by the clock of this file system; None when there is none."""

    def read(self, path: str) -> str | None:
        """The text of a small file; None when there is none."""

    def write(self, path: str, text: str) -> None:
        """Writes a small file, which is there whole and for good, or as it was. Parents are made."""

    def delete(self, path: str) -> None:
        """Removes a file, or a folder with all in it, if it is there."""

    def rename(self, source: str, target: str) -> None:
        """Renames a file or folder; FileExistsError when the new name is taken. Parents are made."""

    def exchange(self, one: str, other: str) -> bool:
        """Exchanges two folders in one step; False, with nothing done, where that cannot be."""

    def copy_rights(self, source: str, target: str) -> None:
        """Gives a folder the permissions of another, and its access control list where there are such lists."""

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


def rename_if_free(files: Files, source: str, target: str) -> bool:
    """Renames; False, with nothing done, when the new name is taken."""
    try:
        files.rename(source, target)
    except FileExistsError:
        return False
    return True


def _digest(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest() if text else ""
