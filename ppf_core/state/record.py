"""The record of a run: one file of JSON lines, only ever appended to, that survives the death of the process.

The first line is the head, the second one the plan; one line follows for each component that ended, the last one says how the
run ended. Each line has the time `at` which it was written. `lines` has their kinds, `recorded` reads them back. A record that
has no last line belongs to a run that is still going, or that was killed: the lock on the file tells which.

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
from pathlib import Path
from typing import Any

from ppf_core.contracts.results import PipelineResult, RunInfo, UsedPlugin
from ppf_core.errors import RunError, RunLocked
from ppf_core.state import lines
from ppf_core.state.events import AttemptEnded, CheckJudged, ComponentEnded, ComponentStarted, Event, Retried
from ppf_core.state.journal import PIPELINE, Journal
from ppf_core.state.lines import Entry, Line, must_last, write_entry
from ppf_core.state.recorded import RECORD, holder_of, read_journal
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
        self._ended: set[str] = set()

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
        plan: lines.PlanMade | None = None,
        pipeline: Mapping[str, Any] | None = None,
        replays: str | None = None,
    ) -> None:
        """Writes the head and the plan: what runs, with which versions, where; and the file's values, for who must finish it.

        replays: the run whose quarantined rows it takes. When it cannot, no trace of the run is left.
        """
        try:
            self._begin(lines.RunBegan(run, plugins, *_here(), replays), plan, pipeline)
        except (OSError, RunError) as error:
            self.release()
            state_files().remove_folder(self.folder, as_far_as_possible=True)
            state_files().remove(self._unfinished)
            raise error if isinstance(error, RunError) else self._unwritable(error) from error

    def resume(self, run: RunInfo, plugins: tuple[UsedPlugin, ...], plan: lines.PlanMade, pipeline: Mapping[str, Any]) -> None:
        """Writes that the run goes on, with what it runs now. Raises RunError."""
        try:
            self._begin(lines.RunResumed(run, plugins, *_here()), plan, pipeline)
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, line: Line) -> None:
        """Adds a line. RunError when the disk refuses it."""
        entry = Entry(threads().now(), line)
        data = write_entry(entry)
        with self._lock:
            try:
                self._file.append(data)
            except OSError as error:
                state_files().remove(self._reserve)
                with suppress(OSError):
                    self._file.append(data)
                    self.journal.add(entry)
                raise self._unwritable(error) from error
            self.journal.add(entry)
        if isinstance(line, lines.ComponentEnded):
            self._ended.add(line.result.name)
        if must_last(line):
            self._sync()

    def hear(self, event: Event) -> None:
        """Writes what it has to know of what happens in the run. Nobody hears of an event before it is written."""
        match event:
            case ComponentStarted(component):
                self.write(lines.ComponentStarted(component.name))
            case AttemptEnded(component, attempt, step, started_at, ended_at, error):
                delay = event.delay if isinstance(event, Retried) else None
                self.write(lines.AttemptEnded(component.name, attempt, step, started_at, ended_at, error, delay))
            case CheckJudged(component, result):
                self.write(lines.CheckJudged(component.name, result))
            case ComponentEnded(_, result):
                self.write(lines.ComponentEnded(result))
            case _:
                pass

    def conclude(self, ended: lines.RunEnded) -> None:
        """Writes how a run ended that another process has finished, and closes the record."""
        try:
            self.write(ended)
            self.settle()
        finally:
            self.release()

    def settle(self) -> None:
        """Removes what is only there while the run goes on, or has something left to do.

        What the disk does not let go harms nobody: the next run of the pipeline removes it, or `ppf runs clean` with the run.
        """
        for path in [self._reserve, *([] if self.journal.is_open else [self._unfinished])]:
            with suppress(OSError):
                state_files().remove(path)

    def end(self, result: PipelineResult) -> None:
        """Writes how the run ended, with the components that never started, and closes the record.

        When the disk refuses a line, RunError is raised, and the record stays open for what is to be said of the run then.
        """
        for component in result.components:
            if component.name not in self._ended:
                self.write(lines.ComponentEnded(component))
        self.write(lines.RunEnded(result.status, result.exit_code, result.ended_at, result.duration, result.problems))
        self.settle()
        self.release()

    def release(self) -> None:
        """Lets go of the record: another process may go on with the run."""
        self._file.close()

    def _keep(self, pipeline: Mapping[str, Any] | None) -> None:
        if pipeline is not None:
            state_files().write(self.folder / PIPELINE, json.dumps(pipeline, ensure_ascii=False), mode=0o600)

    def _begin(self, head: lines.Head, plan: lines.PlanMade | None, pipeline: Mapping[str, Any] | None) -> None:
        self.write(head)
        if plan is not None:
            self.write(plan)
        self._keep(pipeline)
        self._sync()
        state_files().sync_folder(self.folder)
        state_files().mark(self._unfinished)
        state_files().reserve(self._reserve, _RESERVE)

    def _sync(self) -> None:
        try:
            self._file.sync()
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> RunError:
        hint = "Free space there, or set runtime.state_dir."
        return RunError(f"The run's record {self.path} cannot be written: {error.strerror or error}.", hint=hint)


def _here() -> tuple[str, int]:
    """Who holds the record: host and process."""
    return socket.gethostname(), os.getpid()


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
