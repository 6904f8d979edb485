"""Plugins that meet the simulated world; offered by a distribution `ppf-simulated`, which has nothing but its metadata.

Each of their methods is a place where faults strike: `a.read`, `b.transform`, `out.stage`, `out.publish`, `out.close` …; with a
`+` behind it, after the method has had its effect. What an observer or a decider does is a place of its hook:
`watcher.ppf_component_end`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from simulated_session import Frame, JobFailed, Session
from simulated_streams import Feed
from simulated_world import Batch, Read, Row, Stage, Target, world

from ppf_core import (
    AggregateCheck,
    Checkpoint,
    Columns,
    ComponentInfo,
    ComponentResult,
    Context,
    Dataset,
    ErrorInfo,
    FrameCheck,
    Hooks,
    NoOptions,
    PipelineResult,
    QualityResult,
    RowCheck,
    RunInfo,
    Secret,
    SecretsBackend,
    Sink,
    Source,
    StagedSink,
    StreamingSource,
    Ticket,
    Transform,
    Verdict,
    hookimpl,
    option,
    options,
)

OFFERS = {
    "sources.lines": "simulated_plugins:Table",
    "streaming_sources.feed": "simulated_plugins:Lines",
    "transforms.mix": "simulated_plugins:Union",
    "sinks.staged": "simulated_plugins:Staged",
    "sinks.plain": "simulated_plugins:Plain",
    "checks.number": "simulated_plugins:Number",
    "checks.amount": "simulated_plugins:Amount",
    "checks.few": "simulated_plugins:Few",
    "hooks.keeper": "simulated_plugins:Keeper",
    "hooks.watcher": "simulated_plugins:Watcher",
    "secrets.safe": "simulated_plugins:Safe",
}


def _at(context: Context, method: str) -> str | None:
    return world().at(f"{context.component}.{method}")


def _session(context: Context) -> Session:
    session: Any = context.spark
    return session  # type: ignore[no-any-return]


# ---- sources and transforms


@options
class TableOptions:
    """Options of `lines`."""

    table: str = option("The table that it reads.")
    pins: bool = option("Whether it pins what it reads.", default=True)
    cursor: bool = option("Whether it reads only what it has not read yet.", default=False)
    draws: bool = option("Whether its rows are others each time they are computed.", default=False)
    token: Secret | None = option("A password.", default=None)


class Table(Source[TableOptions]):
    """Reads rows."""

    def ping(self, context: Context) -> None:
        _at(context, "ping")

    def pin(self, context: Context) -> str | None:
        _at(context, "pin")
        return str(self._end) if self.options.pins else None

    def read(self, context: Context) -> Any:
        _at(context, "read")
        begin, end = 0, int(context.pinned) if context.pinned is not None else None
        if self.options.cursor:
            begin = int(context.state.get("end", "0"))
            end = int(context.advance("end", str(end if end is not None else self._end)))
        frame = _session(context).read(partial(self._rows, begin, end), is_steady=not self.options.draws)
        world().reads.append(Read(context.run_id, context.component, begin, end, self.options.cursor))
        _at(context, "read+")
        return frame

    def close(self) -> None:
        world().at(f"{self.options.table}.close")

    def _rows(self, begin: int, end: int | None) -> list[Row]:
        rows = world().tables[self.options.table][begin:end]
        return [row._replace(draw=world().draw()) for row in rows] if self.options.draws else rows

    @property
    def _end(self) -> int:
        return len(world().tables[self.options.table])


@options
class LinesOptions:
    """Options of `feed`."""

    table: str = option("The table that it reads.")
    most: int | None = option("How many rows come in a batch.", default=None)


class Lines(StreamingSource[LinesOptions]):
    """Reads the rows of a table as they come."""

    changeable = frozenset({"most"})

    def read_stream(self, context: Context) -> Any:
        _at(context, "read_stream")
        table = self.options.table
        feed = Feed(
            compute=list,
            name=context.component,
            end=lambda: len(world().tables[table]),
            rows=lambda begin, end: world().tables[table][begin:end],
            most=self.options.most,
        )
        return Frame(_session(context), feed)

    def close(self) -> None:
        world().at(f"{self.options.table}.close")


@options
class UnionOptions:
    """Options of `mix`."""

    drops: int | None = option("Rows whose number has this rest by 7 are left out.", default=None)
    costly: bool = option("Whether computing it costs more than keeping it.", default=False)
    beside: str | None = option("A component whose rows it takes too.", component=True, default=None)
    draws: bool = option("Whether its rows are others each time they are computed.", default=False)


class Union(Transform[UnionOptions]):
    """All rows of all inputs, less some."""

    def transform(self, context: Context, inputs: Mapping[str, Any]) -> Any:
        _at(context, "transform")
        first, *others = (*inputs.values(), *context.frames.values())
        frame = first.union(*others).mapped(self._changed, is_costly=self.options.costly, is_steady=not self.options.draws)
        _at(context, "transform+")
        return frame

    def _changed(self, rows: list[Row]) -> list[Row]:
        left = [row for row in rows if row.number % 7 != self.options.drops]
        return [row._replace(draw=world().draw()) for row in left] if self.options.draws else left


# ---- sinks


@options
class StagedOptions:
    """Options of `staged`."""

    target: str = option("What it writes.")
    mode: str = option("`append` or `overwrite`.", default="append")
    tells: bool = option("Whether it says what it writes.", default=True)
    readable: bool = option("Whether its stage can be read.", default=False)
    counts: bool = option("Whether it says how many rows it wrote.", default=True)
    peeks: bool = option("Whether it looks at a row before it writes.", default=False)
    splits: bool = option("Whether it writes good and bad rows in one pass.", default=False)


class Staged(StagedSink[StagedOptions]):
    """Writes where no reader looks, then shows it."""

    def datasets(self) -> Sequence[Dataset]:
        return (Dataset("world", self.options.target),) if self.options.tells else ()

    @property
    def atomic(self) -> bool:
        return True

    @property
    def exclusive(self) -> bool:
        return self._replaces

    def ping(self, context: Context) -> None:
        _at(context, "ping")

    def stage(self, context: Context, frame: Any) -> Ticket:
        return self._stage(context, frame, lambda rows: ([], rows))

    @property
    def can_split(self) -> bool:
        return self.options.splits and self.options.readable

    def stage_split(self, context: Context, frame: Any, mask: str) -> tuple[Ticket, Any]:
        ticket = self._stage(
            context, frame, lambda rows: ([row for row, bad in rows if bad], [row for row, bad in rows if not bad])
        )
        return ticket, _session(context).read(lambda: list(self._target.stages[ticket["write"]].apart))

    def _stage(self, context: Context, frame: Any, parted: Callable[[list[Any]], tuple[list[Row], list[Row]]]) -> Ticket:
        _at(context, "stage")
        write, target, session = str(context.write_id), self._target, _session(context)
        if self.options.peeks:
            session.collect(frame.limit(1))

        def staged(rows: list[Any], *, is_whole: bool) -> None:
            apart, good = parted(rows)
            target.stages[write] = Stage(context.run_id, tuple(good), version, is_whole, tuple(apart))

        version = target.version
        rows = session.collect(frame, lambda rows: staged(rows[: len(rows) // 2], is_whole=False))
        staged(rows, is_whole=True)
        if self.options.counts:
            context.report(rows_written=len(rows))
        _at(context, "stage+")
        return {"write": write, "version": str(version)}

    def publish(self, context: Context, ticket: Ticket) -> None:
        _at(context, "publish")
        self._target.publish(ticket["write"], replaces=self._replaces, version=int(ticket["version"]))
        _at(context, "publish+")

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        _at(context, "discard")
        self._target.stages.pop(str(context.write_id), None)
        _at(context, "discard+")

    def staged(self, context: Context, ticket: Ticket) -> Any:
        _at(context, "staged")
        if not self.options.readable:
            return None
        return _session(context).read(lambda: list(self._target.stages[ticket["write"]].rows))

    def holds_rows(self, context: Context) -> bool | None:
        _at(context, "holds_rows")
        return bool(self._target.rows)

    def close(self) -> None:
        world().at(f"{self.options.target}.close")

    @property
    def _target(self) -> Target:
        return world().target(self.options.target)

    @property
    def _replaces(self) -> bool:
        return self.options.mode == "overwrite"


@options
class PlainOptions:
    """Options of `plain`."""

    target: str = option("What it writes.")
    repeatable: bool = option("Whether writing twice equals writing once.", default=False)


class Plain(Sink[PlainOptions]):
    """Writes rows one after the other, where readers see them at once."""

    @property
    def idempotent(self) -> bool:
        return self.options.repeatable

    def holds_rows(self, context: Context) -> bool | None:
        _at(context, "holds_rows")
        return bool(world().target(self.options.target).rows)

    def write(self, context: Context, frame: Any) -> None:
        _at(context, "write")
        target, write = world().target(self.options.target), str(context.write_id)
        name = write if self.options.repeatable else f"{write}/{world().draw()}"

        def half(rows: list[Row]) -> None:
            target.put(Batch(name, context.run_id, tuple(rows[: len(rows) // 2])))

        rows = _session(context).collect(frame, half)
        batch = Batch(name, context.run_id, tuple(rows))
        target.put(batch)
        context.report(rows_written=len(rows))
        _at(context, "write+")
        target.seen.append(batch)


# ---- checks


@options
class NumberOptions:
    """Options of `number`."""

    by: int = option("What numbers are divided by.", default=5)
    bad: list[int] = option("The rests of bad rows.", default_factory=list)
    luck: bool = option("Whether chance makes every other row bad.", default=False)
    raises: int | None = option("The number of the row on which it raises.", default=None)
    broken: bool = option("Whether it raises before it has seen a row.", default=False)


class Number(RowCheck[NumberOptions]):
    """Whether the number of a row is a good one."""

    def passes(self, columns: Columns) -> Any:
        if self.options.broken:
            raise KeyError("There is no column 'nothing'.")
        return self._passes

    def _passes(self, row: Row) -> bool:
        if row.number == self.options.raises:
            raise JobFailed("A row cannot be looked at.")
        is_unlucky = self.options.luck and row.draw % 2 == 1
        return row.number % self.options.by not in self.options.bad and not is_unlucky


@options
class AmountOptions:
    """Options of `amount`."""

    most: int = option("The largest number of rows that passes.")
    distinct: bool = option("Whether it counts what Spark cannot count while it writes.", default=False)


class Amount(AggregateCheck[AmountOptions]):
    """Whether there are few enough rows."""

    def metrics(self, columns: Columns) -> Mapping[str, Any]:
        return {"distinct" if self.options.distinct else "rows": len}

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        (rows,) = values.values()
        return Verdict(rows <= self.options.most, value=float(rows))


@options
class FewOptions:
    """Options of `few`."""

    most: int = option("The largest number of rows that passes.")


class Few(FrameCheck[FewOptions]):
    """Whether there are few enough rows; looks for itself."""

    def judge(self, context: Context, frame: Any) -> Verdict:
        rows = len(_session(context).collect(frame))
        return Verdict(rows <= self.options.most, value=float(rows))


# ---- hooks and secrets


class Keeper(Hooks[NoOptions]):
    """Keeps checkpoints where they outlive the process."""

    @hookimpl
    def ppf_checkpoint_load(self, run: RunInfo) -> Checkpoint | None:
        world().at("keeper.ppf_checkpoint_load")
        return world().checkpoints.get(run.run_id)

    @hookimpl
    def ppf_checkpoint_save(self, run: RunInfo, checkpoint: Checkpoint) -> bool:
        world().at("keeper.ppf_checkpoint_save")
        world().checkpoints[run.run_id] = checkpoint
        world().at("keeper.ppf_checkpoint_save+")
        return True


class Watcher(Hooks[NoOptions]):
    """Hears what happens, and may fail at it."""

    @hookimpl
    def ppf_pipeline_start(self, run: RunInfo) -> None:
        self._hear("ppf_pipeline_start", run)

    @hookimpl
    def ppf_component_start(self, run: RunInfo, component: ComponentInfo) -> None:
        self._hear("ppf_component_start", run, component.name)

    @hookimpl
    def ppf_component_retry(self, run: RunInfo, component: ComponentInfo, attempt: int, delay: float, error: ErrorInfo) -> None:
        self._hear("ppf_component_retry", run, component.name)

    @hookimpl
    def ppf_quality_result(self, run: RunInfo, component: ComponentInfo, result: QualityResult) -> None:
        self._hear("ppf_quality_result", run, component.name)

    @hookimpl
    def ppf_component_end(self, run: RunInfo, component: ComponentInfo, result: ComponentResult) -> None:
        self._hear("ppf_component_end", run, component.name)

    @hookimpl
    def ppf_pipeline_end(self, run: RunInfo, result: PipelineResult) -> None:
        self._hear("ppf_pipeline_end", run)

    def _hear(self, hook: str, run: RunInfo, component: str = "") -> None:
        world().heard.append((run.run_id, hook, component))
        world().at(f"watcher.{hook}")


class Safe(SecretsBackend[NoOptions]):
    """Has one secret."""

    def fetch(self, key: str, field: str | None) -> str:
        world().at("safe.fetch")
        return "simsalabim"

    def close(self) -> None:
        world().at("safe.close")
