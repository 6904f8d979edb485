"""The files of the state directory: here alone the kernel reads, writes, locks and removes them.

    state_files().write(Path(".ppf/cursors/flights.json"), text)
    with held_alone(Path(".ppf/breakers/lock"), patience=10):
        …

A simulation puts a disk of its own in the place of `StateFiles`: one that is full, or on which a process dies in mid-write.
"""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ppf_core.errors import RunError
from ppf_core.storage import durable
from ppf_core.threads import threads

_SHORTEST_LOOK, _LONGEST_LOOK = 0.001, 0.02


class OpenFile:
    """A file that this process holds open, and its lock. Both end when it is closed, or when the process dies."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def try_lock(self) -> bool:
        """Takes the lock, if nobody holds it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(self) -> None:
        """Gives the lock back, also where a child that was forked just now holds the file open."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Lets go of the file, and of its lock."""
        self._file.close()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._file.closed


class RecordFile(OpenFile):
    """A file that only grows: bytes are added at its end."""

    def is_torn(self) -> bool:
        """Whether its last line has no end: a kill came while it was written."""
        if not self._file.seek(0, os.SEEK_END):
            return False
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1) != b"\n"

    def append(self, data: bytes) -> None:
        """Adds all of the bytes, or nothing of them where the disk refuses: a part would spoil what follows."""
        begin = self._file.tell()
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(begin)
            self._file.seek(begin)
            raise

    def sync(self) -> None:
        """What was added is on disk when this returns."""
        os.fsync(self._file.fileno())


class StateFiles:
    """The real ones, of the operating system. What it refuses is raised as OSError."""

    def read(self, path: Path) -> bytes:
        """What a file holds."""
        return path.read_bytes()

    def names(self, folder: Path) -> list[str]:
        """What lies in a folder, sorted."""
        return sorted(os.listdir(folder))  # noqa: PTH208 -- the names alone

    def exists(self, path: Path) -> bool:
        """Whether there is a file or a folder."""
        return path.exists()

    def is_file(self, path: Path) -> bool:
        """Whether there is a file."""
        return path.is_file()

    def is_folder(self, path: Path) -> bool:
        """Whether there is a folder."""
        return path.is_dir()

    def is_locked(self, path: Path) -> bool:
        """Whether somebody holds the lock of a file."""
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def write(self, path: Path, text: str, *, mode: int = 0o666) -> None:
        """Replaces a file in one step, for good: whoever reads it sees the old text or the new one, whatever happens."""
        durable.replace_file(path, text.encode(), mode=mode)

    def reserve(self, path: Path, size: int) -> None:
        """Occupies room that can be given back when there is none left."""
        path.write_bytes(bytes(size))

    def mark(self, path: Path) -> None:
        """Makes an empty file, for good, and the folders above it that are missing."""
        durable.make_folder(path.parent)
        path.touch()
        durable.sync_folder(path.parent)

    def remove(self, path: Path) -> None:
        """Removes a file, if it is there."""
        path.unlink(missing_ok=True)

    def make_folder(self, folder: Path) -> None:
        """Makes a folder and what is missing above it, so that a power cut does not lose them."""
        durable.make_folder(folder)

    def make_new_folder(self, folder: Path) -> None:
        """The same; FileExistsError when there is one."""
        durable.make_folder(folder.parent)
        folder.mkdir()
        durable.sync_folder(folder.parent)

    def remove_folder(self, folder: Path, *, as_far_as_possible: bool = False) -> None:
        """Removes a folder with all that is in it, if it is there. as_far_as_possible: passes over what the disk refuses."""
        try:
            shutil.rmtree(folder, ignore_errors=as_far_as_possible)
        except FileNotFoundError:
            if self.exists(folder):  # something in it was gone: another process removes it as well
                self.remove_folder(folder)

    def remove_empty_folder(self, folder: Path) -> None:
        """Removes a folder in which nothing is."""
        folder.rmdir()

    def sync_folder(self, folder: Path) -> None:
        """Makes the names in a folder durable."""
        durable.sync_folder(folder)

    def require_writable(self, folder: Path) -> None:
        """Refuses what is no folder, or one that this process may not write into. Writes only where the answer is no."""
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            self.try_writing(folder)  # says why

    def try_writing(self, folder: Path) -> None:
        """Writes into a folder without leaving anything: permissions alone do not tell of a read-only or full disk."""
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"ppf")

    def create(self, path: Path) -> RecordFile:
        """A new file to add to, which nobody else may read or write; FileExistsError when there is one."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        return RecordFile(os.fdopen(handle, "r+b", buffering=0))

    def reopen(self, path: Path) -> RecordFile:
        """A file to add to that is there already."""
        file = path.open("r+b", buffering=0)
        file.seek(0, os.SEEK_END)
        return RecordFile(file)

    def open_lock(self, path: Path, *, is_new: bool = False) -> OpenFile:
        """A file that is only there for its lock. is_new: FileExistsError when there is one."""
        return OpenFile(path.open("xb" if is_new else "ab"))


_current = StateFiles()


def state_files() -> StateFiles:
    """The implementation in use."""
    return _current


@contextmanager
def using_state_files(other: StateFiles) -> Iterator[StateFiles]:
    """Until the block ends, the kernel uses another implementation. For tests."""
    global _current
    before, _current = _current, other
    try:
        yield other
    finally:
        _current = before


def lock_within(file: OpenFile, patience: float) -> bool:
    """Takes the lock of a file; waits for whoever holds it, but no longer than that."""
    until = threads().monotonic() + patience
    while not file.try_lock():
        if threads().monotonic() >= until:
            return False
        threads().sleep(threads().uniform(_SHORTEST_LOOK, _LONGEST_LOOK))
    return True


@contextmanager
def held_alone(path: Path, patience: float) -> Iterator[None]:
    """No other process is in such a block with this path at the same time. RunError when one stays longer than the patience."""
    file = state_files().open_lock(path)
    try:
        if not lock_within(file, patience):
            message = f"Another process holds {str(path)!r} for more than {patience:g} s."
            raise RunError(message, hint="It is stopped or hangs: find it with 'lsof' or 'fuser', and end it.")
        try:
            yield
        finally:
            file.unlock()
    finally:
        file.close()
