"""OpenTelemetry for one run. The process's global providers, and with them the caller's own telemetry, are left alone."""

from importlib.metadata import version
from typing import TYPE_CHECKING

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from ppf_core import RunInfo
from ppf_otel.attributes import LONGEST_TEXT, attributes
from ppf_otel.delivery import Delivery, UnsentMetrics, UnsentSpans
from ppf_otel.exporters import Collector
from ppf_otel.listening import Listener
from ppf_otel.measures import Measures
from ppf_otel.spans import MOST_EVENTS, RunTrace

if TYPE_CHECKING:
    from ppf_otel.otel import OtelOptions

_DISTRIBUTION = "ppf-otel"


class Telemetry:
    """What listens to one run, and what sends what was heard."""

    def __init__(self, options: "OtelOptions", run: RunInfo) -> None:
        collector = Collector(
            url=options.url,
            protocol=options.protocol,
            timeout=options.timeout.total_seconds(),
            headers={name.lower(): value.reveal() for name, value in options.headers.items()},
        )
        resource = _resource(options.service_name, run)
        unsent: dict[str, UnsentSpans | UnsentMetrics] = {}
        listeners: list[Listener] = []
        if options.traces:
            unsent["traces"] = spans = UnsentSpans(collector.span_exporter())
            listeners.append(_trace(spans, resource, run))
        if options.metrics:
            unsent["metrics"] = metrics = UnsentMetrics(collector.metric_exporter(), options.temporality)
            listeners.append(_measures(metrics, resource, run))
        self.listeners = tuple(listeners)
        self.delivery = Delivery(collector, options.interval.total_seconds(), unsent)


def _resource(service_name: str, run: RunInfo) -> Resource:
    """Who reports. Each run is an instance of the service: what two of them count is never taken for one."""
    known = {
        "service.name": service_name,
        "service.instance.id": run.run_id,
        "deployment.environment.name": run.environment,
    }
    return Resource.create(attributes(known))


def _trace(unsent: UnsentSpans, resource: Resource, run: RunInfo) -> RunTrace:
    limits = SpanLimits(max_events=MOST_EVENTS, max_attribute_length=LONGEST_TEXT)
    provider = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False, span_limits=limits)
    provider.add_span_processor(unsent)
    return RunTrace(provider.get_tracer(_DISTRIBUTION, version(_DISTRIBUTION)), run)


def _measures(unsent: UnsentMetrics, resource: Resource, run: RunInfo) -> Measures:
    provider = MeterProvider([unsent.reader], resource, shutdown_on_exit=False)
    return Measures(provider.get_meter(_DISTRIBUTION, version(_DISTRIBUTION)), run)
