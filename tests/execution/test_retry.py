"""Retries: which failures are tried again, how often, after which delay."""

import json
import threading
import time
from datetime import timedelta

import pytest
from pyspark.errors import AnalysisException, PythonException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from ppf_core import TargetMoved
from ppf_core.config.model import RetryConfig
from ppf_core.errors import ConfigError
from ppf_core.execution.retry import RetryExecutor


class Flaky:
    """Raises its errors one after the other, then gives its number of calls."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.attempts: list[int] = []

    def __call__(self, attempt: int) -> int:
        self.attempts.append(attempt)
        if self.errors:
            raise self.errors.pop(0)
        return len(self.attempts)


class TimeoutExpired(Exception):
    """Somebody's own."""


def config(**values: object) -> RetryConfig:
    return RetryConfig(**{"initial_delay": timedelta(0), "max_attempts": 3, **values})  # type: ignore[arg-type]  # a test's table


def test_a_failure_is_tried_again_until_it_succeeds() -> None:
    flaky = Flaky(OSError("one"), OSError("two"))
    assert RetryExecutor(config(), threading.Event()).run(flaky) == 3
    assert flaky.attempts == [1, 2, 3]


def test_max_attempts_counts_the_first_one_too() -> None:
    flaky = Flaky(*(OSError(str(number)) for number in range(5)))
    with pytest.raises(OSError, match="2"):
        RetryExecutor(config(max_attempts=3), threading.Event()).run(flaky)
    assert flaky.attempts == [1, 2, 3]


def test_without_a_retry_block_there_is_one_attempt() -> None:
    flaky = Flaky(OSError("once"))
    with pytest.raises(OSError, match="once"):
        RetryExecutor(None, threading.Event()).run(flaky)
    assert flaky.attempts == [1]


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), SystemExit(1), AnalysisException("no such column"), ConfigError("wrong"), TargetMoved("moved")],
)
def test_what_stays_wrong_is_never_tried_again(error: BaseException) -> None:
    flaky = Flaky(error)
    with pytest.raises(type(error)):
        RetryExecutor(config(), threading.Event()).run(flaky)
    assert flaky.attempts == [1]


def test_what_may_do_harm_twice_is_done_once() -> None:
    flaky = Flaky(OSError("half written"))
    with pytest.raises(OSError, match="half"):
        RetryExecutor(config(), threading.Event(), is_retry_safe=False).run(flaky)
    assert flaky.attempts == [1]


@pytest.mark.parametrize(
    ("names", "error", "attempts"),
    [
        ({"retry_on": ["TimeoutError"]}, TimeoutError("slow"), 2),
        ({"retry_on": ["OSError"]}, TimeoutError("slow"), 2),  # a subclass counts
        ({"retry_on": ["IOError"]}, OSError("down"), 2),  # another name of the same class
        ({"retry_on": ["EnvironmentError"]}, ConnectionResetError("down"), 2),
        ({"retry_on": ["socket.timeout"]}, TimeoutError("slow"), 2),
        ({"retry_on": ["socket.error"]}, ConnectionResetError("down"), 2),
        ({"retry_on": ["json.JSONDecodeError"]}, json.JSONDecodeError("cut off", "{", 1), 2),  # made in json.decoder
        ({"retry_on": ["json.decoder.JSONDecodeError"]}, json.JSONDecodeError("cut off", "{", 1), 2),
        ({"retry_on": ["pyspark.sql.utils.PythonException"]}, PythonException("no row"), 2),
        ({"retry_on": ["subprocess.TimeoutExpired"]}, TimeoutExpired("slow"), 1),  # the same name, another class
        ({"give_up_on": ["IOError"]}, OSError("gone"), 1),
        ({"retry_on": ["TimeoutError"]}, ValueError("wrong"), 1),
        ({"retry_on": ["json.decoder.JSONDecodeError"]}, ValueError("wrong"), 1),
        ({"give_up_on": ["ValueError"]}, ValueError("wrong"), 1),
        ({"retry_on": ["OSError"], "give_up_on": ["FileNotFoundError"]}, FileNotFoundError("gone"), 1),
    ],
)
def test_names_say_what_is_tried_again(names: dict[str, list[str]], error: Exception, attempts: int) -> None:
    flaky = Flaky(error)
    try:
        RetryExecutor(config(**names), threading.Event()).run(flaky)
    except type(error):
        assert attempts == 1
    assert len(flaky.attempts) == attempts


def test_a_cause_counts_as_well() -> None:
    error = RuntimeError("could not load")
    error.__cause__ = ConnectionResetError("peer")
    assert RetryExecutor(config(retry_on=["ConnectionError"]), threading.Event()).run(Flaky(error)) == 2


def test_classes_of_java_are_found_in_the_chain_of_causes(spark: SparkSession) -> None:
    def read(attempt: int) -> None:
        attempts.append(attempt)
        spark.sparkContext._jvm.java.nio.file.Files.readAllBytes(spark.sparkContext._jvm.java.io.File("/none/there").toPath())

    for name, expected in (("java.io.IOException", 2), ("java.sql.SQLException", 1)):
        attempts: list[int] = []
        with pytest.raises(Exception, match="NoSuchFile"):
            RetryExecutor(config(max_attempts=2, retry_on=[name]), threading.Event()).run(read)
        assert len(attempts) == expected


def test_what_a_function_raised_in_a_worker_is_known_by_its_name(spark: SparkSession) -> None:
    @F.udf("INT")
    def fail(value: int) -> int:
        raise ConnectionResetError("the other side hung up")

    def compute(attempt: int) -> None:
        attempts.append(attempt)
        spark.range(1).select(fail("id")).collect()

    names = ("ConnectionError", "IOError", "socket.error", "builtins.ConnectionResetError")
    for name, expected in (*((name, 2) for name in names), ("ValueError", 1), ("socket.timeout", 1)):
        attempts: list[int] = []
        with pytest.raises(Exception, match="hung up"):
            RetryExecutor(config(max_attempts=2, retry_on=[name]), threading.Event()).run(compute)
        assert len(attempts) == expected


def test_bases_count_of_what_is_raised_in_a_worker_and_wrapped_here(spark: SparkSession) -> None:
    @F.udf("INT")
    def fail(value: int) -> int:
        raise json.JSONDecodeError("cut off", "{", 1)

    def compute(attempt: int) -> None:
        attempts.append(attempt)
        try:
            spark.range(1).select(fail("id")).collect()
        except Exception as error:
            raise RuntimeError("no rows") from error

    for name, expected in (("json.JSONDecodeError", 2), ("ValueError", 2), ("OSError", 1)):
        attempts: list[int] = []
        with pytest.raises(RuntimeError, match="no rows"):
            RetryExecutor(config(max_attempts=2, retry_on=[name]), threading.Event()).run(compute)
        assert len(attempts) == expected


def test_sqlstates_match_by_pattern(spark: SparkSession) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.ansi.enabled", "true")

    def divide(attempt: int) -> None:
        attempts.append(attempt)
        session.sql("SELECT id / 0 FROM range(1)").collect()

    for name, expected in (("SQLSTATE:2201*", 2), ("SQLSTATE:08*", 1)):
        attempts: list[int] = []
        with pytest.raises(Exception, match="DIVIDE_BY_ZERO"):
            RetryExecutor(config(max_attempts=2, retry_on=[name]), threading.Event()).run(divide)
        assert len(attempts) == expected


def test_delays_grow_up_to_a_limit_and_vary_by_the_jitter() -> None:
    heard: list[float | None] = []
    settings = config(
        max_attempts=4, initial_delay=timedelta(seconds=0.01), max_delay=timedelta(seconds=0.03), multiplier=2, jitter=0.1
    )
    executor = RetryExecutor(settings, threading.Event(), on_failure=lambda _number, _error, delay: heard.append(delay))
    with pytest.raises(OSError, match="3"):
        executor.run(Flaky(*(OSError(str(number)) for number in range(4))))
    assert heard[0] == pytest.approx(0.01, rel=0.11)
    assert heard[1] == pytest.approx(0.02, rel=0.11)
    assert heard[2] == pytest.approx(0.03, rel=0.11)
    assert heard[3] is None
    assert max(delay for delay in heard if delay is not None) <= 0.03


def test_a_delay_ends_at_once_when_the_run_is_stopped() -> None:
    stopped = threading.Event()
    flaky = Flaky(OSError("down"))
    threading.Timer(0.2, stopped.set).start()
    began = time.monotonic()
    with pytest.raises(OSError, match="down"):
        RetryExecutor(config(initial_delay=timedelta(seconds=60), jitter=0), stopped).run(flaky)
    assert time.monotonic() - began < 10
    assert flaky.attempts == [1]
