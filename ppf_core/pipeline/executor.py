"""Walks the steps of a plan, as many at a time as the run allows, decides what a failure prevents, and tells every observer.

One thread, the one that calls `walk`, decides everything. The steps are at work in threads of their own, and send messages.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from ppf_core.config.model import RuntimeConfig
from ppf_core.contracts.components import StagedSink, TargetMoved
from ppf_core.contracts.results import CircuitState, ErrorInfo
from ppf_core.errors import CheckpointRefused, PpfError, Problem, Terminated
from ppf_core.pipeline.component_run import ComponentRun
from ppf_core.pipeline.events import (
    CheckJudged,
    CircuitChanged,
    ComponentEnded,
    ComponentStarted,
    Observer,
    StepStarted,
    TasksCounted,
    Warned,
)
from ppf_core.pipeline.graph import Graph
from ppf_core.pipeline.interrupts import interrupts
from ppf_core.pipeline.keeping import Keeping
from ppf_core.pipeline.ordering import Step
from ppf_core.pipeline.progress import Progress
from ppf_core.pipeline.publishing import Publishing
from ppf_core.pipeline.schedule import Schedule
from ppf_core.pipeline.steps import Steps
from ppf_core.pipeline.work import Ended, OutOfTime, Quiet, Signalled, Work
from ppf_core.threads import SIGTERM

Describe = Callable[[BaseException], ErrorInfo]
Changes = Sequence[tuple[CircuitState, CircuitState]]

_INTERRUPTED = "The run was interrupted."


@dataclass
class Executor:
    """Runs the steps of one run.

    veto: asked before the first publish; a text prevents all publishing. describe: an exception as a redacted text.
    progress: told when something is reached that a resumed run need not do again.
    second: what a second signal does, in the place of what it did before the run.
    is_watched: whether somebody wants to hear how far Spark is.

    Invariant: a component without a status has not ended. Once it has one, no further step of it starts.

    A component that its checks rejected ends at the next barrier: until then all others go on, so that all failures are found.
    """

    steps: Steps
    graph: Graph
    runtime: RuntimeConfig
    emit: Observer
    describe: Describe
    veto: Callable[[], str | None]
    progress: Progress
    second: Callable[[int], None] | None = None
    is_watched: bool = False
    _failed: list[str] = field(default_factory=list)
    _rejected: list[str] = field(default_factory=list)
    _stopped_by: BaseException | None = None
    _refused: CheckpointRefused | None = None

    @property
    def components(self) -> Mapping[str, ComponentRun]:
        """The state of each component, in the order of the file."""
        return self.steps.components

    def walk(self, steps: Sequence[Step]) -> None:
        """Executes the steps. Afterwards every component has a status, and no stage is left that was not published.

        Raises KeyboardInterrupt (Terminated for SIGTERM) when a signal ended the run early, and CheckpointRefused when what a
        resumed run has to read again is no longer there.
        """
        limit = self.runtime.timeout
        self._schedule = Schedule(steps)
        self._publishing = Publishing(self.steps, self.graph)
        checked = [name for name, each in self.components.items() if each.checking is not None]
        self._keeping = Keeping(_readers(self.components), checked)
        seconds = limit.total_seconds() if limit else None
        self._work = Work(self.steps, self.runtime.parallelism, seconds, self.describe, is_watched=self.is_watched)
        try:
            with interrupts(lambda number: self._work.tell(Signalled(number)), self.second):
                self._start_ready()
                while not self._work.is_idle:
                    self._hear()
                    self._start_ready()
        except BaseException:
            self._give_up()
            raise
        finally:
            self._work.close()
            self._release([name for name, each in self.components.items() if each.is_kept])
        if isinstance(self._stopped_by, KeyboardInterrupt) and any(
            each.status != "success" for each in self.components.values()
        ):
            raise self._stopped_by
        if self._refused is not None:
            raise self._refused

    # ---- starting

    def _start_ready(self) -> None:
        while (taken := self._schedule.take()) is not None:
            position, step = taken
            reason = self._why_not(step)
            if reason is None and step.component:
                if not self._work.has_room:
                    self._schedule.put_back(position)
                    return
                if self._begin(position, step):
                    continue
            elif reason:
                self._skip(self.components[step.component], reason)
            self._schedule.end(position)

    def _why_not(self, step: Step) -> str | None:
        """What prevents a step; None when it may start; empty when its component has ended already."""
        if step.kind in ("decide", "commit"):
            self._reject()
        if step.kind == "commit":
            self._publishing.decide(self._why_stopped() or self.veto())
            self._work.without_deadline()
        if not step.component:
            return None
        if self.components[step.component].status is not None:
            return ""
        if step.kind == "publish":
            return self._publishing.obstacle
        if self.components[step.component].is_inner:
            return self._why_not_kept(step)
        if step.kind == "stage" and not step.carries and self._rejected and self.runtime.on_failure == "stop":
            return f"{self._rejected[0]!r} failed."
        return self._why_stopped() or self._why_not_fed(step.component)

    def _why_not_kept(self, step: Step) -> str | None:
        """What prevents that bad rows are kept: those of a rejected component are evidence, all others go with the rest."""
        giver = self._giver(self.components[step.component])
        if step.kind == "evidence":
            return None if giver.rejection is not None else ""
        if giver.rejection is not None or giver.status in ("failed", "skipped"):
            return ""
        reason = self._why_stopped()
        if reason is not None and giver.status is None:
            self._skip(giver, reason)
        return reason

    def _giver(self, folder: ComponentRun) -> ComponentRun:
        """The component whose bad rows a folder takes."""
        (name,) = folder.takes
        return self.components[name]

    def _why_stopped(self) -> str | None:
        if self._stopped_by is not None:
            return _INTERRUPTED if isinstance(self._stopped_by, KeyboardInterrupt) else str(self._stopped_by)
        if self._failed and self.runtime.on_failure == "stop":
            return f"{self._failed[0]!r} failed."
        return None

    def _why_not_fed(self, name: str) -> str | None:
        for need in self.graph.needs[name]:
            if need in self.components and self.components[need].status in ("failed", "skipped"):
                return f"{need!r} {self.components[need].status}."
        return None

    def _begin(self, position: int, step: Step) -> bool:
        """Whether the step is at work now; if not, the circuit breaker of its component is open."""
        component = self.components[step.component]
        if component.started_at is None:
            component.start()
            if not component.is_inner:
                self.steps.note("started", component=component.info.name)
                self.emit(ComponentStarted(component.info))
            if not self._admit(component):
                return False
        if not component.is_inner:
            self.emit(StepStarted(step.component, step.kind))
        if step.kind == "write":
            self.progress.before_write(component)
        self._work.start(position, step, component)
        return True

    # ---- hearing

    def _hear(self) -> None:
        match message := self._work.next():
            case Ended():
                self._settle(message.step, self.components[message.step.component], message.error)
                self._schedule.end(message.position)
            case Signalled():
                self._interrupt(Terminated() if message.number == SIGTERM else KeyboardInterrupt())
            case OutOfTime():
                limit = self.runtime.timeout
                self._stop(TimeoutError(f"The run took longer than {limit.total_seconds() if limit else 0:g} s, its timeout."))
            case Quiet():
                for component in (each for each in self._work.components if not each.is_inner):
                    self.emit(TasksCounted(component.info.name, *self.steps.tasks(component)))
            case _:
                self.emit(message)

    def _interrupt(self, interrupt: KeyboardInterrupt) -> None:
        if self._publishing.is_committed:
            self._stopped_by = interrupt  # what is committed gets published, and nothing else is at work
        else:
            self._stop(interrupt)

    def _stop(self, reason: BaseException) -> None:
        """Nothing new starts, and what is at work ends early."""
        self._stopped_by = reason
        self._work.end_early(reason)

    def _give_up(self) -> None:
        """Something went wrong here, not in a step: leaves no stage behind, and lets whoever asked for the run say why."""
        self.steps.cancel()
        for component in () if self._publishing.is_committed else self.components.values():
            if component.status is None and component.attempts and isinstance(component.plugin, StagedSink):
                with suppress(Exception):  # the failure that led here is the one to report
                    self.steps.discard(component)

    # ---- outcomes

    def _settle(self, step: Step, component: ComponentRun, error: BaseException | None) -> None:
        self._note_kept(component)
        if error is None:
            self._advance(step, component)
        elif error is self._stopped_by and not isinstance(error, TimeoutError):
            self._skip(component, self._why_stopped() or "")
        else:
            self._fail(step, component, error)

    def _advance(self, step: Step, component: ComponentRun) -> None:
        if step.kind == "check":
            self._hear_checks(component)
        if component.is_inner and step.kind == "stage" and self._giver(component).info.kind != "sink":
            self._succeed(self._giver(component))
        elif step.is_last and component.rejection is None:
            self._succeed(component)
        if step.kind in ("write", "fill", "check") and (step.kind == "write" or component.saved is not None):
            self.progress.save()

    def _hear_checks(self, component: ComponentRun) -> None:
        for result in component.quality:
            self.emit(CheckJudged(component.info, result))
        if component.rejection is not None:
            self._rejected.append(component.info.name)

    def _note_kept(self, component: ComponentRun) -> None:
        """Frames are kept in a step of their own, or with the stage that carries their checks."""
        for name in (component.info.name, *component.info.inputs.values()):
            if name in self.components and self.components[name].is_kept and not self._keeping.holds(name):
                self._release(self._keeping.keep(name))

    def _reject(self) -> None:
        """Ends what its checks rejected, and all that has its rows."""
        for name in self._rejected:
            component = self.components[name]
            if component.status is None and component.rejection is not None:
                self._discard(component)
                if component.breaker is not None:
                    component.breaker.abandoned()
                self._end_failed(component, component.rejection)
        for name, component in self.components.items():
            reason = self._why_not_fed(name) if component.status is None and not component.is_inner else None
            if reason is not None:
                self._skip(component, reason)

    def _succeed(self, component: ComponentRun) -> None:
        if component.breaker is not None:
            self._tell_changes(component, component.breaker.succeeded)
        component.end("success")
        self._tell_end(component)

    def _fail(self, step: Step, component: ComponentRun, error: BaseException) -> None:
        if isinstance(error, CheckpointRefused):
            self._refused = error
        if self.steps.engine.is_gone(error) and self._stopped_by is None:
            self._stop(RuntimeError("Spark's JVM is gone."))
        if step.kind != "publish" or isinstance(error, TargetMoved):
            self._discard(component)
        if step.kind == "publish" and self.runtime.on_failure == "stop":
            self._publishing.failed(component, error)
        if component.breaker is not None:
            self._tell_changes(component, component.breaker.failed)
        self._end_failed(component, self.describe(error))
        if component.is_inner:
            self._lose_bad_rows(self._giver(component), step, self.describe(error))

    def _lose_bad_rows(self, giver: ComponentRun, step: Step, error: ErrorInfo) -> None:
        """Without a place for its bad rows a component has failed. One that its checks rejected has failed already."""
        told = f"The quarantined rows of {giver.info.name!r} could not be kept: {error.type}: {error.message}"
        self._warn("quarantine", giver, told, "Look at runtime.data_dir.")
        if step.kind == "stage" and giver.status is None:
            self._discard(giver)
            self._end_failed(giver, error)

    def _end_failed(self, component: ComponentRun, error: ErrorInfo) -> None:
        self._failed.append(component.info.name)
        component.end("failed", error=error)
        self._tell_end(component)

    def _skip(self, component: ComponentRun, reason: str) -> None:
        if reason != self._publishing.held:
            self._discard(component)
        if component.breaker is not None and component.started_at is not None:
            component.breaker.abandoned()
        component.end("skipped", reason=reason)
        self._tell_end(component)

    def _tell_end(self, component: ComponentRun) -> None:
        if not component.is_inner:
            self.emit(ComponentEnded(component.info, component.result(), started=component.started_at is not None))
        self._release(self._keeping.end(component.info.name))

    def _release(self, names: Sequence[str]) -> None:
        for name in names:
            with suppress(Exception):  # the memory of a Spark that is gone
                self.steps.release(self.components[name])

    def _discard(self, component: ComponentRun) -> None:
        """Removes a stage. What cannot be removed is reported, and does not hide the failure that led here."""
        if not component.attempts or not isinstance(component.plugin, StagedSink):
            return
        if not component.is_inner:
            self.emit(StepStarted(component.info.name, "discard"))
        try:
            self.steps.discard(component)
        except Exception as error:  # noqa: BLE001 -- the failure that led here must still be reported
            told = self.describe(error)
            message = f"The stage of {component.info.name!r} could not be removed: {told.type}: {told.message}"
            self._warn("stage-left", component, message, "Remove it by hand; no reader sees it.")

    # ---- circuit breakers

    def _admit(self, component: ComponentRun) -> bool:
        """Asks the circuit breaker; a component that it rejects has failed without an attempt."""
        if component.breaker is None:
            return True
        try:
            admission = component.breaker.admit()
        except PpfError as error:
            self._end_failed(component, self.describe(error))
            return False
        self._tell_changes(component, lambda: admission.changes)
        if not admission.allowed:
            self._end_failed(component, ErrorInfo("CircuitOpen", admission.reason))
        return admission.allowed

    def _tell_changes(self, component: ComponentRun, ask: Callable[[], Changes]) -> None:
        try:
            changes = ask()
        except PpfError as error:
            self._warn("circuit", component, str(error), None)
            return
        for old, new in changes:
            self.emit(CircuitChanged(component.info, old, new))

    def _warn(self, code: str, component: ComponentRun, message: str, hint: str | None) -> None:
        self.emit(Warned(Problem(code=code, message=message, hint=hint, path=f"components.{component.info.name}")))


def _readers(components: Mapping[str, ComponentRun]) -> dict[str, list[str]]:
    """Component → those that read its frame."""
    found: dict[str, list[str]] = {}
    for name, component in components.items():
        for read in (*component.info.inputs.values(), *component.frames, *component.takes):
            found.setdefault(read, []).append(name)
    return found
