"""What the record of a run says of its writes: which were begun, which were to be shown, and which are settled."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ppf_core.contracts.context import Dataset
from ppf_core.pipeline.recorded import PIPELINE, RECORD, read_lines

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
    """The cursors of one source, which move once these sinks are published; when one is given up, they stay."""

    source: str
    values: Mapping[str, str]
    sinks: tuple[str, ...]


@dataclass
class Journal:
    """The writes of one run, over all its attempts and resumes: a fold over the lines of its record.

    source: the pipeline's file. written: sinks that show their rows without having staged them. pins, began, advanced: what its
    sources read, by component: which version, from where, up to where. moves: the cursors that wait for the sinks below them.
    moved: the sources whose cursors have moved. saved: where checkpointed frames lie. last_sign: when its record was last
    written. replays: the run whose quarantined rows it ran again.
    """

    folder: Path
    run_id: str = ""
    pipeline: str = ""
    source: Path = Path()
    writes: dict[str, Write] = field(default_factory=dict)
    committed: tuple[str, ...] = ()
    written: set[str] = field(default_factory=set)
    moves: dict[str, Move] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    pins: dict[str, str] = field(default_factory=dict)
    began: dict[str, dict[str, str]] = field(default_factory=dict)
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
    def is_open(self) -> bool:
        """Whether something is left to show, to remove or to move."""
        return bool(self.moves) or any(not write.is_settled for write in self.writes.values())

    @property
    def is_publishing(self) -> bool:
        """Whether the run has decided to show its rows, and has not shown all of them."""
        return bool(self.moves) or any(write.state == "committed" for write in self.writes.values())

    @property
    def hidden(self) -> tuple[str, ...]:
        """What was to be shown, and is not: it waits, or was given up."""
        return tuple(name for name in self.committed if self.writes[name].state != "published")

    @property
    def published(self) -> frozenset[str]:
        """The sinks whose rows are shown."""
        return frozenset(name for name, write in self.writes.items() if write.state == "published")

    @property
    def shown(self) -> frozenset[str]:
        """The sinks whose rows others can see, staged before or not."""
        return self.published.union(self.written - self.writes.keys())

    @property
    def due_moves(self) -> dict[str, Mapping[str, str]]:
        """The cursors that move now: those whose sinks are all published. The one place that decides it."""
        return {name: move.values for name, move in self.moves.items() if self.published.issuperset(move.sinks)}

    def add(self, line: Mapping[str, Any]) -> None:
        """Takes in the next line of the record."""
        self.last_sign = datetime.datetime.fromisoformat(line["at"])
        match line:
            case {"line": "run", "run_id": run_id, "pipeline": pipeline}:
                self.run_id, self.pipeline = run_id, pipeline
            case {"line": "plan", "settings": {"file": str(file)}}:
                self.source = Path(file)
            case {"line": "pin", "component": name, "pinned": pinned}:
                self.pins[name] = pinned
            case {"line": "advance", "component": name, "key": key, "value": value}:
                self.began.setdefault(name, line["began"])
                self.advanced.setdefault(name, {}).setdefault(key, value)
            case {"line": "saved", "component": name, "path": path}:
                self.saved[name] = path
                self.saved |= {f"{name}.{number}": bad for number, bad in enumerate(line.get("bad", ()))}
            case {"line": "component", "kind": "sink", "name": name, "status": "success" | "resumed"}:
                self.written.add(name)
            case {"line": "replay", "run_id": run_id}:
                self.replays = run_id
            case _:
                self._add_write(line)

    def _add_write(self, line: Mapping[str, Any]) -> None:
        match line:
            case {"line": "stage", "component": name}:
                self.writes[name] = Write(name, tuple(Dataset(**each) for each in line.get("datasets", ())))
            case {"line": "staged", "component": name, "ticket": ticket}:
                self.writes[name] = replace(self.writes[name], state="staged", ticket=ticket)
            case {"line": "commit", "sinks": sinks, "moves": moves}:
                self.committed = (*(name for name in self.committed if name not in sinks), *sinks)
                self.writes |= {name: replace(self.writes[name], state="committed") for name in sinks}
                self.moves |= {each["source"]: Move(each["source"], each["values"], tuple(each["sinks"])) for each in moves}
            case {"line": "moved", "sources": sources}:
                self.moved.update(sources)
                self.moves = {name: move for name, move in self.moves.items() if name not in sources}
            # What could not even be noted has not begun, but is discarded like all others.
            case {"line": "published", "component": name} if name in self.writes:
                self.writes[name] = replace(self.writes[name], state="published")
            case {"line": "discarded", "component": name} if name in self.writes:
                self.writes[name] = replace(self.writes[name], state="discarded")
                self.moves = {source: move for source, move in self.moves.items() if name not in move.sinks}
            case _:
                pass


def read_journal(folder: Path) -> Journal | None:
    """The journal of the run whose record lies in a folder; None when not even its head was written."""
    lines = iter(read_lines(folder / RECORD))
    head = next(lines, None)
    if head is None or head.get("line") != "run":
        return None
    journal = Journal(folder)
    for line in (head, *lines):
        journal.add(line)
    return journal
