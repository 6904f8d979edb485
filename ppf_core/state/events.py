"""What happens in a run, as values. The record, the hooks and the progress display listen to the same events.

The record is the first to hear of an event. One of which hooks hear names its hook, and has the hook's arguments as its fields;
the run comes with each.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from ppf_core.contracts.results import (
    CircuitState,
    ComponentInfo,
    ComponentResult,
    ErrorInfo,
    PipelineResult,
    QualityResult,
    RunInfo,
    StreamProgress,
)
from ppf_core.errors import Problem
from ppf_core.plugins.hooks import HookCaller

StepName = Literal[
    "build", "materialize", "stage", "check", "decide", "retain_rejected", "write", "commit", "publish", "discard", "stream"
]


@dataclass(frozen=True)
class RunStarted:
    """The run has its record and its session; `components` are those that will run, in the order of the file."""

    hook: ClassVar = "ppf_pipeline_start"
    run: RunInfo
    components: tuple[ComponentInfo, ...]


@dataclass(frozen=True)
class ComponentStarted:
    """The first step of a component begins."""

    hook: ClassVar = "ppf_component_start"
    component: ComponentInfo


@dataclass(frozen=True)
class StepStarted:
    """One step of a component begins."""

    component: str
    step: StepName


@dataclass(frozen=True)
class TasksCounted:
    """How far the Spark jobs of a component are; only told to those who watch a run."""

    component: str
    done: int
    total: int


@dataclass(frozen=True)
class AttemptEnded:
    """An attempt at a step failed, or succeeded after others had failed."""

    component: ComponentInfo
    attempt: int
    step: StepName
    started_at: datetime.datetime | None
    ended_at: datetime.datetime
    error: ErrorInfo | None


@dataclass(frozen=True)
class Retried(AttemptEnded):
    """An attempt failed; the next one begins after `delay` seconds."""

    hook: ClassVar = "ppf_component_retry"
    error: ErrorInfo
    delay: float


@dataclass(frozen=True)
class CircuitChanged:
    """The circuit breaker of a component changed its state."""

    hook: ClassVar = "ppf_circuit_change"
    component: ComponentInfo
    old: CircuitState
    new: CircuitState


@dataclass(frozen=True)
class SecretAccessed:
    """A secret was fetched; its value is never told."""

    hook: ClassVar = "ppf_secret_accessed"
    backend: str
    key: str


@dataclass(frozen=True)
class CheckJudged:
    """A check of a component was evaluated, or could not be."""

    hook: ClassVar = "ppf_quality_result"
    component: ComponentInfo
    result: QualityResult


@dataclass(frozen=True)
class ComponentEnded:
    """The outcome of a component is final. Every ComponentStarted has exactly one; a component never started has one too."""

    hook: ClassVar = "ppf_component_end"
    component: ComponentInfo
    result: ComponentResult
    started: bool


@dataclass(frozen=True)
class StreamProgressed:
    """A query ended a batch; told once for each of its sinks."""

    hook: ClassVar = "ppf_stream_progress"
    component: ComponentInfo
    progress: StreamProgress


@dataclass(frozen=True)
class Warned:
    """Something that a person should know."""

    problem: Problem


@dataclass(frozen=True)
class Noted:
    """Something that a person may want to know."""

    text: str


@dataclass(frozen=True)
class RunEnded:
    """The run is over; comes exactly once after RunStarted."""

    hook: ClassVar = "ppf_pipeline_end"
    run: RunInfo
    result: PipelineResult


Event: TypeAlias = (
    RunStarted
    | SecretAccessed
    | ComponentStarted
    | StepStarted
    | TasksCounted
    | AttemptEnded
    | CircuitChanged
    | CheckJudged
    | StreamProgressed
    | ComponentEnded
    | Warned
    | Noted
    | RunEnded
)
Observer: TypeAlias = Callable[[Event], None]


def hook_observer(hooks: HookCaller, run: RunInfo) -> Observer:
    """An observer that tells the hooks of a run. Only a component that started has a start, and so an end."""

    def observe(event: Event) -> None:
        hook: str | None = getattr(event, "hook", None)
        if hook is not None and not (isinstance(event, ComponentEnded) and not event.started):
            hooks.tell(hook, {"run": run, **vars(event)})

    return observe
