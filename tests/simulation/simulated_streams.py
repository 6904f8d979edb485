"""Streams without Spark: queries that hand over batches, and keep the logs that Spark keeps, on the simulated disk.

    <checkpoint>/offsets/N    where the rows of a batch end, written before it begins
    <checkpoint>/commits/N    that it ended

A batch whose end was not noted is handed over again, with the same rows. Faults strike at two places: `query.start` before a
query begins, and `query.trigger` before each look for new rows.
"""

import datetime
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulated_files import SimulatedFiles
from simulated_session import Frame, JobFailed, Node, Observation, Session, SparkGone
from simulated_threads import Killed
from simulated_world import Begun, Row

from ppf_core.threads import threads


@dataclass(eq=False)
class Feed(Node):
    """A source of a stream: a part of its rows in each batch. end: where its rows end now. most: how many come in a batch."""

    name: str = ""
    end: Callable[[], int] = int
    rows: Callable[[int, int], list[Row]] = lambda _begin, _end: []
    most: int | None = None

    def offset(self, begin: int, limit: int | None) -> int:
        """Where the next batch ends. limit: where the last one has to."""
        end = self.end() if limit is None else limit
        return max(begin, end if self.most is None else min(end, begin + self.most))


class SimulatedStreams:
    """What is asked of the streams of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def watermarked(self, frame: Frame, column: str, delay: datetime.timedelta) -> Frame:
        """No row is late."""
        return frame

    def is_streaming(self, frame: Frame) -> bool:
        """Whether it stands on a feed."""
        return bool(_feeds(frame))

    def repeats(self, frame: Frame) -> bool:
        """What its nodes say."""
        return all(node.is_steady for node in frame.node.walk())

    def stateful(self, frame: Frame) -> list[str]:
        """Nothing remembers anything."""
        return []

    def batches(self, frame: Frame, call: Callable[[Frame, int], None]) -> "Writer":
        """Hands every batch over."""
        return Writer(frame, call)

    def set_up(self, writer: "Writer", *, name: str, trigger: float | None, output_mode: str, checkpoint: str) -> "Writer":
        """As Spark's."""
        writer.name, writer.trigger, writer.checkpoint = name, trigger, checkpoint
        return writer

    def failure_of(self, query: "StreamQuery") -> BaseException | None:
        """What it ended with."""
        return query.failure

    def said_of(self, query: "StreamQuery") -> list[Mapping[str, Any]]:
        """All."""
        return list(query.said)

    @contextmanager
    def listening(self, hear: Callable[[Mapping[str, Any]], None]) -> Iterator[None]:
        """Until the block ends."""
        self._session.listeners.append(hear)
        try:
            yield
        finally:
            self._session.listeners.remove(hear)


@dataclass(eq=False)
class Writer:
    """A query that has not begun."""

    frame: Frame
    call: Callable[[Frame, int], None]
    name: str = ""
    trigger: float | None = None
    checkpoint: str = ""

    def start(self) -> "StreamQuery":
        """In a thread of its own."""
        self.frame.session.world.at(f"{self.name}.start")
        query = StreamQuery(self)
        threads().start(query.live, f"stream-{self.name}")
        return query


class StreamQuery:
    """A query at work, with the two logs that Spark has: what a batch has is written before it begins, and that it ended."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._session, self._feeds = writer.frame.session, _feeds(writer.frame)
        self._files = SimulatedFiles()
        self._is_stopped, self._has_ended = threads().event(), threads().event()
        self._is_triggered = False
        self.failure: BaseException | None = None
        self.said: list[Mapping[str, Any]] = []

    # ---- what the kernel asks

    @property
    def name(self) -> str:
        """As the kernel called it."""
        return self._writer.name

    @property
    def isActive(self) -> bool:  # noqa: N802 -- Spark's name
        """Whether it has not ended."""
        return not self._has_ended.is_set()

    @property
    def status(self) -> Mapping[str, Any]:
        """Whether it works at a batch."""
        return {"isTriggerActive": self._is_triggered}

    def awaitTermination(self, timeout: float) -> bool:  # noqa: N802 -- Spark's name
        """Raises what it failed with."""
        ended = self._has_ended.wait(timeout)
        if self.failure is not None:
            raise self.failure
        return ended

    def stop(self) -> None:
        """Returns once its thread has ended, which may be within a batch."""
        self._is_stopped.set()
        self._has_ended.wait()

    # ---- its thread

    def live(self) -> None:
        """All batches."""
        try:
            self._go_on()
        except Killed:
            raise
        except BaseException as error:  # noqa: BLE001 -- Spark keeps it for whoever asks
            if not self._is_stopped.is_set():
                self.failure = JobFailed(f"The query {self._writer.name} failed: {error}")
        self._has_ended.set()

    def _go_on(self) -> None:
        limits = {feed.name: feed.end() for feed in self._feeds} if self._writer.trigger is None else {}
        number, begins, ends = self._begun()
        while True:
            self._is_triggered = True
            self._look()
            self._session.world.at(f"{self._writer.name}.trigger")
            if ends is None:
                new = {feed.name: feed.offset(begins.get(feed.name, 0), limits.get(feed.name)) for feed in self._feeds}
                if any(new[name] > begins.get(name, 0) for name in new):
                    self._files.write(self._log("offsets", number), json.dumps(new))
                    ends = new
            if ends is not None:
                self._do(number, begins, ends)
                number, begins, ends = number + 1, ends, None
            elif self._writer.trigger is None:
                return
            else:
                self._is_triggered = False
                self._is_stopped.wait(max(self._writer.trigger, 1.0))
            self._is_triggered = False

    def _begun(self) -> tuple[int, Mapping[str, int], Mapping[str, int] | None]:
        """The next batch, where its rows begin, and where they end if it was begun before."""
        begun, ended = (self._last(log) for log in ("offsets", "commits"))
        if begun > ended:
            return begun, self._offsets(begun - 1), self._offsets(begun)
        return begun + 1, self._offsets(begun), None

    def _do(self, number: int, begins: Mapping[str, int], ends: Mapping[str, int]) -> None:
        slices = {feed.name: (begins.get(feed.name, 0), ends[feed.name]) for feed in self._feeds}
        began = threads().monotonic()
        observed: dict[str, Observation] = {}
        frame = self._writer.frame.derived(_batch_of(self._writer.frame.node, slices, observed, {}))
        identity = self._files.read(f"{self._writer.checkpoint}/_ppf/id") or ""
        self._session.world.begun.append(Begun(self._writer.name, identity, number, slices))
        self._writer.call(frame, number)
        self._look()
        self._files.write(self._log("commits", number), "{}")
        told = {
            "name": self._writer.name,
            "batchId": number,
            "timestamp": threads().now().isoformat(),
            "batchDuration": int(1000 * (threads().monotonic() - began)),
            "numInputRows": sum(end - begin for begin, end in slices.values()),
            "observedMetrics": {name: {"summary": each.arrived} for name, each in observed.items() if each.arrived is not None},
        }
        self.said.append(told)
        for hear in self._session.listeners:
            hear(told)

    def _look(self) -> None:
        if self._is_stopped.is_set():
            raise Stopped
        if self._session.is_gone:
            raise SparkGone("The JVM is gone.")

    def _last(self, log: str) -> int:
        names = self._files.names(f"{self._writer.checkpoint}/{log}")
        return max((int(name) for name in names if name.isdigit()), default=-1)

    def _offsets(self, number: int) -> Mapping[str, int]:
        found: Mapping[str, int] = json.loads(self._files.read(self._log("offsets", number)) or "{}")
        return found

    def _log(self, log: str, number: int) -> str:
        return f"{self._writer.checkpoint}/{log}/{number}"


class Stopped(Exception):
    """A query is to end."""


def _feeds(frame: Frame) -> list[Feed]:
    return list({node.name: node for node in frame.node.walk() if isinstance(node, Feed)}.values())


def _batch_of(
    node: Node, slices: Mapping[str, tuple[int, int]], observed: dict[str, Observation], made: dict[Node, Node]
) -> Node:
    """The same plan with the rows of one batch. What does not stand on a feed stays what it is."""
    if node in made or not any(isinstance(each, Feed) for each in node.walk()):
        return made.get(node, node)
    if isinstance(node, Feed):
        made[node] = Node(partial(node.rows, *slices[node.name]), is_costly=node.is_costly, is_steady=node.is_steady)
        return made[node]
    watched = node.watched
    if watched is not None and watched.name is not None:
        watched = observed[watched.name] = Observation(watched.count, watched.name)
    inputs = tuple(_batch_of(each, slices, observed, made) for each in node.inputs)
    made[node] = Node(node.compute, inputs, node.is_costly, node.is_steady, watched)
    return made[node]
