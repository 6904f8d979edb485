"""One component in one run: its instance, its frame, its write, and how it went."""

import datetime
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppf_core.config.model import ComponentConfig, RetryConfig
from ppf_core.contracts.components import PipelineComponent, Ticket
from ppf_core.contracts.results import ComponentInfo, ComponentResult, ComponentStatus, ErrorInfo

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ppf_core.pipeline.breaker import CircuitBreaker


@dataclass
class ComponentRun:
    """The state of one component in one run; the only thing here that changes.

    frames: the components that its options name. retry, breaker: None where neither the file nor its defaults set one.
    saved: where its checkpointed frame lies, once it does. must_repeat: whether a second read has to give the very same rows.
    state, advanced: its cursors before the run, and what the run moves them to.
    """

    info: ComponentInfo
    plugin: PipelineComponent[Any]
    config: ComponentConfig
    frames: tuple[str, ...] = ()
    retry: RetryConfig | None = None
    breaker: "CircuitBreaker | None" = None
    frame: "DataFrame | None" = None
    ticket: Ticket | None = None
    pinned: str | None = None
    schema: str | None = None
    kept: "DataFrame | None" = None
    saved: str | None = None
    is_writing: bool = False
    must_repeat: bool = False
    state: Mapping[str, str] = field(default_factory=dict)
    advanced: dict[str, str] = field(default_factory=dict)
    attempt: int = 1
    attempt_began: datetime.datetime | None = None
    attempts: int = 0
    rows_written: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    started_at: datetime.datetime | None = None
    status: ComponentStatus | None = None
    reason: str | None = None
    error: ErrorInfo | None = None
    staged: bool = False
    published: bool = False
    _started: float = 0.0
    _ended: float = 0.0

    def start(self) -> None:
        """The first step begins."""
        self.started_at = datetime.datetime.now(datetime.UTC)
        self._started = time.monotonic()

    def end(self, status: ComponentStatus, *, reason: str | None = None, error: ErrorInfo | None = None) -> None:
        """The outcome is final."""
        self.status, self.reason, self.error = status, reason, error
        self._ended = time.monotonic()

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
            schema=self.schema,
        )
