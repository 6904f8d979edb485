"""What is done for one component: build, fill, stage, check, write, publish … Here alone a run touches plugins and data."""

import datetime
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.components import Sink, Source, StagedSink, Transform
from ppf_core.contracts.context import Context, WriteId
from ppf_core.contracts.paths import local_path
from ppf_core.errors import CheckpointRefused, SchemaError
from ppf_core.pipeline.checking import Checking, Evaluate, Written
from ppf_core.pipeline.component_run import ComponentRun
from ppf_core.pipeline.durable import sync_tree
from ppf_core.pipeline.judging import answered, rejection
from ppf_core.pipeline.quarantine import QuarantinedRows
from ppf_core.pipeline.schema_flow import require_schema, wanted_schema
from ppf_core.spark.connect import is_connect
from ppf_core.spark.errors import describe_error, is_of_spark
from ppf_core.spark.frame_files import read_frame, remove_frames, unstorable_columns, write_frame
from ppf_core.spark.frames import frame_schema, is_repeatable, keep_frame, release_frame, why_keep
from ppf_core.spark.jobs import cancel_jobs, count_tasks, enter_thread, name_jobs
from ppf_core.spark.tallies import united_rows
from ppf_core.spark.witness import ran_once

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


Note = Callable[..., None]


def _nobody(*_asked: object) -> None:
    """No hook evaluates checks."""


@dataclass(frozen=True)
class Steps:
    """The effects of a run. `note` writes what resume and recovery need into the record, before the effect.

    frame_root: the folder of the checkpointed frames of this run. evaluate: asks the hooks for the results of checks.
    redact: takes secrets out of a text.
    """

    spark: "SparkSession"
    run_id: str
    pipeline: str
    components: Mapping[str, ComponentRun]
    note: Note
    frame_root: str = ""
    evaluate: Evaluate = _nobody
    redact: Callable[[str], str] = str

    def enter(self, number: int) -> None:
        """Prepares a thread for the steps that will run in it."""
        enter_thread(self.spark, f"ppf-{number}")

    def begin(self, component: ComponentRun, attempt: int) -> None:
        """An attempt begins: Spark jobs of this thread carry the component's name from here on."""
        component.attempt, component.attempts = attempt, max(component.attempts, attempt)
        component.attempt_began = datetime.datetime.now(datetime.UTC)
        name = component.info.name
        name_jobs(self.spark, f"ppf: {self.pipeline}/{name}", (self._tag(), self._tag(name), self._attempt_tag(component)))

    def cancel(self, component: ComponentRun | None = None) -> None:
        """Ends the Spark jobs of one component, or of the whole run."""
        cancel_jobs(self.spark, self._tag(component.info.name if component is not None else ""))

    def tasks(self, component: ComponentRun) -> tuple[int, int]:
        """How many Spark tasks of the component's running jobs are done, of how many."""
        return count_tasks(self.spark, self._tag(component.info.name))

    def _attempt_tag(self, component: ComponentRun) -> str:
        return f"{self._tag(component.info.name)}/{component.attempt}"

    def _tag(self, component: str = "") -> str:
        return f"ppf-{self.run_id}" + (f"/{component}" if component else "")

    def build(self, component: ComponentRun) -> None:
        """Makes the lazy frame of a source or a transform. What a source pins is pinned once, also when it is built again."""
        plugin, name = component.plugin, component.info.name
        if component.saved is not None and component.schema is not None:
            component.frame = read_frame(self.spark, component.saved, component.schema)
            return
        if isinstance(plugin, Source):
            frame = self._read(component, plugin)
        elif isinstance(plugin, Transform):
            frame = plugin.transform(self.context(component), self._inputs(component))
        else:
            raise TypeError(f"{name!r} is neither a source nor a transform.")
        require_schema(name, "The output", plugin.output_schema, require_frame(name, frame))
        if component.config.checkpoint:
            _require_storable(name, frame)
        component.frame, component.schema = frame, frame_schema(frame)

    def fill(self, component: ComponentRun) -> None:
        """Computes a frame once, before its readers start; where reading it again is as good and cheaper, does nothing."""
        frame, wanted = self.frame(component.info.name), component.config.persist
        if component.config.checkpoint:
            self._save(component, frame)
            return
        reason = self._why_keep(component, frame) if wanted == "auto" else "the file asks for it"
        if reason is None:
            return
        level = "memory" if wanted == "auto" else wanted
        self.note("persist", component=component.info.name, level=level, reason=reason)
        component.kept = frame
        component.frame = keep_frame(frame, level)

    def stage(self, component: ComponentRun) -> None:
        """Writes a sink's rows where no reader looks; what an earlier attempt left there is removed first.

        Checks that it carries count while it writes. When one of them makes the write fail, nothing is staged, and the check
        says so.
        """
        sink = staged_sink(component)
        if component.is_inner and not self._has_bad_rows(component):
            return
        context = self.context(component)
        if component.attempt > 1:
            sink.discard(context, None)
        name, datasets = component.info.name, component.info.datasets
        self.note("stage", sync=True, component=name, write_id=str(context.write_id), datasets=datasets)
        riders = self._riders(component)
        try:
            component.ticket = sink.stage(context, self._ridden(component, riders))
        except Exception as error:
            # A write that fails for reasons of its own is no fault of a check, and asking costs a look at all rows.
            asked = [self._checking(rider) for rider in riders if is_of_spark(error)]
            if not any([checking.blame() for checking in asked if checking.frame is not None]):  # noqa: C419 -- all are asked
                raise
            self.discard(component)
            return
        self.note("staged", component=name, ticket=dict(component.ticket))
        component.staged = True
        self._hear(component, riders)
        self._require_bad_rows(component)

    def check(self, component: ComponentRun) -> None:
        """Evaluates the checks of a component, as far as that was not done while its rows were staged."""
        checking = self._checking(component)
        if component.config.checkpoint and not checking.is_split:
            self._store(component, self.frame(component.info.name))
        self._begin_checking(component, self._checked_frame(component))
        if checking.answer is None and checking.counts is None and not checking.is_settled:
            self._count(component, checking)
        results = checking.answer if checking.answer is not None else checking.judge(self.context(component))
        component.quality = tuple(replace(each, message=self.redact(each.message)) for each in results)
        component.rejection = rejection(component.info.name, component.quality)
        for each in component.quality:
            self.note("check", component=component.info.name, result=each)
        self._keep_samples(component, checking)
        if component.info.kind != "sink":
            self._hand_on(component, checking)

    def evidence(self, component: ComponentRun) -> None:
        """Keeps the quarantined rows of a rejected component, under the id of the run."""
        (giver,) = (self.components[name] for name in component.takes)
        checking = self._checking(giver)
        if not checking.all_quarantined or isinstance(giver.plugin, QuarantinedRows):
            return  # rows that were to be replayed lie where they were
        sink, context = staged_sink(component), self.context(component)
        if component.ticket is None or checking.has_takers:
            sink.discard(context, None)
            self.note("stage", sync=True, component=component.info.name, datasets=component.info.datasets)
            component.ticket = sink.stage(context, checking.evidence(self.run_id))
            self.note("staged", component=component.info.name, ticket=dict(component.ticket))
        self.commit([component.info.name], [])
        self.publish(component)

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
        frame = checking.good() if checking is not None and checking.frame is not None else self._input(component)
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
            remove_frames(self.spark, self.frame_root)

    def release(self, component: ComponentRun) -> None:
        """Lets go of a frame that was kept."""
        if component.kept is not None:
            release_frame(component.kept)
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
            spark=self.spark,
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

    def _save(self, component: ComponentRun, frame: "DataFrame") -> None:
        """Writes a checkpoint; from then on everybody reads that, also a resumed run."""
        self._store(component, frame)
        path = component.stored
        self.note("saved", sync=True, component=component.info.name, path=path)
        component.saved = path

    def _store(self, component: ComponentRun, frame: "DataFrame") -> None:
        """Writes a frame, unless that was done; from then on everybody in this run reads that."""
        if component.stored is not None:
            return
        name = component.info.name
        path = f"{self.frame_root}/{name}"
        write_frame(frame, path)
        if path.startswith("file:"):
            sync_tree(local_path(path))
        component.frame = read_frame(self.spark, path, component.schema or frame_schema(frame))
        component.stored = path

    def _why_keep(self, component: ComponentRun, frame: "DataFrame") -> str | None:
        reason = why_keep(frame)
        if reason is None and component.must_repeat and not self._is_pinned(component):
            return "a sink that is not staged must write the very rows that were staged"
        return reason

    def _is_pinned(self, component: ComponentRun) -> bool:
        """Whether all sources above a frame are."""
        left = [component]
        seen: set[str] = set()
        while left:
            above = left.pop()
            if isinstance(above.plugin, Source) and above.pinned is None and above.saved is None:
                return False
            feeding = {*above.info.inputs.values(), *above.frames} - seen
            seen |= feeding
            left += [self.components[name] for name in feeding]
        return True

    def _inputs(self, component: ComponentRun) -> "dict[str, DataFrame]":
        name = component.info.name
        inputs = {alias: self.frame(feeding) for alias, feeding in component.info.inputs.items()}
        for alias, frame in inputs.items():
            require_schema(name, f"The input {alias!r}", wanted_schema(component.plugin, alias), frame)
        return inputs

    def _input(self, component: ComponentRun) -> "DataFrame":
        if component.takes:
            return self._bad_rows(component)
        (frame,) = self._inputs(component).values()
        return frame

    # ---- checks

    def _checking(self, component: ComponentRun) -> Checking:
        if component.checking is None:
            raise TypeError(f"{component.info.name!r} has no checks.")
        return component.checking

    def _riders(self, sink: ComponentRun) -> list[ComponentRun]:
        """Whose checks a sink carries, in the order in which they look at its rows."""
        names = (*sink.info.inputs.values(), sink.info.name)
        asked = [self.components[name] for name in names]
        return [each for each in asked if each.checking is not None and each.checking.carrier.sink == sink.info.name]

    def _ridden(self, sink: ComponentRun, riders: Sequence[ComponentRun]) -> "DataFrame":
        """What a sink writes: its input, less the rows that its riders set apart."""
        frame = self._input(sink)
        for rider in riders:
            checking = self._checking(rider)
            self._begin_checking(rider, frame)
            if checking.answer is not None:
                continue
            if not checking.is_kept and self._must_keep(rider, checking):
                self._keep(rider, checking)
            frame = checking.good() if checking.is_kept else checking.ride()
        return frame

    def _hear(self, sink: ComponentRun, riders: Sequence[ComponentRun]) -> None:
        """Takes over what was counted during a write; from the last look at the rows to the first."""
        is_once = ran_once(self.spark, self._attempt_tag(sink))
        frame = staged_sink(sink).staged(self.context(sink), sink.ticket or {})
        expected = sink.rows_written
        for rider in reversed(riders):
            checking = self._checking(rider)
            if checking.answer is None and checking.counts is None:
                checking.hear(Written(frame, is_once), expected)
            counts = checking.counts
            expected = counts.rows if counts is not None else None
            frame = None if checking.is_split else frame

    def _count(self, component: ComponentRun, checking: Checking) -> None:
        """Counts in an action of its own; what a check is to blame for is told by the check, the rest is counted again."""
        while True:
            try:
                if not checking.is_kept and self._must_keep(component, checking):
                    self._keep(component, checking)
                else:
                    checking.count()
            except Exception:
                if not checking.blame():
                    raise
            else:
                return

    def _begin_checking(self, component: ComponentRun, frame: "DataFrame") -> None:
        checking = self._checking(component)
        if checking.frame is frame or (checking.frame is not None and component.info.kind != "sink"):
            return
        steady = is_repeatable(frame) and self._is_pinned(component)
        checking.begin(frame, is_repeatable=steady)
        if checking.answer is None and checking.can_be_answered:
            answer = self.evaluate(component.info, frame, tuple(check.config for check in checking.checks))
            checking.answer = answered(checking.checks, answer) if answer is not None else None

    def _checked_frame(self, component: ComponentRun) -> "DataFrame":
        if component.info.kind != "sink":
            return self.frame(component.info.name)
        checking = self._checking(component)
        return checking.frame if checking.frame is not None else self._input(component)

    def _must_keep(self, component: ComponentRun, checking: Checking) -> bool:
        """Whether the frame is computed once, before its rows go anywhere."""
        if checking.answer is not None or is_connect(self.spark):
            return checking.is_split
        if checking.carrier.kind == "keep":
            return not component.config.checkpoint or checking.is_split
        if checking.carrier.kind == "stage" and not checking.is_split:
            return not checking.is_repeatable and not checking.is_observable
        if checking.carrier.kind == "stage" and not checking.quarantines:
            return not checking.is_repeatable
        if component.config.persist == "never" and not checking.is_split:
            return False
        frame = checking.frame
        return component.is_read and frame is not None and (why_keep(frame) is not None or not self._is_pinned(component))

    def _keep(self, component: ComponentRun, checking: Checking) -> None:
        level = "disk" if component.config.persist == "disk" else "memory"
        self.note("persist", component=component.info.name, level=level, reason="its checks look at the rows that go on")
        checking.keep(level)

    def _keep_samples(self, component: ComponentRun, checking: Checking) -> None:
        """A few bad rows go into the record, for its report. Rows that cannot be had are no reason to fail."""
        if not any(check.config.samples for check in checking.checks):
            return
        try:
            found = list(checking.samples())
        except Exception as error:  # noqa: BLE001 -- what was judged stands
            self.note("no samples", component=component.info.name, reason=self.redact(describe_error(error).message))
            return
        for sample in found:
            rows = [[None if text is None else self.redact(text) for text in row] for row in sample.rows]
            self.note("samples", component=component.info.name, check=sample.number, columns=sample.columns, rows=rows)

    def _hand_on(self, component: ComponentRun, checking: Checking) -> None:
        """From here on, whoever reads the component reads its good rows."""
        if checking.answer is None and (checking.is_split or checking.is_kept):
            component.frame = checking.good()
        if component.config.checkpoint and component.rejection is None:
            self._save(component, self.frame(component.info.name))

    def _has_bad_rows(self, folder: ComponentRun) -> bool:
        return any(self._checking(self.components[name]).quarantined(None) for name in folder.takes)

    def _require_bad_rows(self, sink: ComponentRun) -> None:
        """A row that is in no place, or in two, must not go unseen: as many are set apart as the checks found."""
        place = None if sink.is_inner else sink.info.name
        wanted = sum(self._checking(self.components[name]).quarantined(place) for name in sink.takes)
        if sink.takes and sink.rows_written is not None and sink.rows_written != wanted:
            givers = ", ".join(map(repr, sink.takes))
            message = f"The checks of {givers} found {wanted} rows to set apart, but {sink.rows_written} were written."
            raise RuntimeError(f"{message} The frame differs each time it is read: set persist = disk on it.")

    def _bad_rows(self, sink: ComponentRun) -> "DataFrame":
        place = None if sink.is_inner else sink.info.name
        givers = [self._checking(self.components[name]) for name in sink.takes]
        return united_rows([giver.bad(place, self.run_id) for giver in givers])

    def frame(self, name: str) -> "DataFrame":
        """The frame of a source or a transform that was built."""
        frame = self.components[name].frame
        if frame is None:
            raise RuntimeError(f"The steps of {name!r} come later than those that need it.")
        return frame


def staged_sink(component: ComponentRun) -> StagedSink[Any]:
    """The sink of a component whose steps stage and publish."""
    if not isinstance(component.plugin, StagedSink):
        raise TypeError(f"{component.info.name!r} is no staged sink.")
    return component.plugin


def _require_storable(name: str, frame: "DataFrame") -> None:
    columns = unstorable_columns(frame)
    if columns:
        listed = ", ".join(f"{column!r} ({kind})" for column, kind in columns.items())
        hint = "Cast it, drop it, or leave out checkpoint = true."
        raise SchemaError(f"{name!r} cannot be checkpointed: Parquet cannot store {listed}.", hint=hint)


def require_frame(name: str, frame: Any) -> Any:
    """The frame, or a TypeError that says what a plugin gave instead."""
    if not hasattr(frame, "schema") or not hasattr(frame, "select"):
        raise TypeError(f"The plugin of {name!r} gave {type(frame).__name__} instead of a DataFrame. Return a frame.")
    return frame
