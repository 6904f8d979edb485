"""The record of a run: one file of JSON lines, only ever appended to, that survives the death of the process.

The first line is the head, the second one the plan; one line follows for each component that ended, the last one says how the
run ended. Each line has the time `at` which it was written. `recorded` reads them back. A record without its last line belongs
to a run that is still going, or that was killed: the lock on the file tells which.

The record is the journal of the run's writes as well (`journal` reads it so):

    stage · staged · commit · published | discarded

`stage` is on disk before a sink writes anything, `commit` before the first of them is shown to anybody.
"""

import datetime
import json
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ppf_core.contracts.results import ComponentResult, PipelineResult, RunInfo, RunStatus, UsedPlugin
from ppf_core.errors import RunError, RunLocked
from ppf_core.pipeline.documents import to_document
from ppf_core.pipeline.journal import Journal, read_journal
from ppf_core.pipeline.recorded import PIPELINE, RECORD, holder_of
from ppf_core.storage.state_files import RecordFile, lock_within, state_files
from ppf_core.threads import threads

_RESERVE = 64 * 1024
_SECONDS_TO_LOCK = 2.0


def new_run_id(now: datetime.datetime) -> str:
    """A run id that sorts by time: `20260131T235959-1f2e3d`."""
    return f"{now:%Y%m%dT%H%M%S}-{threads().token(3)}"


class RunRecord:
    """The open record of the run that this process executes. Its methods can be called from several threads.

    journal: what its lines say of writes and cursors, up to the last one.

    When the disk is full, the first line that finds no room fails the run. A reserve is given up then, so that this line and
    those that say how the run ended are still written.
    """

    def __init__(self, folder: Path, file: RecordFile, unfinished: Path, journal: Journal) -> None:
        self.folder = folder
        self.journal = journal
        self.path = folder / RECORD
        self._file = file
        self._unfinished = unfinished
        self._reserve = folder / "reserve"
        self._lock = threads().lock()
        self._written: set[str] = set()

    @classmethod
    def create(cls, folder: Path, unfinished: Path) -> "RunRecord":
        """A new record in a new folder. Raises OSError."""
        return cls(folder, _held(state_files().create(folder / RECORD), folder), unfinished, Journal(folder))

    @classmethod
    def reopen(cls, folder: Path, unfinished: Path) -> "RunRecord":
        """The record of a run that goes on, or is finished now. Raises OSError; RunLocked when a living process holds it.

        RunError when the run never began.
        """
        file = _held(state_files().reopen(folder / RECORD), folder)
        try:
            if file.is_torn():
                file.append(b"\n")  # the line in which a kill came; readers skip it
            journal = read_journal(folder)
            if journal is None:
                state_files().read(folder / RECORD)  # FileNotFoundError when somebody removed it just now
                message = f"The record of {folder.name!r} in {folder} has no head: the run never began."
                raise RunError(message, hint="Remove the folder.")
        except BaseException:
            file.close()
            raise
        return cls(folder, file, unfinished, journal)

    @property
    def spark_log(self) -> Path:
        """Where the noise of Spark and of its JVM goes."""
        return self.folder / "spark.log"

    def begin(
        self,
        run: RunInfo,
        plugins: tuple[UsedPlugin, ...],
        plan: Mapping[str, Any] | None = None,
        pipeline: Mapping[str, Any] | None = None,
    ) -> None:
        """Writes the head and the plan: what runs, with which versions, where; and the file's values, for who must finish it.

        When it cannot, no trace of the run is left.
        """
        try:
            self._append({"line": "run", **to_document(run), "plugins": to_document(plugins), **_here()})
            if plan is not None:
                self._append({"line": "plan", **plan})
            self._keep(pipeline)
            self._sync()
            state_files().sync_folder(self.folder)
            state_files().mark(self._unfinished)
            state_files().reserve(self._reserve, _RESERVE)
        except (OSError, RunError) as error:
            self.release()
            state_files().remove_folder(self.folder, as_far_as_possible=True)
            state_files().remove(self._unfinished)
            raise error if isinstance(error, RunError) else self._unwritable(error) from error

    def resume(
        self, run: RunInfo, plugins: tuple[UsedPlugin, ...], plan: Mapping[str, Any], pipeline: Mapping[str, Any]
    ) -> None:
        """Writes that the run goes on, with what it runs now. Raises RunError."""
        try:
            self._append({"line": "resumed", **to_document(run), "plugins": to_document(plugins), **_here()})
            self._append({"line": "plan", **plan})
            self._keep(pipeline)
            self._sync()
            state_files().mark(self._unfinished)
            state_files().reserve(self._reserve, _RESERVE)
        except OSError as error:
            raise self._unwritable(error) from error

    def note(self, line: str, *, sync: bool = False, **values: Any) -> None:
        """Writes what resume, recovery and reports need: a pin, a ticket, an attempt. sync: it is on disk when this returns."""
        self._append({"line": line, **to_document(values)})
        if sync:
            self._sync()

    def conclude(self, head: Mapping[str, Any]) -> None:
        """Writes how a run ended that another process has finished, and closes the record. head: as `recorded` gives it."""
        try:
            self._append({"line": "end", **head})
            self._sync()
            self.settle()
        finally:
            self.release()

    def settle(self) -> None:
        """Removes what is only there while the run goes on, or has something left to do.

        What the disk does not let go harms nobody: `ppf runs clean` removes it with the run.
        """
        for path in [self._reserve, *([] if self.journal.is_open else [self._unfinished])]:
            with suppress(OSError):
                state_files().remove(path)

    def component(self, result: ComponentResult) -> None:
        """Writes how a component ended. A sink whose rows others can see is on disk when this returns."""
        self._append({"line": "component", **to_document(result)})
        self._written.add(result.name)
        if result.published or (result.kind == "sink" and result.status == "success"):
            self._sync()

    def end(self, result: PipelineResult) -> None:
        """Writes how the run ended, with the components that never started, and closes the record.

        When that finds no room, RunError is raised, and the record says that the run failed, as far as the reserve goes.
        """
        try:
            self._end(result)
        except RunError as error:
            status: RunStatus = "failed" if result.status == "success" else result.status
            exit_code, problems = result.exit_code or error.exit_code, (*result.problems, *error.problems)
            with suppress(RunError):
                self._end(replace(result, status=status, exit_code=exit_code, problems=problems))
            raise
        finally:
            self.settle()
            self.release()

    def release(self) -> None:
        """Lets go of the record: another process may go on with the run."""
        self._file.close()

    def _keep(self, pipeline: Mapping[str, Any] | None) -> None:
        if pipeline is not None:
            state_files().write(self.folder / PIPELINE, json.dumps(pipeline, ensure_ascii=False), mode=0o600)

    def _end(self, result: PipelineResult) -> None:
        for component in result.components:
            if component.name not in self._written:
                self.component(component)
        head = {key: value for key, value in to_document(result).items() if key not in ("components", "plugins")}
        self._append({"line": "end", **head})
        self._sync()

    def _append(self, line: Mapping[str, Any]) -> None:
        dated = {**line, "at": to_document(threads().now())}
        # A half of a surrogate pair (a file name that is no UTF-8) becomes an escape that JSON reads back.
        data = json.dumps(dated, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        with self._lock:
            try:
                self._file.append(data)
            except OSError as error:
                state_files().remove(self._reserve)
                with suppress(OSError):
                    self._file.append(data)
                    self.journal.add(dated)
                raise self._unwritable(error) from error
            self.journal.add(dated)

    def _sync(self) -> None:
        try:
            self._file.sync()
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> RunError:
        hint = "Free space there, or set runtime.state_dir."
        return RunError(f"The run's record {self.path} cannot be written: {error.strerror or error}.", hint=hint)


def _here() -> dict[str, Any]:
    """Who holds the record."""
    return {"host": socket.gethostname(), "pid": os.getpid()}


def _held(file: RecordFile, folder: Path) -> RecordFile:
    """The file with its lock. Readers hold that for a moment, to ask whether the run is alive; whoever holds it longer is."""
    try:
        is_held = lock_within(file, _SECONDS_TO_LOCK)
    except BaseException:
        file.close()
        raise
    if not is_held:
        file.close()
        hint = "Wait until it ends, or end it."
        raise RunLocked(f"The run {folder.name!r} is held by process {holder_of(folder)}.", hint=hint)
    return file
