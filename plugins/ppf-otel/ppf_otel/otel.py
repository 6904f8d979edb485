"""Traces and metrics of runs, sent to an OpenTelemetry collector."""

import datetime
import re
from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import (
    ComponentInfo,
    ComponentResult,
    ErrorInfo,
    Hooks,
    OptionsError,
    PipelineResult,
    QualityResult,
    RunInfo,
    Secret,
    StreamProgress,
    hookimpl,
    option,
    options,
)
from ppf_otel.endpoints import Protocol, collector_url

if TYPE_CHECKING:
    from ppf_otel.listening import Listener
    from ppf_otel.telemetry import Telemetry


@options
class OtelOptions:
    """Where telemetry is sent to, how, and what of it."""

    endpoint: str = option("URL of the collector, without the path of a signal: `http://collector:4317`; `https://` for TLS.")
    protocol: Protocol = option("OTLP over gRPC, usually on port 4317, or over HTTP, usually on port 4318.", default="grpc")
    headers: dict[str, Secret] = option("Sent with every request, a token for example.", default_factory=dict)
    service_name: str = option("What the runs are reported as.", default="ppf")
    timeout: datetime.timedelta = option(
        "How long a request and its repetitions may take; a run waits no longer at its end.",
        default=datetime.timedelta(seconds=10),
    )
    interval: datetime.timedelta = option(
        "How often something is sent while the run goes on. The rest is sent at its end.", default=datetime.timedelta(minutes=1)
    )
    insecure: bool | None = option("For an endpoint without http:// or https://: true is without TLS.", default=None)
    traces: bool = option("Send traces.", default=True)
    metrics: bool = option("Send metrics.", default=True)
    temporality: Literal["cumulative", "delta"] = option(
        "Whether counters tell what the run has counted so far, or what is new since they were last sent.", default="cumulative"
    )

    def __post_init__(self) -> None:
        """Says at once what would fail only in the run."""
        problems = {f"headers.{name}": told for name in self.headers if (told := _mistake_in_header(name))}
        for name in ("timeout", "interval"):
            if getattr(self, name) <= datetime.timedelta(0):
                problems[name] = "must be above 0."
        if not (self.traces or self.metrics):
            problems["metrics"] = "is false, and so is traces. One of them has to be sent."
        try:
            collector_url(self.endpoint, self.protocol, self.insecure)
        except ValueError as error:
            problems["endpoint"] = str(error)
        if problems:
            raise OptionsError(problems)

    @property
    def url(self) -> str:
        """The endpoint with its scheme."""
        return collector_url(self.endpoint, self.protocol, self.insecure)


class OtelHooks(Hooks[OtelOptions]):
    """Sends traces and metrics of runs over OTLP. Only observes: it takes part in no decision.

    A collector that does not take them is an error of the hook, told at the end of the run.
    """

    examples: ClassVar = (
        'endpoint = "http://collector:4317"',
        'endpoint = "https://otlp.example.com", protocol = http, headers { authorization = "Bearer …" }',
        'endpoint = "http://collector:4317", metrics = false',
    )

    _telemetry: "Telemetry | None" = None

    @hookimpl
    def ppf_pipeline_start(self, run: RunInfo) -> None:
        """A run begins."""
        # Imported here: OpenTelemetry costs a quarter of a second, and listing plugins or validating a file needs none of it.
        from ppf_otel.telemetry import Telemetry

        self._telemetry = Telemetry(self.options, run)

    @hookimpl
    def ppf_component_start(self, run: RunInfo, component: ComponentInfo) -> None:
        """A component begins."""
        for listener in self._listeners:
            listener.component_started(component)

    @hookimpl
    def ppf_component_retry(self, run: RunInfo, component: ComponentInfo, attempt: int, delay: float, error: ErrorInfo) -> None:
        """An attempt failed, another will follow."""
        for listener in self._listeners:
            listener.attempt_failed(component, attempt, delay, error)

    @hookimpl
    def ppf_component_end(self, run: RunInfo, component: ComponentInfo, result: ComponentResult) -> None:
        """A component's outcome is final."""
        for listener in self._listeners:
            listener.component_ended(component, result)

    @hookimpl
    def ppf_circuit_change(self, run: RunInfo, component: ComponentInfo, old: str, new: str) -> None:
        """A circuit breaker opened or closed."""
        for listener in self._listeners:
            listener.circuit_changed(component, old, new)

    @hookimpl
    def ppf_quality_result(self, run: RunInfo, component: ComponentInfo, result: QualityResult) -> None:
        """A check was evaluated."""
        for listener in self._listeners:
            listener.checked(component, result)

    @hookimpl
    def ppf_stream_progress(self, run: RunInfo, component: ComponentInfo, progress: StreamProgress) -> None:
        """A streaming query finished a batch."""
        for listener in self._listeners:
            listener.progressed(component, progress)

    @hookimpl
    def ppf_pipeline_end(self, run: RunInfo, result: PipelineResult) -> None:
        """A run ended: what was not sent yet is sent now."""
        for listener in self._listeners:
            listener.run_ended(result)
        if self._telemetry is not None:
            self._telemetry.delivery.finish()

    def close(self) -> None:
        """Sends what was not sent yet, of a run whose end was never told."""
        telemetry, self._telemetry = self._telemetry, None
        if telemetry is not None:
            for listener in telemetry.listeners:
                listener.run_vanished()
            telemetry.delivery.finish()

    @property
    def _listeners(self) -> "tuple[Listener, ...]":
        """What listens to this run; nothing, where its start could not be made and has been reported."""
        return self._telemetry.listeners if self._telemetry is not None else ()


def _mistake_in_header(name: str) -> str | None:
    if re.fullmatch(r"[A-Za-z0-9_.-]+", name) is None:
        return "is no name of a header. Use letters, digits, '-', '_' and '.'."
    if name.lower().startswith("grpc-") or name.lower().endswith("-bin"):
        return "is a name that gRPC keeps for itself. Choose another one."
    return None
