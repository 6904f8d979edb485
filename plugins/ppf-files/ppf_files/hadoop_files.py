"""Any file system that Hadoop knows: HDFS, an object store."""

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError
from ppf_files.files import Entry
from ppf_files.paths import is_hidden, is_in_object_store

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# How Hadoop writes the status of a file or folder as text, maybe with more around it.
_TOLD = re.compile(
    r"FileStatus\{path=(.*?); isDirectory=(?:true|false; length=(\d+); [^;]*; [^;]*); modification_time=(\d+);", re.DOTALL
)
_Told = tuple[str, bool, int, int]
_ERRORS: dict[str, tuple[type[OSError], int]] = {
    "FileNotFoundException": (FileNotFoundError, errno.ENOENT),
    "FileAlreadyExistsException": (FileExistsError, errno.EEXIST),
    "AccessControlException": (PermissionError, errno.EACCES),
}


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


class HadoopFiles:
    """A file system that Hadoop knows."""

    def __init__(self, spark: "SparkSession", path: str) -> None:
        jvm: Any = spark._jvm
        # Py4J asks Java once for each dot of a name, so that this is done once.
        self._path: Any = jvm.org.apache.hadoop.fs.Path
        self._texts: Any = jvm.org.apache.commons.lang3.ArrayUtils.toString
        self._text_of: Any = jvm.org.apache.commons.io.IOUtils.toString
        self._spark = spark
        self._conf = spark._jsparkSession.sessionState().newHadoopConf()
        self._system = self._path(path).getFileSystem(self._conf)

    @property
    def is_local(self) -> bool:
        """Whether it is the file system of this machine."""
        return str(self._system.getUri().toString()).startswith("file:")

    @property
    def renames_by_copying(self) -> bool:
        """Whether it is an object store without folders."""
        return is_in_object_store(str(self._system.getUri().toString()))

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
        with _as_os_errors(path):
            return bool(self._system.exists(self._path(path)))

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        status = self._status(path)
        return status is not None and bool(status.isDirectory())

    def names(self, path: str) -> list[str]:
        """The names in a folder."""
        if not self.exists(path):
            return []
        try:
            with _as_os_errors(path):
                return sorted(name for name, *_ in self._told(self._system.listStatus(self._path(path))))
        except FileNotFoundError:
            return []

    def walk(self, path: str) -> list[Entry]:
        """Every visible file below a folder."""
        if not self.is_folder(path):
            return []
        return sorted(self._listed(path) if self.renames_by_copying else self._entries(path, ""))

    def modified(self, path: str) -> float | None:
        """When a file was last written."""
        status = self._status(path)
        return None if status is None else status.getModificationTime() / 1000

    def delete(self, path: str) -> None:
        """Removes a file or a whole folder."""
        with _as_os_errors(path):
            self._system.delete(self._path(path), True)

    def move(self, source: str, target: str) -> None:
        """Renames. Hadoop would put the source into a folder that is there already, so that is asked first."""
        self._require_free(target)
        with _as_os_errors(source):
            self._system.mkdirs(self._path(target).getParent())
            renamed = self._system.rename(self._path(source), self._path(target))
        if not renamed:
            self._require_free(target)
            if not self.exists(source):
                raise FileNotFoundError(errno.ENOENT, "There is no such file or folder", source)
            raise OSError(errno.EIO, "The file system refused to rename it", source, None, target)

    def exchange(self, one: str, other: str) -> bool:
        """Hadoop has no such call."""
        return False

    def read(self, path: str) -> str | None:
        """The text of a small file."""
        if not self.exists(path):  # an exception of Java takes many round trips to become one of ours
            return None
        try:
            with _as_os_errors(path):
                stream = self._system.open(self._path(path))
                try:
                    return str(self._text_of(stream, "UTF-8"))
                finally:
                    stream.close()
        except FileNotFoundError:
            return None

    def write(self, path: str, text: str) -> None:
        """Writes a small file, which is there whole or as it was: an object store does that by itself, others by a rename.

        A file system that Hadoop knows only through its older interface cannot do it: there, a kill may leave half a file.
        """
        if self._replace is None:
            self._fill(path, text, lambda: self._system.create(self._path(path), True))
            return
        folder, _, name = path.rpartition("/")
        part = f"{folder}/.{name}.part"
        try:
            self._fill(part, text, lambda: self._system.create(self._path(part), True))
            with _as_os_errors(path):
                self._replace(part, path)
        except OSError:
            self.delete(part)
            raise

    def claim(self, file: str, name: str) -> None:
        """A copy, renamed where renaming is one step; an object store shows a file only when it is complete."""
        text = self.read(file) or ""
        if self.renames_by_copying:
            self._create_new(name, text)
        else:
            self.write(f"{file}.copy", text)
            self.move(f"{file}.copy", name)

    def touch(self, path: str) -> None:
        """Writes a file again: its time must come from the clock of the file system, not from ours."""
        text = self.read(path)
        if text is not None:
            self.write(path, text)

    def alone(self, folder: str) -> AbstractContextManager[None]:
        """These file systems have no such lock."""
        return nullcontext()

    def sync(self, folder: str) -> None:
        """These file systems keep what they said they did."""

    @cached_property
    def _replace(self) -> Callable[[str, str], None] | None:
        """Renames a file over another one; None where a rename copies, or cannot replace."""
        from py4j.protocol import Py4JJavaError

        if self.renames_by_copying:
            return None
        hadoop: Any = self._spark._jvm.org.apache.hadoop.fs  # type: ignore[union-attr] # a classic session has one
        try:
            context = hadoop.FileContext.getFileContext(self._system.getUri(), self._conf)
        except Py4JJavaError as error:
            if error.java_exception.getClass().getSimpleName() != "UnsupportedFileSystemException":
                raise
            return None
        gateway: Any = self._spark.sparkContext._gateway
        how = gateway.new_array(hadoop.Options.Rename, 1)
        how[0] = hadoop.Options.Rename.OVERWRITE
        return lambda part, path: context.rename(self._path(part), self._path(path), how)

    def _create_new(self, path: str, text: str) -> None:
        """Only where there is none: the store is asked to look and write in one step, which S3A does not do unless told to."""
        self._require_free(path)
        with _as_os_errors(path):
            builder = self._system.createFile(self._path(path)).create().overwrite(False)
            builder.opt("fs.option.create.conditional.overwrite", "true")
        try:
            self._fill(path, text, builder.build)
        except OSError:
            # What it says when somebody was faster differs; it may say so of our own file too, if a request was sent twice.
            found = self.read(path)
            if found is None:
                raise
            if found != text:
                raise FileExistsError(errno.EEXIST, "There is already something", path) from None

    def _fill(self, path: str, text: str, opened: Callable[[], Any]) -> None:
        with _as_os_errors(path):
            stream = opened()
            try:
                stream.write(text.encode())
                if stream.hasCapability("hsync"):
                    stream.hsync()
            finally:
                stream.close()

    def _require_free(self, path: str) -> None:
        if self.exists(path):
            raise FileExistsError(errno.EEXIST, "There is already something", path)

    def _entries(self, folder: str, prefix: str) -> Iterator[Entry]:
        with _as_os_errors(folder):
            found = self._told(self._system.listStatus(self._path(f"{folder}/{prefix}")))
        for name, is_folder, size, modified in found:
            if is_hidden(name):
                continue
            if is_folder:
                yield from self._entries(folder, f"{prefix}{name}/")
            else:
                yield Entry(prefix + name, size, modified)

    def _listed(self, folder: str) -> Iterator[Entry]:
        """The same where there are no folders: the store lists all below a name at once."""
        with _as_os_errors(folder):
            found = self._system.listFiles(self._path(folder), True)
            while found.hasNext():
                status = found.next()
                relative = str(status.getPath().toString())[len(folder) + 1 :]
                if not any(map(is_hidden, relative.split("/"))):
                    yield Entry(relative, int(status.getLen()), int(status.getModificationTime()))

    def _told(self, statuses: Any) -> list[_Told]:
        """Name, whether it is a folder, size and time of each: from one text, since every question to Java takes its time."""
        told = _TOLD.findall(str(self._texts(statuses)))
        # Some file systems, such as viewfs, wrap the status of another one and then tell nothing of it.
        if len(told) != len(statuses) or any("/" not in path for path, _, _ in told):
            return [_told(status) for status in statuses]
        return [(path.rpartition("/")[2], not size, int(size or 0), int(modified)) for path, size, modified in told]

    def _status(self, path: str) -> Any:
        if not self.exists(path):
            return None
        try:
            with _as_os_errors(path):
                return self._system.getFileStatus(self._path(path))
        except FileNotFoundError:
            return None


def _told(status: Any) -> _Told:
    return (
        str(status.getPath().getName()),
        bool(status.isDirectory()),
        int(status.getLen()),
        int(status.getModificationTime()),
    )
