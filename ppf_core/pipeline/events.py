"""What happens in a run, as values. The record, the hooks and the progress display listen to the same events."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ppf_core.contracts.results import (
    CircuitState,
    ComponentInfo,
    ComponentResult,
    ErrorInfo,
    PipelineResult,
    QualityResult,
    RunInfo,
)
from ppf_core.errors import Problem

StepName = Literal["build", "fill", "stage", "check", "decide", "evidence", "write", "commit", "publish", "discard"]


@dataclass(frozen=True)
class RunStarted:
    """The run has its record and its session; `components` are those that will run, in the order of the file."""

    run: RunInfo
    components: tuple[ComponentInfo, ...]


@dataclass(frozen=True)
class ComponentStarted:
    """The first step of a component begins."""

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
class Retried:
    """Attempt number `attempt` of a component failed; the next one begins after `delay` seconds."""

    component: ComponentInfo
    attempt: int
    delay: float
    error: ErrorInfo


@dataclass(frozen=True)
class CircuitChanged:
    """The circuit breaker of a component changed its state."""

    component: ComponentInfo
    old: CircuitState
    new: CircuitState


@dataclass(frozen=True)
class SecretAccessed:
    """A secret was fetched; its value is never told."""

    backend: str
    key: str


@dataclass(frozen=True)
class CheckJudged:
    """A check of a component was evaluated, or could not be."""

    component: ComponentInfo
    result: QualityResult


@dataclass(frozen=True)
class ComponentEnded:
    """The outcome of a component is final. Every ComponentStarted has exactly one; a component never started has one too."""

    component: ComponentInfo
    result: ComponentResult
    started: bool


@dataclass(frozen=True)
class Warned:
    """Something that a person should know."""

    problem: Problem


@dataclass(frozen=True)
class RunEnded:
    """The run is over; comes exactly once after RunStarted."""

    run: RunInfo
    result: PipelineResult


Event: TypeAlias = (
    RunStarted
    | SecretAccessed
    | ComponentStarted
    | StepStarted
    | TasksCounted
    | Retried
    | CircuitChanged
    | CheckJudged
    | ComponentEnded
    | Warned
    | RunEnded
)
Observer: TypeAlias = Callable[[Event], None]
