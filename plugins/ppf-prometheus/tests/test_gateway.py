import socket
import threading
import time

import pytest
from ppf_prometheus.gateway import push
from ppf_prometheus.metrics import Metrics
from ppf_prometheus.readings import LAST_SUCCESS, RUN_SECONDS, Reading
from programs import free_port, get


def metrics(*readings: Reading) -> Metrics:
    made = Metrics()
    made.note(readings)
    return made


def test_the_gateway_shows_what_was_pushed_in_a_group_for_each_pipeline(pushgateway: str) -> None:
    for pipeline, seconds in (("one", 5), ("two", 3)):
        push(pushgateway, metrics(Reading(RUN_SECONDS, (pipeline,), seconds)), job="night", pipeline=pipeline, timeout=5)
    shown = get(f"{pushgateway}/metrics")
    assert 'ppf_pipeline_duration_seconds{instance="",job="night",pipeline="one"} 5' in shown
    assert 'ppf_pipeline_duration_seconds{instance="",job="night",pipeline="two"} 3' in shown


def test_a_run_that_failed_leaves_the_time_of_the_last_success(pushgateway: str) -> None:
    success = metrics(Reading(LAST_SUCCESS, ("three",), 99), Reading(RUN_SECONDS, ("three",), 5))
    for pushed in (success, metrics(Reading(RUN_SECONDS, ("three",), 1))):
        push(pushgateway, pushed, job="ppf", pipeline="three", timeout=5)
    shown = get(f"{pushgateway}/metrics")
    assert 'ppf_pipeline_last_success_timestamp_seconds{instance="",job="ppf",pipeline="three"} 99' in shown
    assert 'ppf_pipeline_duration_seconds{instance="",job="ppf",pipeline="three"} 1' in shown


def test_a_gateway_that_is_down_says_so() -> None:
    gateway = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(OSError, match=rf"The Pushgateway '{gateway}' did not take the metrics: Connection refused\. Start it"):
        push(gateway, metrics(), job="ppf", pipeline="flights", timeout=5)


def test_a_gateway_that_never_answers_does_not_hold_up_the_run() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(OSError, match=r"no answer within 0\.3 s"):
            push(f"http://127.0.0.1:{silent.getsockname()[1]}", metrics(), job="ppf", pipeline="flights", timeout=0.3)
    assert time.monotonic() - began < 5


def test_a_server_that_is_no_gateway_says_what_it_answered(pushgateway: str) -> None:
    with pytest.raises(OSError, match="404"):
        push(f"{pushgateway}/nowhere", metrics(), job="ppf", pipeline="flights", timeout=5)


def test_a_server_that_hangs_up_is_an_error_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude:
        rude.settimeout(5)
        threading.Thread(target=lambda: rude.accept()[0].close()).start()
        with pytest.raises(OSError, match="did not take the metrics"):
            push(f"http://127.0.0.1:{rude.getsockname()[1]}", metrics(), job="ppf", pipeline="flights", timeout=5)
