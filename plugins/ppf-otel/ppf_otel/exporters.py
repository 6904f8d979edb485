"""OpenTelemetry's own OTLP exporters, and what they would print."""

import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ppf_otel.endpoints import Protocol

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.trace.export import SpanExporter

_heard: ContextVar[list[str] | None] = ContextVar("ppf_otel_heard", default=None)


@dataclass(frozen=True)
class Collector:
    """Where telemetry is sent to. `timeout` is how long one request and its repetitions may take, in seconds."""

    url: str
    protocol: Protocol
    timeout: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Refuses what gRPC would refuse with the values of all headers in its message."""
        for name, value in self.headers.items():
            if re.fullmatch(r"[\x20-\x7e]+", value) is None:
                raise ValueError(
                    f"The value of the header {name!r} is empty, or holds a line break or a character that is not ASCII. "
                    "Correct it where it comes from."
                )

    def span_exporter(self) -> "SpanExporter":
        """What sends spans."""
        if self.protocol == "grpc":
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

            return OTLPSpanExporter(self.url, insecure=self._is_plain, headers=dict(self.headers), timeout=self.timeout)
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpanExporter

        return HttpSpanExporter(f"{self.url}/v1/traces", headers=dict(self.headers), timeout=self.timeout)

    def metric_exporter(self) -> "MetricExporter":
        """What sends metrics."""
        if self.protocol == "grpc":
            from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

            return OTLPMetricExporter(self.url, insecure=self._is_plain, headers=dict(self.headers), timeout=self.timeout)
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetricExporter

        return HttpMetricExporter(f"{self.url}/v1/metrics", headers=dict(self.headers), timeout=self.timeout)

    @property
    def _is_plain(self) -> bool:
        return self.url.startswith("http://")


def overhear() -> list[str]:
    """From now on, what OpenTelemetry logs in this thread goes into this list, and nowhere else.

    An exporter says why it failed only in its log. Other threads, and with them a caller's own OpenTelemetry, log as before.
    """
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("opentelemetry.")]:
        logger = logging.getLogger(name)
        # Before the filters of the exporters themselves, which swallow what was said a moment ago, be it of another run.
        if _keep not in logger.filters:
            logger.filters.insert(0, _keep)
    heard: list[str] = []
    _heard.set(heard)
    return heard


def _keep(record: logging.LogRecord) -> bool:
    heard = _heard.get()
    if heard is None:
        return True
    heard.append(record.getMessage())
    return False
