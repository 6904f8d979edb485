"""One execution of a plan, from its record's first line to its last."""

import datetime
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ppf_core.contracts.results import ComponentResult, ErrorInfo, PipelineResult, RunInfo, RunStatus, UsedPlugin
from ppf_core.errors import ConfigError, PpfError, Problem
from ppf_core.pipeline.error_names import require_known_errors
from ppf_core.pipeline.events import ComponentEnded, Event, Observer, RunEnded, RunStarted, SecretAccessed, Warned
from ppf_core.pipeline.executor import Executor
from ppf_core.pipeline.hook_events import hook_observer
from ppf_core.pipeline.interrupts import interrupts
from ppf_core.pipeline.ordering import order_steps
from ppf_core.pipeline.planning import Plan, PlannedComponent
from ppf_core.pipeline.record import RunRecord, RunStore, new_run_id
from ppf_core.pipeline.recorded_plan import recorded_plan
from ppf_core.pipeline.steps import ComponentRun, Steps
from ppf_core.pipeline.workspace import Workspace, ping_all
from ppf_core.plugins.hooks import HookCaller, HookFailure
from ppf_core.spark.errors import describe_error
from ppf_core.spark.readiness import require_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_RUN_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
INTERRUPTED = 130


@dataclass
class Run:
    """A run that has its record. `execute` is called once; whatever happens in it ends in a result and in the record."""

    plan: Plan
    workspace: Workspace
    record: RunRecord
    info: RunInfo
    components: dict[str, ComponentRun]
    hooks: HookCaller
    observers: list[Observer]
    _problems: list[Problem] = field(default_factory=list)
    _exit_code: int = 0
    _status: RunStatus | None = None
    _hook_failures: int = 0
    _told_hooks: set[tuple[str, str]] = field(default_factory=set)
    _began: float = field(default_factory=time.monotonic)

    @classmethod
    def open(
        cls, plan: Plan, workspace: Workspace, store: RunStore, run_id: str | None, observers: Sequence[Observer], given: object
    ) -> "Run":
        """Makes the instances, and the record last: what fails before leaves no trace in the state directory."""
        now = datetime.datetime.now(datetime.UTC)
        run_id = new_run_id(now) if run_id is None else _checked_run_id(run_id)
        config = workspace.checked.file.config
        components, hooks = workspace.components(), workspace.hooks()
        require_spark(workspace.session_request(), given)
        record = store.create(run_id)
        info = RunInfo(
            run_id=run_id,
            pipeline=config.name,
            version=config.version,
            environment=config.environment,
            mode=config.mode,
            tags=config.tags,
            started_at=now,
            record_path=str(record.path),
        )
        known = workspace.redactor.redact_all(recorded_plan(workspace.checked, plan, components))
        record.begin(info, _used_plugins(workspace), known)
        return cls(plan, workspace, record, info, components, hooks, [*observers, hook_observer(hooks, info)])

    def execute(self, given: "SparkSession | None", second: Callable[[int], None] | None = None) -> PipelineResult:
        """Runs the steps and says how it went. second: what a second signal does."""
        self._emit(RunStarted(self.info, tuple(component.info for component in self.components.values())))
        for backend, key in self.workspace.accessed:
            self._emit(SecretAccessed(backend, key))
        try:
            self._walk(given, second)
        except KeyboardInterrupt as error:
            self._status, self._exit_code = "interrupted", getattr(error, "exit_code", INTERRUPTED)
        except PpfError as error:
            self._fail(error.exit_code, *error.problems)
        except Exception as error:  # noqa: BLE001 -- whatever ends a run must end in its record
            told = self._describe(error)
            self._fail(1, Problem(code="run", message=f"The run could not go on: {told.type}: {told.message}"))
        with interrupts(_ignore, second):
            return self._finish()

    def _walk(self, given: "SparkSession | None", second: Callable[[int], None] | None) -> None:
        session = self.workspace.open_session(given, self.record.spark_log)
        try:
            self.record.note("session", facts=session.facts)
            for warning in (*self.plan.warnings, *session.warnings):
                self._emit(Warned(warning))
            checked = self.workspace.checked
            require_known_errors(checked.file)
            steps = Steps(session.spark, self.info.run_id, self.info.pipeline, self.components, self.record.note)
            ping_all(steps)
            runtime = checked.file.config.runtime
            watched = any(getattr(observer, "wants_tasks", False) for observer in self.observers)
            executor = Executor(steps, checked.graph, runtime, self._emit, self._describe, self._veto, second, watched)
            executor.walk(order_steps(checked, self.components))
        finally:
            with interrupts(_ignore, second):
                session.close()

    def _finish(self) -> PipelineResult:
        for component in self.components.values():
            if component.status is None:
                started = component.started_at is not None
                component.end("skipped", reason=f"The run ended before it {'ended' if started else 'started'}.")
                self._emit(ComponentEnded(component.info, component.result(), started))
        self._flush_hooks()
        self._emit(RunEnded(self.info, self._result()))
        self._flush_hooks()
        self.hooks.close()
        for text in self.workspace.close():
            self._tell(Warned(Problem(code="close", message=text)))
        result = self._result()
        try:
            self.record.end(result)
        except PpfError as error:
            self._fail(error.exit_code, *error.problems)
            result = self._result()
        return result

    def _result(self) -> PipelineResult:
        ended_at = datetime.datetime.now(datetime.UTC)
        results = tuple(self._component_result(planned) for planned in self.plan.components)
        failed = any(each.status in ("failed", "skipped") for each in results)
        exit_code = self._exit_code or int(failed)
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
            duration=time.monotonic() - self._began,
            plugins=_used_plugins(self.workspace),
            components=results,
            problems=tuple(self._problems),
        )

    def _component_result(self, planned: PlannedComponent) -> ComponentResult:
        if planned.name in self.components:
            return self.components[planned.name].result()
        return ComponentResult(
            name=planned.name,
            kind=planned.kind,
            plugin=planned.plugin,
            distribution=planned.distribution,
            status="not_run",
            reason="It was not asked for.",
        )

    def _emit(self, event: Event) -> None:
        """Writes the record first, then tells everybody. A record that cannot be written fails the run, not the caller."""
        if isinstance(event, ComponentEnded):
            try:
                self.record.component(event.result)
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
        for observer in self.observers:
            observer(event)

    def _veto(self) -> str | None:
        """Why nothing may be published, although every stage is there."""
        self._flush_hooks()
        return self._problems[0].message if self._problems else None

    def _fail(self, exit_code: int, *problems: Problem) -> None:
        self._exit_code = self._exit_code or exit_code
        told = [replace(problem, message=self.workspace.redactor.redact(problem.message)) for problem in problems]
        self._problems.extend(problem for problem in told if problem not in self._problems)  # a full disk fails line after line

    def _describe(self, error: BaseException) -> ErrorInfo:
        told = describe_error(error)
        return ErrorInfo(told.type, self.workspace.redactor.redact(told.message))

    def _hook_problem(self, failure: HookFailure) -> Problem:
        told = self._describe(failure.error)
        message = f"The hook {failure.hook} of {failure.instance} failed: {told.type}: {told.message}"
        hint = "The run counts as failed, since the hook is required." if failure.required else "The run goes on without it."
        return Problem(code="hook", message=message, hint=hint, path=f"hooks.{failure.instance.name}")


def _ignore(_signal: int) -> None:
    """The run is ending anyway."""


def _used_plugins(workspace: Workspace) -> tuple[UsedPlugin, ...]:
    used = {(plugin.entry.distribution, plugin.entry.version) for plugin in workspace.plugins()}
    return tuple(UsedPlugin(distribution=distribution, version=version) for distribution, version in sorted(used))


def _checked_run_id(run_id: str) -> str:
    if _RUN_ID.fullmatch(run_id) is None or run_id in (".", ".."):
        raise ConfigError(
            f"The run id {run_id!r} cannot be used.", hint="Use 1 to 128 letters, digits, '.', '_' or '-', but not '.' or '..'."
        )
    return run_id
