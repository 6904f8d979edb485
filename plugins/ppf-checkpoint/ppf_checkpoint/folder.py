"""The folder of the checkpoints: one file for each run, replaced in one step."""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ppf_core import CheckpointRefused, PpfError

_RUN_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
# What lies under the part's name is never followed: a link there could lead out of the folder.
_PART = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_OWNER_ONLY = 0o600


@dataclass(frozen=True)
class CheckpointFolder:
    """Reads and replaces the files of runs. Whoever reads sees the earlier content or the new one, whatever happens.

    A new content is written into `.<run id>.json.part` beside the file, by the process that holds the lock of that part:

        open the part → lock → is it still the file under its name? → write → fsync → rename over the file → fsync the folder
                         ↑                   │ no: its holder renamed it
                         └─── open again ────┘

    The part of a process that was killed is taken over by the next one, so that a run never leaves more than one. Those of runs
    that nobody resumes are removed by `sweep`: nobody holds their lock.

        folder = CheckpointFolder(Path(".ppf/checkpoints"))
        folder.write("r1", b"…")
        folder.read("r1") == b"…"
    """

    path: Path

    def file(self, run_id: str) -> Path:
        """The file of a run. CheckpointRefused when the id could name a file elsewhere."""
        if not _RUN_ID.fullmatch(run_id) or run_id in (".", ".."):
            hint = "A run id has 1 to 128 letters, digits, dots, underscores and hyphens."
            raise CheckpointRefused(f"The run id {run_id!r} names no checkpoint.", hint=hint)
        return self.path / f"{run_id}.json"

    def read(self, run_id: str) -> bytes | None:
        """What was written last for a run; None when nothing was. PpfError when the file cannot be read."""
        file = self.file(run_id)
        try:
            return file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            hint = "Make it readable, or correct hooks.checkpoint.directory."
            raise PpfError(f"The checkpoint {str(file)!r} cannot be read: {error.strerror or error}.", hint=hint) from error

    def write(self, run_id: str, data: bytes) -> None:
        """Replaces the file of a run. On disk when this returns; when it raises PpfError, the earlier file is as it was."""
        file = self.file(run_id)
        try:
            _make_folder(self.path)
            with _locked(self.path / f".{file.name}.part") as (part, handle):
                _fill(part, handle, data)
                part.replace(file)
            _sync_folder(self.path)
        except OSError as error:
            hint = "Make room there, make it writable, or set hooks.checkpoint.directory."
            raise PpfError(f"The checkpoint {str(file)!r} cannot be written: {error.strerror or error}.", hint=hint) from error

    def sweep(self) -> None:
        """Removes the parts of killed processes. PpfError when one cannot be removed."""
        for part in self.path.glob(".*.json.part"):
            try:
                _remove_unless_held(part)
            except OSError as error:
                hint = "Remove it, or make its folder writable."
                raise PpfError(f"The file {str(part)!r} cannot be removed: {error.strerror or error}.", hint=hint) from error


@contextmanager
def _locked(part: Path) -> Iterator[tuple[Path, int]]:
    """The file that lies under a part's name now, held alone."""
    while True:
        handle = os.open(part, _PART, _OWNER_ONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_under(part, handle):
                yield part, handle
                return
        finally:
            os.close(handle)


def _remove_unless_held(part: Path) -> None:
    """Whoever opened the part and waits for its lock finds that it is gone, and opens it again."""
    try:
        handle = os.open(part, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_under(part, handle):
            part.unlink()
    except BlockingIOError:
        return  # somebody writes it
    finally:
        os.close(handle)


def _is_under(path: Path, handle: int) -> bool:
    """Whether an open file is the one that lies under the path."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _fill(part: Path, handle: int, data: bytes) -> None:
    """Puts exactly these bytes on disk, or removes the part: on a full disk it would only take the room of something else."""
    try:
        os.ftruncate(handle, 0)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    except BaseException:
        part.unlink()
        raise


def _make_folder(folder: Path) -> None:
    """Makes a folder and what is missing above it, so that a power cut does not lose them."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        _sync_folder(made.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot sync a folder
            raise
    finally:
        os.close(handle)
