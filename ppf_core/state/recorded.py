"""Reads the record of a run back: from its lines to its journal, to the document of the run, and to what a report shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ppf_core.contracts.results import ComponentResult, RunStatus
from ppf_core.state import lines
from ppf_core.state.documents import to_document
from ppf_core.state.journal import Journal
from ppf_core.state.lines import Entry, Line, OfComponent, read_entries
from ppf_core.storage.state_files import state_files

RECORD = "record.jsonl"

HEAD_KEYS = (
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

L = TypeVar("L", bound=Line)


@dataclass(frozen=True)
class Recorded:
    """The lines of a record, or some of them, with a head. is_held: whether somebody still writes it."""

    entries: Sequence[Entry]
    is_held: bool

    def of(self, kind: type[L]) -> list[L]:
        """The lines of one kind, in their order."""
        return [entry.line for entry in self.entries if isinstance(entry.line, kind)]

    @property
    def status(self) -> RunStatus:
        """How it ended; of one that has not, whether it goes on."""
        if self.ended is not None:
            return self.ended.status
        return "running" if self.is_held else "interrupted"

    @property
    def head(self) -> dict[str, Any]:
        """The keys of a run's document that say how it ended."""
        first, last = self.of(lines.Head)[0].run, self.of(lines.Head)[-1].run
        ended = self.ended
        found = {
            "run_id": first.run_id,
            "pipeline": first.pipeline,
            "version": last.version,
            "environment": last.environment,
            "status": self.status,
            "exit_code": ended.exit_code if ended is not None else None,
            "started_at": first.started_at,
            "ended_at": ended.ended_at if ended is not None else None,
            "duration": ended.duration if ended is not None else None,
            "resumed_from": last.resumed_from,
        }
        return {key: to_document(found[key]) for key in HEAD_KEYS}

    @property
    def ended(self) -> lines.RunEnded | None:
        """How the last attempt ended; None when it goes on, or was killed."""
        marks = [entry.line for entry in self.entries if isinstance(entry.line, lines.Head | lines.RunEnded)]
        return marks[-1] if isinstance(marks[-1], lines.RunEnded) else None

    @property
    def plan(self) -> lines.PlanMade:
        """What the last attempt does."""
        return next(reversed(self.of(lines.PlanMade)), lines.PlanMade())

    @property
    def results(self) -> list[ComponentResult]:
        """The components in the order of the file, as far as they have ended."""
        ended = {line.result.name: line.result for line in self.of(lines.ComponentEnded)}
        names = [component["name"] for component in self.plan.components] or ended
        return [ended[name] for name in names if name in ended]

    @property
    def document(self) -> dict[str, Any]:
        """The document of the run."""
        facts = [line.facts for line in self.of(lines.SessionOpened)]
        return {
            **self.head,
            "plugins": to_document(self.of(lines.Head)[-1].plugins),
            "problems": to_document(self.ended.problems if self.ended is not None else ()),
            "facts": facts[0] if facts else {},
            "components": to_document(self.results),
        }

    @property
    def report(self) -> dict[str, Any]:
        """The document of the run, and all else that is known of it.

        Further keys: `mode`, `tags`, `record_path`, `written_at` (the last sign of life), `session_at` (Spark was ready),
        `plan`, `attempts`, and `noted`, which has what was written of each component before it ended.
        """
        first, sessions = (
            self.of(lines.Head)[0].run,
            [each for each in self.entries if isinstance(each.line, lines.SessionOpened)],
        )
        return {
            **self.document,
            **to_document({"mode": first.mode, "tags": first.tags, "record_path": first.record_path}),
            "written_at": to_document(self.entries[-1].at),
            "session_at": to_document(sessions[0].at) if sessions else None,
            "plan": to_document(self.plan),
            "attempts": to_document(self.of(lines.AttemptEnded)),
            "noted": {name: _noted(entries) for name, entries in self._by_component().items()},
        }

    def _by_component(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            if isinstance(entry.line, OfComponent):
                found.setdefault(entry.line.component, []).append(entry)
        return found


def read_record(folder: Path, *kinds: type[Line]) -> Recorded | None:
    """The record that lies in a folder, or its lines of some kinds; None when not even its head was written.

    Whether it is held is asked first: whoever has let go has written all.
    """
    path = folder / RECORD
    held = is_held(path)
    entries = tuple(read_entries(_texts(path), *kinds))
    return Recorded(entries, held) if entries and isinstance(entries[0].line, lines.RunBegan) else None


def read_head(folder: Path) -> dict[str, Any] | None:
    """How a run ended; None when not even its head was written. Reads few lines: records can be long, and runs are many."""
    record = read_record(folder, lines.RunBegan, lines.RunResumed, lines.RunEnded)
    return record.head if record is not None else None


def read_journal(folder: Path) -> Journal | None:
    """The journal of the record that lies in a folder; None when not even its head was written."""
    record = read_record(folder)
    return Journal.of(folder, record.entries) if record is not None else None


def holder_of(folder: Path) -> str:
    """Which process wrote the head of a record last: its id, and its machine."""
    record = read_record(folder, lines.RunBegan, lines.RunResumed)
    head = record.of(lines.Head)[-1] if record is not None else None
    return f"{head.pid} on {head.host}" if head is not None else "that has not begun yet"


def is_held(path: Path) -> bool:
    """Whether the process that writes the record is alive: it holds the lock, and death releases it."""
    try:
        return state_files().is_locked(path)
    except FileNotFoundError:  # removed, as for `_texts`
        return False


def _texts(path: Path) -> list[bytes]:
    """The lines of a record; none once it is gone. `ppf runs clean` may remove it while somebody looks at all runs."""
    try:
        return state_files().read(path).split(b"\n")
    except FileNotFoundError:
        return []


def _noted(entries: Sequence[Entry]) -> dict[str, Any]:
    """What is known of a component beside its result: when it was heard of first, what it pinned, why its frame was kept …"""
    record = Recorded(entries, is_held=False)
    attempts, kept = record.of(lines.AttemptEnded), record.of(lines.FrameCached)
    times = [attempt.started_at for attempt in attempts if attempt.started_at is not None]
    return {
        "started_at": to_document(min([entries[0].at, *times])),
        "attempts": max((attempt.attempt for attempt in attempts), default=0),
        "checks": to_document([line.result for line in record.of(lines.CheckJudged)]),
        "samples": {line.check: to_document(line) for line in record.of(lines.SamplesTaken)},
        "pinned": next((line.pinned for line in reversed(record.of(lines.Pinned))), None),
        "kept": f"{kept[-1].level}: {kept[-1].reason}" if kept else None,
        "has_stage": bool(record.of(lines.Staged)),
    }
