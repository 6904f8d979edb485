"""The record of a run: one file of JSON lines, only ever appended to, that survives the death of the process.

The first line is the head, the second one the plan; one line follows for each component that ended, the last one says how the
run ended. Each line has the time `at` which it was written. `recorded` reads them back. A record without its last line belongs
to a run that is still going, or that was killed: the lock on the file tells which.
"""

import datetime
import fcntl
import json
import os
import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ppf_core.contracts.results import ComponentResult, PipelineResult, RunInfo, RunStatus, UsedPlugin
from ppf_core.errors import ConfigError, RunError, RunLocked, suggestion
from ppf_core.pipeline.documents import to_document
from ppf_core.pipeline.durable import make_folder, sync_folder
from ppf_core.pipeline.recorded import RECORD, read_head, read_report, read_run

_RESERVE = 64 * 1024


def new_run_id(now: datetime.datetime) -> str:
    """A run id that sorts by time: `20260131T235959-1f2e3d`."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


class RunRecord:
    """The open record of the run that this process executes. Its methods can be called from several threads.

    When the disk is full, the first line that finds no room fails the run. A reserve is given up then, so that this line and
    those that say how the run ended are still written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / RECORD
        self._reserve = folder / "reserve"
        self._lock = threading.Lock()
        self._written: set[str] = set()
        self._file = self.path.open("xb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX)  # waits for nobody but a reader who asks whether the run is alive

    @property
    def spark_log(self) -> Path:
        """Where the noise of Spark and of its JVM goes."""
        return self.folder / "spark.log"

    def begin(self, run: RunInfo, plugins: tuple[UsedPlugin, ...], plan: Mapping[str, Any] | None = None) -> None:
        """Writes the head and the plan: what runs, with which versions, where. When it cannot, no trace of the run is left."""
        try:
            self._append({"line": "run", **to_document(run), "plugins": to_document(plugins)})
            if plan is not None:
                self._append({"line": "plan", **plan})
            self._sync()
            sync_folder(self.folder)
            self._reserve.write_bytes(bytes(_RESERVE))
        except (OSError, RunError) as error:
            self._file.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise error if isinstance(error, RunError) else self._unwritable(error) from error

    def note(self, line: str, **values: Any) -> None:
        """Writes what resume, recovery and reports need: a pin, a ticket, an attempt."""
        self._append({"line": line, **to_document(values)})

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
            self._reserve.unlink(missing_ok=True)
            self._file.close()

    def _end(self, result: PipelineResult) -> None:
        for component in result.components:
            if component.name not in self._written:
                self.component(component)
        head = {key: value for key, value in to_document(result).items() if key not in ("components", "plugins")}
        self._append({"line": "end", **head})
        self._sync()

    def _append(self, line: Mapping[str, Any]) -> None:
        dated = {**line, "at": to_document(datetime.datetime.now(datetime.UTC))}
        # A half of a surrogate pair (a file name that is no UTF-8) becomes an escape that JSON reads back.
        data = json.dumps(dated, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        with self._lock:
            try:
                self._write(data)
            except OSError as error:
                self._reserve.unlink(missing_ok=True)
                with suppress(OSError):
                    self._write(data)
                raise self._unwritable(error) from error

    def _write(self, data: bytes) -> None:
        """The whole line or nothing of it: a part would spoil the line that follows."""
        begin = self._file.tell()
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(begin)
            self._file.seek(begin)
            raise

    def _sync(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> RunError:
        hint = "Free space there, or set runtime.state_dir."
        return RunError(f"The run's record {self.path} cannot be written: {error.strerror or error}.", hint=hint)


class RunStore:
    """The records of all runs under one state directory."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self._runs = state_dir / "runs"

    def create(self, run_id: str) -> RunRecord:
        """A new record; RunLocked when the run exists, RunError when the folder cannot be written."""
        folder = self._runs / run_id
        try:
            _make_folder(folder)
            return RunRecord(folder)
        except FileExistsError:
            hint = "Choose another --run-id, or leave it out."
            raise RunLocked(f"The run {run_id!r} exists already in {self.state_dir}.", hint=hint) from None
        except OSError as error:
            with suppress(OSError):
                folder.rmdir()
            hint = "Make it writable, or set runtime.state_dir."
            raise RunError(f"The state directory {self.state_dir} cannot be written: {error}.", hint=hint) from error

    def list(self, pipeline: str | None = None) -> list[dict[str, Any]]:
        """The heads of all runs, oldest first; of one pipeline when it is named."""
        heads = [head for folder in self._folders() if (head := read_head(folder)) is not None]
        chosen = [head for head in heads if pipeline is None or head["pipeline"] == pipeline]
        return sorted(chosen, key=lambda head: (head["started_at"] or "", head["run_id"]))

    def show(self, run_id: str) -> dict[str, Any]:
        """The document of one run; ConfigError with a near miss when there is none of this id."""
        document = read_run(self.folder(run_id))
        return document if document is not None else self._unknown(run_id)

    def report(self, run_id: str) -> dict[str, Any]:
        """The document of one run and all else that its record knows: what a report shows. ConfigError as for `show`."""
        document = read_report(self.folder(run_id))
        return document if document is not None else self._unknown(run_id)

    def folder(self, run_id: str) -> Path:
        """Where the record of a run lies; ConfigError with a near miss when there is none of this id."""
        folders = {folder.name: folder for folder in self._folders()}
        return folders[run_id] if run_id in folders else self._unknown(run_id, folders)

    def _unknown(self, run_id: str, known: Mapping[str, Path] | None = None) -> Any:
        raise ConfigError(f"There is no run {run_id!r} in {self.state_dir}.", hint=suggestion(run_id, known or ()))

    def _folders(self) -> Iterator[Path]:
        try:
            if self._runs.is_dir():
                yield from (folder for folder in sorted(self._runs.iterdir()) if (folder / RECORD).is_file())
        except OSError as error:
            hint = "Make it readable, or name another one."
            raise RunError(f"The state directory {self.state_dir} cannot be read: {error}.", hint=hint) from error


def _make_folder(folder: Path) -> None:
    """Makes a folder that must be new, and its parents, so that a power cut does not lose them."""
    make_folder(folder.parent)
    folder.mkdir()
    sync_folder(folder.parent)
