"""What a run tells: to hooks, to callers, to its record. Field names are the keys of the JSON documents.

Times are timezone-aware datetimes in UTC, durations are seconds.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ppf_core.contracts.context import Dataset
from ppf_core.errors import Problem

Kind = Literal["source", "transform", "sink"]
RunStatus = Literal["running", "publishing", "success", "failed", "interrupted"]
ComponentStatus = Literal["success", "failed", "skipped", "resumed", "not_run"]
CircuitState = Literal["closed", "half_open", "open"]


@dataclass(frozen=True)
class ErrorInfo:
    """An error without its objects: the class's name and the redacted text."""

    type: str
    message: str


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """The run that a hook is called for."""

    run_id: str
    pipeline: str
    version: str | None
    environment: str
    mode: str
    tags: Mapping[str, str]
    started_at: datetime.datetime
    record_path: str
    resumed_from: str | None = None


@dataclass(frozen=True, kw_only=True)
class ComponentInfo:
    """The component that a hook is called for. `options` is masked."""

    name: str
    kind: Kind
    plugin: str
    distribution: str
    inputs: Mapping[str, str]
    datasets: Sequence[Dataset]
    options: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class QualityResult:
    """What one check said of one component."""

    check: str
    name: str
    action: Literal["fail", "warn", "drop", "quarantine"]
    status: Literal["passed", "warned", "failed", "error"]
    failed: int | None = None
    evaluated: int | None = None
    value: float | None = None
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class StreamProgress:
    """How one streaming query stands after a batch. Rates are rows per second; None: Spark does not tell, or there is none.

    duration: of the batch. lag: what the source has and the query has not read yet, in the source's own unit. state_rows: what
    stateful operators keep. watermark: no row before it is waited for. bad_rows: those that checks found in the batch. trigger:
    how many seconds lie between two batches; None: as soon as there are rows.
    """

    query: str
    batch_id: int
    started_at: datetime.datetime
    duration: float
    input_rows: int
    input_rate: float | None = None
    output_rate: float | None = None
    lag: float | None = None
    state_rows: int | None = None
    watermark: datetime.datetime | None = None
    bad_rows: int = 0
    trigger: float | None = None


@dataclass(frozen=True, kw_only=True)
class ComponentResult:
    """How one component ended. `schema` is Spark's JSON of its frame, where it is known."""

    name: str
    kind: Kind
    plugin: str
    distribution: str
    status: ComponentStatus
    reason: str | None = None
    attempts: int = 0
    circuit: CircuitState | None = None
    started_at: datetime.datetime | None = None
    ended_at: datetime.datetime | None = None
    duration: float | None = None
    rows_written: int | None = None
    staged: bool = False
    published: bool = False
    error: ErrorInfo | None = None
    quality: Sequence[QualityResult] = ()
    progress: StreamProgress | None = None
    schema: str | None = None


@dataclass(frozen=True, kw_only=True)
class UsedPlugin:
    """A distribution whose plugins a run used."""

    distribution: str
    version: str


@dataclass(frozen=True, kw_only=True)
class PipelineResult:
    """How a run ended."""

    run_id: str
    pipeline: str
    version: str | None
    environment: str
    status: RunStatus
    exit_code: int
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    duration: float | None
    resumed_from: str | None = None
    plugins: Sequence[UsedPlugin] = ()
    components: Sequence[ComponentResult] = ()
    problems: Sequence[Problem] = ()

    @property
    def ok(self) -> bool:
        """Whether everything succeeded."""
        return self.status == "success"

    def __getitem__(self, name: str) -> ComponentResult:
        """The result of the component of this name."""
        for component in self.components:
            if component.name == name:
                return component
        raise KeyError(name)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a checkpoint hook keeps of a run, and gives back when it is resumed: one JSON text per component."""

    run_id: str
    pipeline: str
    saved_at: datetime.datetime
    components: Mapping[str, str] = field(default_factory=dict)
