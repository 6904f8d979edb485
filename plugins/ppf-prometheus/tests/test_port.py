import socket
from collections.abc import Callable
from urllib.error import URLError

import pytest
from ppf_prometheus.metrics import Metrics
from ppf_prometheus.port import Port
from ppf_prometheus.readings import RUN_SECONDS, Reading
from programs import free_port, get


def test_it_shows_the_metrics_as_they_are_now() -> None:
    metrics, number = Metrics(), free_port()
    port = Port("127.0.0.1", number, metrics)
    for seconds in (5, 3):
        metrics.note([Reading(RUN_SECONDS, ("flights",), seconds)])
        assert f'ppf_pipeline_duration_seconds{{pipeline="flights"}} {seconds}' in get(f"http://127.0.0.1:{number}/metrics")
    port.close()


def test_after_closing_nobody_answers_and_the_port_is_free_again() -> None:
    number = free_port()
    Port("127.0.0.1", number, Metrics()).close()
    with pytest.raises(URLError):
        get(f"http://127.0.0.1:{number}/metrics")
    Port("127.0.0.1", number, Metrics()).close()


def test_a_port_that_is_taken_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(
            OSError, match=rf"cannot be offered on '127.0.0.1', port {number}: Address already in use\. Set 'port'"
        ):
            Port("127.0.0.1", number, Metrics())


def test_an_address_that_is_not_of_this_machine_says_so() -> None:
    with pytest.raises(OSError, match=r"cannot be offered on '203\.0\.113\.1'"):
        Port("203.0.113.1", free_port(), Metrics())


def test_prometheus_scrapes_it(scraped: tuple[int, Callable[[str], float]]) -> None:
    number, ask = scraped
    metrics = Metrics()
    metrics.note([Reading(RUN_SECONDS, ("flights",), 5)])
    port = Port("127.0.0.1", number, metrics)
    assert ask('ppf_pipeline_duration_seconds{pipeline="flights"}') == 5
    port.close()
