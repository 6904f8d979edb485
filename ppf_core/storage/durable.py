"""Writing so that it survives the death of the process and of the machine."""

import errno
import os
from pathlib import Path

from ppf_core.threads import threads


def write_durably(path: Path, text: str, *, mode: int = 0o666) -> None:
    """Replaces a file in one step: whoever reads it sees the old text or the new one, whatever happens. Raises OSError.

    mode: who may read and write it, less what the process's umask forbids.
    """
    part = path.with_name(f".{path.name}.{threads().token(4)}.part")  # two threads may write one file at once
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Makes a folder and what is missing above it, so that a power cut does not lose them. Raises OSError."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
    for each in missing:
        sync_folder(each.parent)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable; or the content, when it is a file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot sync a folder
            raise
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Makes all files below a folder durable, and their names. Raises OSError."""
    for path in (folder, *folder.rglob("*")):
        sync_folder(path)
