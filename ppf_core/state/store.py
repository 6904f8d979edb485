"""The runs under one state directory: their records, and which of them left something to finish.

format                          the version of all that follows
runs/<run id>/record.jsonl      what happened
runs/<run id>/pipeline.json     the file as it was, so that another process can finish the run's writes
unfinished/<run id>             there from the first line of a record until nothing of the run is left to do
cursors/<pipeline>.json         how far incremental sources have got
breakers/<pipeline>.json        which components are not started for a while
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ppf_core.errors import ConfigError, RunError, RunLocked, suggestion
from ppf_core.state.journal import Journal, Write
from ppf_core.state.record import RunRecord
from ppf_core.state.recorded import RECORD, Recorded, is_held, read_head, read_journal, read_record
from ppf_core.storage.state_files import state_files

FORMAT = 3
"""Grows with each change that another version of ppf would misread. Cursors have a format of their own."""


class RunRecords:
    """The records of all runs under one state directory."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self._runs = state_dir / "runs"
        self._unfinished = state_dir / "unfinished"

    def require_known(self) -> None:
        """RunError when another version of ppf wrote the state directory in a way that this one does not read."""
        try:
            self._require_format()
        except OSError as error:
            raise self._unreadable(error) from error

    def require_writable(self) -> None:
        """RunError when no record could be made here. Asked before a run starts anything, and makes nothing."""
        try:
            self._require_format()
            nearest = next(each for each in (self._runs, *self._runs.parents) if state_files().exists(each))
            state_files().require_writable(nearest)
        except OSError as error:
            raise self._unwritable(error) from error

    def create(self, run_id: str) -> RunRecord:
        """A new record; RunLocked when the run exists, RunError when the folder cannot be written."""
        folder = self._runs / run_id
        try:
            self._require_format()
            if self._format() is None:
                state_files().make_folder(self.state_dir)
                state_files().write(self.state_dir / "format", f"{FORMAT}\n")
            state_files().make_new_folder(folder)
            return RunRecord.create(folder, self._marker(run_id))
        except FileExistsError:
            hint = "Choose another --run-id, or leave it out; --resume goes on with it."
            raise RunLocked(f"The run {run_id!r} exists already in {self.state_dir}.", hint=hint) from None
        except OSError as error:
            with suppress(OSError):
                state_files().remove_empty_folder(folder)
            raise self._unwritable(error) from error

    def reopen(self, run_id: str) -> RunRecord:
        """The record of a run that no living process holds. RunLocked, ConfigError or RunError otherwise."""
        folder = self.folder(run_id)
        try:
            return RunRecord.reopen(folder, self._marker(run_id))
        except FileNotFoundError:
            self._unknown(run_id)
        except OSError as error:
            hint = "Make it writable."
            raise RunError(f"The record of {run_id!r} in {folder} cannot be written: {error}.", hint=hint) from error

    def unfinished(self) -> dict[str, Journal]:
        """The journals of the runs that have, or may have, something left to do: running ones and dead ones."""
        marked = state_files().names(self._unfinished) if self._has(self._unfinished) else []
        journals = {name: self.journal(name) for name in marked}
        return {name: journal for name, journal in journals.items() if journal is not None}

    def dead(self, pipeline: str | None = None) -> list[str]:
        """The runs that have something left to do, and no living process that would do it; of one pipeline when it is named."""
        return [
            run_id
            for run_id, journal in self.unfinished().items()
            if journal.is_open and pipeline in (None, journal.pipeline) and not is_held(journal.folder / RECORD)
        ]

    def writes(self, scope: str) -> Iterator[Write]:
        """The writes of one scope in all runs, in the order of the runs: what became of a batch, whoever wrote it."""
        for run in self.list():
            journal = self.journal(run["run_id"])
            yield from (write for write in (journal.writes if journal is not None else {}).values() if write.id.scope == scope)

    def forget(self, run_id: str) -> None:
        """Nothing of this run is left to do."""
        state_files().remove(self._marker(run_id))

    def journal(self, run_id: str) -> Journal | None:
        """The writes of one run; None when it has no record."""
        folder = self._runs / run_id
        return read_journal(folder) if state_files().is_file(folder / RECORD) else None

    def _require_format(self) -> None:
        # Looked at first: a first run that begins just now writes the format before it makes one of these.
        is_used = any(state_files().is_folder(self.state_dir / name) for name in ("runs", "unfinished"))
        found = self._format()
        if found is None and is_used:
            hint = (
                "Finish its runs with the version that wrote it (`ppf runs recover`), then remove it or set another "
                "runtime.state_dir. Its folder 'cursors' can be copied."
            )
            raise RunError(f"The state directory {self.state_dir} was written by an older version of ppf.", hint=hint)
        if found not in (None, str(FORMAT)):
            message = f"The state directory {self.state_dir} has the format {found!r}; this version of ppf reads {FORMAT}."
            raise RunError(message, hint="Use the version that wrote it, or set another runtime.state_dir.")

    def _format(self) -> str | None:
        """What the state directory says of its format; None before its first run, and of an older one."""
        try:
            return state_files().read(self.state_dir / "format").decode(errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):  # whoever needs the folder says that it is none
            return None

    def _marker(self, run_id: str) -> Path:
        return self._unfinished / run_id

    def _with_status(self, document: dict[str, Any]) -> dict[str, Any]:
        """A run that has decided to show its rows and has not shown all of them is `publishing`, alive or dead."""
        if state_files().exists(self._marker(document["run_id"])):
            journal = self.journal(document["run_id"])
            if journal is not None and journal.is_publishing:
                return {**document, "status": "publishing"}
        return document

    def list(self, pipeline: str | None = None) -> list[dict[str, Any]]:
        """The heads of all runs, oldest first; of one pipeline when it is named."""
        heads = [self._with_status(head) for folder in self._folders() if (head := read_head(folder)) is not None]
        chosen = [head for head in heads if pipeline is None or head["pipeline"] == pipeline]
        return sorted(chosen, key=lambda head: (head["started_at"] or "", head["run_id"]))

    def show(self, run_id: str) -> dict[str, Any]:
        """The document of one run; ConfigError with a near miss when there is none of this id."""
        return self._with_status(self.recorded(run_id).document)

    def report(self, run_id: str) -> dict[str, Any]:
        """The document of one run and all else that its record knows: what a report shows. ConfigError as for `show`."""
        return self._with_status(self.recorded(run_id).report)

    def recorded(self, run_id: str) -> Recorded:
        """The record of one run, read back. ConfigError as for `show`."""
        record = read_record(self.folder(run_id))
        return record if record is not None else self._unknown(run_id)

    def folder(self, run_id: str) -> Path:
        """Where the record of a run lies; ConfigError with a near miss when there is none of this id."""
        folders = {folder.name: folder for folder in self._folders()}
        return folders[run_id] if run_id in folders else self._unknown(run_id, folders)

    def _unknown(self, run_id: str, known: Mapping[str, Path] | None = None) -> NoReturn:
        raise ConfigError(f"There is no run {run_id!r} in {self.state_dir}.", hint=suggestion(run_id, known or ()))

    def _unwritable(self, error: OSError) -> RunError:
        hint = "Make it writable, or set runtime.state_dir."
        return RunError(f"The state directory {self.state_dir} cannot be written: {error}.", hint=hint)

    def _unreadable(self, error: OSError) -> RunError:
        hint = "Make it readable, or name another one."
        return RunError(f"The state directory {self.state_dir} cannot be read: {error}.", hint=hint)

    def _has(self, folder: Path) -> bool:
        """Whether a folder of the state directory is there. Where the latter is a file, somebody named the wrong thing."""
        if state_files().is_file(self.state_dir):
            hint = "Name a folder: the one that is runtime.state_dir in the pipeline file."
            raise RunError(f"The state directory {self.state_dir} is a file.", hint=hint)
        self._require_format()
        return state_files().is_folder(folder)

    def _folders(self) -> Iterator[Path]:
        try:
            if self._has(self._runs):
                folders = [self._runs / name for name in state_files().names(self._runs)]
                yield from (folder for folder in folders if state_files().is_file(folder / RECORD))
        except OSError as error:
            raise self._unreadable(error) from error
