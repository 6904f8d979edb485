"""The file system of this machine."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ppf_core import PpfError, local_path
from ppf_files.files import Entry
from ppf_files.paths import is_hidden
from ppf_files.renaming import exchange, rename_new

# How often others may remove a folder while it is made, before that is taken for something else.
_TRIES = 100


class LocalFiles:
    """The file system of this machine."""

    renames_by_copying = False

    def resolve(self, path: str) -> str:
        """The absolute path with links followed, since exchanging a link would move the data to another place."""
        found = local_path(path).resolve()
        if found == found.parent:
            raise PpfError(f"The path {path!r} is the root of its file system.", hint="Name a folder below it.")
        return str(found)

    def uri(self, path: str) -> str:
        """The path with the scheme that Hadoop knows, not encoded."""
        return f"file:{path}"

    def exists(self, path: str) -> bool:
        """Whether there is a file, a folder or a link."""
        return os.path.lexists(path)

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        return Path(path).is_dir()

    def names(self, path: str) -> list[str]:
        """The names in a folder."""
        try:
            return sorted(os.listdir(path))  # noqa: PTH208 -- Path's gives paths
        except (FileNotFoundError, NotADirectoryError):
            return []

    def walk(self, path: str) -> list[Entry]:
        """Every visible file below a folder."""
        return sorted(_entries(path, "")) if self.is_folder(path) else []

    def modified(self, path: str) -> float | None:
        """When a file was last written."""
        try:
            return Path(path).stat().st_mtime
        except FileNotFoundError:
            return None

    def delete(self, path: str) -> None:
        """Removes a file or a whole folder, also while another process does the same."""
        while Path(path).is_dir() and not Path(path).is_symlink():
            with suppress(FileNotFoundError):
                shutil.rmtree(path)
        if self.exists(path):  # or a disk that is read-only would refuse to remove nothing
            Path(path).unlink(missing_ok=True)

    def move(self, source: str, target: str) -> None:
        """Renames in one step, never replacing."""
        _make_folder(Path(target).parent)
        rename_new(Path(source), Path(target))

    def exchange(self, one: str, other: str) -> bool:
        """Exchanges two folders; False where the file system cannot."""
        shutil.copymode(other, one)
        if not exchange(Path(one), Path(other)):
            return False
        self.sync(str(Path(other).parent))
        return True

    def link(self, source: str, target: str, skip: Callable[[str], bool]) -> None:
        """Shows the files of one folder in another as well, without copying; `skip` is asked with relative paths."""

        def skipped(folder: str, names: list[str]) -> list[str]:
            return [name for name in names if skip((Path(folder) / name).relative_to(source).as_posix())]

        shutil.copytree(source, target, symlinks=True, ignore=skipped, copy_function=_link, dirs_exist_ok=True)

    def read(self, path: str) -> str | None:
        """The text of a small file."""
        try:
            return Path(path).read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, NotADirectoryError):  # also below a file that stands where a folder should
            return None

    def write(self, path: str, text: str) -> None:
        """Writes a small file. The checksum that Hadoop keeps beside it would no longer fit, so it goes."""
        file = Path(path)
        _make_folder(file.parent)
        # A new file, since the old one may share its content with another folder through a hard link.
        part = file.with_name(f".{file.name}.part")
        try:
            _write(part, text)
            file.with_name(f".{file.name}.crc").unlink(missing_ok=True)
            part.replace(file)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        self.sync(str(file.parent))

    def claim(self, file: str, name: str) -> None:
        """A hard link: it refuses a name that is taken, and never shows half a file."""
        try:
            Path(name).hardlink_to(file)
        except FileExistsError:
            raise
        except OSError as error:
            if error.errno == errno.EROFS or not self.exists(file):
                raise
            # A file system without hard links.
            copy = f"{file}.copy"
            _write(Path(copy), self.read(file) or "")
            self.move(copy, name)
        self.sync(str(Path(name).parent))

    def touch(self, path: str) -> None:
        """Sets the time of a file to now."""
        os.utime(path)

    @contextmanager
    def alone(self, folder: str) -> Iterator[None]:
        """A lock on the folder itself, so that nothing stays behind; it ends with the process."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            with suppress(OSError):  # network file systems may not lock folders
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def sync(self, folder: str) -> None:
        """Makes the names in a folder outlive a power cut."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot sync a folder
                raise
        finally:
            os.close(handle)


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


def _make_folder(folder: Path) -> None:
    for tries_left in reversed(range(_TRIES)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:  # a file, or a folder that another process has just removed
            if not tries_left or (os.path.lexists(folder) and not folder.is_dir()):
                raise
        else:
            return


def _write(file: Path, text: str) -> None:
    with file.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())


def _link(source: str, target: str) -> None:
    try:
        Path(target).hardlink_to(source)
    except FileExistsError:  # to copy into it would change the file that it is a link of
        raise
    except OSError:  # a file system without hard links, or another one below a link
        shutil.copy2(source, target)
