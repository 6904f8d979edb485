"""An OTLP receiver for tests, over gRPC and over HTTP: keeps what it is sent, on 127.0.0.1 and a free port."""

import gzip
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as traces_grpc
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Attributes = dict[str, Any]


@dataclass
class Receiver:
    """What was sent to `url`. refuse: answer the next requests, as many as it says, with "unavailable"."""

    protocol: str
    url: str = ""
    refuse: int = 0
    requests: list[Any] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        """The spans, in the order in which they came."""
        return [span for each in self._all("resource_spans") for scope in each.scope_spans for span in scope.spans]

    @property
    def metrics(self) -> list[Metric]:
        """The metrics, in the order in which they came."""
        return [metric for each in self._all("resource_metrics") for scope in each.scope_metrics for metric in scope.metrics]

    @property
    def resources(self) -> list[Attributes]:
        """Who sent something: the attributes of each resource."""
        sent = [*self._all("resource_spans"), *self._all("resource_metrics")]
        return [attributes_of(each.resource.attributes) for each in sent]

    def take(self, request: Any, headers: Mapping[str, str]) -> bool:
        """Keeps a request, unless it is to be refused."""
        if self.refuse > 0:
            self.refuse -= 1
            return False
        self.requests.append(request)
        self.headers.append(headers)
        return True

    def _all(self, resources: str) -> list[Any]:
        return [each for request in list(self.requests) for each in getattr(request, resources, ())]


def attributes_of(pairs: Iterable[KeyValue]) -> Attributes:
    """Attributes as a dictionary."""
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def grpc_receiver() -> Iterator[Receiver]:
    """Takes OTLP over gRPC."""
    receiver = Receiver("grpc")

    class Traces(traces_grpc.TraceServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 -- the protocol names it so
            _take(request, context)
            return traces.ExportTraceServiceResponse()

    class Metrics(metrics_grpc.MetricsServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 -- the protocol names it so
            _take(request, context)
            return metrics.ExportMetricsServiceResponse()

    def _take(request: Any, context: Any) -> None:
        if not receiver.take(request, dict(context.invocation_metadata())):
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now")

    server = grpc.server(ThreadPoolExecutor(2))
    traces_grpc.add_TraceServiceServicer_to_server(Traces(), server)
    metrics_grpc.add_MetricsServiceServicer_to_server(Metrics(), server)
    receiver.url = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield receiver
    finally:
        server.stop(0).wait()


@contextmanager
def http_receiver() -> Iterator[Receiver]:
    """Takes OTLP over HTTP, below the path `/otlp`."""
    receiver = Receiver("http")
    kinds = {
        "/otlp/v1/traces": (traces.ExportTraceServiceRequest, traces.ExportTraceServiceResponse),
        "/otlp/v1/metrics": (metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path not in kinds:
                self.send_error(404)
                return
            request, response = kinds[self.path]
            if not receiver.take(request.FromString(body), {name.lower(): value for name, value in self.headers.items()}):
                self.send_error(503, "not now")
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(response().SerializeToString())

        def log_message(self, *arguments: object) -> None:
            """Says nothing: a test looks at standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/otlp"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield receiver
        finally:
            server.shutdown()
