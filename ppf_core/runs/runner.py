"""Runs a pipeline: the one door for the command line, for notebooks, for tests and for orchestrators.

The main path is `PipelineRunner.execute`: secrets → plugins → record → session → walk the steps → result.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from ppf_core.config.loader import ConfigLoader
from ppf_core.config.model import PipelineConfig
from ppf_core.contracts.components import Source
from ppf_core.contracts.results import PipelineResult
from ppf_core.errors import CheckpointRefused, ComponentError, ConfigError, PpfError, suggestion
from ppf_core.execution.pings import ping_all
from ppf_core.execution.preview import Frames, Preview, preview_frame
from ppf_core.execution.run_frames import RunFrames
from ppf_core.execution.steps import Steps
from ppf_core.jvm.errors import describe_error
from ppf_core.planning.plan import Plan, PlannedComponent, make_plan
from ppf_core.plugins.registry import PluginRegistry
from ppf_core.quality.replay import ALONE, Quarantined, SideInputs, replaying
from ppf_core.resources.run_resources import RunResources
from ppf_core.runs.replay import replayed_alone
from ppf_core.runs.run import Run
from ppf_core.runs.starting import begin_run, checked_run_id, resume_run, resumed_plan
from ppf_core.secrets.redaction import Redactor, redacted_cause, redacted_error
from ppf_core.spark.engines import engines
from ppf_core.state.events import Observer
from ppf_core.state.lines import Line
from ppf_core.state.store import RunRecords
from ppf_core.streams.frames import NotBuilt, StreamFrames
from ppf_core.streams.handle import RunningStream
from ppf_core.streams.opening import Fresh
from ppf_core.streams.supervisor import refuse_parts
from ppf_core.validation.replacing import replaced
from ppf_core.validation.validate import check_file, validate_pipeline
from ppf_core.validation.validated import ValidatedPipeline

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Capture = Callable[[Path, Callable[[str], str]], AbstractContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What one run is asked to do. capture: sends the standard streams into a log, through a redactor, while Spark runs.

    second: what a second SIGINT or SIGTERM does, in the place of ending the run without waiting for what is at work.
    accept_changes: whether a run can be resumed although something changed that is published already. replays: the run whose
    quarantined rows it runs again. fresh: the queries of a stream that begin anew.
    """

    spark: "SparkSession | None" = None
    run_id: str | None = None
    resume: str | None = None
    only: Sequence[str] = ()
    accept_changes: bool = False
    observers: Sequence[Observer] = ()
    capture: Capture | None = None
    second: Callable[[int], None] | None = None
    replays: str | None = None
    fresh: Fresh = field(default_factory=Fresh)


@dataclass(frozen=True)
class AnalyzedPlan:
    """A plan in which Spark has decided what is persisted, and the schema of each frame, as DDL-like text."""

    plan: Plan
    schemas: Mapping[str, str]


class PipelineRunner:
    """Plans and runs one pipeline file.

    result = PipelineRunner.from_file("flights.conf", {"spark.master": "local[2]"}).run()
    assert result.ok
    """

    def __init__(self, validated: ValidatedPipeline) -> None:
        self.validated = validated

    @classmethod
    def from_file(cls, path: str | PathLike[str], overrides: Mapping[str, object] | None = None) -> "PipelineRunner":
        """Reads and checks a file. Raises ConfigError or PluginError with all its mistakes, each located.

        overrides: HOCON path → HOCON text, as `--set` takes it, or a value of JSON such as 2.
        """
        validated = validate_pipeline(path, overrides)
        validated.require_sound()
        return cls(validated)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], folder: str | PathLike[str] = ".") -> "PipelineRunner":
        """Takes what a file would say as a dictionary, whose keys are taken as they are, or as a `ConfigTree` of pyhocon.

        Raises ConfigError or PluginError with all mistakes, each with the path of its key. folder: what relative paths are
        relative to.
        """
        validated = check_file(ConfigLoader.from_config(config, folder), PluginRegistry.discover())
        validated.require_sound()
        return cls(validated)

    @property
    def name(self) -> str:
        """The name of the pipeline."""
        return self.config.name

    @property
    def config(self) -> PipelineConfig:
        """What the file says."""
        return self.validated.file.config

    @cached_property
    def plan(self) -> Plan:
        """What a run will do."""
        return make_plan(self.validated)

    def plan_of(self, only: Sequence[str] = (), resume: str | None = None) -> Plan:
        """What a run would do that is asked for these components, or goes on with an earlier one.

        For the latter the checkpoint hook is asked, with its secrets; nothing is written.
        """
        selected = self._selected(only)
        if resume is None:
            return make_plan(self.validated, selected)
        resources = RunResources(self.validated, selected)
        try:
            return resumed_plan(resources, self.store, self._to_resume(resume))
        finally:
            resources.close()

    @property
    def store(self) -> RunRecords:
        """The records of the runs of this file's state directory."""
        return RunRecords(self.validated.file.folder / self.config.runtime.state_dir)

    def run(
        self,
        *,
        spark: "SparkSession | None" = None,
        run_id: str | None = None,
        resume: str | None = None,
        only: Sequence[str] = (),
    ) -> PipelineResult:
        """Runs the pipeline and says how it went; a failed component is in the result, not an exception.

        A session passed in is used and stays as it is. only: these components and what they need.
        """
        return self.execute(RunRequest(spark=spark, run_id=run_id, resume=resume, only=only))

    def start(self, *, spark: "SparkSession | None" = None, run_id: str | None = None) -> RunningStream:
        """Runs a stream in a thread. Raises what is wrong before the run has its record; after that there is a result."""
        if not self.validated.is_stream:
            hint = "Use run(): it returns when the run is over."
            raise ConfigError(f"The pipeline {self.name!r} is no stream: mode is {self.config.mode}.", hint=hint)
        request = RunRequest(spark=spark, run_id=run_id)
        return RunningStream(lambda hear: self.execute(replace(request, observers=(hear,))))

    def execute(self, request: RunRequest) -> PipelineResult:
        """Runs as asked. Raises PpfError for what is wrong before the run has its record; after that there is a result."""
        if self.validated.is_stream:
            refuse_parts(request.only, request.resume)
        self._require_queries(request.fresh.queries)
        selected = self._selected(request.only)
        self.store.require_writable()
        resources = RunResources(self.validated, selected)
        try:
            run = self._prepared(request, resources)
            capture = request.capture or _no_capture
            try:
                with capture(run.record.spark_log, resources.redactor.redact):
                    return run.execute(request.spark, request.second, request.fresh)
            finally:
                run.record.release()
        finally:
            resources.close()

    def _prepared(self, request: RunRequest, resources: RunResources) -> Run:
        with _redacted(resources.redactor):
            resources.resolve_secrets()
            return self._open(request, resources)

    def replay(self, rows: Quarantined, request: RunRequest, side: SideInputs = ALONE) -> PipelineResult:
        """Runs what lies below a component on its quarantined rows alone. Once this has published, they never come again.

        side: what the components give whose rows meet the replayed ones.
        """
        if rows.pipeline != self.config.name:
            hint = "Name the file of that pipeline."
            raise ConfigError(f"The rows are those of the pipeline {rows.pipeline!r}, not of {self.config.name!r}.", hint=hint)
        validated, names = replaying(self.validated, rows, side)
        with replayed_alone(self.store, rows):
            return PipelineRunner(validated).execute(replace(request, only=tuple(names), replays=rows.run_id))

    def replacing(self, sources: "Mapping[str, Source[Any]]") -> "PipelineRunner":
        """A runner of the pipeline in which these components are these sources: {"flights": Inline(InlineOptions(…))}.

        What fed them alone is no part of it; their checks stay. Of the class and the options of a source each run makes an
        instance of its own. Raises ConfigError for a name that is not there, or of a sink.
        """
        return PipelineRunner(replaced(self.validated, sources))

    def _open(self, request: RunRequest, resources: RunResources) -> Run:
        if request.resume is None:
            return begin_run(resources, self.store, request.run_id, request.observers, request.spark, request.replays)
        run_id = self._to_resume(request.resume)
        if request.run_id is not None and request.run_id != run_id:
            raise ConfigError(f"A resumed run keeps its id {run_id!r}.", hint="Leave out --run-id.")
        accepted = request.accept_changes
        return resume_run(resources, self.store, run_id, request.observers, accept_changes=accepted)

    @contextmanager
    def frames(
        self, names: Sequence[str], *, spark: "SparkSession | None" = None, capture: Capture | None = None
    ) -> Iterator[Frames]:
        """The frames of sources and transforms, until the block ends. Builds what they need; writes and publishes nothing.

        Each gives the same rows whenever it is read: what would differ, or cost as much again, is kept by its first reader.
        Print after the block: meanwhile `capture` may send the standard streams elsewhere, as `Output.capture` does.
        """
        for name in names:
            self._require_rows(name)
        with self._looking(names, spark, capture) as (steps, redactor), ExitStack() as kept:
            engine, found = steps.engine, {}
            for name in dict.fromkeys(names):
                frame = steps.frames.frame(name)
                if engine.why_cache(frame) is not None:
                    engine.cache_when_read(frame, "memory")
                    kept.callback(engine.release_frame, frame)
                found[name] = engine.planned_anew(frame)
            yield Frames(found, redactor.redact)

    def preview(
        self, component: str, limit: int, *, spark: "SparkSession | None" = None, capture: Capture | None = None
    ) -> Preview:
        """The first rows of a source or a transform. Builds what it needs, writes and publishes nothing."""
        self._require_rows(component)
        with self._looking([component], spark, capture) as (steps, redactor):
            return preview_frame(steps.engine, steps.frames.frame(component), limit, redactor.redact)

    def analyze(self, *, spark: "SparkSession | None" = None, capture: Capture | None = None) -> AnalyzedPlan:
        """The plan and the schema of every frame. Starts Spark and asks every outside system, but writes nothing."""

        def decided(steps: Steps, planned: PlannedComponent, frame: "DataFrame | None") -> PlannedComponent:
            if planned.persist != "auto" or frame is None or steps.engine.streams.is_streaming(frame):
                return planned  # of a stream each batch has a plan of its own, and decides by that
            reason = steps.engine.why_cache(frame)
            persist: Literal["memory", "none"] = "memory" if reason is not None else "none"
            return replace(planned, persist=persist, persist_reason=reason or "Reading it again is cheaper.")

        with self._looking((), spark, capture) as (steps, redactor):
            ping_all(steps, redactor)
            frames = {name: each.frame for name, each in steps.components.items() if each.frame is not None}
            components = tuple(decided(steps, each, frames.get(each.name)) for each in self.plan.components)
            schemas = {name: redactor.redact(steps.engine.schema_summary(frame)) for name, frame in frames.items()}
            return AnalyzedPlan(replace(self.plan, components=components), schemas)

    @contextmanager
    def _looking(self, only: Sequence[str], spark: Any, capture: Capture | None) -> Iterator[tuple[Steps, Redactor]]:
        """Builds the frames that are asked for, to be looked at until the block ends, and leaves nothing behind.

        What leaves the block has no secrets: it is printed when the streams are no longer redacted.
        """
        resources = RunResources(self.validated, self._selected(only))
        redactor = resources.redactor
        try:
            with _redacted(redactor), TemporaryDirectory(prefix="ppf-") as folder:
                resources.resolve_secrets()
                log = Path(folder) / "spark.log"
                with (capture or _no_capture)(log, redactor.redact), self._built(resources, spark, log) as steps:
                    yield steps, redactor
        finally:
            resources.close()

    @contextmanager
    def _built(self, resources: RunResources, spark: Any, log: Path) -> Iterator[Steps]:
        session = resources.open_session(spark, log, is_quick=True)
        try:
            plan = make_plan(self.validated, resources.selected)
            components = resources.components(plan.roles)
            engine = engines().engine(session.spark)
            flow, redact = self.validated.dataflow, resources.redactor.redact
            frames = RunFrames(engine, "preview", self.config.name, components, _record_nothing, flow, redact=redact)
            steps = Steps.of(frames)
            if self.validated.is_stream:
                _build_stream(self.validated, steps)
            for step in plan.steps:
                if step.kind == "build" and step.component in steps.components:
                    steps.build(steps.components[step.component])
            yield steps
        finally:
            session.close()

    def _selected(self, only: Sequence[str]) -> frozenset[str]:
        self._require_known(only)
        selected: frozenset[str] = frozenset()
        wanted = frozenset(only or self.validated.components)
        while wanted - selected:
            selected = self.validated.graph.upstream(wanted)
            wanted = selected | {
                sink for sink, origins in self.validated.dataflow.quarantined_from.items() if not selected.isdisjoint(origins)
            }
        return selected

    def _require_known(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in self.validated.components:
                raise ConfigError(f"There is no component {name!r}.", hint=suggestion(name, self.validated.components))

    def _require_queries(self, names: Sequence[str]) -> None:
        known = [query.name for query in self.validated.queries]
        for name in names:
            if name not in known:
                raise ConfigError(f"There is no query {name!r} that could begin anew.", hint=suggestion(name, known))

    def _require_rows(self, component: str) -> None:
        self._require_known([component])
        if self.config.components[component].kind == "sink":
            hint = f"Look at what feeds it: {', '.join(self.config.components[component].inputs.values())}."
            raise ConfigError(f"The component {component!r} is a sink: it gives no rows.", hint=hint)
        if self.validated.is_stream:
            hint = "Run the stream with trigger = available_now into the sink console."
            raise ConfigError(f"The rows of {component!r} are those of a stream, which never end.", hint=hint)

    def _to_resume(self, resume: str) -> str:
        """The id of the run that `last`, or an id, means."""
        if resume != "last":
            self.store.show(checked_run_id(resume))
            if self._is_replay(resume):
                hint = "Replay the rows once more: `ppf quarantine list`."
                raise CheckpointRefused(f"The run {resume!r} replays quarantined rows and cannot be resumed.", hint=hint)
            return resume
        runs = [run["run_id"] for run in self.store.list(self.config.name) if not self._is_replay(run["run_id"])]
        if not runs:
            raise ConfigError(f"There is no run of {self.config.name!r} to resume.", hint="Run it without --resume.")
        return str(runs[-1])

    def _is_replay(self, run_id: str) -> bool:
        journal = self.store.journal(run_id)
        return journal is not None and journal.replays is not None


def _build_stream(validated: ValidatedPipeline, steps: Steps) -> None:
    frames = StreamFrames(validated, steps)
    try:
        frames.build()
    except NotBuilt as error:
        raise error.error from None
    frames.require_stateless()


def _no_capture(_log: Path, _redact: Callable[[str], str]) -> AbstractContextManager[None]:
    return nullcontext()


def _record_nothing(_line: Line) -> None:
    return None


@contextmanager
def _redacted(redactor: Redactor) -> Iterator[None]:
    """Whatever fails becomes an error of ppf, in which no secret is, nor in what led to it."""
    try:
        yield
    except PpfError as error:
        redacted_error(error, redactor)
        raise
    except Exception as error:  # noqa: BLE001 -- foreign code
        told = describe_error(error)
        raise ComponentError(redactor.redact(f"{told.type}: {told.message}")) from redacted_cause(error, redactor)
