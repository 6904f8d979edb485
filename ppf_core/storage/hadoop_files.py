"""Any file system that Hadoop knows, such as HDFS or an object store, reached through the JVM of a session."""

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ppf_core.errors import PpfError
from ppf_core.storage.files import Entry
from ppf_core.storage.java_errors import as_os_errors
from ppf_core.storage.paths import is_hidden, is_in_object_store

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# How Hadoop writes the status of a file or folder as text, maybe with more around it.
_TOLD = re.compile(
    r"FileStatus\{path=(.*?); isDirectory=(?:true|false; length=(\d+); [^;]*; [^;]*); modification_time=(\d+);", re.DOTALL
)
# Name, whether it is a folder, size and time.
_Told = tuple[str, bool, int, int]
_ACLS = "fs.capability.paths.acls"
# How often a file may be replaced while it is read.
_TRIES = 10


class HadoopFiles:
    """A file system that Hadoop knows."""

    def __init__(self, spark: "SparkSession", path: str) -> None:
        jvm: Any = spark._jvm
        # Py4J asks Java once for each dot of a name, so that this is done once.
        self._java_path: Any = jvm.org.apache.hadoop.fs.Path
        self._texts: Any = jvm.org.apache.commons.lang3.ArrayUtils.toString
        self._text_of: Any = jvm.org.apache.commons.io.IOUtils.toString
        self._spark = spark
        self._conf = spark._jsparkSession.sessionState().newHadoopConf()
        with as_os_errors(path):
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
        with as_os_errors(path):
            found = self._system.makeQualified(self._path(path))
        if found.isRoot():
            raise PpfError(f"The path {path!r} is the root of its file system.", hint="Name a folder below it.")
        return str(found.toString())

    def uri(self, path: str) -> str:
        """The same path."""
        return path

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        try:
            with as_os_errors(path):
                return bool(self._system.exists(self._path(path)))
        except NotADirectoryError:  # below a file, of which other file systems say that it is not there
            return False

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        status = self._status(path)
        return status is not None and bool(status.isDirectory())

    def names(self, path: str) -> list[str]:
        """The names in a folder."""
        return sorted(name for name, *_ in self._listed(path))

    def folders(self, path: str) -> list[str]:
        """The names of the folders in a folder."""
        return sorted(name for name, is_folder, *_ in self._listed(path) if is_folder)

    def walk(self, path: str) -> list[Entry]:
        """Every visible file below a folder."""
        if not self.is_folder(path):
            return []
        return sorted(self._listed_at_once(path) if self.renames_by_copying else self._entries(path, ""))

    def modified(self, path: str) -> float | None:
        """When a file was last written."""
        status = self._status(path)
        return None if status is None else status.getModificationTime() / 1000

    def read(self, path: str) -> str | None:
        """The text of a small file."""
        for tries_left in reversed(range(_TRIES)):
            if not self.exists(path):  # an exception of Java takes many round trips to become one of ours
                break
            try:
                return self._read(path)
            except FileNotFoundError:
                break
            except OSError as error:
                # A store finds that the file was replaced between two of its answers.
                if error.errno != errno.ESTALE or not tries_left:
                    raise
        return None

    def write(self, path: str, text: str) -> None:
        """Writes a small file, which is there whole or as it was: an object store does that by itself, others by a rename.

        A file system that Hadoop knows only through its older interface cannot do it: there, a kill may leave half a file.
        """
        if self._context is None:
            self._fill(path, text, lambda: self._system.create(self._path(path), True))
            return
        folder, _, name = path.rpartition("/")
        part = f"{folder}/.{name}.part"
        try:
            self._fill(path, text, lambda: self._system.create(self._path(part), True))
            with as_os_errors(path):
                self._context.rename(self._path(part), self._path(path), self._how("OVERWRITE"))
        except OSError:
            self.delete(part)
            raise

    def delete(self, path: str) -> None:
        """Removes a file or a whole folder."""
        with suppress(NotADirectoryError), as_os_errors(path):  # below a file there is nothing
            self._system.delete(self._path(path), True)

    def rename(self, source: str, target: str) -> None:
        """Renames, in one step where that is no copy, and without replacing; the older interface looks first, then renames."""
        self._require_free(target)
        with as_os_errors(target):
            self._system.mkdirs(self._path(target).getParent())
        if self._context is None:
            self._rename(source, target)
            return
        try:
            with as_os_errors(source):
                self._context.rename(self._path(source), self._path(target), self._how("NONE"))
        except FileExistsError as error:  # somebody was faster
            error.filename = target
            raise

    def exchange(self, one: str, other: str) -> bool:
        """Hadoop has no such call."""
        return False

    def copy_rights(self, source: str, target: str) -> None:
        """Gives a folder the permissions, and the access control list, of another."""
        old, new = self._path(source), self._path(target)
        with as_os_errors(target):
            permission = self._system.getFileStatus(old).getPermission()
            self._system.setPermission(new, permission)
        entries = self._acl_entries(source)
        if entries is not None:
            # The list that is told lacks what the permission says, and the list that is set needs it.
            acls: Any = self._spark._jvm.org.apache.hadoop.fs.permission.AclUtil  # type: ignore[union-attr] # as above
            with as_os_errors(target):
                self._system.setAcl(new, acls.getAclFromPermAndEntries(permission, entries))

    def claim(self, file: str, name: str) -> None:
        """A copy, renamed where renaming is one step; an object store shows a file only when it is complete."""
        text = self.read(file) or ""
        if self.renames_by_copying:
            self._create_new(name, text)
        else:
            self.write(f"{file}.copy", text)
            self.rename(f"{file}.copy", name)

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

    def _path(self, path: str) -> Any:
        """A path as Java has it. A root may lack its slash, which Hadoop would not take for a path."""
        is_bare_root = "://" in path and "/" not in path.partition("://")[2]
        return self._java_path(f"{path}/" if is_bare_root else path)

    @cached_property
    def _context(self) -> Any | None:
        """Hadoop's newer interface, whose renames replace if they are told to, and never else.

        None where a rename copies, and for a file system that has only the older one.
        """
        if self.renames_by_copying:
            return None
        context: Any = self._spark._jvm.org.apache.hadoop.fs.FileContext  # type: ignore[union-attr] # a classic session has one
        uri = self._system.getUri()
        try:
            with as_os_errors(str(uri.toString())):
                return context.getFileContext(uri, self._conf)
        except OSError as error:
            if error.errno != errno.EPROTONOSUPPORT:
                raise
            return None

    def _acl_entries(self, path: str) -> Any | None:
        """The access control list of a folder; None where there are no such lists, or where HDFS was told to have none."""
        try:
            with as_os_errors(path):
                place = self._path(path)
                return self._system.getAclStatus(place).getEntries() if self._system.hasPathCapability(place, _ACLS) else None
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            return None

    def _how(self, name: str) -> Any:
        """One of the options of a rename, as Java wants them."""
        options: Any = self._spark._jvm.org.apache.hadoop.fs.Options.Rename  # type: ignore[union-attr] # a classic session has one
        gateway: Any = self._spark.sparkContext._gateway
        how = gateway.new_array(options, 1)
        how[0] = getattr(options, name)
        return how

    def _rename(self, source: str, target: str) -> None:
        """Hadoop's older interface would put the source into a folder that is there already, so that is asked before."""
        with as_os_errors(source):
            renamed = self._system.rename(self._path(source), self._path(target))
        if not renamed:
            self._require_free(target)
            if not self.exists(source):
                raise FileNotFoundError(errno.ENOENT, "There is no such file or folder", source)
            raise OSError(errno.EIO, "The file system refused to rename it", source, None, target)

    def _read(self, path: str) -> str:
        with as_os_errors(path):
            stream = self._system.open(self._path(path))
            try:
                return str(self._text_of(stream, "UTF-8"))
            finally:
                stream.close()

    def _create_new(self, path: str, text: str) -> None:
        """Only where there is none: the store is asked to look and write in one step, which S3A does not do unless told to."""
        self._require_free(path)
        with as_os_errors(path):
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
        with as_os_errors(path):
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

    def _listed(self, folder: str) -> list[_Told]:
        """What lies directly in a folder; nothing when there is none."""
        if not self.is_folder(folder):
            return []
        try:
            with as_os_errors(folder):
                return self._told(self._system.listStatus(self._path(folder)))
        except FileNotFoundError:
            return []

    def _entries(self, folder: str, prefix: str) -> Iterator[Entry]:
        with as_os_errors(folder):
            found = self._told(self._system.listStatus(self._path(f"{folder}/{prefix}")))
        for name, is_folder, size, modified in found:
            if is_hidden(name):
                continue
            if is_folder:
                yield from self._entries(folder, f"{prefix}{name}/")
            else:
                yield Entry(prefix + name, size, modified)

    def _listed_at_once(self, folder: str) -> Iterator[Entry]:
        """The same where there are no folders: the store lists all below a name at once."""
        with as_os_errors(folder):
            root = len(str(self._system.makeQualified(self._path(folder)).toString())) + 1
            found = self._system.listFiles(self._path(folder), True)
            while found.hasNext():
                status = found.next()
                relative = str(status.getPath().toString())[root:]
                if not any(map(is_hidden, relative.split("/"))):
                    yield Entry(relative, int(status.getLen()), int(status.getModificationTime()))

    def _told(self, statuses: Any) -> list[_Told]:
        """What Hadoop says of some files and folders: from one text, since every question to Java takes its time."""
        told = _TOLD.findall(str(self._texts(statuses)))
        # Some file systems, such as viewfs, wrap the status of another one and then tell nothing of it.
        if len(told) != len(statuses) or any("/" not in path for path, _, _ in told):
            return [_told(status) for status in statuses]
        return [(path.rpartition("/")[2], not size, int(size or 0), int(modified)) for path, size, modified in told]

    def _status(self, path: str) -> Any:
        if not self.exists(path):
            return None
        try:
            with as_os_errors(path):
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
