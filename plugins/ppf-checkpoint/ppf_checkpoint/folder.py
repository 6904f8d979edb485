"""The folder of the checkpoints: one file for each run, replaced in one step."""

import re
from dataclasses import dataclass
from pathlib import Path

from ppf_core import CheckpointRefused, PpfError
from ppf_core.storage import make_folder, remove_parts, replace_file

_RUN_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_OWNER_ONLY = 0o600


@dataclass(frozen=True)
class CheckpointFolder:
    """Reads and replaces the files of runs. Whoever reads sees the earlier content or the new one, whatever happens.

    What a killed process left of a file is taken over by the next one that writes it. Of runs that nobody resumes, `sweep`
    removes it.

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
            make_folder(self.path)
            replace_file(file, data, mode=_OWNER_ONLY)
        except OSError as error:
            hint = "Make room there, make it writable, or set hooks.checkpoint.directory."
            raise PpfError(f"The checkpoint {str(file)!r} cannot be written: {error.strerror or error}.", hint=hint) from error

    def sweep(self) -> None:
        """Removes what killed processes left. PpfError when something cannot be removed."""
        try:
            remove_parts(self.path)
        except OSError as error:
            hint = "Remove it, or make its folder writable."
            message = f"The file {str(error.filename)!r} cannot be removed: {error.strerror or error}."
            raise PpfError(message, hint=hint) from error
