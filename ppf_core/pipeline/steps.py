"""What is done for one component: build, fill, stage, check, write, publish … Here alone a run touches plugins and data."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.components import Sink, Source, Transform
from ppf_core.contracts.context import Context, WriteId
from ppf_core.contracts.paths import local_path
from ppf_core.errors import CheckpointRefused, SchemaError
from ppf_core.pipeline.check_steps import CheckSteps
from ppf_core.pipeline.checking import Evaluate
from ppf_core.pipeline.component_run import ComponentRun, staged_sink
from ppf_core.pipeline.dataflow import Dataflow
from ppf_core.pipeline.durable import sync_tree
from ppf_core.pipeline.schema_flow import require_schema, wanted_schema
from ppf_core.spark.engine import Engine
from ppf_core.spark.errors import describe_error
from ppf_core.threads import threads

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


Note = Callable[..., None]


def _nobody(*_asked: object) -> None:
    """No hook evaluates checks."""


@dataclass(frozen=True)
class Steps:
    """The effects of a run. `note` writes what resume and recovery need into the record, before the effect.

    frame_root: the folder of the checkpointed frames of this run. evaluate: asks the hooks for the results of checks.
    redact: takes secrets out of a text.
    """

    engine: Engine
    run_id: str
    pipeline: str
    components: Mapping[str, ComponentRun]
    note: Note
    dataflow: Dataflow
    frame_root: str = ""
    evaluate: Evaluate = _nobody
    redact: Callable[[str], str] = str

    def enter(self, number: int) -> None:
        """Prepares a thread for the steps that will run in it."""
        self.engine.enter_thread(f"ppf-{number}")

    def begin(self, component: ComponentRun, attempt: int) -> None:
        """An attempt begins: Spark jobs of this thread carry the component's name from here on."""
        component.attempt, component.attempts = attempt, max(component.attempts, attempt)
        component.attempt_began = threads().now()
        name = component.info.name
        self.engine.name_jobs(f"ppf: {self.pipeline}/{name}", (self._tag(), self._tag(name), self.attempt_tag(component)))

    def cancel(self, component: ComponentRun | None = None) -> None:
        """Ends the Spark jobs of one component, or of the whole run."""
        self.engine.cancel_jobs(self._tag(component.info.name if component is not None else ""))

    def tasks(self, component: ComponentRun) -> tuple[int, int]:
        """How many Spark tasks of the component's running jobs are done, of how many."""
        return self.engine.count_tasks(self._tag(component.info.name))

    def attempt_tag(self, component: ComponentRun) -> str:
        """The tag of the Spark jobs of this attempt."""
        return f"{self._tag(component.info.name)}/{component.attempt}"

    def _tag(self, component: str = "") -> str:
        return f"ppf-{self.run_id}" + (f"/{component}" if component else "")

    def build(self, component: ComponentRun) -> None:
        """Makes the lazy frame of a source or a transform. What a source pins is pinned once, also when it is built again."""
        plugin, name = component.plugin, component.info.name
        if component.saved is not None and component.schema is not None:
            component.frame = self.engine.read_frame(component.saved, component.schema)
            return
        if isinstance(plugin, Source):
            frame = self._read(component, plugin)
        elif isinstance(plugin, Transform):
            frame = plugin.transform(self.context(component), self._inputs(component))
        else:
            raise TypeError(f"{name!r} is neither a source nor a transform.")
        require_schema(name, "The output", plugin.output_schema, require_frame(name, frame))
        if component.config.checkpoint:
            _require_storable(name, self.engine.unstorable_columns(frame))
        component.frame, component.schema = frame, self.engine.schema_text(frame)

    def fill(self, component: ComponentRun) -> None:
        """Computes a frame once, before its readers start; where reading it again is as good and cheaper, does nothing."""
        frame, wanted = self.frame(component.info.name), component.config.persist
        if component.config.checkpoint:
            self.save(component, frame)
            return
        reason = self._why_keep(component, frame) if wanted == "auto" else "the file asks for it"
        if reason is None:
            return
        level = "memory" if wanted == "auto" else wanted
        self.note("persist", component=component.info.name, level=level, reason=reason)
        component.kept = frame
        component.frame = self.engine.keep_frame(frame, level)

    def stage(self, component: ComponentRun) -> None:
        """Writes a sink's rows where no reader looks; what an earlier attempt left there is removed first.

        Checks that it carries count while it writes. When one of them makes the write fail, nothing is staged, and the check
        says so.
        """
        sink = staged_sink(component)
        if component.is_inner and not self.checks.has_bad_rows(component):
            return
        context = self.context(component)
        if component.attempt > 1:
            sink.discard(context, None)
        name, datasets = component.info.name, component.info.datasets
        self.note("stage", sync=True, component=name, write_id=str(context.write_id), datasets=datasets)
        try:
            component.ticket = sink.stage(context, self.checks.ridden(component))
        except Exception as error:
            if not self.checks.are_to_blame(component, error):
                raise
            self.discard(component)
            return
        self.note("staged", component=name, ticket=dict(component.ticket))
        component.staged = True
        self.checks.hear(component)

    def check(self, component: ComponentRun) -> None:
        """Evaluates the checks of a component, as far as that was not done while its rows were staged."""
        self.checks.check(component)

    def evidence(self, component: ComponentRun) -> None:
        """Keeps the quarantined rows of a rejected component, under the id of the run."""
        self.checks.keep_evidence(component)

    @property
    def checks(self) -> CheckSteps:
        """What the steps do for checks."""
        return CheckSteps(self)

    def commit(self, sinks: Sequence[str], moves: Sequence[Mapping[str, Any]]) -> None:
        """From here on a run only goes forward: these sinks will be published, in this order, by whichever process.

        moves: the cursors that move then, as the journal has them.
        """
        self.note("commit", sync=True, sinks=sinks, moves=moves)

    def write(self, component: ComponentRun) -> None:
        """Writes the rows of a sink that cannot stage."""
        if not isinstance(component.plugin, Sink):
            raise TypeError(f"{component.info.name!r} is no sink.")
        checking = component.checking
        frame = checking.good() if checking is not None and checking.frame is not None else self.input(component)
        component.plugin.write(self.context(component), frame)

    def publish(self, component: ComponentRun) -> None:
        """Shows what was staged."""
        if component.ticket is None:
            if component.is_inner:
                return  # no row was bad
            raise RuntimeError(f"{component.info.name!r} has nothing staged to publish.")
        staged_sink(component).publish(self.context(component), component.ticket)
        component.published = True
        self.note("published", component=component.info.name)

    def discard(self, component: ComponentRun) -> None:
        """Removes what was staged, or what a stage that failed left behind."""
        staged_sink(component).discard(self.context(component), component.ticket)
        component.staged = False
        self.note("discarded", component=component.info.name)

    def forget_frames(self) -> None:
        """Removes the checkpointed frames of the run, if it has any."""
        if any(component.config.checkpoint for component in self.components.values()):
            self.engine.remove_frames(self.frame_root)

    def release(self, component: ComponentRun) -> None:
        """Lets go of a frame that was kept."""
        if component.kept is not None:
            self.engine.release_frame(component.kept)
            component.kept = None
        if component.checking is not None:
            component.checking.release()

    def context(self, component: ComponentRun) -> Context:
        """Where the component stands now."""
        name = component.info.name

        def report(rows_written: int | None, metrics: Mapping[str, float]) -> None:
            component.rows_written = rows_written if rows_written is not None else component.rows_written
            component.metrics.update(metrics)

        state = dict(component.state)

        def advance(key: str, value: str) -> str:
            if key not in component.advanced:
                self.note("advance", component=name, key=key, value=value)
            state[key] = component.advanced.setdefault(key, value)
            return state[key]

        return Context(
            spark=self.engine.session,
            run_id=self.run_id,
            pipeline=self.pipeline,
            component=name,
            attempt=component.attempt,
            write_id=WriteId(f"{self.pipeline}/{self.run_id}/{name}", 0),
            frames={each: self.frame(each) for each in component.frames},
            pinned=component.pinned,
            state=state,
            logger=logging.getLogger(f"ppf.{self.pipeline}.{name}"),
            _advance=advance,
            _report=report,
        )

    def _read(self, component: ComponentRun, source: Source[Any]) -> "DataFrame":
        name, is_noted = component.info.name, component.pinned is not None
        if component.pinned is None:
            component.pinned = source.pin(self.context(component))
            if component.pinned is not None:
                self.note("pin", component=name, pinned=component.pinned)
        try:
            return source.read(self.context(component))
        except Exception as error:
            if is_noted and component.attempts <= 1:
                told = describe_error(error)
                message = f"What {name!r} read in the run that is resumed cannot be read again: {told.type}: {told.message}"
                raise CheckpointRefused(message, hint="Bring it back, or start a new run.") from error
            raise

    def save(self, component: ComponentRun, frame: "DataFrame") -> None:
        """Writes a checkpoint; from then on everybody reads that, also a resumed run."""
        self.store(component, frame)
        path = component.stored
        self.note("saved", sync=True, component=component.info.name, path=path)
        component.saved = path

    def store(self, component: ComponentRun, frame: "DataFrame") -> None:
        """Writes a frame, unless that was done; from then on everybody in this run reads that."""
        if component.stored is not None:
            return
        name = component.info.name
        path = f"{self.frame_root}/{name}"
        self.engine.write_frame(frame, path)
        if path.startswith("file:"):
            sync_tree(local_path(path))
        component.frame = self.engine.read_frame(path, component.schema or self.engine.schema_text(frame))
        component.stored = path

    def _why_keep(self, component: ComponentRun, frame: "DataFrame") -> str | None:
        reason = self.engine.why_keep(frame)
        if reason is None and component.role.persistence.must_repeat and not self.is_pinned(component):
            return "a sink that is not staged must write the very rows that were staged"
        return reason

    def is_pinned(self, component: ComponentRun) -> bool:
        """Whether all sources above a frame are."""
        above = self.dataflow.above([component.info.name], until=[name for name, each in self.components.items() if each.saved])
        sources = [self.components[name] for name in above if isinstance(self.components[name].plugin, Source)]
        return all(each.pinned is not None or each.saved is not None for each in sources)

    def _inputs(self, component: ComponentRun) -> "dict[str, DataFrame]":
        name = component.info.name
        inputs = {alias: self.frame(feeding) for alias, feeding in component.info.inputs.items()}
        for alias, frame in inputs.items():
            require_schema(name, f"The input {alias!r}", wanted_schema(component.plugin, alias), frame)
        return inputs

    def input(self, component: ComponentRun) -> "DataFrame":
        """The rows that a sink is given."""
        if component.role.takes:
            return self.checks.bad_rows(component)
        (frame,) = self._inputs(component).values()
        return frame

    def frame(self, name: str) -> "DataFrame":
        """The frame of a source or a transform that was built."""
        frame = self.components[name].frame
        if frame is None:
            raise RuntimeError(f"The steps of {name!r} come later than those that need it.")
        return frame


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
