"""An engine without Spark: its frames are lazy plans over multisets of rows, its sessions are objects of this process.

A frame has no rows. Each action computes it anew, down to its sources, apart from what is kept; so a source that gives other
rows each time gives other rows to each action, as in Spark. Actions take time, can be cancelled, and are where faults strike:

    out.job      before an action that is done for the component `out`
    out.job+     when it has its rows, before anybody hears of it

The words that only an action understands: `again` (a stage ran twice: numbers that were counted meanwhile are doubled, and
`ran_once` says so), `lost` (they never arrive), `gone` (the JVM is dead from here on).
"""

import datetime
import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from simulated_world import Row, StoredFrame, Trouble, World

from ppf_core.contracts.checks import AggregateCheck, RowCheck
from ppf_core.spark.engine import Engine
from ppf_core.spark.engines import Engines
from ppf_core.spark.rules import Counts, Rules, Summary
from ppf_core.spark.session import RunSession, SessionRequest
from ppf_core.threads import Flag, threads

SECONDS_FOR_ROW = 0.1
_COLUMNS = ("key", "draw")


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
    """Where numbers arrive that are counted while a frame is written."""

    count: Callable[[list[Any]], Summary]
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
        action = Action(tags, tags[1].partition("/")[2] if len(tags) > 1 else "?")
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


# ---- counting


class SimulatedTally:
    """The rules of one frame. A row rule says whether a row is bad; a value rule makes numbers of all rows."""

    def __init__(
        self, frame: Frame, rules: Rules, split: Collection[int] = (), places: Mapping[int, int] | None = None
    ) -> None:
        self.frame: Any = frame
        self.rules = rules
        self._split = frozenset(split) & rules.rows.keys()
        self._places = {key: place for key, place in (places or {}).items() if key in rules.rows}
        self._is_bad: dict[int, Any] = {key: rule(frame.columns) for key, rule in _any(rules.rows).items()}
        self._values: dict[int, Any] = {key: rule(frame.columns) for key, rule in _any(rules.values).items()}
        self.labelled: Any = frame.mapped(lambda rows: [(row, self._label(row)) for row in rows])

    def _label(self, row: Row) -> frozenset[int]:
        return frozenset(key for key, is_bad in self._is_bad.items() if is_bad(row))

    def is_observable(self) -> bool:
        """Some aggregates cannot be observed: those say so by a name that begins with `distinct`."""
        return not any(name.startswith("distinct") for values in self._values.values() for name in values)

    def observed(self, *, is_detailed: bool = False) -> tuple[Any, Observation]:
        """A node that is watched."""
        observation = Observation(partial(self._summary, is_detailed=is_detailed))
        watched = Node(lambda rows: rows, (self.labelled.node,), watched=observation)
        return self.labelled.derived(watched), observation

    def parted(self) -> tuple[Any, str, Observation]:
        """Rows with whether they are set apart."""
        labelled, observation = self.observed()
        return labelled.mapped(lambda rows: [(row, bool(bad & self._split)) for row, bad in rows]), "is_apart", observation

    def seen(self, observation: Observation) -> Summary | None:
        """What arrived."""
        return observation.arrived

    def count(self, *, is_detailed: bool = False) -> Counts:
        """One action, and a second one where a row is bad, unless it is detailed."""
        return self.complete(self._summary(self._collect(self.labelled), is_detailed=is_detailed))

    def complete(self, summary: Summary, again: Any = None) -> Counts:
        """A second look where a row is bad."""
        failed = dict.fromkeys(self.rules.rows, 0)
        if summary.failed is not None:
            failed = dict(summary.failed)
        elif found := self.found(summary):
            masks = self if again is None else SimulatedTally(again, self.rules.only(*found))
            rows = self._collect(masks.labelled)
            counted = {key: sum(key in bad for _, bad in rows) for key in found}
            if len(rows) != summary.rows or 0 in counted.values():
                raise RuntimeError(f"A second look at the rows found others: {len(rows)}, where there were {summary.rows}.")
            failed |= counted
        return Counts(summary.rows, summary.apart, summary.routed, failed, summary.values)

    def found(self, summary: Summary) -> list[int]:
        """The row rules that found a row bad."""
        return [key for key in self.rules.rows if key in summary.masks]

    def narrowed(self, keys: Collection[int]) -> "SimulatedTally":
        """With these rules alone."""
        return SimulatedTally(self.frame, self.rules.only(*keys), self._split, self._places)

    def good(self, labelled: Any) -> Any:
        """Those that no splitting rule found bad."""
        return labelled.mapped(lambda rows: [row for row, bad in rows if not bad & self._split])

    def unlabelled(self, labelled: Any) -> Any:
        """Without the labels."""
        return labelled.mapped(lambda rows: [row for row, _ in rows])

    def routed(self, labelled: Any, place: int | None, names: Mapping[int, str]) -> Any:
        """With the names of all rules that found them bad."""

        def chosen(rows: list[Any]) -> list[Row]:
            found = [(row, bad) for row, bad in rows if self._goes_to(bad, place)]
            return [row._replace(failed=tuple(names[key] for key in self._is_bad if key in bad)) for row, bad in found]

        return labelled.mapped(chosen)

    def bad_rows(self, labelled: Any, key: int, limit: int) -> Any:
        """The first ones."""
        return labelled.mapped(lambda rows: [row for row, bad in rows if key in bad]).limit(limit)

    def _goes_to(self, bad: frozenset[int], place: int | None) -> bool:
        places = [number for key, number in self._places.items() if key in bad]
        return bool(places) and place in (None, places[0])

    def _collect(self, frame: Any) -> list[Any]:
        return self.frame.session.collect(frame)  # type: ignore[no-any-return]

    def _summary(self, rows: list[Any], *, is_detailed: bool) -> Summary:
        bare = [row for row, _ in rows]
        failed = {key: sum(key in bad for _, bad in rows) for key in self._is_bad}
        return Summary(
            rows=len(rows),
            apart=sum(bool(bad & self._split) for _, bad in rows),
            routed={place: sum(self._goes_to(bad, place) for _, bad in rows) for place in set(self._places.values())},
            masks=tuple(key for key, count in failed.items() if count),
            values={key: {name: count(bare) for name, count in values.items()} for key, values in self._values.items()},
            failed=failed if is_detailed else None,
        )


def _any(value: Any) -> Any:
    return value


def _row_rule(check: RowCheck[Any]) -> Any:
    """Columns → row → whether it is bad."""

    def bound(columns: Any) -> Callable[[Row], bool]:
        passes: Any = check.passes(columns)
        return lambda row: not (passes(row) or (check.null_passes and passes(row) is None))

    return bound


def _raised(act: Callable[[], object]) -> Exception | None:
    try:
        act()
    except Exception as error:  # noqa: BLE001 -- this is what is asked for
        return error
    return None


# ---- the engine


class SimulatedEngine(Engine):
    """All that the kernel asks of a session. It sees plans, as classic Spark does, or not, as Spark Connect."""

    def __init__(self, session: Session) -> None:
        self.session: Any = session
        self.knows_plans = session.world.knows_plans

    # ---- jobs

    def enter_thread(self, pool: str) -> None:
        """There are no pools."""

    def name_jobs(self, description: str, tags: Sequence[str]) -> None:
        """By thread."""
        self.session.name(tags)

    def cancel_jobs(self, tag: str) -> None:
        """Those that run now end at their next look."""
        for action in self.session.running:
            if tag in action.tags:
                action.cancelled.set()

    def count_tasks(self, tag: str) -> tuple[int, int]:
        """Nobody can tell."""
        return 0, 0

    def ran_once(self, tag: str) -> bool:
        """As the session saw it."""
        return self.knows_plans and self.session.ran_once(tag)

    def is_gone(self, error: BaseException) -> bool:
        """Only what such a Spark raises says so."""
        return isinstance(error, SparkGone)

    # ---- frames

    def schema_text(self, frame: Any) -> str:
        """JSON."""
        return json.dumps(frame.columns)

    def schema_summary(self, frame: Any) -> str:
        """The names."""
        return ", ".join(frame.columns)

    def unstorable_columns(self, frame: Any) -> dict[str, str]:
        """None."""
        return {}

    def why_cache(self, frame: Any) -> str | None:
        """What a node says of itself."""
        if not self.knows_plans:
            return None
        nodes = list(self._planned(frame))
        if any(not node.is_steady for node in nodes):
            return "values that differ from time to time"
        return "a shuffle" if any(node.is_costly for node in nodes) else None

    def depends_on_columns(self, frame: Any) -> str | None:
        """Never: a simulated row is one number."""
        return None

    def is_deterministic(self, frame: Any) -> bool:
        """What a node says of itself."""
        return not self.knows_plans or all(node.is_steady for node in self._planned(frame))

    def _planned(self, frame: Frame) -> Iterator[Node]:
        """What would be computed: not what lies below a kept frame."""
        waiting = [frame.node]
        while waiting:
            node = waiting.pop()
            if node not in self.session.kept:
                yield node
                waiting += node.inputs

    def labels_alike(self, masks: Any) -> bool:
        """Rules look at rows, and at nothing else."""
        return True

    def cache_frame(self, frame: Any, level: str) -> Any:
        """Keeps it, and computes it."""
        self.cache_when_read(frame, level)
        self.session.collect(frame.select("*"))
        return frame.select("*")

    def cache_when_read(self, frame: Any, level: str) -> None:
        """Keeps it."""
        if self.session.is_gone:
            raise SparkGone("The JVM is gone.")
        self.session.kept.setdefault(frame.node, None)

    def release_frame(self, frame: Any) -> None:
        """Keeps it no more."""
        self.session.kept.pop(frame.node, None)

    def planned_anew(self, frame: Any) -> Any:
        """Sees what is kept by now."""
        return frame.select("*")

    def same_shape(self, one: Any, other: Any) -> bool:
        """Names."""
        return set(one.columns) == set(other.columns)

    def united_rows(self, frames: Sequence[Any]) -> Any:
        """All rows."""
        first, *others = frames
        return first.union(*others)

    def signed(self, rows: Any, run_id: str, at: datetime.datetime) -> Any:
        """Who looked at them."""
        return rows.mapped(lambda found: [row._replace(run_id=run_id) for row in found])

    def collected(self, frame: Any, limit: int | None = None) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """One action."""
        rows = self.session.collect(frame if limit is None else frame.limit(limit))
        return frame.columns, [(row.key, row.draw) for row in rows]

    # ---- counting

    def rules(self, checks: Mapping[int, RowCheck[Any] | AggregateCheck[Any]], where: Mapping[int, str]) -> Rules:
        """Functions."""
        rows: Any = {key: _row_rule(check) for key, check in checks.items() if isinstance(check, RowCheck)}
        values: Any = {key: check.metrics for key, check in checks.items() if isinstance(check, AggregateCheck)}
        return Rules(rows, values)

    def masks(self, frame: Any, rules: Rules, split: Collection[int] = (), places: Mapping[int, int] | None = None) -> Any:
        """Labels."""
        return SimulatedTally(frame, rules, split, places)

    def fitting(
        self, frame: Any, rules: Rules, split: Collection[int], places: Mapping[int, int]
    ) -> tuple[Any, dict[int, Exception]]:
        """Each rule by itself."""
        raised = {key: _raised(partial(SimulatedTally, frame, rules.only(key))) for key in (*rules.rows, *rules.values)}
        found = {key: error for key, error in raised.items() if error is not None}
        return SimulatedTally(frame, rules.without(found), split, places), found

    def raising_rules(self, frame: Any, rules: Rules) -> dict[int, Exception]:
        """One action when all is well."""
        if _raised(SimulatedTally(frame, rules).count) is None or _raised(partial(self.session.collect, frame)) is not None:
            return {}
        raised = {key: _raised(SimulatedTally(frame, rules.only(key)).count) for key in (*rules.rows, *rules.values)}
        return {key: error for key, error in raised.items() if error is not None}

    # ---- frames that lie as files

    @property
    def _files(self) -> dict[str, StoredFrame]:
        return self.session.world.frames  # type: ignore[no-any-return]

    def write_frame(self, frame: Any, path: str) -> None:
        """Half of the rows are there when half of the time is over."""
        self.session.world.at("files.write")
        self._files.pop(path, None)

        def half(rows: list[Row]) -> None:
            self._files[path] = StoredFrame(tuple(rows[: len(rows) // 2]))

        rows = self.session.collect(frame, half)
        self._files[path] = StoredFrame(tuple(rows), is_whole=True)

    def read_frame(self, path: str, schema: str) -> Any:
        """Lazy, but the path must be there."""
        frame = self.stored_rows(path)
        frame.columns = tuple(json.loads(schema))
        return frame

    def stored_rows(self, path: str) -> Any:
        """Lazy, but the path must be there."""
        self._require(path)
        return self.session.read(lambda: list(self._require(path).rows))

    def without_columns(self, frame: Any, names: Sequence[str]) -> Any:
        """Those of set-apart rows."""
        return frame.mapped(lambda rows: [row._replace(failed=None, run_id=None) for row in rows])

    def emptied(self, frame: Any) -> Any:
        """Nothing of it."""
        return frame.limit(0)

    def count_stored(self, path: str) -> int:
        """One action."""
        return len(self.session.collect(self.stored_rows(path)))

    def show_frame(self, staged: str, path: str) -> None:
        """Deletes, then renames."""
        self.session.world.at("files.show")
        if staged in self._files:
            self._files.pop(path, None)
            self.session.world.at("files.show+")
            self._files[path] = self._files.pop(staged)

    def remove_frames(self, path: str) -> None:
        """With all below."""
        self.session.world.at("files.remove")
        for each in [each for each in self._files if f"{each}/".startswith(f"{path}/")]:
            del self._files[each]

    def _require(self, path: str) -> StoredFrame:
        if path not in self._files:
            raise JobFailed(f"There is no path {path}.")
        return self._files[path]


class SimulatedEngines(Engines):
    """Sessions of one simulated process. session: the one that is open, or was open last."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions: list[Session] = []

    def installed_version(self) -> str | None:
        """That of no Spark at all."""
        return "4.1.1"

    def require(self, request: SessionRequest, given: object = None) -> None:
        """There is one."""

    def open(self, request: SessionRequest, given: Any = None) -> RunSession:
        """Always its own."""
        self.world.at("spark.open")
        session: Any = Session(self.world)
        self.sessions.append(session)
        facts = {"spark_version": "4.1.1", "ansi": "true", "time_zone": "UTC", "master": "local[2]"}
        return RunSession(session, owned=True, facts=facts)

    def engine(self, session: Any) -> Engine:
        """A new one each time, as it keeps nothing."""
        return SimulatedEngine(session)
