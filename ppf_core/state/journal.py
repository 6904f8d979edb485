"""What the records of runs say of their writes: which were begun, which were to be shown, and which are settled."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from ppf_core.contracts.context import Dataset, WriteId
from ppf_core.state import lines
from ppf_core.state.lines import Entry, Line, Move

PIPELINE = "pipeline.json"
_NEVER = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

WriteState = Literal["open", "staged", "committed", "published", "discarded"]


@dataclass(frozen=True)
class Write:
    """One write of a staged sink. ticket: what its stage gave; None when that never came back.

    is_evidence: whether it shows the bad rows of a component that was rejected, which go with no good ones.
    """

    id: WriteId
    component: str
    datasets: tuple[Dataset, ...]
    state: WriteState = "open"
    ticket: Mapping[str, str] | None = None
    is_evidence: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do: its rows are shown, or gone."""
        return self.state in ("published", "discarded")


@dataclass
class Journal:
    """The writes of one run, over all its attempts and resumes: a fold over the lines of its record.

    source: the pipeline's file. written: sinks that show their rows without having staged them. rows_written: of all sinks that
    ended well. pins, began, advanced: what its sources read, by component: which version, from where, up to where. moves: the
    cursors that wait for the sinks below them. cursors_committed: sources whose cursors are. saved: where checkpointed frames
    lie. apart: how many rows of a component were set apart, by place. last_sign: when its record was last written. replays: the
    run whose quarantined rows it ran again. quarantine: where the bad rows of a stream's batches lie, by component. is_ended:
    whether its last attempt said how it ended.
    """

    folder: Path
    run_id: str = ""
    pipeline: str = ""
    source: Path = Path()
    writes: dict[WriteId, Write] = field(default_factory=dict)
    committed: tuple[WriteId, ...] = ()
    written: set[str] = field(default_factory=set)
    rows_written: dict[str, int | None] = field(default_factory=dict)
    moves: dict[str, Move] = field(default_factory=dict)
    cursors_committed: set[str] = field(default_factory=set)
    pins: dict[str, str] = field(default_factory=dict)
    began: dict[str, Mapping[str, str]] = field(default_factory=dict)
    advanced: dict[str, dict[str, str]] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)
    apart: dict[str, Mapping[str, int]] = field(default_factory=dict)
    last_sign: datetime.datetime = _NEVER
    replays: str | None = None
    mode: str = "batch"
    quarantine: dict[str, lines.BatchesSetApart] = field(default_factory=dict)
    is_ended: bool = False

    @classmethod
    def of(cls, folder: Path, entries: Iterable[Entry]) -> "Journal":
        """The journal of a record that lies in a folder."""
        journal = cls(folder)
        for entry in entries:
            journal.add(entry)
        return journal

    # ---- what is known

    @property
    def file(self) -> Path:
        """The values of the pipeline's file, as they were."""
        return self.folder / PIPELINE

    @property
    def open_writes(self) -> tuple[Write, ...]:
        """Those that are not settled: the committed ones first, in the order in which they are shown."""
        committed = [self.writes[write] for write in self.committed if self.writes[write].state == "committed"]
        return (*committed, *(each for each in self.writes.values() if not each.is_settled and each not in committed))

    @property
    def is_open(self) -> bool:
        """Whether something is left to show, to remove, to move, or to say: how a run ended that shows its rows."""
        is_settled = all(write.is_settled for write in self.writes.values()) and not self.moves
        says_end = bool(self.committed) or self.mode == "streaming"
        return not is_settled or (says_end and not self.is_ended)

    @property
    def is_publishing(self) -> bool:
        """Whether the run has decided to show its rows, and has not shown all of them."""
        return bool(self.moves) or any(write.state == "committed" for write in self.writes.values())

    @property
    def hidden(self) -> tuple[str, ...]:
        """What was to be shown, and is not: it waits, or was given up."""
        return tuple(self.writes[write].component for write in self.committed if self.writes[write].state != "published")

    @property
    def published(self) -> frozenset[str]:
        """The sinks whose staged rows are shown."""
        return self._out("published")

    @property
    def going_out(self) -> frozenset[str]:
        """The same, and those whose rows are shown once the journal is finished."""
        return self._out("published", "committed")

    @property
    def shown(self) -> frozenset[str]:
        """The sinks whose rows others can see, staged before or not."""
        return self.published.union(self.written - {write.component for write in self.writes.values()})

    @property
    def due_moves(self) -> dict[str, Mapping[str, str]]:
        """The cursors that move now: those whose writes are all published. The one place that decides it."""
        shown = {write.id for write in self.writes.values() if write.state == "published"}
        return {source: move.values for source, move in self.moves.items() if shown.issuperset(move.writes)}

    def _out(self, *states: WriteState) -> frozenset[str]:
        return frozenset(each.component for each in self.writes.values() if each.state in states and not each.is_evidence)

    # ---- the fold

    def add(self, entry: Entry) -> None:
        """Takes in the next line of the record."""
        self.last_sign = entry.at
        self.is_ended = isinstance(entry.line, lines.RunEnded) or (self.is_ended and not isinstance(entry.line, lines.Head))
        match entry.line:
            case lines.RunBegan(run, replays=replays):
                self.run_id, self.pipeline, self.mode, self.replays = run.run_id, run.pipeline, run.mode, replays
            case lines.PlanMade(_, settings):
                self.source = Path(settings.get("file", ""))
            case lines.Pinned(name, pinned):
                self.pins[name] = pinned
            case lines.Advanced(name, began, key, value):
                self.began.setdefault(name, began)
                self.advanced.setdefault(name, {}).setdefault(key, value)
            case lines.FrameSaved(name, path, bad):
                self.saved |= {name: path, **{f"{name}.{number}": each for number, each in enumerate(bad)}}
            case lines.BatchesSetApart(name):
                self.quarantine[name] = entry.line
            case lines.RowsSetApart(name, rows):
                self.apart[name] = rows
            case lines.ComponentEnded(result) if result.kind == "sink" and result.status in ("success", "resumed"):
                self.written.add(result.name)
                self.rows_written[result.name] = result.rows_written
            case line:
                self._add_write(line)

    def _add_write(self, line: Line) -> None:
        match line:
            case lines.Staging(name, write, datasets):
                self.writes[write] = Write(write, name, tuple(datasets))
                self.committed = tuple(each for each in self.committed if each != write)  # another attempt decides anew
            case lines.Staged(_, write, ticket):
                self.writes[write] = replace(self.writes[write], state="staged", ticket=ticket)
            case lines.Committed(writes, moves, is_evidence):
                self.committed = (*(each for each in self.committed if each not in writes), *writes)
                self.writes |= {each: replace(self.writes[each], state="committed", is_evidence=is_evidence) for each in writes}
                self.moves |= {move.source: move for move in moves}
            case lines.CursorsCommitted(sources):
                self.cursors_committed.update(sources)
                self.moves = {source: move for source, move in self.moves.items() if source not in sources}
            # What could not even be noted has not begun, but is discarded like all others.
            case lines.Published(_, write) if write in self.writes:
                self.writes[write] = replace(self.writes[write], state="published")
            case lines.Discarded(_, write) if write in self.writes:
                self.writes[write] = replace(self.writes[write], state="discarded")
                self.moves = {source: move for source, move in self.moves.items() if write not in move.writes}
