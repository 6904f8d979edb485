"""Small real plugins for tests of the kernel; installed as the distribution `ppf-small`.

Each one appends what it does to the file that its option `log` names, so that a test can see the order of effects.
"""

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppf_core import (
    AggregateCheck,
    Columns,
    ComponentInfo,
    ComponentResult,
    Context,
    Dataset,
    ErrorInfo,
    FrameCheck,
    Hooks,
    PipelineResult,
    QualityResult,
    RowCheck,
    RunInfo,
    Secret,
    Sink,
    Source,
    StagedSink,
    Ticket,
    Transform,
    Verdict,
    hookimpl,
    local_path,
    option,
    options,
)

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def note(log: str | None, *words: object) -> None:
    if log is not None:
        with local_path(log).open("a") as file:
            file.write(" ".join(map(str, words)) + "\n")


@options
class NumbersOptions:
    """Options of `numbers`."""

    rows: int = option("How many rows.", default=3)
    schema: str | None = option("The schema that it promises.", default=None)
    pin: str | None = option("What it pins.", default=None)
    token: Secret | None = option("A password.", default=None)
    url: str | None = option("A text that may hold a secret.", default=None)
    unreachable: bool = option("Whether its ping fails.", default=False)
    fails: int = option("How many of its first reads fail.", default=0)
    sleeps: float = option("Seconds that each row takes, in a Spark job.", default=0.0)
    from_: int = option("Its first number.", default=0)
    random: bool = option("Whether its rows are others each time they are computed.", default=False)
    log: str | None = option("Where it writes down what it does.", path=True, default=None)


class Numbers(Source[NumbersOptions]):
    """Counts."""

    @property
    def output_schema(self) -> str | None:
        return self.options.schema

    def ping(self, context: Context) -> None:
        if self.options.unreachable:
            raise ConnectionError("nobody answers")

    def pin(self, context: Context) -> str | None:
        return self.options.pin

    def read(self, context: Context) -> "DataFrame":
        note(self.options.log, "read", context.component, context.pinned)
        if context.attempt <= self.options.fails:
            raise ConnectionError(f"read {context.attempt} failed")
        if self.options.token is not None:
            note(self.options.log, "token", self.options.token.reveal())
        if self.options.url is not None:
            note(self.options.log, "url", self.options.url)
        frame = context.spark.range(self.options.from_, self.options.from_ + self.options.rows)
        if self.options.sleeps:
            frame = frame.select(_sleeping(self.options.sleeps)("id").alias("id"))
        return frame.select(_random()("id").alias("id")) if self.options.random else frame

    def close(self) -> None:
        note(self.options.log, "close")


# The functions are nested, so that they travel to the workers as values: those do not have this module.


def _sleeping(seconds: float) -> Any:
    from pyspark.sql import functions as F

    def sleep(value: int) -> int:
        import time

        time.sleep(seconds)
        return value

    return F.udf(sleep, "BIGINT")


def _random() -> Any:
    from pyspark.sql import functions as F

    def randomize(_value: int) -> str:
        import uuid

        return str(uuid.uuid4())

    return F.udf(randomize, "STRING").asNondeterministic()


@options
class GrowingOptions:
    """Options of `growing`."""

    end: int = option("One more than the largest number there is.")
    fails: int = option("How many of its first reads fail.", default=0)
    log: str | None = option("Where it writes down what it does.", path=True, default=None)


class Growing(Source[GrowingOptions]):
    """Reads the numbers that it has not read yet."""

    def read(self, context: Context) -> "DataFrame":
        begin = int(context.state.get("end", "0"))
        end = int(context.advance("end", str(self.options.end)))
        note(self.options.log, "read", begin, end)
        if context.attempt <= self.options.fails:
            raise ConnectionError(f"read {context.attempt} failed")
        return context.spark.range(begin, end)


@options
class StoredOptions:
    """Options of `stored`."""

    path: str = option("The folder that it reads.", path=True)


class Stored(Source[StoredOptions]):
    """Reads what `folder` writes."""

    def datasets(self) -> tuple[Dataset, ...]:
        return (Dataset("file", str(local_path(self.options.path))),)

    def read(self, context: Context) -> "DataFrame":
        return context.spark.read.json(self.options.path)


@options
class StepOptions:
    """Options of `step`."""

    raises: str | None = option("The text of the error that it raises.", default=None)
    exits: bool = option("Whether it calls sys.exit.", default=False)
    wants: str | None = option("The schema that it wants.", default=None)
    beside: str | None = option("A component whose rows it counts too.", component=True, default=None)
    log: str | None = option("Where it writes down what it does.", path=True, default=None)


class Step(Transform[StepOptions]):
    """Hands its input on."""

    expects = 1

    @property
    def input_schema(self) -> str | None:
        return self.options.wants

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        note(self.options.log, "transform", context.component, *sorted(context.frames))
        if self.options.raises is not None:
            raise ValueError(self.options.raises)
        if self.options.exits:
            raise SystemExit(7)
        (frame,) = inputs.values()
        return frame


@options
class FolderOptions:
    """Options of `folder`."""

    path: str = option("The folder that it writes.", path=True)
    fails: str | None = option("The step that fails: stage, publish or discard.", default=None)
    failures: int | None = option("How many attempts of that step fail; all of them unless given.", default=None)
    hangs: str | None = option("The step that takes a minute.", default=None)
    sleeps: float = option("Seconds that staging takes, in Python.", default=0.0)
    token: Secret | None = option("A password.", default=None)
    readable: bool = option("Whether its stage can be read.", default=False)
    takes: int | None = option("How many rows it takes at most.", default=None)
    counts: bool = option("Whether it says how many rows it wrote.", default=True)
    splits: bool = option("Whether it writes good and bad rows in one pass.", default=False)
    loses: bool = option("Whether it loses one of the bad rows on the way.", default=False)
    log: str | None = option("Where it writes down what it does.", path=True, default=None)


class Folder(StagedSink[FolderOptions]):
    """Writes one JSON file, staged beside its target."""

    def datasets(self) -> tuple[Dataset, ...]:
        return (Dataset("file", str(local_path(self.options.path))),)

    @property
    def atomic(self) -> bool:
        return True

    @property
    def exclusive(self) -> bool:
        return True

    def _stage(self, context: Context) -> Path:
        target = local_path(self.options.path)
        return target.with_name(f".{target.name}.{context.write_id}")

    def _note(self, what: str, context: Context) -> None:
        note(self.options.log, what, context.component)
        if self.options.hangs == what:
            time.sleep(60)
        if self.options.fails == what and (self.options.failures is None or context.attempt <= self.options.failures):
            raise OSError(f"{what} failed")

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        if self.options.sleeps:
            note(self.options.log, "begin", context.component)
            time.sleep(self.options.sleeps)
        taken = frame if self.options.takes is None else frame.limit(self.options.takes)
        return self._staged(context, [row.asDict() for row in taken.collect()], "stage")

    @property
    def can_split(self) -> bool:
        return self.options.splits

    def stage_split(self, context: Context, frame: "DataFrame", mask: str) -> "tuple[Ticket, DataFrame]":
        rows = [row.asDict() for row in frame.collect()]
        bad = [row for row in rows if row.pop(mask)]
        ticket = self._staged(context, [row for row in rows if row not in bad], "split")
        context.report(rows_written=len(rows) if self.options.counts else None)
        apart = self._stage(context) / ".apart"
        context.spark.createDataFrame(bad[self.options.loses :], frame.drop(mask).schema).write.parquet(f"file:{apart}")
        return ticket, context.spark.read.parquet(f"file:{apart}")

    def _staged(self, context: Context, rows: list[dict[str, Any]], how: str) -> Ticket:
        stage = self._stage(context)
        stage.mkdir(parents=True)
        (stage / "rows.json").write_text(json.dumps(rows, default=str))
        context.report(rows_written=len(rows) if self.options.counts else None)
        self._note(how, context)
        return {"stage": str(stage)}

    def publish(self, context: Context, ticket: Ticket) -> None:
        self._note("publish", context)
        shutil.rmtree(local_path(self.options.path), ignore_errors=True)
        Path(ticket["stage"]).rename(local_path(self.options.path))

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        if not self.options.readable and not self.options.splits:
            return None
        rows = json.loads(Path(ticket["stage"]).joinpath("rows.json").read_text())
        kind = "STRING" if any(isinstance(row["id"], str) for row in rows) else "BIGINT"
        return context.spark.createDataFrame([tuple(row.values()) for row in rows], f"id {kind}")

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        self._note("discard", context)
        shutil.rmtree(self._stage(context), ignore_errors=True)


@options
class DirectOptions:
    """Options of `direct`."""

    fails: bool = option("Whether it fails.", default=False)
    repeatable: bool = option("Whether writing twice equals writing once.", default=False)
    out: str | None = option("A file for the rows.", path=True, default=None)
    note: str | None = option("A text that may hold a secret.", default=None)
    log: str | None = option("Where it writes down what it does.", path=True, default=None)


class Direct(Sink[DirectOptions]):
    """Writes at once."""

    @property
    def idempotent(self) -> bool:
        return self.options.repeatable

    def write(self, context: Context, frame: "DataFrame") -> None:
        note(self.options.log, "write", context.component)
        if self.options.fails:
            raise OSError("the other side hung up")
        rows = [row.asDict() for row in frame.collect()]
        if self.options.out is not None:
            local_path(self.options.out).write_text(json.dumps(rows))
        context.report(rows_written=len(rows))


@options
class PositiveOptions:
    """Options of `positive`."""

    column: str = option("The column that it looks at.")


class Positive(RowCheck[PositiveOptions]):
    """Whether a number is above zero."""

    def passes(self, columns: Columns) -> "Column":
        return columns[self.options.column] > 0


@options
class PickyOptions:
    """Options of `picky`."""

    column: str = option("The column that it looks at.", default="id")
    above: int = option("Good rows have a number above this.", default=0)
    odd: bool = option("Whether good rows are those of which a checksum is odd.", default=False)
    raises: str | None = option("Where it raises: `passes`, or `rows` in the middle of the job.", default=None)
    calls: bool = option("Whether it judges in a Python function.", default=False)
    log: str | None = option("Where that function leaves a dot for each row.", path=True, default=None)


class Picky(RowCheck[PickyOptions]):
    """Whether a number is above another one."""

    def passes(self, columns: Columns) -> "Column":
        from pyspark.sql import functions as F

        if self.options.raises == "passes":
            raise ValueError("this check is broken")
        column = columns[self.options.column]
        if self.options.odd:
            return F.crc32(column.cast("string").cast("binary")) % 2 == 1
        if self.options.raises == "rows":
            return F.when(column == 1, F.raise_error(F.lit("bad luck")).isNull()).otherwise(F.lit(True))
        log = str(local_path(self.options.log)) if self.options.log is not None else None
        return _above(self.options.above, log)(column) if self.options.calls else column > self.options.above


def _above(bound: int, log: str | None) -> Any:
    from pyspark.sql import functions as F

    def is_above(value: int) -> bool:
        if log is not None:
            with open(log, "a") as file:  # noqa: PTH123 -- it runs in a worker, which imports nothing of this module
                file.write(".")
        return value > bound

    return F.udf(is_above, "BOOLEAN")


@options
class TotalOptions:
    """Options of `total`."""

    column: str = option("The column that it adds up.", default="id")
    max: float = option("The largest sum that passes.")
    distinct: bool = option("Whether it adds up each value once, which Spark cannot observe.", default=False)
    forgets: bool = option("Whether its judge raises.", default=False)


class Total(AggregateCheck[TotalOptions]):
    """Whether a sum is small enough."""

    def metrics(self, columns: Columns) -> "Mapping[str, Column]":
        from pyspark.sql import functions as F

        add = F.sum_distinct if self.options.distinct else F.sum
        return {"sum": add(columns[self.options.column])}

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        if self.options.forgets:
            raise KeyError("sum of nothing")
        total = float(values["sum"] or 0)
        return Verdict(total <= self.options.max, value=total, message=f"The sum is {total:g}.")


@options
class SameOptions:
    """Options of `same`."""

    rows: int = option("How many rows there must be.")
    beside: str | None = option("A component that must have as many.", component=True, default=None)
    gives: str | None = option("What it gives in the place of a verdict.", default=None)
    log: str | None = option("Where it writes down what it does.", path=True, default=None)


class Same(FrameCheck[SameOptions]):
    """Whether a frame has this many rows."""

    def judge(self, context: Context, frame: "DataFrame") -> Verdict:
        note(self.options.log, "judge")
        if self.options.gives is not None:
            return self.options.gives  # type: ignore[return-value] -- what a careless author does
        found = frame.count()
        if self.options.beside is not None:
            found -= context.frames[self.options.beside].count()
        return Verdict(found == self.options.rows, value=float(found))


@options
class JudgeOptions:
    """Options of `judge`."""

    answers: list[str] = option("The names of the checks that it answers.", default_factory=list)
    status: str = option("Its answer.", default="passed")
    asks: bool = option("Whether it answers at all.", default=True)
    raises: bool = option("Whether it raises.", default=False)
    path: str | None = option("Where it writes what it hears.", path=True, default=None)


class Judge(Hooks[JudgeOptions]):
    """Evaluates checks by itself."""

    @hookimpl
    def ppf_quality_evaluate(self, component: ComponentInfo, frame: "DataFrame", checks: Any) -> Any:
        note(self.options.path, "asked", component.name, len(checks))
        if self.options.raises:
            raise RuntimeError("the judge is ill")
        if not self.options.asks:
            return None
        named = [(check.check, check.name or check.check, check.action) for check in checks]
        return [
            QualityResult(check=check, name=name, action=action, status=self.options.status)  # type: ignore[arg-type]
            for check, name, action in named
            if name in self.options.answers
        ]

    @hookimpl
    def ppf_quality_result(self, component: ComponentInfo, result: QualityResult) -> None:
        note(self.options.path, "heard", component.name, result.name, result.status)


@options
class JournalOptions:
    """Options of `journal`."""

    path: str = option("Where it writes what it hears.", path=True)
    raises_in: str | None = option("The hook that raises.", default=None)
    sleeps: float = option("Seconds that each call takes.", default=0.0)


class Journal(Hooks[JournalOptions]):
    """Writes down each call."""

    def _hear(self, hook: str, *words: Any) -> None:
        time.sleep(self.options.sleeps)
        note(self.options.path, hook, *words)
        if self.options.raises_in == hook:
            raise RuntimeError("deaf")

    @hookimpl
    def ppf_pipeline_start(self, run: RunInfo) -> None:
        self._hear("pipeline_start", run.pipeline)

    @hookimpl
    def ppf_component_start(self, component: ComponentInfo) -> None:
        self._hear("component_start", component.name)

    @hookimpl
    def ppf_component_retry(self, component: ComponentInfo, attempt: int, delay: float, error: ErrorInfo) -> None:
        self._hear("component_retry", component.name, attempt, error.message)

    @hookimpl
    def ppf_circuit_change(self, component: ComponentInfo, old: str, new: str) -> None:
        self._hear("circuit_change", component.name, old, new)

    @hookimpl
    def ppf_secret_accessed(self, backend: str, key: str) -> None:
        self._hear("secret_accessed", backend, key)

    @hookimpl
    def ppf_component_end(self, component: ComponentInfo, result: ComponentResult) -> None:
        self._hear("component_end", component.name, result.status)

    @hookimpl
    def ppf_pipeline_end(self, result: PipelineResult) -> None:
        self._hear("pipeline_end", result.status)
