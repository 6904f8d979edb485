"""What the record of a run says of its writes: which were begun, which were to be shown, and which are settled."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ppf_core.contracts.context import Dataset
from ppf_core.pipeline.record import PIPELINE
from ppf_core.pipeline.recorded import RECORD, read_lines

_NEVER = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

WriteState = Literal["open", "staged", "committed", "published", "discarded"]


@dataclass(frozen=True)
class Write:
    """One write of a staged sink. ticket: what its stage gave; None when that never came back."""

    component: str
    datasets: tuple[Dataset, ...]
    state: WriteState = "open"
    ticket: Mapping[str, str] | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do: its rows are shown, or gone."""
        return self.state in ("published", "discarded")


@dataclass(frozen=True)
class Move:
    """The cursors of one source, which move once all the sinks below it are published."""

    source: str
    values: Mapping[str, str]
    sinks: tuple[str, ...]


@dataclass
class Journal:
    """The writes of one run, over all its attempts and resumes. pins, advanced: what its sources read, by component.

    source: the pipeline's file. saved: where checkpointed frames lie. last_sign: when its record was last written.
    replays: the run whose quarantined rows it ran again.
    """

    run_id: str
    pipeline: str
    source: Path
    folder: Path
    writes: dict[str, Write] = field(default_factory=dict)
    committed: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    pins: dict[str, str] = field(default_factory=dict)
    advanced: dict[str, dict[str, str]] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)
    last_sign: datetime.datetime = _NEVER
    replays: str | None = None

    @property
    def file(self) -> Path:
        """The values of the pipeline's file, as they were."""
        return self.folder / PIPELINE

    @property
    def open_writes(self) -> tuple[Write, ...]:
        """Those that are not settled: the committed ones first, in the order in which they are shown."""
        committed = [self.writes[name] for name in self.committed if self.writes[name].state == "committed"]
        return (*committed, *(each for each in self.writes.values() if not each.is_settled and each not in committed))

    @property
    def is_publishing(self) -> bool:
        """Whether the run has decided to show its rows, and has not shown all of them."""
        return bool(self.moves) or any(write.state == "committed" for write in self.writes.values())

    @property
    def published(self) -> frozenset[str]:
        """The sinks whose rows are shown."""
        return frozenset(name for name, write in self.writes.items() if write.state == "published")


def read_journal(folder: Path) -> Journal | None:
    """The journal of the run whose record lies in a folder; None when not even its head was written."""
    lines = iter(read_lines(folder / RECORD))
    head = next(lines, None)
    if head is None or head.get("line") != "run":
        return None
    journal = Journal(head["run_id"], head["pipeline"], Path(), folder)
    for line in (head, *lines):
        _read(line, journal)
        journal.last_sign = datetime.datetime.fromisoformat(line["at"])
    return journal


def _read(line: Mapping[str, Any], journal: Journal) -> None:
    match line:
        case {"line": "plan", "settings": {"file": str(file)}}:
            journal.source = Path(file)
        case {"line": "pin", "component": name, "pinned": pinned}:
            journal.pins[name] = pinned
        case {"line": "advance", "component": name, "key": key, "value": value}:
            journal.advanced.setdefault(name, {}).setdefault(key, value)
        case {"line": "saved", "component": name, "path": path}:
            journal.saved[name] = path
            journal.saved |= {f"{name}.{number}": bad for number, bad in enumerate(line.get("bad", ()))}
        case {"line": "commit", "sinks": sinks, "moves": moves}:
            journal.committed = tuple(sinks)
            journal.moves = tuple(Move(each["source"], each["values"], tuple(each["sinks"])) for each in moves)
            for name in sinks:
                journal.writes[name] = _changed(journal.writes[name], "committed")
        case {"line": "replay", "run_id": run_id}:
            journal.replays = run_id
        case {"line": "moved"}:
            journal.moves = ()
        case {"line": "stage", "component": name}:
            datasets = tuple(Dataset(**each) for each in line.get("datasets", ()))
            journal.writes[name] = Write(name, datasets)
        case {"line": "staged", "component": name, "ticket": ticket}:
            journal.writes[name] = _changed(journal.writes[name], "staged", ticket)
        # What could not even be noted has not begun, but is discarded like all others.
        case {"line": "published" | "discarded" as state, "component": name} if name in journal.writes:
            journal.writes[name] = _changed(journal.writes[name], state)
        case _:
            pass


def _changed(write: Write, state: WriteState, ticket: Mapping[str, str] | None = None) -> Write:
    return Write(write.component, write.datasets, state, ticket if ticket is not None else write.ticket)
