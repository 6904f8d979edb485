from collections.abc import Callable

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint
from ppf_otel.measures import Measures

from ppf_core import ComponentInfo, ComponentResult, PipelineResult, QualityResult, RunInfo, StreamProgress

Ended = Callable[..., ComponentResult]
Finished = Callable[..., PipelineResult]
OUT = {"pipeline": "flights", "component": "out"}


class Measured:
    """The measures of a run, and what a collector would be sent."""

    def __init__(self, run: RunInfo) -> None:
        self._reader = InMemoryMetricReader()
        provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self.measures = Measures(provider.get_meter("test"), run)

    def points(self, name: str) -> list[tuple[dict[str, object], float]]:
        """The labels and values of a metric; of a histogram, the sums."""
        data = self._reader.get_metrics_data()
        assert data is not None
        metrics = [
            metric for scope in data.resource_metrics[0].scope_metrics for metric in scope.metrics if metric.name == name
        ]
        return [(dict(point.attributes or {}), value_of(point)) for metric in metrics for point in metric.data.data_points]


def value_of(point: object) -> float:
    if isinstance(point, HistogramDataPoint):
        return point.sum
    assert isinstance(point, NumberDataPoint)
    return point.value


@pytest.fixture
def measured(run: RunInfo) -> Measured:
    return Measured(run)


def test_a_run_counts_with_its_status_and_its_duration(measured: Measured, finish: Finished) -> None:
    measured.measures.run_ended(finish("failed", 1))
    assert measured.points("ppf.pipeline.runs") == [({"pipeline": "flights", "status": "failed"}, 1)]
    assert measured.points("ppf.pipeline.duration") == [({"pipeline": "flights"}, 20)]


def test_a_component_counts_duration_attempts_and_rows(measured: Measured, out: ComponentInfo, end: Ended) -> None:
    measured.measures.component_ended(out, end(attempts=2, rows_written=7, circuit="half_open"))
    assert measured.points("ppf.component.duration") == [({**OUT, "status": "success"}, 5)]
    assert measured.points("ppf.component.attempts") == [(OUT, 2)]
    assert measured.points("ppf.component.rows_written") == [(OUT, 7)]
    assert measured.points("ppf.circuit.state") == [(OUT, 1)]


def test_what_a_component_does_not_know_is_not_measured(measured: Measured, out: ComponentInfo, end: Ended) -> None:
    measured.measures.component_ended(out, end("skipped", duration=None, attempts=0))
    for name in ("ppf.component.duration", "ppf.component.rows_written", "ppf.circuit.state"):
        assert measured.points(name) == []


def test_a_gauge_that_was_set_to_5_5_and_3_reads_3(measured: Measured, out: ComponentInfo) -> None:
    for failed in (5, 5, 3):
        measured.measures.checked(
            out, QualityResult(check="not_null", name="carrier", action="warn", status="warned", failed=failed)
        )
    assert measured.points("ppf.quality.failed_rows") == [({**OUT, "check": "carrier"}, 3)]
    assert measured.points("ppf.quality.results") == [({**OUT, "check": "carrier", "status": "warned"}, 3)]


def test_a_check_that_could_not_be_evaluated_is_counted_and_failed_nobody_knows_how_many_rows(
    measured: Measured, out: ComponentInfo
) -> None:
    measured.measures.checked(out, QualityResult(check="not_null", name="carrier", action="warn", status="error"))
    assert measured.points("ppf.quality.results") == [({**OUT, "check": "carrier", "status": "error"}, 1)]
    assert measured.points("ppf.quality.failed_rows") == []


@pytest.mark.parametrize(("state", "value"), [("closed", 0), ("half_open", 1), ("open", 2)])
def test_a_breaker_is_a_number(measured: Measured, out: ComponentInfo, state: str, value: int) -> None:
    measured.measures.circuit_changed(out, "closed", "open")
    measured.measures.circuit_changed(out, "open", state)
    assert measured.points("ppf.circuit.state") == [(OUT, value)]


def test_the_batches_of_a_stream_add_up(measured: Measured, run: RunInfo, out: ComponentInfo) -> None:
    for batch in (1, 2):
        progress = StreamProgress(
            query="q",
            batch_id=batch,
            input_rows=10,
            input_rate=None,
            output_rate=None,
            duration=0.5,
            started_at=run.started_at,
            lag=7.0 / batch,
            state_rows=batch,
            bad_rows=1,
        )
        measured.measures.progressed(out, progress)
    assert measured.points("ppf.stream.bad_rows") == [(OUT, 2)]
    assert measured.points("ppf.stream.lag") == [(OUT, 3.5)]
    assert measured.points("ppf.stream.state_rows") == [(OUT, 2)]
    assert measured.points("ppf.stream.input_rows") == [(OUT, 20)]
    assert measured.points("ppf.stream.batch_duration") == [(OUT, 1.0)]
