"""Walks the steps of a plan in order, decides what a failure prevents, and tells every observer what happens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ppf_core.contracts.components import StagedSink, TargetMoved
from ppf_core.contracts.results import ErrorInfo
from ppf_core.errors import Problem
from ppf_core.pipeline.events import ComponentEnded, ComponentStarted, Observer, StepStarted, Warned
from ppf_core.pipeline.graph import Graph
from ppf_core.pipeline.planning import Step
from ppf_core.pipeline.steps import ComponentRun, Steps

Describe = Callable[[BaseException], ErrorInfo]


@dataclass
class Executor:
    """Runs the steps of one run.

    veto: asked before the first publish; a text prevents all publishing. describe: an exception as a redacted text.

    Invariant: a component without a status has not ended. Once it has one, no further step of it starts.
    """

    steps: Steps
    graph: Graph
    on_failure: str
    emit: Observer
    describe: Describe
    veto: Callable[[], str | None]
    _failed: list[str] = field(default_factory=list)
    _publishing: bool = False
    _vetoed: str | None = None

    @property
    def components(self) -> Mapping[str, ComponentRun]:
        """The state of each component, in the order of the file."""
        return self.steps.components

    def walk(self, steps: Sequence[Step]) -> None:
        """Executes the steps. Afterwards every component has a status, and no stage is left that was not published."""
        interrupted: BaseException | None = None
        try:
            for step in steps:
                self._walk_one(step)
        except KeyboardInterrupt as error:
            interrupted = error
        for component in self.components.values():
            if component.status is None:
                self._skip(component, "The run was interrupted." if interrupted else self._why_stopped())
        self.steps.release()
        if interrupted is not None:
            raise interrupted

    def _walk_one(self, step: Step) -> None:
        component = self.components[step.component]
        if component.status is not None:
            return
        if step.kind == "publish" and not self._publishing:
            self._publishing = True
            self._vetoed = self.veto()
        reason = self._why_not(step)
        if reason is None:
            self._execute(step, component)
        else:
            self._skip(component, reason)

    def _why_not(self, step: Step) -> str | None:
        """What prevents a step; None when it may start. From the first publish on, a run only goes forward."""
        if step.kind == "publish":
            return self._vetoed or (
                self._why_stopped() if self.on_failure == "stop" and self._failed_before_publishing else None
            )
        if self._failed and self.on_failure == "stop":
            return self._why_stopped()
        for need in self.graph.needs[step.component]:
            if self.components[need].status in ("failed", "skipped"):
                return f"{need!r} {self.components[need].status}."
        return None

    @property
    def _failed_before_publishing(self) -> bool:
        return any(not self.components[name].staged for name in self._failed)

    def _why_stopped(self) -> str:
        return f"{self._failed[0]!r} failed." if self._failed else "The run ended early."

    def _execute(self, step: Step, component: ComponentRun) -> None:
        if component.started_at is None:
            component.start()
            self.emit(ComponentStarted(component.info, component.attempts))
        self.emit(StepStarted(step.component, step.kind))
        try:
            getattr(self.steps, step.kind)(component)
        except BaseException as error:
            self._fail(component, error)
            if isinstance(error, KeyboardInterrupt):
                raise
        else:
            if step.kind != "stage":
                self._end(component)

    def _fail(self, component: ComponentRun, error: BaseException) -> None:
        self._failed.append(component.info.name)
        if not self._publishing or isinstance(error, TargetMoved):
            self._discard(component)
        component.end("failed", error=self.describe(error))
        self.emit(ComponentEnded(component.info, component.result(), started=True))

    def _skip(self, component: ComponentRun, reason: str) -> None:
        started = component.started_at is not None
        self._discard(component)
        component.end("skipped", reason=reason)
        self.emit(ComponentEnded(component.info, component.result(), started=started))

    def _end(self, component: ComponentRun) -> None:
        component.end("success")
        self.emit(ComponentEnded(component.info, component.result(), started=True))

    def _discard(self, component: ComponentRun) -> None:
        """Removes a stage. What cannot be removed is reported, and does not hide the failure that led here."""
        if component.started_at is None or not isinstance(component.plugin, StagedSink):
            return
        self.emit(StepStarted(component.info.name, "discard"))
        try:
            self.steps.discard(component)
        except Exception as error:  # noqa: BLE001 -- the failure that led here must still be reported
            told = self.describe(error)
            message = f"The stage of {component.info.name!r} could not be removed: {told.type}: {told.message}"
            hint = "Remove it by hand; no reader sees it."
            self.emit(Warned(Problem(code="stage-left", message=message, hint=hint, path=f"components.{component.info.name}")))
