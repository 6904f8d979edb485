"""The few things that publishing does to files, on a local file system and on any that Hadoop knows.

One method is one effect. `LocalFiles` can exchange two folders in one step and link files; `HadoopFiles` can only rename.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ppf_core import PpfError, local_path
from ppf_files.paths import is_hidden, scheme
from ppf_files.renaming import exchange, rename_new

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
    """A file system. Paths are text, made by `resolve` and by joining with `/`."""

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

    def delete(self, path: str) -> None:
        """Removes a file, or a folder with all in it, if it is there."""

    def move(self, source: str, target: str) -> None:
        """Renames a file or folder; FileExistsError when the new name is taken. Parents are made."""

    def replace(self, new: str, target: str, aside: str) -> None:
        """Puts the folder `new` in the place of `target`; what stood there ends up as `new` or as `aside`."""

    def read(self, path: str) -> str | None:
        """The text of a small file; None when there is none."""

    def write(self, path: str, text: str) -> None:
        """Writes a small file, replacing it. Parents are made."""


def files_at(spark: "SparkSession", path: str) -> "Files":
    """The file system of a path. A path without a scheme lies where Spark's configuration says."""
    if scheme(path) == "file":
        return LocalFiles()
    hadoop = HadoopFiles(spark, path)
    return LocalFiles() if hadoop.is_local else hadoop


class LocalFiles:
    """The file system of this machine."""

    def resolve(self, path: str) -> str:
        """The absolute path with links followed, since exchanging a link would move the data to another place."""
        found = local_path(path).resolve()
        if found.is_mount():
            raise PpfError(
                f"The folder {str(found)!r} is a mount point, so it cannot be replaced.", hint="Name a folder below it."
            )
        return str(found)

    def uri(self, path: str) -> str:
        """The path with the scheme that Hadoop knows, not encoded."""
        return f"file:{path}"

    def exists(self, path: str) -> bool:
        """Whether there is a file, a folder or a link."""
        return Path(path).exists() or Path(path).is_symlink()

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        return Path(path).is_dir()

    def names(self, path: str) -> list[str]:
        """The names in a folder."""
        return sorted(item.name for item in Path(path).iterdir()) if self.is_folder(path) else []

    def walk(self, path: str) -> list[Entry]:
        """Every visible file below a folder."""
        return sorted(_entries(path, "")) if self.is_folder(path) else []

    def delete(self, path: str) -> None:
        """Removes a file or a whole folder."""
        if Path(path).is_dir() and not Path(path).is_symlink():
            shutil.rmtree(path)
        else:
            Path(path).unlink(missing_ok=True)

    def move(self, source: str, target: str) -> None:
        """Renames in one step, never replacing."""
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        rename_new(Path(source), Path(target))

    def replace(self, new: str, target: str, aside: str) -> None:
        """Exchanges the two in one step; where the file system cannot, there is a moment without `target`."""
        if not self.exists(target):
            self.move(new, target)
            return
        shutil.copymode(target, new)
        if not exchange(Path(new), Path(target)):
            self.delete(aside)
            self.move(target, aside)
            self.move(new, target)

    def link(self, source: str, target: str, skip: Callable[[str], bool]) -> None:
        """Shows the files of one folder in another as well, without copying; `skip` is asked with relative paths."""

        def skipped(folder: str, names: list[str]) -> list[str]:
            return [name for name in names if skip((Path(folder) / name).relative_to(source).as_posix())]

        shutil.copytree(source, target, symlinks=True, ignore=skipped, copy_function=_link, dirs_exist_ok=True)

    def read(self, path: str) -> str | None:
        """The text of a small file."""
        return Path(path).read_text(encoding="utf-8") if Path(path).is_file() else None

    def write(self, path: str, text: str) -> None:
        """Writes a small file. The checksum that Hadoop keeps beside it would no longer fit, so it goes."""
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_name(f".{file.name}.crc").unlink(missing_ok=True)
        # A new file, since the old one may share its content with another folder through a hard link.
        file.unlink(missing_ok=True)
        file.write_text(text, encoding="utf-8")


def _entries(folder: str, prefix: str) -> Iterator[Entry]:
    with os.scandir(folder) as found:
        for item in found:
            if is_hidden(item.name):
                continue
            if item.is_dir():
                yield from _entries(item.path, f"{prefix}{item.name}/")
            else:
                status = item.stat()
                yield Entry(prefix + item.name, status.st_size, status.st_mtime_ns)


def _link(source: str, target: str) -> None:
    try:
        Path(target).hardlink_to(source)
    except FileExistsError:  # to copy into it would change the file that it is a link of
        raise
    except OSError:  # a file system without hard links, or another one below a link
        shutil.copy2(source, target)


class HadoopFiles:
    """A file system that Hadoop knows: HDFS, an object store."""

    def __init__(self, spark: "SparkSession", path: str) -> None:
        self._jvm: Any = spark._jvm
        self._system = self._path(path).getFileSystem(spark._jsparkSession.sessionState().newHadoopConf())

    @property
    def is_local(self) -> bool:
        """Whether it is the file system of this machine."""
        return str(self._system.getUri().toString()).startswith("file:")

    def resolve(self, path: str) -> str:
        """The path with scheme and authority."""
        found = self._system.makeQualified(self._path(path))
        if found.isRoot():
            raise PpfError(f"The path {path!r} is the root of its file system.", hint="Name a folder below it.")
        return str(found.toString())

    def uri(self, path: str) -> str:
        """The same path."""
        return path

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return bool(self._system.exists(self._path(path)))

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        return self.exists(path) and bool(self._system.getFileStatus(self._path(path)).isDirectory())

    def names(self, path: str) -> list[str]:
        """The names in a folder."""
        if not self.is_folder(path):
            return []
        return sorted(str(status.getPath().getName()) for status in self._system.listStatus(self._path(path)))

    def walk(self, path: str) -> list[Entry]:
        """Every visible file below a folder."""
        if not self.is_folder(path):
            return []
        entries = (_entry(status, path) for status in _each(self._system.listFiles(self._path(path), True)))
        return sorted(entry for entry in entries if not any(map(is_hidden, entry.relative.split("/"))))

    def delete(self, path: str) -> None:
        """Removes a file or a whole folder."""
        self._system.delete(self._path(path), True)

    def move(self, source: str, target: str) -> None:
        """Renames. Hadoop would put the source into a folder that is there already, so that is asked first."""
        if self.exists(target):
            raise FileExistsError(f"There is already something at {target!r}.")
        self._system.mkdirs(self._path(target).getParent())
        if not self._system.rename(self._path(source), self._path(target)):
            raise OSError(f"{source!r} could not be renamed to {target!r}. Check that the file system allows it.")

    def replace(self, new: str, target: str, aside: str) -> None:
        """Two renames, with a moment in between when there is no `target`."""
        if self.exists(target):
            self.delete(aside)
            self.move(target, aside)
        self.move(new, target)

    def read(self, path: str) -> str | None:
        """The text of a small file."""
        if not self.exists(path):
            return None
        stream = self._system.open(self._path(path))
        try:
            return str(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def write(self, path: str, text: str) -> None:
        """Writes a small file."""
        stream = self._system.create(self._path(path), True)
        try:
            stream.write(text.encode())
        finally:
            stream.close()

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(path)


def _each(iterator: Any) -> Iterator[Any]:
    while iterator.hasNext():
        yield iterator.next()


def _entry(status: Any, folder: str) -> Entry:
    path = str(status.getPath().toString())
    return Entry(path[len(folder) + 1 :], status.getLen(), status.getModificationTime())
