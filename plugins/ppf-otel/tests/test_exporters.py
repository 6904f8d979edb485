import logging
import threading

import pytest
from ppf_otel.exporters import Collector, overhear

LOGGER = "opentelemetry.exporter.otlp.proto.grpc.exporter"


def test_headers_are_not_shown() -> None:
    assert "s3cret" not in repr(Collector("http://collector", "grpc", 1, {"authorization": "s3cret"}))


@pytest.mark.parametrize("value", ["s3cret\n", "s3crét", ""])
def test_a_header_that_cannot_be_sent_is_named_without_its_value(value: str) -> None:
    with pytest.raises(ValueError, match="'authorization'") as caught:
        Collector("http://collector", "grpc", 1, {"authorization": value})
    assert "s3cr" not in str(caught.value)


def test_only_the_thread_that_overhears_keeps_its_log_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    Collector("http://127.0.0.1:9", "grpc", 1).span_exporter().shutdown()  # so that there is such a logger
    kept: list[str] = []

    def work() -> None:
        heard = overhear()
        logging.getLogger(LOGGER).warning("mine %s", 1)
        kept.extend(heard)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    logging.getLogger(LOGGER).warning("theirs")
    assert (kept, [record.getMessage() for record in caplog.records]) == (["mine 1"], ["theirs"])


def test_what_one_run_was_told_is_told_to_the_next_one_too() -> None:
    Collector("http://127.0.0.1:9", "grpc", 1).span_exporter().shutdown()
    kept: list[list[str]] = []

    def work() -> None:
        heard = overhear()
        logging.getLogger(LOGGER).error("Failed")
        kept.append(heard)

    for _ in range(2):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert kept == [["Failed"], ["Failed"]]
