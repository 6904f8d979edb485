"""One component in one run: its instance, its frame, its write, and how it went."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppf_core.config.model import ComponentConfig
from ppf_core.contracts.components import PipelineComponent, StagedSink, Ticket
from ppf_core.contracts.results import ComponentInfo, ComponentResult, ComponentStatus, ErrorInfo, QualityResult, StreamProgress
from ppf_core.planning.roles import Role
from ppf_core.quality.checking import Checking
from ppf_core.threads import threads

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ppf_core.state.breaker import CircuitBreaker


@dataclass(frozen=True)
class SavedRows:
    """Bad rows that lie beside a checkpoint, and how many they are."""

    path: str
    rows: int


@dataclass
class ComponentRun:
    """The state of one component in one run; the only thing here that changes.

    role: what the plan says of it. frames: the components that its options name. breaker: None where neither the file nor its
    defaults set one. stored: where its frame was written. saved: the same, once a resumed run may read it back.
    saved_bad: the bad rows that lie beside it, by the sink that takes them; "" is the folder of the run.
    set_apart: how many rows its checks have set apart, by place, where it was done before the run was resumed.
    state, advanced: its cursors before the run, and what the run moves them to.
    apart: the rows that a sink which splits has set apart. checking: None without checks.
    rejection: why its checks forbid to publish. failure: the error that ended it, of which `error` is the text.
    is_quarantine: whether it stands in no file, and nobody hears of it. is_told: whether its end was told.
    """

    info: ComponentInfo
    plugin: PipelineComponent[Any]
    config: ComponentConfig
    role: Role
    frames: tuple[str, ...] = ()
    breaker: "CircuitBreaker | None" = None
    frame: "DataFrame | None" = None
    ticket: Ticket | None = None
    apart: "DataFrame | None" = None
    pinned: str | None = None
    schema: str | None = None
    cached: "DataFrame | None" = None
    stored: str | None = None
    saved: str | None = None
    saved_bad: Mapping[str, SavedRows] = field(default_factory=dict)
    set_apart: Mapping[str, int] = field(default_factory=dict)
    is_writing: bool = False
    state: Mapping[str, str] = field(default_factory=dict)
    advanced: dict[str, str] = field(default_factory=dict)
    checking: Checking | None = None
    is_quarantine: bool = False
    quality: tuple[QualityResult, ...] = ()
    rejection: ErrorInfo | None = None
    attempt: int = 1
    attempt_began: datetime.datetime | None = None
    attempts: int = 0
    rows_written: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    started_at: datetime.datetime | None = None
    status: ComponentStatus | None = None
    reason: str | None = None
    error: ErrorInfo | None = None
    failure: BaseException | None = None
    staged: bool = False
    published: bool = False
    progress: StreamProgress | None = None
    is_told: bool = False
    _started: float = 0.0
    _ended: float = 0.0

    @property
    def is_cached(self) -> bool:
        """Whether its frame is computed already."""
        return self.cached is not None or (self.checking is not None and self.checking.is_cached)

    @property
    def is_done(self) -> bool:
        """Whether its rows were out before the run was resumed."""
        return self.status == "resumed" and not self.role.is_saved

    @property
    def checks(self) -> Checking:
        """Its checks; an error where it has none."""
        if self.checking is None:
            raise TypeError(f"{self.info.name!r} has no checks.")
        return self.checking

    @property
    def place(self) -> str | None:
        """Which bad rows it takes: those for this sink, or (None) those for the folder of the run."""
        return None if self.is_quarantine else self.info.name

    def quarantined(self, place: str | None) -> int:
        """How many of its bad rows a place takes."""
        if self.role.is_saved:
            return self.saved_bad[place or ""].rows if (place or "") in self.saved_bad else 0
        return self.set_apart.get(place or "", 0) if self.is_done else self.checks.quarantined(place)

    def start(self) -> None:
        """The first step begins."""
        self.started_at = threads().now()
        self._started = threads().monotonic()

    def end(self, status: ComponentStatus, *, reason: str | None = None, error: ErrorInfo | None = None) -> None:
        """The outcome is final."""
        self.status, self.reason, self.error = status, reason, error
        self._ended = threads().monotonic()

    def result(self) -> ComponentResult:
        """The outcome as a value."""
        duration = self._ended - self._started if self.started_at else None
        ended_at = self.started_at + datetime.timedelta(seconds=duration) if self.started_at and duration is not None else None
        return ComponentResult(
            name=self.info.name,
            kind=self.info.kind,
            plugin=self.info.plugin,
            distribution=self.info.distribution,
            status=self.status or "not_run",
            reason=self.reason,
            attempts=self.attempts,
            circuit=self.breaker.state if self.breaker is not None else None,
            started_at=self.started_at,
            ended_at=ended_at,
            duration=duration,
            rows_written=self.rows_written,
            staged=self.staged,
            published=self.published,
            error=self.error,
            quality=self.quality,
            progress=self.progress,
            schema=self.schema,
        )


def staged_sink(component: ComponentRun) -> StagedSink[Any]:
    """The sink of a component whose steps stage and publish."""
    if not isinstance(component.plugin, StagedSink):
        raise TypeError(f"{component.info.name!r} is no staged sink.")
    return component.plugin
