"""Small plugins that are right, and some that are not, each in one thing."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pyspark.sql import functions as F

from ppf_core import (
    AggregateCheck,
    Columns,
    Context,
    FrameCheck,
    Hooks,
    NoOptions,
    OptionsError,
    PipelineResult,
    RowCheck,
    RunInfo,
    SecretsBackend,
    Sink,
    Source,
    Transform,
    Verdict,
    hookimpl,
    json_field,
    local_path,
    option,
    options,
)

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


@options
class PathOptions:
    """Where it is."""

    path: str = option("A file.", path=True)

    def __post_init__(self) -> None:
        if self.path.endswith("?"):
            raise OptionsError({"path": "must end with no question mark."})


@options
class CarelessOptions:
    """Takes anything."""

    path: str = option("A file.", path=True)


@options
class ColumnOptions:
    """Which column."""

    column: str = option("A column.")


# ---- sources


class RightSource(Source[PathOptions]):
    """The lines of a file, pinned by their text."""

    @property
    def output_schema(self) -> str:
        return "line STRING"

    def pin(self, context: Context) -> str | None:
        return local_path(self.options.path).read_text()

    def read(self, context: Context) -> "DataFrame":
        text = context.pinned or self.pin(context) or ""
        if local_path(self.options.path).read_text() != text:
            raise ValueError(f"{self.options.path} has changed.")
        return context.spark.createDataFrame([(line,) for line in text.splitlines()], "line STRING")


class Unpinned(RightSource):
    """Says that it cannot pin, by pinning nothing."""

    def pin(self, context: Context) -> str | None:
        return None

    def read(self, context: Context) -> "DataFrame":
        return super().read(context_without_pin(context, self))


class Drifting(RightSource):
    """Does not look at what it has pinned."""

    def read(self, context: Context) -> "DataFrame":
        return super().read(context_without_pin(context, self))


class Renaming(RightSource):
    """Tells another schema."""

    @property
    def output_schema(self) -> str:
        return "text STRING"


class Counting(RightSource):
    """Runs a job to find out whether there is something."""

    def read(self, context: Context) -> "DataFrame":
        frame = super().read(context)
        return frame if frame.count() else frame.limit(0)


class Rolling(RightSource):
    """Gives other rows each time."""

    def read(self, context: Context) -> "DataFrame":
        return super().read(context).select(F.uuid().alias("line"))


class Speechless(RightSource):
    """Does not say what is missing."""

    def pin(self, context: Context) -> str | None:
        try:
            return super().pin(context)
        except OSError:
            raise ValueError("It went wrong.") from None


class Boasting(Rolling):
    """Says that each read gives the same rows, and gives others where nothing is pinned."""

    @property
    def repeatable(self) -> bool:
        return True

    def read(self, context: Context) -> "DataFrame":
        frame = RightSource.read(self, context)
        return frame if context.pinned else frame.select(F.uuid().alias("line"))


class Mute(RightSource):
    __doc__ = ""


class Mistyped(RightSource):
    """Has an example that nobody can use."""

    examples = ("pat = lines.txt",)


class Unbound(RightSource):
    """Takes no context."""

    def read(self) -> "DataFrame":  # type: ignore[override] # this is what is wrong
        raise NotImplementedError


class RightIncremental(Source[PathOptions]):
    """The lines of a file that came since the last run."""

    def lines(self) -> list[str]:
        """All that is there."""
        return local_path(self.options.path).read_text().splitlines()

    def pin(self, context: Context) -> str:
        return f"{context.state.get('lines', '0')}-{len(self.lines())}"

    def read(self, context: Context) -> "DataFrame":
        begin, end = (context.pinned or self.pin(context)).split("-")
        context.advance("lines", end)
        return context.spark.createDataFrame([(line,) for line in self.lines()[int(begin) : int(end)]], "line STRING")


class Standing(RightIncremental):
    """Never moves its cursor."""

    def read(self, context: Context) -> "DataFrame":
        return context.spark.createDataFrame([(line,) for line in self.lines()], "line STRING")


class Minding(RightIncremental):
    """Keeps its cursor by itself, beside the file."""

    def read(self, context: Context) -> "DataFrame":
        mark = local_path(f"{self.options.path}.read")
        begin = int(mark.read_text()) if mark.exists() else 0
        mark.write_text(str(len(self.lines())))
        return context.spark.createDataFrame([(line,) for line in self.lines()[begin:]], "line STRING")


class Running(RightIncremental):
    """Reads on to the end, wherever the first attempt has stopped."""

    def read(self, context: Context) -> "DataFrame":
        begin = int(context.state.get("lines", "0")) if context.attempt == 1 else 0
        context.advance("lines", str(len(self.lines())))
        return context.spark.createDataFrame([(line,) for line in self.lines()[begin:]], "line STRING")


class CarelessSource(Source[CarelessOptions]):
    """Minds no mistake."""

    def read(self, context: Context) -> "DataFrame":
        return context.spark.read.text(self.options.path)


class ClosingOnce(RightSource):
    """Cannot be closed twice."""

    _is_closed = False

    def close(self) -> None:
        if self._is_closed:
            raise RuntimeError("It is closed.")
        self._is_closed = True


def context_without_pin(context: Context, source: RightSource) -> Context:
    """The same, as if what is there now had been pinned."""
    from dataclasses import replace

    return replace(context, pinned=local_path(source.options.path).read_text())


# ---- transforms


class RightTransform(Transform[ColumnOptions]):
    """Keeps what is even."""

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        (frame,) = inputs.values()
        return frame.where(f"`{self.options.column}` % 2 = 0")


class Eager(RightTransform):
    """Asks whether there is something."""

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        found = super().transform(context, inputs)
        found.count()
        return found


class ByPartition(RightTransform):
    """Lets the partitions decide."""

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        return super().transform(context, inputs).withColumn("place", F.spark_partition_id())


class Hasty(RightTransform):
    """Keeps the row that comes first."""

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        return super().transform(context, inputs).coalesce(1).limit(1)


class Dropping(RightTransform):
    """Keeps nothing."""

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        return super().transform(context, inputs).where("false")


class Named(RightTransform):
    """Names its columns after its rows."""

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        found = super().transform(context, inputs)
        return found if found.limit(1).collect() else found.withColumn("nothing", F.lit(1))


class Promising(RightTransform):
    """Tells another schema."""

    @property
    def output_schema(self) -> str:
        return "other INT"


# ---- sinks


class RightSink(Sink[PathOptions]):
    """A file for each write, in a folder."""

    @property
    def idempotent(self) -> bool:
        return True

    def file(self, context: Context) -> Path:
        """The file of a write."""
        return local_path(self.options.path) / str(context.write_id)

    def write(self, context: Context, frame: "DataFrame") -> None:
        self.file(context).parent.mkdir(exist_ok=True)
        self.file(context).write_text("".join(f"{row.value}\n" for row in frame.collect()))


class Appending(RightSink):
    """Writes a write again, and says that it does not."""

    def write(self, context: Context, frame: "DataFrame") -> None:
        before = self.file(context).read_text() if self.file(context).exists() else ""
        super().write(context, frame)
        self.file(context).write_text(before + self.file(context).read_text())


class Modest(RightSink):
    """Does not say that a write can be repeated."""

    @property
    def idempotent(self) -> bool:
        return False


class Once(RightSink):
    """Writes each row once."""

    def write(self, context: Context, frame: "DataFrame") -> None:
        super().write(context, frame.distinct())


class Forgiving(RightSink):
    """Keeps it to itself when a row cannot be computed."""

    def write(self, context: Context, frame: "DataFrame") -> None:
        with suppress(Exception):
            super().write(context, frame)


class First(RightSink):
    """Takes any later write for the first one."""

    def write(self, context: Context, frame: "DataFrame") -> None:
        if not self.file(context).parent.exists():
            super().write(context, frame)


class Hungry(RightSink):
    """Wants rows."""

    def write(self, context: Context, frame: "DataFrame") -> None:
        if not frame.take(1):
            raise ValueError("There are no rows.")
        super().write(context, frame)


# ---- checks


class RightCheck(RowCheck[ColumnOptions]):
    """A number is not negative; NULL is good, and NaN is not."""

    null_passes: ClassVar[bool] = True

    def passes(self, columns: Columns) -> "Column":
        column = columns[self.options.column]
        return (column >= 0) & ~F.isnan(column)


class Blind(RightCheck):
    """Takes NaN for the largest number, as Spark does."""

    def passes(self, columns: Columns) -> "Column":
        return columns[self.options.column] >= 0


class Looking(RightCheck):
    """Asks for rows."""

    def passes(self, columns: Columns) -> "Column":
        columns._frame.count()
        return super().passes(columns)


class Strict(RightCheck):
    """Minds NULL."""

    null_passes: ClassVar[bool] = False


class RightAggregate(AggregateCheck[ColumnOptions]):
    """At least one row has no NULL there, where there are rows."""

    def metrics(self, columns: Columns) -> "Mapping[str, Column]":
        return {"rows": F.count(F.lit(1)), "known": F.count(columns[self.options.column])}

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        return Verdict(passed=values["known"] > 0 or values["rows"] == 0)


class Surprised(RightAggregate):
    """Fails where there are no rows."""

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        return Verdict(passed=values["known"] > 0)


class RightFrameCheck(FrameCheck[ColumnOptions]):
    """No value is there twice."""

    def judge(self, context: Context, frame: "DataFrame") -> Verdict:
        rows, failed = frame.count(), self.repeated(frame)
        return Verdict(passed=not failed, failed=failed, evaluated=rows, message=self.told(failed))

    def repeated(self, frame: "DataFrame") -> int:
        """The rows beyond the first of a value."""
        return frame.count() - frame.select(self.options.column).distinct().count()

    def told(self, failed: int) -> str:
        """What is wrong."""
        return f"{failed} rows repeat a value." if failed else ""


class Overlooking(RightFrameCheck):
    """Takes NULL for no value."""

    def repeated(self, frame: "DataFrame") -> int:
        return super().repeated(frame.dropna())


class Wordless(RightFrameCheck):
    """Does not say what is wrong."""

    def told(self, failed: int) -> str:
        return ""


class Nameless(RightFrameCheck):
    """Is never the same twice."""

    @property
    def identity(self) -> object:
        return object()


# ---- hooks


class RightHooks(Hooks[NoOptions]):
    """Hears how runs end."""

    @hookimpl
    def ppf_pipeline_end(self, run: RunInfo, result: PipelineResult) -> None:
        """Does nothing about it."""


class Raising(RightHooks):
    """Cannot bear success."""

    @hookimpl
    def ppf_pipeline_end(self, run: RunInfo, result: PipelineResult) -> None:
        raise RuntimeError(result.status)


class Deaf(Hooks[NoOptions]):
    """Hears of nothing."""


# ---- secrets


class RightBackend(SecretsBackend[PathOptions]):
    """Lines of `key=value` in a file."""

    def found(self) -> dict[str, str]:
        """All of them."""
        return dict(line.split("=", 1) for line in local_path(self.options.path).read_text().splitlines())

    def fetch(self, key: str, field: str | None) -> str:
        try:
            value = self.found()[key]
        except KeyError:
            raise LookupError(f"There is no secret {key!r} in {self.options.path}.") from None
        return value if field is None else json_field(value, field)


class Chatty(RightBackend):
    """Shows what there is when something is not."""

    def fetch(self, key: str, field: str | None) -> str:
        try:
            return super().fetch(key, field)
        except LookupError as error:
            raise LookupError(f"{error} There are {self.found()}.") from None


class Keeping(RightBackend):
    """Keeps values where everybody looks."""

    def fetch(self, key: str, field: str | None) -> str:
        self.kept = super().fetch(key, field)
        return self.kept


class Vague(RightBackend):
    """Raises what is tried again."""

    def fetch(self, key: str, field: str | None) -> str:
        value = self.found().get(key) or self.missing()
        return value if field is None else json_field(value, field)

    def missing(self) -> str:
        """Never returns."""
        raise RuntimeError("no_such_key")


class Unsafe(RightBackend):
    """Minds that several ask at once."""

    _at_work = 0

    def fetch(self, key: str, field: str | None) -> str:
        import time

        self._at_work += 1
        try:
            time.sleep(0.05)
            return super().fetch(key, field) if self._at_work == 1 else "another's"
        finally:
            self._at_work -= 1
