"""Walks the steps of a plan, as many at a time as the run allows, decides what a failure prevents, and tells every observer.

One thread, the one that calls `walk`, decides everything. All that touches data is at work in threads of its own, and sends
messages: steps, and the removal of stages as well, so that a store that hangs never keeps the run from hearing a signal.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from ppf_core.config.model import RuntimeConfig
from ppf_core.contracts.components import StagedSink, TargetMoved
from ppf_core.contracts.results import CircuitState, ErrorInfo
from ppf_core.errors import CheckpointRefused, PpfError, Problem, Terminated
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.interrupts import interrupts
from ppf_core.execution.run_state import RunState
from ppf_core.execution.steps import Steps
from ppf_core.execution.work import Discarded, Ended, OutOfTime, Quiet, Signalled, Work
from ppf_core.planning.cached_frames import CachedFrames
from ppf_core.planning.ordering import Step
from ppf_core.planning.schedule import Schedule
from ppf_core.state.events import (
    CheckJudged,
    CircuitChanged,
    ComponentEnded,
    ComponentStarted,
    Observer,
    StepStarted,
    TasksCounted,
    Warned,
)
from ppf_core.threads import SIGTERM
from ppf_core.validation.dataflow import Dataflow
from ppf_core.validation.graph import Graph

Describe = Callable[[BaseException], ErrorInfo]
Changes = Sequence[tuple[CircuitState, CircuitState]]

INTERRUPTED = "The run was interrupted."
"""Why a component was skipped that a signal prevented."""


@dataclass
class Executor:
    """Runs the steps of one run.

    veto: asked before the first publish; a text prevents all publishing. commit: puts on disk which sinks will be published.
    before_write: told before a sink shows rows that it has not staged. Where one of the two raises, the run ends.
    describe: an exception as a redacted text. save_progress: called when a resumed run has less to do.
    second: what a second signal does, in the place of ending the run without waiting for what is at work.
    is_watched: whether somebody wants to hear how far Spark is.

    Invariant: a component without a status has not ended. Once it has one, no further step of it starts; its end is told when
    nothing of it is left to remove.
    """

    steps: Steps
    graph: Graph
    dataflow: Dataflow
    runtime: RuntimeConfig
    emit: Observer
    describe: Describe
    veto: Callable[[], str | None]
    commit: Callable[[Sequence[str]], None]
    before_write: Callable[[ComponentRun], None]
    save_progress: Callable[[], None]
    second: Callable[[int], None] | None = None
    is_watched: bool = False
    _to_discard: list[ComponentRun] = field(default_factory=list)
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
        self._state = RunState(stops_at_failure=self.runtime.on_failure == "stop")
        checked = [name for name, each in self.components.items() if each.checking is not None]
        self._cached_frames = CachedFrames(self._users(), checked)
        seconds = limit.total_seconds() if limit else None
        self._work = Work(self.steps, self.runtime.parallelism, seconds, self.describe, is_watched=self.is_watched)
        with interrupts(lambda number: self._work.tell(Signalled(number)), self.second):
            try:
                self._start_ready()
                while not self._work.is_idle or self._discard_read():
                    self._hear()
                    self._start_ready()
            except BaseException as error:
                self._give_up(error)
                raise
            finally:
                self._work.close()
                self._release([name for name, each in self.components.items() if each.is_cached])
        if isinstance(self._stopped_by, KeyboardInterrupt):
            raise self._stopped_by
        if self._refused is not None:
            raise self._refused

    def _users(self) -> dict[str, tuple[str, ...]]:
        """Component → those that have rows of it; the folders of bad rows among them."""
        found = {name: users for name, users in self.dataflow.users.items() if name in self.components}
        for name, component in self.components.items():
            if component.is_quarantine:
                found |= {origin: (*found.get(origin, ()), name) for origin in component.role.quarantined_from}
        return {name: tuple(each for each in users if each in self.components) for name, users in found.items()}

    # ---- starting

    def _start_ready(self) -> None:
        while (taken := self._schedule.take()) is not None:
            position, step = taken
            if step.kind == "write" and self._state.rejected:
                self._end_rejected()  # also what was judged after the decision
            if step.kind == "decide":
                self._end_rejected()
            elif step.kind == "commit":
                self._commit()
            elif self._may_start(step):
                if not self._work.has_room:
                    self._schedule.put_back(position)
                    return
                if self._begin(position, step):
                    continue
            self._schedule.end(position)

    def _may_start(self, step: Step) -> bool:
        """Whether a step starts now. If it never will, its component has ended when this returns."""
        component = self.components[step.component]
        if component.is_quarantine and step.kind != "publish":
            return self._may_keep(step, component)
        answer = self._state.answer(step.kind, step.component, component.status, carries=step.carries)
        if answer.act == "skip":
            self._skip(component, answer.reason)
        return answer.act == "start"

    def _may_keep(self, step: Step, folder: ComponentRun) -> bool:
        """Whether bad rows are kept: those of a rejected component are evidence, all others go with the good ones."""
        origin = self._origin(folder)
        if step.kind == "retain_rejected":
            return origin.rejection is not None and folder.status is None
        if folder.status is not None or origin.rejection is not None or origin.status in ("failed", "skipped"):
            return False
        answer = self._state.answer(step.kind, origin.info.name, None)
        if answer.act == "skip" and origin.status is None:
            self._skip(origin, answer.reason)
        return answer.act == "start"

    def _origin(self, folder: ComponentRun) -> ComponentRun:
        """The component whose bad rows a folder takes."""
        (name,) = folder.role.quarantined_from
        return self.components[name]

    def _begin(self, position: int, step: Step) -> bool:
        """Whether the step is at work now; if not, the circuit breaker of its component is open."""
        component = self.components[step.component]
        if component.started_at is None:
            component.start()
            if not component.is_quarantine:
                self.emit(ComponentStarted(component.info))
            if not self._admit(component):
                return False
        if not component.is_quarantine:
            self.emit(StepStarted(step.component, step.kind))
        if step.kind == "write":
            self.before_write(component)
        self._work.start(position, step, component)
        return True

    # ---- the commit

    def _commit(self) -> None:
        """Decides whether the rows may be shown. The decision is on disk when this returns."""
        self._end_rejected()
        self._work.without_deadline()
        veto = self.veto() if self._state.phase == "running" else None
        if veto is not None:
            self._state.stop(veto)
        if self._state.phase == "running":
            sinks = [name for name, each in self.components.items() if each.status is None and each.ticket is not None]
            self.commit(sinks)
            self._state.commit()

    def _end_rejected(self) -> None:
        """Ends what its checks rejected, and all that depends on a failure."""
        for name in self._state.rejected:
            component = self.components[name]
            if component.status is None and component.rejection is not None:
                if component.breaker is not None:
                    component.breaker.abandoned()
                self._end_failed(component, component.rejection)
        for name, component in self.components.items():
            if component.status is None and not component.is_quarantine and (reason := self._state.spoiled(name)) is not None:
                self._skip(component, reason)
        for folder in [each for each in self.components.values() if each.is_quarantine and each.status is None]:
            origin = self._origin(folder)
            reason = self._state.spoiled(origin.info.name)
            if origin.rejection is None and (reason is not None or origin.status in ("failed", "skipped")):
                self._skip(folder, reason or f"{origin.info.name!r} {origin.status}.")

    # ---- hearing

    def _hear(self) -> None:
        match message := self._work.next():
            case Ended():
                self._settle(message.step, self.components[message.step.component], message.error)
                self._schedule.end(message.position)
            case Discarded():
                self._hear_discarded(self.components[message.component], message.error)
            case Signalled():
                self._interrupt(Terminated() if message.number == SIGTERM else KeyboardInterrupt())
            case OutOfTime():
                limit = self.runtime.timeout
                self._stop(TimeoutError(f"The run took longer than {limit.total_seconds() if limit else 0:g} s, its timeout."))
            case Quiet():
                for component in (each for each in self._work.components if not each.is_quarantine):
                    self.emit(TasksCounted(component.info.name, *self.steps.tasks(component)))
            case _:
                self.emit(message)

    def _interrupt(self, interrupt: KeyboardInterrupt) -> None:
        if self._state.is_committed:
            self._stopped_by = interrupt  # what is committed gets published, and nothing else is at work
        elif isinstance(self._stopped_by, KeyboardInterrupt):
            raise interrupt  # asked twice: what is at work is left alone
        else:
            self._stop(interrupt)

    def _stop(self, reason: BaseException) -> None:
        """Nothing new starts, and what is at work ends early."""
        self._stopped_by = reason
        self._state.stop(INTERRUPTED if isinstance(reason, KeyboardInterrupt) else str(reason))
        self._work.end_early(reason)

    def _give_up(self, error: BaseException) -> None:
        """Something went wrong here, not in a step: leaves no stage behind, and lets whoever asked for the run say why.

        What is still at work may stage after we have looked, so its stage is left, and marked as such, for the next run.
        """
        self._work.end_early(error)
        while self._work.components and not isinstance(error, KeyboardInterrupt):
            self._work.next()
        self.steps.cancel()
        busy = {each.info.name for each in self._work.components}
        for component in () if self._state.is_committed else self.components.values():
            is_open = component.status is None or component in self._to_discard
            is_free = component.info.name not in busy and not self._work.is_abandoned(component)
            if is_open and is_free and self._has_stage(component):
                with suppress(Exception):  # the failure that led here is the one to report
                    self.steps.discard(component)

    # ---- outcomes

    def _settle(self, step: Step, component: ComponentRun, error: BaseException | None) -> None:
        self._note_cached(component)
        if error is not None and step.kind == "check":
            component.quality, component.rejection = (), None  # nobody knows what it would have found
        if error is None:
            self._advance(step, component)
        elif error is self._stopped_by and not isinstance(error, TimeoutError):
            self._skip(component, self._state.reason)
        else:
            self._fail(step, component, error)

    def _advance(self, step: Step, component: ComponentRun) -> None:
        if step.kind == "check":
            self._hear_checks(component)
        if component.is_quarantine and step.kind == "stage":
            self._hear_folder(component, self._origin(component))
        elif step.is_last and component.rejection is None:
            self._succeed(component)
        if step.kind == "write" or (step.kind in ("materialize", "check") and self._is_above_saved(component)):
            self.save_progress()

    def _hear_folder(self, folder: ComponentRun, origin: ComponentRun) -> None:
        """Its bad rows have a place. What was shown before the run was resumed stays as it is."""
        if folder.published and folder.rows_written != origin.quarantined(None):
            found = f"{folder.rows_written} were shown before, and {origin.quarantined(None)} are found now"
            hint = "Those that were shown stay. A source that pins what it reads gives the same rows again."
            self._warn("quarantine", origin, f"The bad rows of {origin.info.name!r} are others: {found}.", hint)
        if origin.info.kind != "sink":
            self._succeed(origin)

    def _is_above_saved(self, component: ComponentRun) -> bool:
        """Whether a checkpoint holds rows of it, which count from the moment when all that they come from is judged."""
        if component.is_quarantine or not any(each.saved is not None for each in self.components.values()):
            return False
        below = self.dataflow.below([component.info.name])
        return any(name in self.components and self.components[name].saved is not None for name in below)

    def _hear_checks(self, component: ComponentRun) -> None:
        for result in component.quality:
            self.emit(CheckJudged(component.info, result))
        if component.rejection is not None:
            self._state.rejected.append(component.info.name)

    def _note_cached(self, component: ComponentRun) -> None:
        """Frames are kept in a step of their own, or with the stage that carries their checks."""
        for name in (component.info.name, *component.info.inputs.values()):
            if name in self.components and self.components[name].is_cached and not self._cached_frames.holds(name):
                self._release(self._cached_frames.add(name))

    def _succeed(self, component: ComponentRun) -> None:
        if component.status is not None:
            return  # what depended on a failure was ended while its last step was at work
        if component.breaker is not None:
            self._tell_changes(component, component.breaker.succeeded)
        component.end("resumed" if component.role.is_saved else "success")
        self._tell_end(component)

    def _fail(self, step: Step, component: ComponentRun, error: BaseException) -> None:
        if isinstance(error, CheckpointRefused):
            self._refused = error
        if self.steps.engine.is_gone(error) and self._stopped_by is None:
            self._stop(RuntimeError("Spark's JVM is gone."))
        if component.breaker is not None:
            self._tell_changes(component, component.breaker.failed)
        component.failure = error
        may_be_shown = step.kind == "publish" and not isinstance(error, TargetMoved)
        if step.kind == "publish" and self.runtime.on_failure == "stop":
            self._hold(component, error)
        self._end_failed(component, self.describe(error), keeps_stage=may_be_shown)
        if component.is_quarantine:
            self._lose_bad_rows(self._origin(component), step, self.describe(error))

    def _hold(self, component: ComponentRun, error: BaseException) -> None:
        """All or none: the rest waits for whoever can publish this one, or is discarded if nobody can and nothing is shown."""
        name = component.info.name
        if not isinstance(error, TargetMoved):
            self._state.hold(f"{name!r} could not be published; `ppf runs recover` goes on.")
        elif not any(each.published for each in self.components.values()):
            self._state.stop(f"{name!r} could not be published.")

    def _lose_bad_rows(self, origin: ComponentRun, step: Step, error: ErrorInfo) -> None:
        """Without a place for its bad rows a component has failed. One that its checks rejected has failed already."""
        told = f"The quarantined rows of {origin.info.name!r} could not be kept: {error.type}: {error.message}"
        self._warn("quarantine", origin, told, "Look at runtime.data_dir.")
        if step.kind == "stage" and origin.status is None:
            self._end_failed(origin, error)

    def _end_failed(self, component: ComponentRun, error: ErrorInfo, *, keeps_stage: bool = False) -> None:
        name = component.info.name
        component.end("failed", error=error)
        self._state.fail(name, self.graph.downstream([name]) - {name} if not component.is_quarantine else ())
        self._close(component, keeps_stage=keeps_stage)

    def _skip(self, component: ComponentRun, reason: str) -> None:
        if component.status is not None:
            return
        if component.breaker is not None and component.started_at is not None:
            component.breaker.abandoned()
        component.end("skipped", reason=reason)
        self._close(component, keeps_stage=self._state.phase == "held")

    # ---- removing stages

    def _close(self, component: ComponentRun, *, keeps_stage: bool) -> None:
        """A component has its status. Its end is told at once, or when what it staged is removed."""
        if keeps_stage or not self._has_stage(component):
            self._tell_end(component)
        elif self._work.is_abandoned(component):
            self._hear_discarded(component, TimeoutError("It is still being written by a thread that does not end."))
        else:
            self._to_discard.append(component)
            self._discard_unread()

    def _discard_unread(self) -> None:
        """Removes stages, but not yet those with bad rows in them for whoever takes these."""
        for component in [each for each in self._to_discard if not self._is_read(each)]:
            self._discard(component)

    def _discard_read(self) -> bool:
        """When nothing is at work any more, nobody comes to read them. Whether there are such stages."""
        for component in list(self._to_discard):
            self._discard(component)
        return not self._work.is_idle

    def _discard(self, component: ComponentRun) -> None:
        self._to_discard.remove(component)
        if not component.is_quarantine:
            self.emit(StepStarted(component.info.name, "discard"))
        self._work.discard(component)

    def _is_read(self, sink: ComponentRun) -> bool:
        """Whether somebody may still read what the sink has set apart."""
        origins = {sink.info.name, *sink.info.inputs.values()} if sink.apart is not None else set()
        return any(
            each.status is None and not origins.isdisjoint(each.role.quarantined_from) for each in self.components.values()
        )

    def _has_stage(self, component: ComponentRun) -> bool:
        """Whether it may have staged something that is not shown."""
        return bool(component.attempts) and isinstance(component.plugin, StagedSink) and not component.published

    def _hear_discarded(self, component: ComponentRun, error: BaseException | None) -> None:
        """What cannot be removed is reported, and does not hide the failure that led here."""
        if error is not None:
            told = self.describe(error)
            message = f"The stage of {component.info.name!r} could not be removed: {told.type}: {told.message}"
            hint = "No reader sees it. The next run of the pipeline removes it, or `ppf runs recover`."
            self._warn("stage-left", component, message, hint)
        self._tell_end(component)

    def _tell_end(self, component: ComponentRun) -> None:
        component.is_told = True
        if not component.is_quarantine:
            self.emit(ComponentEnded(component.info, component.result(), started=component.started_at is not None))
        self._release(self._cached_frames.end(component.info.name))
        self._discard_unread()

    def _release(self, names: Sequence[str]) -> None:
        for name in names:
            with suppress(Exception):  # the memory of a Spark that is gone
                self.steps.release(self.components[name])

    # ---- circuit breakers

    def _admit(self, component: ComponentRun) -> bool:
        """Asks the circuit breaker; a component that it rejects has failed without an attempt."""
        if component.breaker is None:
            return True
        try:
            admission = component.breaker.admit(self.steps.frames.run_id)
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
