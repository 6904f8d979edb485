"""A stream that goes on, in the hands of those who want it to end: of a notebook, a service, or another process.

    <state_dir>/runs/<run id>/stop

A file in the folder of its run asks for the end, so that it does not matter where the stream runs.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from ppf_core.contracts.results import PipelineResult, RunInfo, StreamProgress
from ppf_core.errors import RunError
from ppf_core.state.events import Event, Observer, RunStarted, StreamProgressed
from ppf_core.storage.state_files import state_files
from ppf_core.threads import threads

How = Literal["drain", "now"]
"""drain: each query ends the batch that is at work, and shows it. now: what is at work is cancelled, and comes again."""

_STOP = "stop"


class RunningStream:
    """A stream that goes on until it is stopped, or ends by itself. `PipelineRunner.start` gives it.

    stream = PipelineRunner.from_file("ticks.conf").start()
    stream.progress()
    stream.stop()
    result = stream.await_end()
    """

    def __init__(self, execute: Callable[[Observer], PipelineResult]) -> None:
        self._batches: dict[str, StreamProgress] = {}
        self._run: RunInfo | None = None
        self._result: PipelineResult | None = None
        self._error: BaseException | None = None
        self._has_begun, self._has_ended = threads().event(), threads().event()
        threads().start(lambda: self._execute(execute), "ppf-stream")
        self._has_begun.wait()
        if self._run is None:
            self._raise()

    @property
    def run_id(self) -> str:
        """The id of its run."""
        assert self._run is not None  # noqa: S101 -- else nobody has got it
        return self._run.run_id

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return not self._has_ended.is_set()

    def progress(self) -> Sequence[StreamProgress]:
        """How each query stands that has ended a batch."""
        return tuple(self._batches.values())

    def stop(self, *, drain: bool = True) -> None:
        """Asks for the end, and returns at once. RunError when the disk refuses that.

        drain: the batches at work are finished and published. Else they are cancelled: nothing of them is shown, and the next
        run does them.
        """
        assert self._run is not None  # noqa: S101 -- else nobody has got it
        folder = Path(self._run.record_path).parent
        try:
            ask_to_stop(folder, "drain" if drain else "now")
        except OSError as error:
            hint = "Free space there."
            raise RunError(f"The stream cannot be told to end: {folder} cannot be written: {error}.", hint=hint) from error

    def await_end(self, timeout: float | None = None) -> PipelineResult | None:
        """Waits until it has ended, but no longer than so many seconds. How it went; None when it goes on."""
        if not self._has_ended.wait(timeout):
            return None
        if self._result is None:
            self._raise()
        return self._result

    def _execute(self, execute: Callable[[Observer], PipelineResult]) -> None:
        try:
            self._result = execute(self._hear)
        except BaseException as error:  # noqa: BLE001 -- raised where somebody waits for it
            self._error = error
        finally:
            self._has_ended.set()
            self._has_begun.set()

    def _hear(self, event: Event) -> None:
        if isinstance(event, StreamProgressed):
            self._batches = {**self._batches, event.progress.query: event.progress}
        elif isinstance(event, RunStarted):
            self._run = event.run
            self._has_begun.set()

    def _raise(self) -> None:
        assert self._error is not None  # noqa: S101 -- it has no result
        raise self._error


def ask_to_stop(folder: Path, how: How = "drain") -> None:
    """The run that lies in this folder ends soon. Raises OSError."""
    state_files().write(folder / _STOP, how)


def asked_to_stop(folder: Path) -> How | None:
    """Whether and how somebody asked for the end of the run."""
    try:
        return "now" if state_files().read(folder / _STOP) == b"now" else "drain"
    except FileNotFoundError:
        return None
