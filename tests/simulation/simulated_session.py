"""Sessions without Spark, which are objects of this process, and their frames, which are lazy plans over multisets of rows.

A frame has no rows. Each action computes it anew, down to its sources, apart from what is kept; so a source that gives other
rows each time gives other rows to each action, as in Spark. Actions take time, can be cancelled, and are where faults strike:

    out.job      before an action that is done for the component `out`
    out.job+     when it has its rows, before anybody hears of it

The words that only an action understands: `again` (a stage ran twice: numbers that were counted meanwhile are doubled, and
`ran_once` says so), `lost` (they never arrive), `gone` (the JVM is dead from here on).
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulated_world import Row, Trouble, World

from ppf_core.spark.rules import Summary
from ppf_core.threads import Flag, threads

SECONDS_FOR_ROW = 0.1
_COLUMNS = ("key", "draw")
_OF_BATCH = re.compile(r"^\w+-\d+/")
"""What stands in a tag before the component, in a stream."""


class JobFailed(Trouble):
    """An action that did not succeed; to the kernel it comes out of Spark, as what a job raises does."""


class JobCancelled(JobFailed):
    """An action that was ended by its tag."""


class SparkGone(JobFailed):
    """Whatever is asked of a Spark that is dead."""


for _error in (JobFailed, JobCancelled, SparkGone):
    _error.__module__ = "pyspark.simulated"


# ---- plans


@dataclass(eq=False)
class Node:
    """One operator of a plan. compute: its rows, of those of its inputs; a source has none.

    is_costly: whether computing it twice costs more than keeping it. is_steady: whether it gives the same rows for the same
    input.
    """

    compute: Callable[..., list[Any]]
    inputs: tuple["Node", ...] = ()
    is_costly: bool = False
    is_steady: bool = True
    watched: "Observation | None" = None

    def walk(self) -> Iterator["Node"]:
        """This one and all below."""
        yield self
        for node in self.inputs:
            yield from node.walk()


@dataclass(eq=False)
class Frame:
    """A lazy plan. It decides once, in its first action, which kept frames it reads."""

    session: "Session"
    node: Node
    columns: tuple[str, ...] = _COLUMNS
    _reads: frozenset[Node] | None = None

    @property
    def sparkSession(self) -> "Session":  # noqa: N802 -- Spark's name
        """Its session."""
        return self.session

    @property
    def schema(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.columns

    def select(self, *_columns: str) -> "Frame":
        """The same rows, planned anew."""
        return self.derived(self.node)

    def derived(self, node: Node, columns: Sequence[str] | None = None) -> "Frame":
        """A frame of this session."""
        return Frame(self.session, node, tuple(columns) if columns is not None else self.columns)

    def mapped(self, change: Callable[[list[Any]], list[Any]], *, is_costly: bool = False, is_steady: bool = True) -> "Frame":
        """What a function makes of all rows."""
        return self.derived(Node(change, (self.node,), is_costly=is_costly, is_steady=is_steady))

    def union(self, *others: "Frame") -> "Frame":
        """The rows of all."""
        return self.derived(Node(lambda *rows: [row for each in rows for row in each], (self.node, *(o.node for o in others))))

    def limit(self, count: int) -> "Frame":
        """Some of the rows."""
        return self.mapped(lambda rows: rows[:count], is_steady=False)

    def rows(self, action: "Action") -> list[Any]:
        """Computes it."""
        if self._reads is None:
            self._reads = frozenset(node for node in self.node.walk() if node in self.session.kept)
        return self._rows(self.node, action)

    def _rows(self, node: Node, action: "Action") -> list[Any]:
        kept = self.session.kept
        if self._reads is not None and node in self._reads and kept.get(node) is not None:
            return list(kept[node] or ())
        rows = node.compute(*(self._rows(each, action) for each in node.inputs))
        if node in kept and self._reads is not None and node in self._reads and kept[node] is None:
            action.filled.append((node, rows))
        if node.watched is not None:
            action.watched.append((node.watched, rows))
        return rows


@dataclass(eq=False)
class Observation:
    """Where numbers arrive that are counted while a frame is written. name: under which a stream tells them."""

    count: Callable[[list[Any]], Summary]
    name: str | None = None
    arrived: Summary | None = None


# ---- actions


@dataclass(eq=False)
class Action:
    """One action at work. component: whom it is done for. watched, filled: what was counted and kept on the way."""

    tags: tuple[str, ...]
    component: str
    cancelled: Flag = field(default_factory=lambda: threads().event())
    watched: list[tuple[Observation, list[Any]]] = field(default_factory=list)
    filled: list[tuple[Node, list[Any]]] = field(default_factory=list)


@dataclass(eq=False)
class Session:
    """A session of one process. kept: what is kept → its rows; None until an action has read all of them."""

    world: World
    kept: dict[Node, list[Any] | None] = field(default_factory=dict)
    running: list[Action] = field(default_factory=list)
    is_gone: bool = False
    _again: set[str] = field(default_factory=set)
    _failed: set[str] = field(default_factory=set)
    _done: set[str] = field(default_factory=set)
    listeners: list[Callable[[Mapping[str, Any]], None]] = field(default_factory=list)
    _named: threading.local = field(default_factory=threading.local)

    def read(self, compute: Callable[[], list[Row]], *, is_costly: bool = False, is_steady: bool = True) -> Frame:
        """A frame of rows that lie elsewhere."""
        return Frame(self, Node(compute, is_costly=is_costly, is_steady=is_steady))

    def name(self, tags: Sequence[str]) -> None:
        """What this thread does from here on carries these tags."""
        self._named.tags = tuple(tags)

    def ran_once(self, tag: str) -> bool:
        """Whether all actions with a tag succeeded, and did no stage twice."""
        return tag in self._done and tag not in self._again | self._failed

    def collect(self, frame: Frame, half: Callable[[list[Any]], None] = lambda _rows: None) -> list[Any]:
        """Computes a frame. half: told of the rows when half of the time is over."""
        action = self._begin()
        try:
            word = self._at(f"{action.component}.job")
            rows = frame.rows(action)
            self._wait(action, len(rows))
            half(rows)
            word = self._at(f"{action.component}.job+") or word
            self._wait(action, len(rows))
        except BaseException:
            self._failed.update(action.tags)
            raise
        finally:
            self.running.remove(action)
        self._end(action, word)
        return rows

    def _begin(self) -> Action:
        tags = getattr(self._named, "tags", ())
        action = Action(tags, _OF_BATCH.sub("", tags[1].partition("/")[2]) if len(tags) > 1 else "?")
        self.running.append(action)
        return action

    def _at(self, place: str) -> str | None:
        word = self.world.at(place)
        if word == "gone":
            self.is_gone = True
            self.kept.clear()
        if self.is_gone:
            raise SparkGone("The JVM is gone.")
        if word == "fail":
            raise JobFailed("A task failed.")
        return word

    def _wait(self, action: Action, rows: int) -> None:
        if action.cancelled.wait(SECONDS_FOR_ROW * rows / 2):
            raise JobCancelled("The job was cancelled.")

    def _end(self, action: Action, word: str | None) -> None:
        self._done.update(action.tags)
        if word == "again":
            self._again.update(action.tags)
        for node, rows in action.filled:
            if node in self.kept and self.kept[node] is None:
                self.kept[node] = rows
        for observation, rows in action.watched:
            if observation.arrived is None and word != "lost":
                observation.arrived = observation.count(rows * 2 if word == "again" else rows)
