"""A distribution as a stranger would write it: every public name of the contracts, used as its promise says.

`test_public_api.py` runs `mypy --strict` over this file; it is never imported.
"""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Literal

from pyspark import cloudpickle
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.readwriter import DataStreamWriter

from ppf_core import (
    AggregateCheck,
    Checkpoint,
    Columns,
    ComponentInfo,
    ComponentResult,
    Context,
    Dataset,
    Draft,
    DraftOffer,
    DraftSpot,
    ErrorInfo,
    Fetched,
    FrameCheck,
    Frames,
    Hooks,
    ImpliedCheck,
    ModuleFolder,
    NoOptions,
    OptionsError,
    Output,
    PipelineComponent,
    PipelineDrafts,
    PipelineResult,
    PipelineRunner,
    Plugin,
    QualityResult,
    Quarantine,
    Quarantined,
    Requirements,
    RowCheck,
    RunInfo,
    RunningStream,
    RunStore,
    Schema,
    SchemaContract,
    Secret,
    SecretsBackend,
    Sink,
    Source,
    StagedSink,
    StreamingSink,
    StreamingSource,
    StreamProgress,
    TargetMoved,
    Ticket,
    Transform,
    Verdict,
    WriteId,
    command,
    hookimpl,
    json_field,
    option,
    options,
    pipeline_grammar,
    rows_written,
)
from ppf_core.storage import (
    Atomic,
    Entry,
    Files,
    LocalFiles,
    atomic_at,
    files_at,
    fingerprint,
    make_folder,
    outline,
    remove_parts,
    rename_if_free,
    replace_file,
    replacing,
    scheme,
)
from ppf_core.testing import MemoryStream, build, context, memory_stream, stream_batches, write_stream


@options
class Login:
    """A nested block."""

    user: str = option("Who reads.")
    password: Secret = option("Their password.")


@options
class LedgerOptions:
    """All the types that an option may have, in one block."""

    path: str = option("The ledger's folder.", path=True)
    login: Login | None = option("How to log in.", default=None)
    currency: Literal["EUR", "USD"] = option("What is counted.", default="EUR")
    limit: Decimal = option("The largest amount.", default=Decimal(100))
    wait: datetime.timedelta = option("How long to wait.", default=datetime.timedelta(seconds=1))
    tags: dict[str, str] = option("Labels.", default_factory=dict)
    other: str | None = option("A component to compare with.", default=None, component=True)
    by_name: str | None = option("A name.", default=None, one_of="selector")
    by_number: int | None = option("A number.", default=None, one_of="selector", aliases=("number",))

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise OptionsError({"limit": f"must not be below 0, but is {self.limit}"})


class LedgerSource(Source[LedgerOptions]):
    """Reads the ledger."""

    supports = frozenset({"classic", "connect"})
    examples: ClassVar[Sequence[str]] = ("path = ledger, by_number = 1",)

    @classmethod
    def requirements(cls, options: LedgerOptions | None) -> Requirements:
        return Requirements(packages=("org.example:ledger_{scala}:1.0",), conf={"spark.ledger": "on"}, spark=">=3.5,<5")

    @property
    def output_schema(self) -> Schema:
        return "id BIGINT, amount DECIMAL(18,2)"

    def datasets(self) -> Sequence[Dataset]:
        return (Dataset("file", self.options.path),)

    def ping(self, context: Context) -> None:
        if self.options.login is not None:
            context.logger.info("password of %d characters", len(self.options.login.password.reveal()))

    def pin(self, context: Context) -> str | None:
        return context.advance("seen", "42")

    @property
    def repeatable(self) -> bool:
        return self.options.by_number is not None

    def read(self, context: Context) -> DataFrame:
        return context.spark.read.parquet(self.options.path).where(F.lit(context.pinned or context.state["seen"]) > 0)


class Doubled(Transform[NoOptions]):
    """Doubles amounts."""

    expects = 1

    def transform(self, context: Context, inputs: Mapping[str, DataFrame]) -> DataFrame:
        (frame,) = inputs.values()
        folder = ModuleFolder(Path("rules"))
        with folder.importable(), folder.pickled_by_value(cloudpickle):
            double: Callable[[Column], Column] = folder.load("amounts:double", "function", callable)
            return frame.withColumn("amount", double(F.col("amount")))


class PlainSink(Sink[NoOptions]):
    """Writes nothing, twice."""

    @property
    def idempotent(self) -> bool:
        return True

    def write(self, context: Context, frame: DataFrame) -> None:
        frame.write.format("noop").mode("overwrite").save()
        context.report(rows_written=0, seconds=0.5)


class LedgerSink(StagedSink[LedgerOptions]):
    """Writes the ledger beside its target, then moves it."""

    def stage(self, context: Context, frame: DataFrame) -> Ticket:
        folder = f"{self.options.path}/.{context.write_id}"
        frame.write.parquet(folder)
        return {"folder": folder}

    def publish(self, context: Context, ticket: Ticket) -> None:
        raise TargetMoved(f"{self.options.path} was moved while {ticket['folder']} was written.")

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        write: WriteId = context.write_id
        context.logger.info("nothing kept of %s, number %d", write.scope, write.number)

    def staged(self, context: Context, ticket: Ticket) -> DataFrame | None:
        return context.spark.read.parquet(ticket["folder"])


class LedgerStream(StreamingSource[NoOptions]):
    """Follows the ledger."""

    @property
    def implied_checks(self) -> Sequence[ImpliedCheck]:
        return (ImpliedCheck("readable", marker="_unread", action="drop", helpers=("_page",)),)

    def read_stream(self, context: Context) -> DataFrame:
        return context.spark.readStream.format("rate").load()


class LedgerStreamSink(StreamingSink[NoOptions]):
    """Writes a stream with Spark's own writer."""

    @classmethod
    def per_batch(cls, options: NoOptions) -> type[Sink[NoOptions]] | None:
        return PlainSink

    def write_stream(self, context: Context, frame: DataFrame) -> DataStreamWriter:
        return frame.writeStream.format("noop")

    def start(self, context: Context, writer: DataStreamWriter) -> StreamingQuery:
        return writer.start()


class SafeBackend(SecretsBackend[NoOptions]):
    """Keeps secrets in a safe."""

    def fetch(self, key: str, field: str | None) -> str | Fetched:
        text = '{"user": "ada"}'
        soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)
        return Fetched(json_field(text, field), expires_at=soon) if field else text


class Positive(RowCheck[NoOptions]):
    """Amounts are positive."""

    null_passes = True

    def passes(self, columns: Columns) -> Column:
        return columns["amount"] > 0


class Balanced(AggregateCheck[NoOptions]):
    """The sum is zero."""

    def metrics(self, columns: Columns) -> Mapping[str, Column]:
        return {name: F.sum(columns[name]) for name in columns if "amount" in columns.schema.names}

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        return Verdict(passed=values["amount"] == 0, value=float(values["amount"]), message="The sum is not zero.")


class NotEmpty(FrameCheck[NoOptions]):
    """There are rows."""

    def judge(self, context: Context, frame: DataFrame) -> Verdict:
        rows = frame.count()
        return Verdict(passed=rows > 0, failed=0, evaluated=rows)


class Announce(Hooks[NoOptions]):
    """Hears of everything."""

    @hookimpl
    def ppf_pipeline_start(self, run: RunInfo) -> None:
        self.heard = [f"{run.pipeline} {run.run_id} {run.mode} {run.record_path}"]

    @hookimpl
    def ppf_component_retry(self, run: RunInfo, component: ComponentInfo, attempt: int, delay: float, error: ErrorInfo) -> None:
        self.heard.append(f"{component.name} {attempt} {delay} {error.type}: {error.message}")

    @hookimpl
    def ppf_component_end(self, run: RunInfo, component: ComponentInfo, result: ComponentResult) -> None:
        self.heard.append(f"{result.status} {result.rows_written} {result.schema}")

    @hookimpl
    def ppf_quality_result(self, run: RunInfo, component: ComponentInfo, result: QualityResult) -> None:
        self.heard.append(f"{result.check} {result.failed} of {result.evaluated}")

    @hookimpl
    def ppf_stream_progress(self, run: RunInfo, component: ComponentInfo, progress: StreamProgress) -> None:
        self.heard.append(component.plugin)

    @hookimpl
    def ppf_checkpoint_save(self, run: RunInfo, checkpoint: Checkpoint) -> bool | None:
        return None

    @hookimpl
    def ppf_pipeline_end(self, run: RunInfo, result: PipelineResult) -> None:
        self.heard.append(f"{result.status} {result.exit_code} {len(result.components)}")

    def close(self) -> None:
        self.heard.clear()


def names(*plugins: type[Plugin[Any]]) -> list[str]:
    """The classes that are components."""
    return [plugin.__name__ for plugin in plugins if issubclass(plugin, PipelineComponent)]


def show(context: Context, staged: str, target: str) -> bool:
    """Gives a staged folder its name, unless something has it."""
    files: Files = files_at(context.spark, target)
    entries: list[Entry] = files.walk(staged)
    with files.alone(staged):
        files.write(f"{staged}/_mark", f"{fingerprint(entries)} {outline(entries)} {len(entries)}")
    there: Atomic = atomic_at(target)
    context.report(rows_written=rows_written(context.spark, staged, since=0))
    if there.exchange and isinstance(files, LocalFiles) and not files.mount_points(target):
        files.copy_rights(target, staged)
        return files.exchange(staged, target)
    return rename_if_free(files, staged, target) or scheme(target) == "s3a"


def keep(folder: Path, text: str) -> None:
    """Keeps a small file of this machine."""
    make_folder(folder)
    replace_file(folder / "kept", text.encode(), mode=0o600)
    with replacing(folder / "kept", mode=0o640) as part:
        part.write_text(text)
    remove_parts(folder)


def run_copy(path: str) -> PipelineResult:
    """Runs a pipeline without a file, and then one that has a file."""
    copy = {"source": "csv", "options": {"path": path}}
    assert PipelineRunner.from_config({"name": "copy", "components": {"copy": copy}}).run(only=["copy"]).ok
    return PipelineRunner.from_file("pipeline.conf", {"components.copy.options.path": path}).run(run_id="second")


@command("ppf runs archive r1", takes=["runs"], path=None, problems=[])
def archive(output: Output, store: RunStore, run_id: str) -> int:
    """Write the document of a run, and the name of the first one, beside its record."""
    output.expect(path=run_id)
    output.use_json()
    output.raw(pipeline_grammar())
    path = store.folder(run_id) / "archived.json"
    path.write_text(json.dumps([store.show(run_id), store.report(run_id), store.list()[0]["run_id"]]))
    output.note("Archived.", style="green")
    output.table(("run", "path"), [(run_id, path)], aside=True)
    if output.json:
        output.document({"path": str(path)}, ok=True)
    else:
        output.text(str(path))
    return 0


@command("ppf columns flights.conf", takes=["pipeline", "session"])
def columns(output: Output, pipeline: str, overrides: dict[str, str]) -> int:
    """Print the schema of the first component."""
    runner = PipelineRunner.from_file(pipeline, overrides)
    with runner.frames(["flights"], capture=output.capture) as frames:
        shown = _shown(frames)
    output.text(f"{runner.name}: {shown}")
    return 0


def _shown(frames: Frames) -> str:
    return frames.redact(", ".join(str(SchemaContract.of(frame.schema).ddl) for frame in frames.values()))


def waiting(quarantine: Quarantine) -> list[Quarantined]:
    """What nobody has replayed."""
    return [quarantine.choose(each.run_id, each.component) for each in quarantine.find() if each.replayed_by is None]


@command("ppf again r1", takes=["run", "runs"])
def again(output: Output, store: RunStore, execute: Callable[[Callable[[Any], PipelineResult], RunStore], int]) -> int:
    """Replay the first of them."""
    (rows, *_) = waiting(store.quarantine)
    output.note(str(store.quarantine.preview(rows, 1, output.capture).columns))
    return execute(lambda request: store.quarantine.replay(rows, request, read=["countries"]), store)


def tried(path: str, rows: Source[Any]) -> PipelineResult:
    """The pipeline with rows of ours."""
    return PipelineRunner.from_file(path).replacing({"flights": rows}).run()


def watched(path: str) -> PipelineResult | None:
    """The stream, until its first batch has ended."""
    stream: RunningStream = PipelineRunner.from_file(path).start(run_id="watched")
    while stream.is_alive and not [each.batch_id for each in stream.progress()]:
        stream.await_end(timeout=0.1)
    stream.stop(drain=stream.run_id == "watched")
    return stream.await_end()


def test_the_stream_of_the_ledger_is_written(spark: SparkSession, tmp_path: Path) -> None:
    """What a test of its author looks like."""
    stream: MemoryStream = memory_stream(spark, "id INT", tmp_path / "rows")
    stream.add([(1,), {"id": 2}])
    write_stream(build(LedgerStreamSink), stream.frame, tmp_path / "written", output_mode="append", component="ledger")
    frame = build(LedgerStream, tmp_path).read_stream(context(spark, run_id="r1", state={"day": "1"}))
    assert stream_batches(frame, tmp_path / "read") == []


def edited(path: Path, text: str) -> tuple[list[str], int]:
    """What an editor asks: what is wrong with a text that is not saved, and what may stand at its start."""
    drafts = PipelineDrafts()
    drafts.texts[str(path)] = text
    draft: Draft = drafts.check(path)
    spot: DraftSpot | None = drafts.spot(path, 1, 1, draft.files[0] if draft.is_pipeline else None)
    told = [str(problem) for problem in (*draft.problems, *draft.warnings)]
    if spot is None or spot.definition is None:
        return told, 0
    offers: tuple[DraftOffer, ...] = spot.offers
    keys = [f"{each.text}: {each.type} {each.help}" for each in offers if each.kind == "key" and each.required]
    return [*told, *keys, spot.word, spot.help, *map(str, spot.path)], spot.column if spot.is_key else spot.definition[1]


def spoken(output: Output) -> int:
    """A protocol of its own on standard output."""
    return output.binary().write(b"hello")
