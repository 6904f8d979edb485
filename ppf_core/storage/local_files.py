"""The file system of this machine."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ppf_core.contracts.paths import local_path
from ppf_core.errors import PpfError
from ppf_core.storage import durable
from ppf_core.storage.files import Entry
from ppf_core.storage.mounts import is_mount_point, mount_points_in
from ppf_core.storage.paths import is_hidden
from ppf_core.storage.renaming import exchange, rename_new


class LocalFiles:
    """The file system of this machine, which needs no session. Paths may begin with `file:`.

    LocalFiles().write("/data/mark", "done")
    """

    renames_by_copying = False

    def resolve(self, path: str) -> str:
        """The absolute path with links followed, since exchanging a link would move the data to another place."""
        found = local_path(path).resolve()
        if found == found.parent:
            raise PpfError(f"The path {path!r} is the root of its file system.", hint="Name a folder below it.")
        return str(found)

    def uri(self, path: str) -> str:
        """The path with the scheme that Hadoop knows, not encoded."""
        return f"file:{local_path(path)}"

    def exists(self, path: str) -> bool:
        """Whether there is a file, a folder or a link."""
        return os.path.lexists(local_path(path))

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        return local_path(path).is_dir()

    def names(self, path: str) -> list[str]:
        """The names in a folder."""
        try:
            return sorted(os.listdir(local_path(path)))  # noqa: PTH208 -- Path's gives paths
        except (FileNotFoundError, NotADirectoryError):
            return []

    def folders(self, path: str) -> list[str]:
        """The names of the folders in a folder."""
        if not self.is_folder(path):
            return []
        with os.scandir(local_path(path)) as found:
            return sorted(item.name for item in found if item.is_dir())

    def walk(self, path: str) -> list[Entry]:
        """Every visible file below a folder."""
        return sorted(_entries(str(local_path(path)), "")) if self.is_folder(path) else []

    def modified(self, path: str) -> float | None:
        """When a file was last written."""
        try:
            return local_path(path).stat().st_mtime
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read(self, path: str) -> str | None:
        """The text of a small file."""
        try:
            return local_path(path).read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, NotADirectoryError):  # also below a file that stands where a folder should
            return None

    def write(self, path: str, text: str) -> None:
        """Replaces a small file. The checksum that Hadoop keeps beside it would no longer fit, so it goes.

        It is a new file each time, since the old one may share its content with another folder through a hard link.
        """
        file = local_path(path)
        durable.make_folder(file.parent)
        file.with_name(f".{file.name}.crc").unlink(missing_ok=True)
        durable.replace_file(file, text.encode())

    def delete(self, path: str) -> None:
        """Removes a file or a whole folder, also while another process does the same."""
        file = local_path(path)
        while file.is_dir() and not file.is_symlink():
            with suppress(FileNotFoundError):
                shutil.rmtree(file)
        if os.path.lexists(file):  # or a disk that is read-only would refuse to remove nothing
            file.unlink(missing_ok=True)

    def rename(self, source: str, target: str) -> None:
        """Renames in one step, never replacing."""
        durable.make_folder(local_path(target).parent)
        rename_new(local_path(source), local_path(target))

    def exchange(self, one: str, other: str) -> bool:
        """Exchanges two folders; False where the file system cannot."""
        if not exchange(local_path(one), local_path(other)):
            return False
        self.sync(str(local_path(other).parent))
        return True

    def copy_rights(self, source: str, target: str) -> None:
        """Gives a folder the mode of another."""
        shutil.copymode(local_path(source), local_path(target))

    def link(self, source: str, target: str, skip: Callable[[str], bool]) -> None:
        """Shows the files of one folder in another as well, without copying; `skip` is asked with relative paths."""
        root = local_path(source)

        def skipped(folder: str, names: list[str]) -> list[str]:
            return [name for name in names if skip((Path(folder) / name).relative_to(root).as_posix())]

        try:
            shutil.copytree(root, local_path(target), symlinks=True, ignore=skipped, copy_function=_link, dirs_exist_ok=True)
        except shutil.Error as error:  # it collects what went wrong with each file
            file, name, why = error.args[0][0]
            raise OSError(errno.EIO, str(why), str(file), None, str(name)) from error

    def claim(self, file: str, name: str) -> None:
        """A hard link: it refuses a name that is taken, and never shows half a file."""
        try:
            local_path(name).hardlink_to(local_path(file))
        except FileExistsError:
            raise
        except OSError as error:
            if error.errno == errno.EROFS or not self.exists(file):
                raise
            # A file system without hard links.
            self.write(f"{file}.copy", self.read(file) or "")
            self.rename(f"{file}.copy", name)
        self.sync(str(local_path(name).parent))

    def touch(self, path: str) -> None:
        """Sets the time of a file to now."""
        os.utime(local_path(path))

    @contextmanager
    def alone(self, folder: str) -> Iterator[None]:
        """A lock on the folder itself, so that nothing stays behind; it ends with the process."""
        handle = os.open(local_path(folder), os.O_RDONLY)
        try:
            with suppress(OSError):  # network file systems may not lock folders
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def sync(self, folder: str) -> None:
        """Makes the names in a folder outlive a power cut."""
        durable.sync_folder(local_path(folder))

    def sync_tree(self, folder: str) -> None:
        """Makes all files below a folder, and their names, outlive a power cut."""
        durable.sync_tree(local_path(folder))

    def mount_points(self, path: str) -> list[str]:
        """Where at or below a path other file systems begin, so that it cannot be renamed or replaced."""
        place = local_path(path)
        return [*([str(place)] if is_mount_point(place) else []), *mount_points_in(place)]


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
