"""A file of lines that several processes append to at once, and that is rotated when it is full."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ppf_core.storage import LocalFiles, make_folder

_OPEN = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_OWNER_ONLY = 0o600


class Trail:
    """Appends lines, each one whole. Nothing is opened before the first line.

    Whoever writes or rotates holds the lock of the file that lies under the path:

        open the path → lock → is it still the file under the path? → write, or rename it and begin again
                          ↑                  │ no: another process rotated it
                          └──── open again ──┘

    Only the holder renames, and the next file comes into being only after that, so no line goes into a file that is being
    rotated, and no backup is renamed twice.

        trail = Trail(Path("audit.jsonl"), fsync=True, max_bytes=None, backups=5)
        trail.append(b"one line\n")
        trail.append(b"another line\n")
        trail.sync()

    With fsync, what was appended is on disk after `sync`, after `close`, and before the file is left for another one.
    """

    def __init__(self, path: Path, *, fsync: bool, max_bytes: int | None, backups: int) -> None:
        self._path = path
        self._fsync = fsync
        self._max_bytes = max_bytes
        self._backups = backups
        self._file: int | None = None
        self._is_synced = True

    def append(self, line: bytes) -> None:
        """Writes one line, in one call. When it raises, nothing of it is there."""
        with self._explained():
            while not self._appended(line):
                pass  # the full file was moved away; the next one is empty

    def sync(self) -> None:
        """With fsync, all lines so far are on disk when this returns."""
        with self._explained():
            self._sync()

    def close(self) -> None:
        """Closes the file. The next line would open it again."""
        if self._file is not None:
            try:
                self.sync()
            finally:
                os.close(self._file)
                self._file = None

    def _appended(self, line: bytes) -> bool:
        """Whether the line was written; when the file is too full for it, it is moved away instead."""
        with self._locked() as file:
            size = os.fstat(file).st_size
            if self._is_full(size, line):
                self._rotate()
                return False
            _write(file, line if _ends_whole(file, size) else b"\n" + line, size)
            self._is_synced = False
            return True

    def _sync(self) -> None:
        if self._fsync and self._file is not None and not self._is_synced:
            self._is_synced = True  # also when it fails: a second try would say that all is well, and know nothing
            os.fsync(self._file)

    def _rotate(self) -> None:
        """Moves the file to `.1`, and each backup one further; with all of them there, the oldest gives way."""
        free = 1
        while free < self._backups and self._backup(free).exists():
            free += 1
        for number in range(free, 0, -1):
            self._backup(number - 1).replace(self._backup(number))

    def _is_full(self, size: int, line: bytes) -> bool:
        return self._max_bytes is not None and size > 0 and size + len(line) > self._max_bytes

    def _backup(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or error
            hint = "Make room there, or correct 'path'."
            raise OSError(f"The audit trail {str(self._path)!r} cannot be written: {reason}. {hint}") from error

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file that lies under the path now, held alone."""
        file = self._opened()
        fcntl.flock(file, fcntl.LOCK_EX)
        while not _is_under(self._path, file):
            self.close()
            file = self._opened()
            fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield file
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def _opened(self) -> int:
        if self._file is None:
            folder = self._path.parent
            make_folder(folder) if self._fsync else folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, _OPEN, _OWNER_ONLY)
            if self._fsync:
                LocalFiles().sync(str(folder))  # the name of a new file is on disk only with its folder
        return self._file


def _is_under(path: Path, file: int) -> bool:
    """Whether an open file is the one that lies under the path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _ends_whole(file: int, size: int) -> bool:
    """Whether the file ends with a whole line; a power cut may have torn the last one."""
    return size == 0 or os.pread(file, 1, size - 1) == b"\n"


def _write(file: int, line: bytes, size: int) -> None:
    """Writes all of a line at the end of a file of this size, or nothing."""
    try:
        done = os.write(file, line)
        while done < len(line):  # the disk filled up within the line; the next call says why
            done += os.write(file, line[done:])
    except BaseException:
        os.ftruncate(file, size)
        raise
