"""The few things that publishing does to files, on any file system that Hadoop knows. One method is one effect."""

import errno
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_table.exchanging import exchange

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ERRORS: dict[str, tuple[type[OSError], int]] = {
    "FileNotFoundException": (FileNotFoundError, errno.ENOENT),
    "FileAlreadyExistsException": (FileExistsError, errno.EEXIST),
    "AccessControlException": (PermissionError, errno.EACCES),
}
_ACLS = "fs.capability.paths.acls"


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


def fingerprint(entries: Iterable[Entry]) -> str:
    """Changes when a file is added, removed or written again."""
    lines = "\n".join(f"{entry.relative}\0{entry.size}\0{entry.modified}" for entry in entries)
    return hashlib.sha256(lines.encode()).hexdigest()


class Files:
    """The file system of a table. Paths are text, as Hadoop writes them."""

    def __init__(self, spark: "SparkSession", path: str) -> None:
        jvm: Any = spark._jvm
        self._path: Any = jvm.org.apache.hadoop.fs.Path
        self._text_of: Any = jvm.org.apache.commons.io.IOUtils.toString
        self._system = self._path(path).getFileSystem(spark._jsparkSession.sessionState().newHadoopConf())

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        with _as_os_errors(path):
            return bool(self._system.exists(self._path(path)))

    def folders(self, path: str) -> list[str]:
        """The names of the folders in a folder, hidden ones too; none when there is no folder."""
        try:
            with _as_os_errors(path):
                found = self._system.listStatus(self._path(path))
        except FileNotFoundError:
            return []
        return sorted(str(each.getPath().getName()) for each in found if each.isDirectory())

    def walk(self, path: str) -> list[Entry]:
        """Every file below a folder that a reader sees, sorted; none when there is no folder."""
        root = str(self._system.makeQualified(self._path(path)).toString())
        try:
            with _as_os_errors(path):
                found = [_entry(each, root) for each in _each(self._system.listFiles(self._path(path), True))]
        except FileNotFoundError:
            return []
        return sorted(entry for entry in found if not any(map(_is_hidden, entry.relative.split("/"))))

    def delete(self, path: str) -> None:
        """Removes a file, or a folder with all in it, if it is there."""
        if self.exists(path):
            with _as_os_errors(path):
                self._system.delete(self._path(path), True)

    def move(self, source: str, target: str) -> None:
        """Renames a file or folder; FileExistsError when the new name is taken, into which Hadoop would move it."""
        if self.exists(target):
            raise FileExistsError(errno.EEXIST, "There is already something", target)
        with _as_os_errors(source):
            self._system.mkdirs(self._path(target).getParent())
            renamed = self._system.rename(self._path(source), self._path(target))
        if not renamed:
            raise OSError(errno.EIO, "The file system refused to rename it", source, None, target)

    def exchange(self, one: str, other: str) -> bool:
        """Exchanges two folders in one step; False, with nothing done, where that cannot be."""
        local = [str(self._system.makeQualified(self._path(each)).toUri().getPath()) for each in (one, other)]
        return str(self._system.getScheme()) == "file" and exchange(*local)

    def copy_rights(self, source: str, target: str) -> None:
        """Gives a folder the permissions, and the access control list, of another."""
        old, new = self._path(source), self._path(target)
        with _as_os_errors(source):
            self._system.setPermission(new, self._system.getFileStatus(old).getPermission())
            if self._system.hasPathCapability(old, _ACLS):
                self._system.setAcl(new, self._system.getAclStatus(old).getEntries())

    def read(self, path: str) -> str:
        """The text of a small file; empty when there is none."""
        try:
            with _as_os_errors(path):
                stream = self._system.open(self._path(path))
                try:
                    return str(self._text_of(stream, "UTF-8"))
                finally:
                    stream.close()
        except FileNotFoundError:
            return ""

    def write(self, path: str, content: str) -> None:
        """Writes a small file durably, replacing it."""
        with _as_os_errors(path):
            stream = self._system.create(self._path(path), True)
            try:
                stream.write(content.encode())
                if stream.hasCapability("hsync"):
                    stream.hsync()
            finally:
                stream.close()


@contextmanager
def _as_os_errors(path: str) -> Iterator[None]:
    """What Java's side refuses, as the errors that Python has for it."""
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped] # it carries no types

    try:
        yield
    except Py4JJavaError as error:
        found = error.java_exception
        kind, number = _ERRORS.get(found.getClass().getSimpleName(), (OSError, errno.EIO))
        raise kind(number, str(found.getMessage()), path) from error


def _each(iterator: Any) -> Iterator[Any]:
    while iterator.hasNext():
        yield iterator.next()


def _entry(status: Any, root: str) -> Entry:
    return Entry(str(status.getPath().toString())[len(root) + 1 :], status.getLen(), status.getModificationTime())


def _is_hidden(name: str) -> bool:
    """Whether Spark's readers skip it. `_c=1` is a partition, not a hidden folder."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name)
