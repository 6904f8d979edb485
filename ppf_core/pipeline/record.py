"""The record of a run: one file of JSON lines, only ever appended to, that survives the death of the process.

The first line is the head, one line follows for each component that ended, the last one says how the run ended. A record
without its last line belongs to a run that is still going, or that was killed: the lock on the file tells which.
"""

import datetime
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from ppf_core.contracts.results import ComponentResult, PipelineResult, RunInfo, UsedPlugin
from ppf_core.errors import ConfigError, RunError, RunLocked, suggestion
from ppf_core.pipeline.documents import to_document

_HEAD_KEYS = (
    "run_id",
    "pipeline",
    "version",
    "environment",
    "status",
    "exit_code",
    "started_at",
    "ended_at",
    "duration",
    "resumed_from",
)


def new_run_id(now: datetime.datetime) -> str:
    """A run id that sorts by time: `20260131T235959-1f2e3d`."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


class RunRecord:
    """The open record of the run that this process executes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "record.jsonl"
        self._file: IO[str] = self.path.open("x", encoding="utf-8")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @property
    def spark_log(self) -> Path:
        """Where the noise of Spark and of its JVM goes."""
        return self.folder / "spark.log"

    def begin(self, run: RunInfo, plugins: tuple[UsedPlugin, ...]) -> None:
        """Writes the head: what runs, with which versions, where."""
        self._append({"line": "run", **to_document(run), "plugins": to_document(plugins)})
        self._sync()
        _sync_folder(self.folder)

    def note(self, line: str, **values: Any) -> None:
        """Writes what resume and recovery need: a pin, a ticket."""
        self._append({"line": line, **to_document(values)})

    def component(self, result: ComponentResult) -> None:
        """Writes how a component ended. A published sink is on disk when this returns."""
        self._append({"line": "component", **to_document(result)})
        if result.published:
            self._sync()

    def end(self, result: PipelineResult) -> None:
        """Writes how the run ended, and closes the record."""
        head = {key: value for key, value in to_document(result).items() if key not in ("components", "plugins")}
        self._append({"line": "end", **head, "components": [component.name for component in result.components]})
        self._sync()
        self._file.close()

    def _append(self, line: Mapping[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise RunError(
                f"The run's record {self.path} cannot be written: {error}.", hint="Free space there, or set runtime.state_dir."
            ) from error

    def _sync(self) -> None:
        os.fsync(self._file.fileno())


class RunStore:
    """The records of all runs under one state directory."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self._runs = state_dir / "runs"

    def create(self, run_id: str) -> RunRecord:
        """A new record; RunLocked when the run exists, RunError when the folder cannot be written."""
        folder = self._runs / run_id
        try:
            folder.mkdir(parents=True)
            return RunRecord(folder)
        except FileExistsError:
            hint = "Choose another --run-id, or leave it out."
            raise RunLocked(f"The run {run_id!r} exists already in {self.state_dir}.", hint=hint) from None
        except OSError as error:
            hint = "Make it writable, or set runtime.state_dir."
            raise RunError(f"The state directory {self.state_dir} cannot be written: {error}.", hint=hint) from error

    def list(self, pipeline: str | None = None) -> list[dict[str, Any]]:
        """The heads of all runs, oldest first; of one pipeline when it is named."""
        documents = [document for folder in self._folders() if (document := _read(folder)) is not None]
        heads = [{key: document[key] for key in _HEAD_KEYS} for document in documents]
        chosen = [head for head in heads if pipeline is None or head["pipeline"] == pipeline]
        return sorted(chosen, key=lambda head: (head["started_at"] or "", head["run_id"]))

    def show(self, run_id: str) -> dict[str, Any]:
        """The document of one run; ConfigError with a near miss when there is none of this id."""
        folders = {folder.name: folder for folder in self._folders()}
        document = _read(folders[run_id]) if run_id in folders else None
        if document is None:
            raise ConfigError(f"There is no run {run_id!r} in {self.state_dir}.", hint=suggestion(run_id, folders))
        return document

    def _folders(self) -> Iterator[Path]:
        if self._runs.is_dir():
            yield from (folder for folder in sorted(self._runs.iterdir()) if (folder / "record.jsonl").is_file())


def _read(folder: Path) -> dict[str, Any] | None:
    """The document of a run, folded from the lines of its record; None when not even the head was written."""
    path = folder / "record.jsonl"
    lines = list(_lines(path))
    if not lines or lines[0].get("line") != "run":
        return None
    last = lines[-1] if lines[-1].get("line") == "end" else None
    document = dict.fromkeys(_HEAD_KEYS)
    document.update({key: lines[0].get(key) for key in (*_HEAD_KEYS, "plugins") if key in lines[0]})
    components = {
        line["name"]: {key: value for key, value in line.items() if key != "line"}
        for line in lines
        if line["line"] == "component"
    }
    document["facts"] = next((line["facts"] for line in lines if line.get("line") == "session"), {})
    if last is None:
        document.update(status="running" if _is_locked(path) else "interrupted", problems=[])
        document["components"] = list(components.values())
    else:
        document.update({key: last.get(key) for key in (*_HEAD_KEYS, "problems")})
        document["components"] = [components[name] for name in last["components"] if name in components]
    return document


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a record. A kill in mid-write leaves a torn last line, which says nothing."""
    for text in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line


def _is_locked(path: Path) -> bool:
    """Whether the process that writes the record is alive: it holds the lock, and death releases it."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
