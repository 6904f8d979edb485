"""Checkpoints: what a run has reached, kept on disk until the run is resumed."""

from pathlib import Path
from typing import ClassVar

from ppf_checkpoint.folder import CheckpointFolder
from ppf_checkpoint.saved import CheckpointFile, encode
from ppf_core import Checkpoint, Hooks, OptionsError, RunInfo, hookimpl, local_path, option, options


@options
class CheckpointOptions:
    """Where checkpoints are kept."""

    directory: str | None = option(
        "The local folder of the checkpoints, one file for each run; `checkpoints` in the state directory unless given.",
        default=None,
        path=True,
    )

    def __post_init__(self) -> None:
        """Says at once what would fail only in the run."""
        try:
            local_path(self.directory or "")
        except ValueError as error:
            raise OptionsError({"directory": str(error)}) from error


class CheckpointHooks(Hooks[CheckpointOptions]):
    """Keeps what a run has reached, so that `ppf run --resume` continues it in another process.

    A checkpoint is replaced in one step and is on disk before the run goes on. One that is torn, damaged, of another run or
    of a newer version is refused when it is loaded.
    """

    examples: ClassVar = ("", 'directory = "checkpoints"')

    _is_swept = False

    @hookimpl
    def ppf_checkpoint_load(self, run: RunInfo) -> Checkpoint | None:
        """What was saved last of a run, or None."""
        folder = self._folder(run)
        data = folder.read(run.run_id)
        return None if data is None else CheckpointFile(folder.file(run.run_id), data, run).checkpoint()

    @hookimpl
    def ppf_checkpoint_save(self, run: RunInfo, checkpoint: Checkpoint) -> bool:
        """Keeps what a run has reached; it is on disk when this returns True."""
        folder = self._folder(run)
        folder.write(checkpoint.run_id, encode(checkpoint))
        if not self._is_swept:
            folder.sweep()
            self._is_swept = True
        return True

    def _folder(self, run: RunInfo) -> CheckpointFolder:
        if self.options.directory is not None:
            return CheckpointFolder(local_path(self.options.directory))
        # The record lies in <state directory>/runs/<run id>.
        return CheckpointFolder(Path(run.record_path).parents[2] / "checkpoints")
