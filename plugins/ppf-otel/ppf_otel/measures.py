"""The metrics of a run. A collector that gives them to Prometheus makes `ppf_pipeline_runs_total` of `ppf.pipeline.runs`."""

from opentelemetry.metrics import Meter

from ppf_core import ComponentInfo, ComponentResult, PipelineResult, QualityResult, RunInfo, StreamProgress
from ppf_otel.attributes import Attribute, attributes
from ppf_otel.listening import Listener

# From a tenth of a second to half a day. OpenTelemetry's own bounds are made for milliseconds.
_SECONDS = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600, 43200)
_STATES = {"closed": 0, "half_open": 1, "open": 2}


class Measures(Listener):
    """Measures one run.

    measures = Measures(provider.get_meter("ppf"), run)
    measures.run_ended(result)
    """

    def __init__(self, meter: Meter, run: RunInfo) -> None:
        self._pipeline = run.pipeline
        self._runs = meter.create_counter("ppf.pipeline.runs", "{run}", "Runs that ended.")
        self._duration = meter.create_histogram(
            "ppf.pipeline.duration", "s", "How long a run took.", explicit_bucket_boundaries_advisory=_SECONDS
        )
        self._component_duration = meter.create_histogram(
            "ppf.component.duration", "s", "How long a component took.", explicit_bucket_boundaries_advisory=_SECONDS
        )
        self._attempts = meter.create_counter("ppf.component.attempts", "{attempt}", "Attempts that a component made.")
        self._rows = meter.create_counter("ppf.component.rows_written", "{row}", "Rows that a sink wrote.")
        self._failed_rows = meter.create_gauge("ppf.quality.failed_rows", "{row}", "Rows that failed a check.")
        self._checks = meter.create_counter("ppf.quality.results", "{result}", "Evaluations of a check.")
        # Without a unit: the unit "1" would make a collector call it `ppf_circuit_state_ratio`.
        self._circuit = meter.create_gauge("ppf.circuit.state", "", "A circuit breaker: 0 closed, 1 half-open, 2 open.")
        self._input_rows = meter.create_counter("ppf.stream.input_rows", "{row}", "Rows that a streaming query read.")
        self._batch_duration = meter.create_histogram(
            "ppf.stream.batch_duration", "s", "How long a batch took.", explicit_bucket_boundaries_advisory=_SECONDS
        )
        self._bad_rows = meter.create_counter("ppf.stream.bad_rows", "{row}", "Rows of a query that checks found bad.")
        self._lag = meter.create_gauge("ppf.stream.lag", "", "What a query has not read yet, in the unit of its source.")
        self._state_rows = meter.create_gauge("ppf.stream.state_rows", "{row}", "Rows that a query keeps as its state.")

    def component_ended(self, component: ComponentInfo, result: ComponentResult) -> None:
        """A component's outcome is final."""
        if result.duration is not None:
            self._component_duration.record(result.duration, self._of(component, status=result.status))
        self._attempts.add(result.attempts, self._of(component))
        if result.rows_written is not None:
            self._rows.add(result.rows_written, self._of(component))
        if result.circuit is not None:
            self._circuit.set(_STATES[result.circuit], self._of(component))

    def circuit_changed(self, component: ComponentInfo, old: str, new: str) -> None:
        """A circuit breaker opened or closed."""
        self._circuit.set(_STATES[new], self._of(component))

    def checked(self, component: ComponentInfo, result: QualityResult) -> None:
        """A check was evaluated. One that could not be has failed nobody knows how many rows, and a gauge takes no NaN."""
        self._checks.add(1, self._of(component, check=result.name, status=result.status))
        if result.failed is not None:
            self._failed_rows.set(result.failed, self._of(component, check=result.name))

    def progressed(self, component: ComponentInfo, progress: StreamProgress) -> None:
        """A streaming query finished a batch."""
        self._input_rows.add(progress.input_rows, self._of(component))
        self._batch_duration.record(progress.duration, self._of(component))
        self._bad_rows.add(progress.bad_rows, self._of(component))
        if progress.lag is not None:
            self._lag.set(progress.lag, self._of(component))
        if progress.state_rows is not None:
            self._state_rows.set(progress.state_rows, self._of(component))

    def run_ended(self, result: PipelineResult) -> None:
        """The run ended."""
        self._runs.add(1, attributes({"pipeline": self._pipeline, "status": result.status}))
        if result.duration is not None:
            self._duration.record(result.duration, attributes({"pipeline": self._pipeline}))

    def _of(self, component: ComponentInfo, **labels: str) -> dict[str, Attribute]:
        return attributes({"pipeline": self._pipeline, "component": component.name, **labels})
