"""Sends what a run measures, in a thread of its own, so that no collector can hold up the run."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from opentelemetry.sdk.metrics import Counter, Histogram
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    InMemoryMetricReader,
    MetricExporter,
    MetricExportResult,
    MetricsData,
)
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from ppf_otel.exporters import Collector, overhear

Temporality: TypeAlias = Literal["cumulative", "delta"]

_BATCH = 256
"""Spans in one request; with the longest texts they still fit into the 4 MB that a gRPC server accepts."""
_GRACE_SECONDS = 1.0
_USUAL_PORTS = {"grpc": "gRPC, usually on port 4317", "http": "HTTP, usually on port 4318"}


class UnsentSpans(SpanProcessor):
    """The spans that have ended and that no collector took yet, and what sends them."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.exporter = exporter
        self._spans: deque[ReadableSpan] = deque()

    def on_end(self, span: ReadableSpan) -> None:
        """A span ended; OpenTelemetry calls this."""
        self._spans.append(span)

    def send(self) -> bool:
        """Sends them, the oldest first. False: something was not taken, and is kept for the next time."""
        while batch := [self._spans.popleft() for _ in range(min(_BATCH, len(self._spans)))]:
            if self.exporter.export(batch) is not SpanExportResult.SUCCESS:
                self._spans.extendleft(reversed(batch))
                return False
        return True


class UnsentMetrics:
    """The metrics that no collector took yet, and what sends them. `reader` belongs into a MeterProvider."""

    def __init__(self, exporter: MetricExporter, temporality: Temporality) -> None:
        self.exporter = exporter
        self._is_delta = temporality == "delta"
        # Gauges have neither, they tell what is.
        deltas: dict[type, AggregationTemporality] = dict.fromkeys((Counter, Histogram), AggregationTemporality.DELTA)
        self.reader = InMemoryMetricReader(deltas if self._is_delta else None)
        self._unsent: list[MetricsData] = []

    def send(self) -> bool:
        """Sends them. False: something was not taken, and is kept for the next time."""
        fresh = self.reader.get_metrics_data()
        if fresh is not None:
            # What is cumulative says all that was said before; deltas are lost unless every single one arrives.
            self._unsent = [*(self._unsent if self._is_delta else []), fresh]
        while self._unsent:
            if self.exporter.export(self._unsent[0]) is not MetricExportResult.SUCCESS:
                return False
            del self._unsent[0]
        return True


@dataclass(frozen=True)
class Failure:
    """What was not sent, and what the exporter said of it."""

    what: str
    said: str


class Delivery:
    """Sends all that is unsent every `interval` seconds, and once more at the end.

    delivery = Delivery(collector, 60, {"traces": spans, "metrics": metrics})
    delivery.finish()
    """

    def __init__(self, collector: Collector, interval: float, unsent: "dict[str, UnsentSpans | UnsentMetrics]") -> None:
        self._collector = collector
        self._interval = interval
        self._unsent = unsent
        self._ending = threading.Event()
        self._failure: Failure | None = None
        self._thread: threading.Thread | None = threading.Thread(target=self._work, name="ppf-otel", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Sends the rest, in not much more time than the collector's timeout. ConnectionError: it could not be sent.

        Once finished, there is nothing left to do.
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._ending.set()
        thread.join(self._collector.timeout + _GRACE_SECONDS)
        if thread.is_alive():
            raise ConnectionError(self._told(" and ".join(self._unsent), "It did not answer."))
        if self._failure is not None:
            raise ConnectionError(self._told(self._failure.what, self._failure.said))

    def _work(self) -> None:
        heard = overhear()
        is_last = False
        while not is_last:
            is_last = self._ending.wait(self._interval)
            self._failure = self._send(heard)
            # A collector that failed while the run came to its end has had its time.
            is_last = is_last or (self._failure is not None and self._ending.is_set())
        for unsent in self._unsent.values():
            unsent.exporter.shutdown()

    def _send(self, heard: list[str]) -> Failure | None:
        """Sends what there is. After one failure nothing else is tried: the collector is the same."""
        heard.clear()
        for what, unsent in self._unsent.items():
            try:
                if not unsent.send():
                    return Failure(what, _reason(heard))
            except Exception as error:  # noqa: BLE001 -- whatever a library raises here, the end of the run tells it
                return Failure(what, f"{type(error).__name__}: {error}")
        return None

    def _told(self, what: str, said: str) -> str:
        collector = self._collector
        return (
            f"The collector at {collector.url!r} did not take the {what}. {said} "
            f"Check that it is up and takes OTLP over {_USUAL_PORTS[collector.protocol]}, "
            f"or set timeout to more than {collector.timeout:g} s."
        )


def _reason(said: Sequence[str]) -> str:
    """The last thing an exporter said that is a reason: over HTTP it ends by saying that it has given up."""
    reasons = [sentence for sentence in said if "due to timeout" not in sentence] or said
    return f"{reasons[-1].rstrip('. ')}." if reasons else "It gave no reason."
