"""Writing so that it survives the death of the process and of the machine: the one place that makes things durable.

Whoever reads a file sees the earlier content or the new one, whatever happens. A new content is written into `.<name>.part`
beside the file, by the one who holds the lock of that part:

    open the part → lock → is it still the file under its name? → write → fsync → rename over the file → fsync the folder
                     ↑                   │ no: its holder renamed it
                     └─── open again ────┘

The part of a process that was killed is taken over by the next one, so that a file never leaves more than one behind.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# What lies under the part's name is never followed: a link there could lead elsewhere.
_PART = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
# How often others may remove a folder while it is made, before that is taken for something else.
_TRIES = 100


def replace_file(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Replaces a file in one step: it is on disk when this returns, and as it was when this raises OSError.

    mode: who may read and write it, less what the process's umask forbids.
    """
    with _replacing(path, mode) as (_part, handle):
        fill(handle, data)


@contextmanager
def replacing(path: Path, *, mode: int) -> Iterator[Path]:
    """The same for what is too long for memory: in the block an empty file is filled, which then takes the place of the other.

    mode: who may read and write it, whatever the umask. An error that leaves the block leaves the file as it was.
    """
    with _replacing(path, mode) as (part, handle):
        os.fchmod(handle, mode)
        yield part


@contextmanager
def _replacing(path: Path, mode: int) -> Iterator[tuple[Path, int]]:
    part = path.with_name(f".{path.name}.part")
    try:
        with _held(part, mode) as handle:
            try:
                os.ftruncate(handle, 0)
                yield part, handle
                os.fsync(handle)
                part.replace(path)
            except Exception:
                part.unlink(missing_ok=True)  # on a full disk it would only take the room of something else
                raise
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise
    sync_folder(path.parent)


def fill(handle: int, data: bytes) -> None:
    """Puts exactly these bytes into an open file."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def remove_parts(folder: Path) -> None:
    """Removes what processes left in a folder that were killed while they replaced a file; leaves what is being written."""
    for part in folder.glob(".*.part"):
        try:
            handle = os.open(part, _PART)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever waits for its lock finds that it is gone, and opens it again.
            if _is_under(part, handle):
                part.unlink()
        except BlockingIOError:
            continue  # somebody writes it
        finally:
            os.close(handle)


def make_folder(folder: Path) -> None:
    """Makes a folder and what is missing above it, so that a power cut does not lose them. Raises OSError."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for tries_left in reversed(range(_TRIES)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            break
        except FileExistsError:  # a file, or a folder that another process has just removed
            if not tries_left or (os.path.lexists(folder) and not folder.is_dir()):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
    for each in missing:
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable; or the content, when it is a file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot sync a folder
            error.filename = str(folder)
            raise
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Makes all files below a folder durable, and their names. Raises OSError."""
    for path in (folder, *folder.rglob("*")):
        sync_folder(path)


@contextmanager
def _held(part: Path, mode: int) -> Iterator[int]:
    """The file that lies under a part's name now, held alone."""
    while True:
        handle = os.open(part, _PART | os.O_CREAT, mode)
        try:
            with suppress(OSError):  # some network file systems know no locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_under(part, handle):
                yield handle
                return
        finally:
            os.close(handle)


def _is_under(path: Path, handle: int) -> bool:
    """Whether an open file is the one that lies under the path."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except FileNotFoundError:
        return False
