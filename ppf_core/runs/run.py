"""One execution of a plan, from its record's first line to its last."""

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppf_core.config.model import CheckConfig
from ppf_core.contracts.results import ComponentInfo, ComponentResult, ErrorInfo, PipelineResult, RunInfo, RunStatus, UsedPlugin
from ppf_core.errors import CheckFailed, PpfError, Problem, RunError, Terminated
from ppf_core.execution.component_run import ComponentRun, SavedRows
from ppf_core.execution.executor import INTERRUPTED, Executor
from ppf_core.execution.interrupts import interrupts
from ppf_core.execution.pings import ping_all
from ppf_core.execution.run_frames import RunFrames
from ppf_core.execution.steps import Steps
from ppf_core.jvm.errors import describe_error
from ppf_core.monitoring.health import Health, served
from ppf_core.planning.plan import Plan, PlannedComponent
from ppf_core.planning.roles import is_quarantine, origin_of_quarantine
from ppf_core.plugins.hooks import HookCaller, HookFailure
from ppf_core.quality.judging import check_text, is_blocking
from ppf_core.resources.run_resources import RunResources
from ppf_core.runs.checkpoints import Progress
from ppf_core.runs.cursor_commits import held_cursors, move_cursors, own_slices
from ppf_core.runs.recovery import finish_writes, recover_touching
from ppf_core.runs.resume import Resumption
from ppf_core.secrets.redaction import redacted
from ppf_core.spark.engine import Engine
from ppf_core.spark.engines import engines
from ppf_core.state import lines
from ppf_core.state.cursors import Cursors
from ppf_core.state.events import (
    ComponentEnded,
    Event,
    Noted,
    Observer,
    Retried,
    RunEnded,
    RunStarted,
    SecretAccessed,
    Warned,
    hook_observer,
)
from ppf_core.state.record import RunRecord
from ppf_core.state.store import RunRecords
from ppf_core.streams.opening import Fresh
from ppf_core.streams.supervisor import Supervisor
from ppf_core.threads import SIGTERM, threads
from ppf_core.validation.error_names import require_known_errors

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_EXIT_INTERRUPTED = 130


@dataclass
class Run:
    """A run that has its record. `execute` is called once; whatever happens in it ends in a result and in the record.

    resumption: for a run that goes on where an earlier attempt of it ended.
    """

    plan: Plan
    resources: RunResources
    store: RunRecords
    record: RunRecord
    info: RunInfo
    components: dict[str, ComponentRun]
    hooks: HookCaller
    observers: Sequence[Observer]
    progress: Progress
    resumption: Resumption | None = None
    _fresh: Fresh = field(default_factory=Fresh)
    _problems: list[Problem] = field(default_factory=list)
    _exit_code: int = 0
    _status: RunStatus | None = None
    _hook_failures: int = 0
    _told_hooks: set[tuple[str, str]] = field(default_factory=set)
    _began: float = field(default_factory=lambda: threads().monotonic())

    def __post_init__(self) -> None:
        self.observers = [*self.observers, hook_observer(self.hooks, self.info)]
        self.progress.follow(self.components)
        self._health = Health(self.info)
        self._served_at: dict[str, str] = {}

    def execute(
        self, given: "SparkSession | None", second: Callable[[int], None] | None = None, fresh: Fresh | None = None
    ) -> PipelineResult:
        """Runs the steps and says how it went. second: what a second signal does. fresh: the queries that begin anew."""
        self._fresh = fresh or self._fresh
        self._emit(RunStarted(self.info, tuple(component.info for component in self.components.values())))
        for backend, key in self.resources.accessed:
            self._emit(SecretAccessed(backend, key))
        self._keep_done(self.record.journal.shown)
        try:
            with ExitStack() as stack:
                self._serve_health(stack)
                self._walk(given, second)
        except KeyboardInterrupt as error:
            if any(each.status is None or each.reason == INTERRUPTED for each in self.components.values()):
                self._status, self._exit_code = "interrupted", getattr(error, "exit_code", _EXIT_INTERRUPTED)
        except PpfError as error:
            self._fail(error.exit_code, *error.problems)
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever ends a run must end in its record; a plugin's, too
            told = self._describe(error)
            self._fail(1, Problem(code="run", message=f"The run could not go on: {told.type}: {told.message}"))
        with interrupts(_ignore, second):
            return self._finish()

    def _walk(self, given: "SparkSession | None", second: Callable[[int], None] | None) -> None:
        self.progress.save()  # before Spark, which takes seconds: from here on the run can be resumed
        session = self.resources.open_session(given, self.record.spark_log)
        try:
            self.record.write(lines.SessionOpened({**session.facts, **self._served_at}))
            validated = self.resources.validated
            for warning in (*self.plan.warnings, *map(validated.located, session.warnings)):
                self._emit(Warned(warning))
            require_known_errors(validated.file)
            frames = f"{self.resources.data_dir}/checkpoints/{self.info.run_id}"
            self.resources.require_reachable_frames(session.facts["master"])
            engine = engines().engine(session.spark)
            steps = self._steps(engine, frames)
            self._go_forward(steps, second)
            ping_all(steps, self.resources.redactor)
            runtime = validated.file.config.runtime
            if self.plan.queries:
                self._stream(steps, second)
                return
            watched = any(getattr(observer, "wants_tasks", False) for observer in self.observers)
            executor = Executor(
                steps=steps,
                graph=validated.graph,
                dataflow=validated.dataflow,
                runtime=runtime,
                emit=self._emit,
                describe=self._describe,
                veto=self._veto,
                commit=lambda sinks: self._commit(steps, sinks),
                before_write=self._before_write,
                save_progress=self.progress.save,
                second=second,
                is_watched=watched,
            )
            executor.walk(self.plan.steps)
            if self._is_whole:
                self._forget_frames(steps)
        finally:
            with interrupts(_ignore, second):
                session.close()

    def _serve_health(self, stack: ExitStack) -> None:
        """Before Spark: a port that is taken is told at once."""
        config = self.resources.validated.file.config.runtime.health
        if config is not None:
            address = stack.enter_context(served(self._health, config))
            self._served_at = {"health": address}
            self.observers = [*self.observers, self._health.hear]
            self._tell(Noted(f"Health: {address}/live, /ready, /progress"))

    def _stream(self, steps: Steps, second: Callable[[int], None] | None) -> None:
        Supervisor(
            validated=self.resources.validated,
            plan=self.plan,
            steps=steps,
            run_info=self.info,
            data_dir=self.resources.data_dir,
            emit=self._emit,
            tell=self._tell,
            describe=self._describe,
            veto=self._veto_of_batch,
            evaluate=self._evaluate,
            redact=self.resources.redactor.redact,
            fresh=self._fresh,
            second=second,
            beat=self._health.beat,
        ).run()

    def _evaluate(self, component: ComponentInfo, frame: "DataFrame", checks: Sequence[CheckConfig]) -> Any:
        return self.hooks.ask("ppf_quality_evaluate", run=self.info, component=component, frame=frame, checks=checks)

    def _steps(self, engine: Engine, frames: str) -> Steps:
        inner = self.resources.folders(self.components, self.info.run_id)
        return Steps.of(
            RunFrames(
                engine=engine,
                run_id=self.info.run_id,
                pipeline=self.info.pipeline,
                components={**inner, **self.components},
                record=self.record.write,
                dataflow=self.resources.validated.dataflow,
                root=frames,
                redact=self.resources.redactor.redact,
            ),
            evaluate=self._evaluate,
            redact=self.resources.redactor.redact,
        )

    @property
    def _is_whole(self) -> bool:
        """Whether every component has done what it was asked to."""
        return all(each.status in ("success", "resumed") for each in self.components.values())

    @property
    def _done(self) -> Collection[str]:
        """Sinks whose rows are out, or are once the journal of the earlier attempt is finished."""
        return self.resumption.done if self.resumption is not None else ()

    def _go_forward(self, steps: Steps, second: Callable[[int], None] | None) -> None:
        """Finishes what was begun before; a signal that comes meanwhile ends the run only then."""
        heard: list[int] = []
        with interrupts(heard.append, second):
            self._finish_earlier(steps.engine)
            self._keep_done(self._done)
            self._take_over(steps)
        if heard:
            raise Terminated() if heard[0] == SIGTERM else KeyboardInterrupt()

    def _finish_earlier(self, engine: Engine) -> None:
        """Finishes what an earlier attempt of this run, or a dead run with the same targets, has left behind."""
        finished = []
        if self.resumption is not None:
            current = self.resources.validated
            finished.append(finish_writes(self.record, lambda _resources: engine, self.store, current=current))
        datasets = [dataset for component in self.components.values() for dataset in component.info.datasets]
        finished += recover_touching(self.store, self.info, datasets, engine, self.resources.validated)
        for each in finished:
            if each.published or each.discarded or each.target_changed:
                self._emit(Warned(Problem(code="recovered", message=each.text)))
            if each.run_id == self.info.run_id and each.target_changed:
                hint = "Look at what was written there, then resume once more: it is staged again."
                raise RunError(each.text, hint=hint)
        began = {**self._cursors.read(), **self.record.journal.began}  # a slice that was begun is read from there again
        for name, component in self.components.items():
            component.state = began.get(name, {})

    def _keep_done(self, names: Collection[str]) -> None:
        """What was done before has ended already."""
        journal = self.record.journal
        for name in self._done:
            component = self.components[name]
            if name not in names or component.status is not None:
                continue
            component.rows_written, component.published = journal.rows_written.get(name), name in journal.published
            component.staged, component.set_apart = component.published, journal.apart.get(name, {})
            component.end("resumed", reason="It was done before the run was resumed.")
            component.is_told = True
            self._emit(ComponentEnded(component.info, component.result(), started=False))

    def _take_over(self, steps: Steps) -> None:
        """What a resumed run reads back, which bad rows it leaves where they lie, and what changed since."""
        if self.resumption is None:
            return
        for name, kept in self.resumption.saved.items():
            self.components[name].saved, self.components[name].schema = kept.frame, kept.schema
            self.components[name].saved_bad = {place: SavedRows(**found) for place, found in kept.bad.items()}
        for name in steps.components.keys() & self.resumption.folders:
            ticket = self.record.journal.writes[steps.frames.write_id(name)].ticket
            steps.components[name].published, steps.components[name].rows_written = True, int((ticket or {})["rows"])
        for text in self.resumption.change_texts:
            self._emit(Warned(Problem(code="changed", message=f"{text[0].upper()}{text[1:]}.")))

    def _forget_frames(self, steps: Steps) -> None:
        """Nothing is left to resume. Frames that cannot be removed are told, and `ppf runs clean` finds them.

        The checkpoint forgets them first: it must not name what is gone.
        """
        try:
            self.progress.forget_frames()
            steps.forget_frames()
        except Exception as error:  # noqa: BLE001 -- the run has done what it was asked to
            told = self._describe(error)
            message = f"The checkpointed frames in {steps.frames.root} could not be removed: {told.type}: {told.message}"
            self._tell(Warned(Problem(code="frames-left", message=message)))

    @property
    def _cursors(self) -> Cursors:
        return Cursors(self.store.state_dir, self.info.pipeline)

    def _commit(self, steps: Steps, sinks: Sequence[str]) -> None:
        with own_slices(self.record.journal, self.resources.validated, sinks, self.store) as moves:
            steps.commit(sinks, moves)

    def _before_write(self, component: ComponentRun) -> None:
        """Of a sink that shows its rows at once: these cannot be taken back, so it is the last moment to look."""
        with own_slices(self.record.journal, self.resources.validated, [component.info.name], self.store):
            pass  # a write may take hours: it is not held for so long
        self.progress.before_write(component)

    def _move_cursors(self) -> None:
        """A cursor moves once all the sinks below its source are done; those that stay although some are done are told."""
        if problems := move_cursors(self.record, self.resources.validated, self.store):
            self._fail(1, *problems)
        for source, sinks in held_cursors(self.record.journal, self.resources.validated).items():
            names = ", ".join(map(repr, sorted(sinks)))
            message = f"The cursor of {source!r} stays where it was: what was read has not reached {names}."
            hint = "The next run reads the same rows again, for all sinks."
            self._tell(Warned(Problem(code="cursor-stays", message=message, hint=hint, path=f"components.{source}")))

    def _require_bad_rows(self) -> None:
        """Bad rows that are not where they belong fail the run; of components that failed, their own errors tell."""
        for folder in filter(is_quarantine, self.record.journal.hidden):
            message = f"The quarantined rows of {origin_of_quarantine(folder)!r} could not be shown."
            self._fail(1, Problem(code="quarantine", message=message, hint="`ppf runs recover` goes on."))

    def _keep_progress(self) -> None:
        """The last checkpoint and the cursors; one that cannot be kept fails the run, whose rows are published all the same."""
        try:
            self._require_bad_rows()
            self._move_cursors()
            self.progress.save()
        except PpfError as error:
            self._fail(error.exit_code, *error.problems)
        except Exception as error:  # noqa: BLE001 -- a hook may raise anything
            told = self._describe(error)
            self._fail(1, Problem(code="checkpoint", message=f"The checkpoint was not saved: {told.type}: {told.message}"))

    def _finish(self) -> PipelineResult:
        for component in self.components.values():
            if component.status is None:
                started = component.started_at is not None
                component.end("skipped", reason=f"The run ended before it {'ended' if started else 'started'}.")
            if not component.is_told:
                self._emit(ComponentEnded(component.info, component.result(), component.started_at is not None))
        self._keep_progress()
        self._flush_hooks()
        self._emit(RunEnded(self.info, self._result()))
        self._flush_hooks()
        self.hooks.close()
        for text in self.resources.close():
            self._tell(Warned(Problem(code="close", message=text)))
        return self._end()

    def _end(self) -> PipelineResult:
        """Says how the run ended. What the record keeps of it is what the caller gets."""
        result = self._result()
        try:
            self.record.end(result)
        except PpfError as error:
            self._fail(error.exit_code, *error.problems)
            result = self._result()
            with suppress(PpfError):  # told already; a line that only the reserve had room for is there
                self.record.end(result)
            self.record.settle()
        return result

    def _result(self) -> PipelineResult:
        ended_at = threads().now()
        results = tuple(self._component_result(planned) for planned in self.plan.components)
        failed = any(each.status in ("failed", "skipped") for each in results)
        rejected = any(is_blocking(check) for each in results for check in each.quality)
        exit_code = self._exit_code or (CheckFailed.exit_code if rejected else int(failed))
        status: RunStatus = self._status or ("failed" if exit_code else "success")
        return PipelineResult(
            run_id=self.info.run_id,
            pipeline=self.info.pipeline,
            version=self.info.version,
            environment=self.info.environment,
            status=status,
            exit_code=exit_code,
            started_at=self.info.started_at,
            ended_at=ended_at,
            duration=threads().monotonic() - self._began,
            plugins=used_plugins(self.resources),
            components=results,
            resumed_from=self.info.resumed_from,
            problems=(*self._problems, *self._failed_checks(results)),
        )

    def _failed_checks(self, results: Sequence[ComponentResult]) -> list[Problem]:
        """Each check that did not pass, with its place in the file."""
        file = self.resources.validated.file
        return [
            file.problem(CheckFailed.code, check_text(each.name, check), ("components", each.name, "quality", index))
            for each in results
            for index, check in enumerate(each.quality)
            if is_blocking(check)
        ]

    def _component_result(self, planned: PlannedComponent) -> ComponentResult:
        if planned.name in self.components:
            return self.components[planned.name].result()
        return ComponentResult(
            name=planned.name,
            kind=planned.kind,
            plugin=planned.plugin,
            distribution=planned.distribution,
            status="not_run",
            reason="Nothing unfinished needs it." if self.resumption is not None else "It was not asked for.",
        )

    def _emit(self, event: Event) -> None:
        """Writes the record first, then tells everybody. A record that cannot be written fails the run, not the caller."""
        try:
            self.record.hear(event)
        except PpfError as error:
            self._fail(error.exit_code, *error.problems)
        self._tell(event)
        self._look_at_hooks()

    def _flush_hooks(self) -> None:
        self.hooks.flush()
        self._look_at_hooks()

    def _look_at_hooks(self) -> None:
        """Reports the observers that have failed since the last look."""
        for failure in self.hooks.failures[self._hook_failures :]:
            self._hook_failures += 1
            if (failure.instance.name, failure.hook) in self._told_hooks:
                continue  # an audit on a full disk fails at every event; once is enough
            self._told_hooks.add((failure.instance.name, failure.hook))
            problem = self._hook_problem(failure)
            if failure.required:
                self._fail(1, problem)
            else:
                self._tell(Warned(problem))

    def _tell(self, event: Event) -> None:
        if isinstance(event, Retried):
            self.resources.resolver.renew()
        for observer in self.observers:
            observer(event)

    def _veto(self) -> str | None:
        """Why nothing may be published, although every stage is there."""
        self._flush_hooks()
        return self._veto_of_batch()

    def _veto_of_batch(self) -> str | None:
        """The same, without waiting for observers that have not heard all yet: the next batch will know."""
        self._look_at_hooks()
        return self._problems[0].message if self._problems else None

    def _fail(self, exit_code: int, *problems: Problem) -> None:
        self._exit_code = self._exit_code or exit_code
        told = [redacted(problem, self.resources.redactor) for problem in problems]
        self._problems.extend(problem for problem in told if problem not in self._problems)  # a full disk fails line after line

    def _describe(self, error: BaseException) -> ErrorInfo:
        told = describe_error(error)
        return ErrorInfo(told.type, self.resources.redactor.redact(told.message))

    def _hook_problem(self, failure: HookFailure) -> Problem:
        told = self._describe(failure.error)
        message = f"The hook {failure.hook} of {failure.instance} failed: {told.type}: {told.message}"
        hint = "The run counts as failed, since the hook is required." if failure.required else "The run goes on without it."
        return Problem(code="hook", message=message, hint=hint, path=f"hooks.{failure.instance.name}")


def _ignore(_signal: int) -> None:
    """The run is ending anyway."""


def used_plugins(resources: RunResources) -> tuple[UsedPlugin, ...]:
    """The distributions whose plugins a run uses."""
    used = {(plugin.entry.distribution, plugin.entry.version) for plugin in resources.plugins()}
    return tuple(UsedPlugin(distribution=distribution, version=version) for distribution, version in sorted(used))
