"""The promise to plugin authors: `ppf_core.storage` has every name here, with this signature, these fields.

`test_public_api.py` holds the kernel against this file, as it does for contracts.pyi. Only add, with defaults.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pyspark.sql import SparkSession

# ---- which file system, and what is one step there ------------------------------------------------------------------

def files_at(spark: SparkSession, path: str) -> Files:
    """The file system of a path, through a classic session. One without a scheme lies where Spark's configuration says."""

@dataclass(frozen=True)
class Atomic:
    """What is one step at a path; None where only trying tells."""

    rename: bool | None
    exchange: bool | None

def atomic_at(path: str) -> Atomic:
    """Told by the path and the mounts of this machine; no file system is asked."""

def scheme(path: str) -> str:
    """In lower case; empty when there is none."""

# ---- files and folders ----------------------------------------------------------------------------------------------

@dataclass(frozen=True, order=True)
class Entry:
    """One file below a folder that was walked. modified: only to be compared, in a unit of the file system's own."""

    relative: str
    size: int
    modified: int
    @property
    def folder(self) -> str: ...
    @property
    def name(self) -> str: ...

class Files(Protocol):
    """A file system. Paths are text, joined with `/`. What it refuses is raised as OSError that names the path."""

    @property
    def renames_by_copying(self) -> bool:
        """A rename takes many steps, as on object stores."""
    def resolve(self, path: str) -> str:
        """The one full name; PpfError for the root."""
    def uri(self, path: str) -> str:
        """As Spark's readers and writers want it."""
    def exists(self, path: str) -> bool: ...
    def is_folder(self, path: str) -> bool: ...
    def names(self, path: str) -> list[str]:
        """Hidden ones too, sorted; none when there is no folder."""
    def folders(self, path: str) -> list[str]:
        """Hidden ones too, sorted; none when there is no folder."""
    def walk(self, path: str) -> list[Entry]:
        """Every file that a reader sees, sorted; none when there is no folder."""
    def modified(self, path: str) -> float | None:
        """In seconds, by the clock of the file system."""
    def read(self, path: str) -> str | None:
        """Of a small file; None when there is none."""
    def write(self, path: str, text: str) -> None:
        """Whole and for good, or as it was. Parents are made."""
    def delete(self, path: str) -> None:
        """With all in it; nothing when there is none."""
    def rename(self, source: str, target: str) -> None:
        """Never replaces: FileExistsError. Parents are made."""
    def exchange(self, one: str, other: str) -> bool:
        """Two folders in one step; False, with nothing done, where that cannot be."""
    def copy_rights(self, source: str, target: str) -> None:
        """Permissions of a folder, and its access control list where there are such lists."""
    def claim(self, file: str, name: str) -> None:
        """A second name, whole from the start; FileExistsError when it is taken. Of those that ask at once one gets it."""
    def touch(self, path: str) -> None:
        """As new as if just written, by the clock of the file system."""
    def alone(self, folder: str) -> AbstractContextManager[None]:
        """No other process of this machine that asks the same, for a moment."""
    def sync(self, folder: str) -> None:
        """The names in it outlive a power cut."""

class LocalFiles:
    """This machine's, which needs no session. What only it can do."""

    def link(self, source: str, target: str, skip: Callable[[str], bool]) -> None:
        """The files of one folder in another as well, without copying. skip: asked with relative paths."""
    def mount_points(self, path: str) -> list[str]:
        """Where at or below a path other file systems begin."""

def fingerprint(entries: Iterable[Entry]) -> str:
    """Changes when a file is added, removed or written again; empty when there is no file."""

def outline(entries: Iterable[Entry]) -> str:
    """Changes when a file is added, removed or cut; empty when there is no file."""

def rename_if_free(files: Files, source: str, target: str) -> bool:
    """False, with nothing done, when the new name is taken."""

# ---- files of this machine that are replaced as a whole -------------------------------------------------------------

def replace_file(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """In one step and for good. When it raises OSError, the file is as it was."""

@contextmanager
def replacing(path: Path, *, mode: int) -> Iterator[Path]:
    """The same for what is too long for memory: the empty file that is filled in the block takes the place of the other."""

def remove_parts(folder: Path) -> None:
    """What processes left that were killed meanwhile; not what is being written."""

def make_folder(folder: Path) -> None:
    """With what is missing above it, for good."""
