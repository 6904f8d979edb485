"""What is done for one component: build, materialize, stage, check, write, publish … Only here plugins and data are touched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.components import Sink, Source, StreamingSource, Ticket, Transform
from ppf_core.contracts.context import Context
from ppf_core.errors import CheckpointRefused, SchemaError
from ppf_core.execution.check_steps import CheckSteps, nobody
from ppf_core.execution.component_run import ComponentRun, staged_sink
from ppf_core.execution.run_frames import RunFrames
from ppf_core.jvm.errors import describe_error
from ppf_core.quality.checking import Evaluate
from ppf_core.spark.engine import Engine
from ppf_core.state import lines
from ppf_core.state.lines import Move
from ppf_core.threads import threads
from ppf_core.validation.schema import require_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Steps:
    """The effects of a run on its frames. checks: what is done for checks; without it there are none."""

    frames: RunFrames
    checks: CheckSteps

    @classmethod
    def of(cls, frames: RunFrames, evaluate: Evaluate = nobody, redact: Callable[[str], str] = str) -> "Steps":
        """evaluate: asks the hooks for the results of checks. redact: takes secrets out of a text."""
        return cls(frames, CheckSteps(frames, evaluate, redact))

    @property
    def engine(self) -> Engine:
        """All that is asked of Spark."""
        return self.frames.engine

    @property
    def components(self) -> Mapping[str, ComponentRun]:
        """What changes during the run."""
        return self.frames.components

    def enter(self, number: int) -> None:
        """Prepares a thread for the steps that will run in it."""
        self.engine.enter_thread(f"ppf-{number}")

    def begin(self, component: ComponentRun, attempt: int) -> None:
        """An attempt begins: Spark jobs of this thread carry the component's name from here on."""
        component.attempt, component.attempts = attempt, max(component.attempts, attempt)
        component.attempt_began = threads().now()
        name = component.info.name
        self.engine.name_jobs(
            f"ppf: {self.frames.pipeline}/{name}",
            (self.frames.tag(), self.frames.tag(name), self.frames.attempt_tag(component)),
        )

    def cancel(self, component: ComponentRun | None = None) -> None:
        """Ends the Spark jobs of one component, or of the whole run."""
        self.engine.cancel_jobs(self.frames.tag(component.info.name if component is not None else ""))

    def tasks(self, component: ComponentRun) -> tuple[int, int]:
        """How many Spark tasks of the component's running jobs are done, of how many."""
        return self.engine.count_tasks(self.frames.tag(component.info.name))

    def build(self, component: ComponentRun) -> None:
        """Makes the lazy frame of a source or a transform. What a source pins is pinned once, also when it is built again."""
        plugin, name = component.plugin, component.info.name
        if component.saved is not None and component.schema is not None:
            component.frame = self.engine.read_frame(component.saved, component.schema)
            return
        if isinstance(plugin, Source):
            frame = self._read(component, plugin)
        elif isinstance(plugin, StreamingSource):
            frame = plugin.read_stream(self.frames.context(component))
        elif isinstance(plugin, Transform):
            frame = plugin.transform(self.frames.context(component), self.frames.inputs(component))
        else:
            raise TypeError(f"{name!r} is neither a source nor a transform.")
        require_schema(name, "The output", plugin.output_schema, require_frame(name, frame))
        watermark = component.config.watermark
        if watermark is not None and self.engine.streams.is_streaming(frame):
            frame = self.engine.streams.watermarked(frame, watermark.column, watermark.delay)
        if component.role.is_empty:
            frame = self.engine.emptied(frame)
        if component.config.checkpoint:
            _require_storable(name, self.engine.unstorable_columns(frame))
        component.frame = component.checking.unmarked(frame, self.engine) if component.checking is not None else frame
        component.schema = self.engine.schema_text(component.frame)

    def materialize(self, component: ComponentRun) -> None:
        """Computes a frame once, before its readers start; where reading it again is as good and cheaper, does nothing."""
        frame, wanted = self.frames.frame(component.info.name), component.config.persist
        if component.config.checkpoint:
            self.frames.save(component, frame)
            return
        reason = self._why_cache(component, frame) if wanted == "auto" else "the file asks for it"
        if reason is None:
            return
        level = "memory" if wanted == "auto" else wanted
        self.frames.record(lines.FrameCached(component.info.name, level, reason))
        component.cached = frame
        component.frame = self.engine.cache_frame(frame, level)

    def stage(self, component: ComponentRun) -> None:
        """Writes a sink's rows where no reader looks; what an earlier attempt left there is removed first.

        Checks that it carries count while it writes. When one of them makes the write fail, nothing is staged, and the check
        says so. Rows that cannot be judged as they were written are computed once, and staged again.
        """
        if component.published or (component.is_quarantine and not self.checks.has_bad_rows(component)):
            return
        if component.attempt > 1:
            staged_sink(component).discard(self.frames.context(component), None)
        while not self._is_staged(component):
            self.discard(component)

    def _is_staged(self, component: ComponentRun) -> bool:
        try:
            self._stage(component, lambda context: self._written(component, context))
        except Exception as error:
            if not self.checks.has_raising_checks(component, error):
                raise
            self.discard(component)
            return True
        return self.checks.collect(component)

    def _written(self, component: ComponentRun, context: Context) -> Ticket:
        """Stages good and bad rows in one pass where that can be done, else the good ones alone."""
        sink, parted = staged_sink(component), self.checks.parted(component)
        split = sink.stage_split(context, *parted) if parted is not None else None
        if split is None:
            component.apart = None
            return sink.stage(context, self.checks.observed_input(component))
        ticket, component.apart = split
        return ticket

    def _stage(self, component: ComponentRun, write: Callable[[Context], Ticket]) -> None:
        context = self.frames.context(component)
        name, datasets = component.info.name, component.info.datasets
        self.frames.record(lines.Staging(name, context.write_id, datasets))
        component.ticket = write(context)
        self.frames.record(lines.Staged(name, context.write_id, dict(component.ticket)))
        component.staged = True

    def check(self, component: ComponentRun) -> None:
        """Evaluates the checks of a component, as far as that was not done while its rows were staged."""
        self.checks.check(component)

    def retain_rejected(self, component: ComponentRun) -> None:
        """Keeps the quarantined rows of a rejected component, under the id of the run."""
        if component.published or not self.checks.has_rejected(component):
            return
        rows = self.checks.rejected_rows(component)
        if rows is not None:
            staged_sink(component).discard(self.frames.context(component), None)
            self._stage(component, lambda context: staged_sink(component).stage(context, rows))
        self.frames.record(lines.Committed([self.frames.write_id(component.info.name)], is_evidence=True))
        self.publish(component)

    def commit(self, sinks: Sequence[str], moves: Sequence[Move] = ()) -> None:
        """From here on a run only goes forward: these sinks will be published, in this order, by whichever process.

        moves: the cursors that move then.
        """
        self.frames.record(lines.Committed([self.frames.write_id(name) for name in sinks], moves))

    def write(self, component: ComponentRun) -> None:
        """Writes the rows of a sink that cannot stage."""
        if not isinstance(component.plugin, Sink):
            raise TypeError(f"{component.info.name!r} is no sink.")
        checking = component.checking
        frame = checking.good() if checking is not None and checking.frame is not None else self.frames.input(component)
        component.plugin.write(self.frames.context(component), frame)

    def publish(self, component: ComponentRun) -> None:
        """Shows what was staged."""
        if component.ticket is None:
            if component.is_quarantine:
                return  # no row was bad
            raise RuntimeError(f"{component.info.name!r} has nothing staged to publish.")
        staged_sink(component).publish(self.frames.context(component), component.ticket)
        component.published = True
        self.frames.record(lines.Published(component.info.name, self.frames.write_id(component.info.name)))

    def discard(self, component: ComponentRun) -> None:
        """Removes what was staged, or what a stage that failed left behind."""
        staged_sink(component).discard(self.frames.context(component), component.ticket)
        component.staged, component.apart = False, None
        self.frames.record(lines.Discarded(component.info.name, self.frames.write_id(component.info.name)))

    def forget_frames(self) -> None:
        """Removes the checkpointed frames of the run, if it has any."""
        if any(component.config.checkpoint for component in self.components.values()):
            self.engine.remove_frames(self.frames.root)

    def release(self, component: ComponentRun) -> None:
        """Lets go of a frame that was kept."""
        if component.cached is not None:
            self.engine.release_frame(component.cached)
            component.cached = None
        if component.checking is not None:
            component.checking.release()

    def _read(self, component: ComponentRun, source: Source[Any]) -> "DataFrame":
        name, is_noted = component.info.name, component.pinned is not None
        if component.pinned is None:
            component.pinned = source.pin(self.frames.context(component))
            if component.pinned is not None:
                self.frames.record(lines.Pinned(name, component.pinned))
        try:
            return source.read(self.frames.context(component))
        except Exception as error:
            if is_noted and component.attempts <= 1:
                told = describe_error(error)
                message = f"What {name!r} read in the run that is resumed cannot be read again: {told.type}: {told.message}"
                raise CheckpointRefused(message, hint="Bring it back, or start a new run.") from error
            raise

    def _why_cache(self, component: ComponentRun, frame: "DataFrame") -> str | None:
        reason = self.engine.why_cache(frame)
        if reason is None and component.role.persistence.must_repeat and not self.frames.is_pinned(component):
            return "a sink that is not staged must write the very rows that were staged"
        return reason


def _require_storable(name: str, columns: Mapping[str, str]) -> None:
    if columns:
        listed = ", ".join(f"{column!r} ({kind})" for column, kind in columns.items())
        hint = "Cast it, drop it, or leave out checkpoint = true."
        raise SchemaError(f"{name!r} cannot be checkpointed: Parquet cannot store {listed}.", hint=hint)


def require_frame(name: str, frame: Any) -> Any:
    """The frame, or a TypeError that says what a plugin gave instead."""
    if not hasattr(frame, "schema") or not hasattr(frame, "select"):
        raise TypeError(f"The plugin of {name!r} gave {type(frame).__name__} instead of a DataFrame. Return a frame.")
    return frame
