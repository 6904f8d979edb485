"""An engine without Spark, on the sessions of `simulated_session`. It counts for checks as Spark's would."""

import datetime
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from simulated_files import SimulatedFiles
from simulated_session import Frame, JobFailed, Node, Observation, Session, SparkGone
from simulated_streams import SimulatedStreams
from simulated_world import Row, StoredFrame, World

from ppf_core.contracts.checks import AggregateCheck, RowCheck
from ppf_core.spark.engine import Engine
from ppf_core.spark.engines import Engines
from ppf_core.spark.rules import Counts, Rules, Summary
from ppf_core.spark.session import RunSession, SessionRequest

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

    def observed_as(self, name: str) -> Any:
        """A node that is watched in every batch."""
        observation = Observation(partial(self._summary, is_detailed=True), name)
        return self.labelled.derived(Node(lambda rows: rows, (self.labelled.node,), watched=observation))

    def summary(self, row: Mapping[str, Any]) -> Summary | None:
        """As it was counted."""
        return row["summary"]  # type: ignore[no-any-return]

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
        self.streams: Any = SimulatedStreams(session)

    def files_at(self, path: str) -> Any:
        """Those of the world."""
        return SimulatedFiles()

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
