"""What lies outside of a process, and outlives it: tables that are read, targets that are written, files of frames.

Every place where a process meets it has a name: `out.stage` before the sink `out` stages, `out.stage+` after it has. There the
simulation may turn to another thread, and there a fault strikes whose turn it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from ppf_core.contracts.components import TargetMoved
from ppf_core.contracts.results import Checkpoint
from ppf_core.threads import threads

FOREVER = 2000.0
"""Seconds after which nobody waits for anything any more."""


class Row(NamedTuple):
    """One row. key: which input row it is, such as `a:3`, whatever is made of it. draw: chance.

    failed, run_id: of a row that was set apart.
    """

    key: str
    draw: int = 0
    failed: tuple[str, ...] | None = None
    run_id: str | None = None

    @property
    def number(self) -> int:
        """Its number in its source."""
        return int(self.key.rpartition(":")[2])


Rows = Sequence[Row]


class Trouble(OSError):
    """What a plugin or the engine raises in a simulated fault."""


class Fault(NamedTuple):
    """What happens when a place is passed for the `number`-th time within one act.

    The place `step` is passed whenever one thread may hand over to another; there, only what ends a process can strike.

    what: `raise`, `exit`, `hang`, `slow`, `kill`, `interrupt`, `terminate`, `moved`, `run` (meanwhile another process runs the
    pipeline); or a word that only the place understands.
    """

    place: str
    what: str
    number: int = 1

    @property
    def component(self) -> str:
        """Whom it strikes: a component, or a hook."""
        return self.place.partition(".")[0].partition("/")[0]


class Batch(NamedTuple):
    """Rows that readers of a target see, and the write that they came with."""

    write: str
    run_id: str
    rows: tuple[Row, ...]


class Read(NamedTuple):
    """Which rows a source was asked for: the numbers of the first one and of the first one not; None: all there are."""

    run_id: str
    component: str
    begin: int
    end: int | None
    is_incremental: bool


class Begun(NamedTuple):
    """A batch that a query handed over. checkpoint: the id of what it belongs to. slices: as of `Read`, by source."""

    query: str
    checkpoint: str
    number: int
    slices: Mapping[str, tuple[int, int]]


@dataclass
class Stage:
    """What lies where no reader looks. version: that of the target when it was staged. apart: rows that are not to be shown."""

    run_id: str
    rows: tuple[Row, ...]
    version: int
    is_whole: bool = False
    apart: tuple[Row, ...] = ()


@dataclass
class Target:
    """One target: what readers see. seen: all that was ever shown to its end. version: changes with each replacement."""

    batches: list[Batch] = field(default_factory=list)
    stages: dict[str, Stage] = field(default_factory=dict)
    seen: list[Batch] = field(default_factory=list)
    version: int = 0

    @property
    def rows(self) -> list[Row]:
        """What a reader sees now."""
        return [row for batch in self.batches for row in batch.rows]

    def show(self, batch: Batch, *, replaces: bool) -> None:
        """Lets readers see a batch, beside what was there or in the place of it."""
        self.batches = [batch] if replaces else [*self.batches, batch]
        self.seen.append(batch)
        self.version += replaces

    def put(self, batch: Batch) -> None:
        """Shows rows of a write that is not staged: the first ones, then all."""
        self.batches = [*(each for each in self.batches if each.write != batch.write), batch]

    def publish(self, write: str, *, replaces: bool, version: int) -> None:
        """Shows what was staged; nothing when that was done before. TargetMoved when somebody else has replaced the rows."""
        if any(batch.write == write for batch in self.seen):
            self.stages.pop(write, None)
            return
        stage = self.stages.get(write)
        if stage is None or not stage.is_whole:
            raise RuntimeError(f"There is no whole stage {write!r}.")
        if replaces and self.version != version:
            raise TargetMoved(f"The target has the version {self.version}, and had {version} before.")
        self.show(Batch(write, stage.run_id, stage.rows), replaces=replaces)
        del self.stages[write]


@dataclass
class StoredFrame:
    """The files of one frame. A kill in the middle leaves a part of the rows."""

    rows: tuple[Row, ...]
    is_whole: bool = False


@dataclass
class World:
    """All that outlives a process, and what it was asked to do.

    faults: those of the act that goes on now. passed: how often each place was passed in it. struck: the faults that came.
    strike_more: does what only whoever drives the process can do: `kill`, `interrupt`, `terminate`, `run`.
    knows_plans: whether its Spark shows its plans, as the classic one does.
    """

    tables: dict[str, list[Row]] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    frames: dict[str, StoredFrame] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)
    begun: list[Begun] = field(default_factory=list)
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    checkpoints: dict[str, Checkpoint] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    passed: dict[str, int] = field(default_factory=dict)
    struck: list[Fault] = field(default_factory=list)
    knows_plans: bool = True
    strike_more: Callable[[Fault], None] | None = None
    _drawn: int = 0

    def begin(self, faults: Sequence[Fault], strike_more: Callable[[Fault], None]) -> None:
        """Another act begins."""
        self.faults, self.strike_more = faults, strike_more
        self.passed, self.struck, self.heard = {}, [], []

    def at(self, place: str) -> str | None:
        """A place is passed. Gives the word of a fault that strikes here and is for the place itself to carry out."""
        threads().sleep(0)
        number = self.passed[place] = self.passed.get(place, 0) + 1
        for fault in self.faults:
            if fault.place == place and fault.number == number:
                return self.strike(fault)
        return None

    def target(self, name: str) -> Target:
        """The target of this name."""
        return self.targets.setdefault(name, Target())

    def batches(self, name: str, run_id: str) -> list[Batch]:
        """What a target has ever shown of a run."""
        return [batch for batch in self.targets[name].seen if batch.run_id == run_id] if name in self.targets else []

    def draw(self) -> int:
        """Another number each time."""
        self._drawn += 1
        return self._drawn

    def arrive(self, table: str, count: int) -> None:
        """More rows are there to be read."""
        rows = self.tables.setdefault(table, [])
        rows += [Row(f"{table}:{number}") for number in range(len(rows), len(rows) + count)]

    def strike(self, fault: Fault) -> str | None:
        """A fault comes. Gives its word when somebody else carries it out."""
        self.struck.append(fault)
        match fault.what:
            case "raise":
                raise Trouble(f"trouble at {fault.place}")
            case "exit":
                raise SystemExit(7)
            case "hang":
                threads().sleep(FOREVER)
            case "slow":
                threads().sleep(60.0)
            case "moved":
                self.target(fault.component).version += 1
            case "arrive":
                self.arrive(fault.component, 1)
            case "kill" | "interrupt" | "terminate" | "run" if self.strike_more is not None:
                self.strike_more(fault)
            case _:
                return fault.what
        return None


_current = World()


def world() -> World:
    """The world of the scenario that goes on now."""
    return _current


@contextmanager
def in_world(other: World) -> Iterator[World]:
    """Until the block ends, plugins find themselves in this world."""
    global _current
    before, _current = _current, other
    try:
        yield other
    finally:
        _current = before
