import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import Receiver, grpc_receiver, http_receiver
from ppf_otel.delivery import Delivery, Temporality, UnsentMetrics, UnsentSpans
from ppf_otel.exporters import Collector
from programs import free_port

PROTOCOLS = ["grpc", "http"]


class Sender:
    """Spans and counts on their way to a collector."""

    def __init__(self, collector: Collector, interval: float = 60, temporality: Temporality = "cumulative") -> None:
        spans = UnsentSpans(collector.span_exporter())
        metrics = UnsentMetrics(collector.metric_exporter(), temporality)
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(spans)
        self.tracer = provider.get_tracer("test")
        self.counter = MeterProvider([metrics.reader], shutdown_on_exit=False).get_meter("test").create_counter("events")
        self.delivery = Delivery(collector, interval, {"traces": spans, "metrics": metrics})

    def tell(self, name: str = "event") -> None:
        self.tracer.start_span(name).end()
        self.counter.add(1)


def to(receiver: Receiver, timeout: float = 10) -> Collector:
    return Collector(receiver.url, "grpc" if receiver.protocol == "grpc" else "http", timeout, {"x-tenant": "ops"})


def counts(receiver: Receiver) -> list[float]:
    """The values of the counter, as they came."""
    return [point.as_int for metric in receiver.metrics for point in metric.sum.data_points]


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of something that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def dripping() -> Iterator[str]:
    """The URL of something that begins an answer and goes on with one byte at a time, for ever."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not is_over.wait(0.1):
                self.wfile.write(b".")

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    is_over = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            is_over.set()
            server.shutdown()


def test_the_rest_is_sent_at_the_end_with_the_headers(receiver: Receiver) -> None:
    sender = Sender(to(receiver))
    sender.tell()
    assert receiver.requests == []
    sender.delivery.finish()
    assert ([span.name for span in receiver.spans], counts(receiver)) == (["event"], [1])
    assert [headers["x-tenant"] for headers in receiver.headers] == ["ops", "ops"]


def test_more_spans_than_fit_into_one_request_all_arrive_in_order(grpc: Receiver) -> None:
    sender = Sender(to(grpc))
    names = [str(number) for number in range(1000)]
    for name in names:
        sender.tell(name)
    sender.delivery.finish()
    assert [span.name for span in grpc.spans] == names


def test_what_there_is_is_sent_while_the_run_goes_on(grpc: Receiver) -> None:
    sender = Sender(to(grpc), interval=0.05)
    sender.tell("early")
    wait_until(lambda: counts(grpc) != [])
    assert [span.name for span in grpc.spans] == ["early"]
    sender.delivery.finish()
    assert [span.name for span in grpc.spans] == ["early"]


@pytest.mark.parametrize(("temporality", "values"), [("cumulative", [1, 3]), ("delta", [1, 2])])
def test_counts_are_what_was_counted_so_far_or_what_is_new(
    grpc: Receiver, temporality: Temporality, values: list[float]
) -> None:
    sender = Sender(to(grpc), interval=0.2, temporality=temporality)
    sender.tell()
    wait_until(lambda: counts(grpc) != [])
    sender.tell()
    sender.tell()
    sender.delivery.finish()
    seen = list(dict.fromkeys(counts(grpc)))  # cumulative ones are said again and again
    assert seen == values
    assert {metric.sum.aggregation_temporality for metric in grpc.metrics} == {
        getattr(AggregationTemporality, f"AGGREGATION_TEMPORALITY_{temporality.upper()}")
    }


@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
def test_nothing_is_lost_when_a_collector_is_away_for_a_while(grpc: Receiver, temporality: Temporality) -> None:
    grpc.refuse = 3
    sender = Sender(to(grpc, timeout=0.5), interval=0.05, temporality=temporality)
    for name in ("one", "two", "three"):
        sender.tell(name)
        time.sleep(0.1)
    wait_until(lambda: grpc.refuse == 0)
    sender.tell("four")
    sender.delivery.finish()
    assert [span.name for span in grpc.spans] == ["one", "two", "three", "four"]
    assert (max if temporality == "cumulative" else sum)(counts(grpc)) == 4


def test_a_collector_that_refuses_once_is_asked_again(receiver: Receiver) -> None:
    receiver.refuse = 1
    sender = Sender(to(receiver))
    sender.tell()
    sender.delivery.finish()
    assert len(receiver.spans) == 1


@pytest.mark.parametrize(("protocol", "port"), [("grpc", "4317"), ("http", "4318")])
def test_a_collector_that_is_down_is_named_with_what_to_do(
    protocol: str, port: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    # Over HTTP, a shorter timeout would leave no time for a second attempt, and only that tells the reason.
    sender = Sender(Collector(url, "grpc" if protocol == "grpc" else "http", 3))
    sender.tell()
    began = time.monotonic()
    with pytest.raises(ConnectionError) as caught:
        sender.delivery.finish()
    assert time.monotonic() - began < 5
    assert str(caught.value).startswith(f"The collector at '{url}' did not take the traces. ")
    assert "onnection refused" in str(caught.value)
    assert str(caught.value).endswith(f"usually on port {port}, or set timeout to more than 3 s.")
    assert (capfd.readouterr().err, caplog.records) == ("", [])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_collector_that_never_answers_is_not_waited_for(
    protocol: str, silent: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    sender = Sender(Collector(silent, "grpc" if protocol == "grpc" else "http", 1))
    sender.tell()
    began = time.monotonic()
    with pytest.raises(ConnectionError, match="did not take the traces"):
        sender.delivery.finish()
    assert time.monotonic() - began < 3
    assert (capfd.readouterr().err, caplog.records) == ("", [])


def test_a_collector_that_never_answers_in_the_middle_of_a_run_is_not_waited_for_twice(silent: str) -> None:
    sender = Sender(Collector(silent, "http", 2), interval=0.05)
    sender.tell()
    time.sleep(0.5)
    began = time.monotonic()
    with pytest.raises(ConnectionError, match="did not take the traces"):
        sender.delivery.finish()
    assert time.monotonic() - began < 2.5


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for() -> None:
    with dripping() as url:
        sender = Sender(Collector(url, "http", 0.5))
        sender.tell()
        began = time.monotonic()
        with pytest.raises(ConnectionError, match=r"the traces and metrics\. It did not answer"):
            sender.delivery.finish()
        assert time.monotonic() - began < 3


def test_a_path_that_the_collector_does_not_know_is_told() -> None:
    with http_receiver() as receiver:
        sender = Sender(Collector(receiver.url.removesuffix("/otlp"), "http", 10))
        sender.tell()
        with pytest.raises(ConnectionError, match="404"):
            sender.delivery.finish()


def test_what_a_library_raises_is_told() -> None:
    with grpc_receiver() as receiver:
        sender = Sender(Collector(receiver.url, "grpc", 10))
        sender.tracer.start_span("\udc80").end()
        with pytest.raises(ConnectionError, match="UnicodeEncodeError"):
            sender.delivery.finish()


def test_a_second_finish_has_nothing_to_do() -> None:
    sender = Sender(Collector(f"http://127.0.0.1:{free_port()}", "grpc", 0.1))
    sender.tell()
    with pytest.raises(ConnectionError):
        sender.delivery.finish()
    sender.delivery.finish()
