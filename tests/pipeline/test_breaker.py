"""Circuit breakers: their states, between processes that race, die and see other clocks."""

import json
import multiprocessing
import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ppf_core.config.model import CircuitBreakerConfig
from ppf_core.errors import RunError
from ppf_core.pipeline.breaker import CircuitBreaker, breakers, reset

CONFIG = CircuitBreakerConfig(failure_threshold=2, success_threshold=1, reset_timeout=timedelta(seconds=60))


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def breaker(folder: Path, clock: Any = time.time, component: str = "out", **changes: Any) -> CircuitBreaker:
    values = {"failure_threshold": 2, "success_threshold": 1, "reset_timeout": timedelta(seconds=60), **changes}
    return CircuitBreaker(folder / "breakers", "flights", component, CircuitBreakerConfig(**values), clock)


def opened(folder: Path, clock: Any) -> CircuitBreaker:
    one = breaker(folder, clock)
    assert one.failed() == ()
    assert one.failed() == (("closed", "open"),)
    return one


def test_it_opens_after_so_many_failures_in_a_row(tmp_path: Path, clock: Clock) -> None:
    one = breaker(tmp_path, clock)
    one.failed()
    one.succeeded()
    assert one.failed() == ()
    assert one.failed() == (("closed", "open"),)
    admission = one.admit()
    assert (admission.allowed, admission.retry_after) == (False, 60)


def test_what_never_failed_has_no_file(tmp_path: Path) -> None:
    one = breaker(tmp_path)
    assert one.admit().allowed
    assert one.succeeded() == ()
    one.abandoned()
    assert list(tmp_path.iterdir()) == []


def test_after_its_time_one_probe_is_let_through(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock)
    clock.now += 60
    first, second = breaker(tmp_path, clock), breaker(tmp_path, clock)
    assert first.admit().changes == (("open", "half_open"),)
    assert not second.admit().allowed
    assert first.succeeded() == (("half_open", "closed"),)
    assert second.admit().allowed


def test_a_probe_that_fails_opens_it_again(tmp_path: Path, clock: Clock) -> None:
    one = opened(tmp_path, clock)
    clock.now += 60
    one.admit()
    assert one.failed() == (("half_open", "open"),)
    clock.now += 59
    assert not one.admit().allowed


def test_a_probe_that_was_abandoned_is_free_for_the_next(tmp_path: Path, clock: Clock) -> None:
    one = opened(tmp_path, clock)
    clock.now += 60
    one.admit()
    one.abandoned()
    assert breaker(tmp_path, clock).admit().allowed


def test_it_closes_after_so_many_probes(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock)
    clock.now += 60
    careful = breaker(tmp_path, clock, success_threshold=2)
    careful.admit()
    assert careful.succeeded() == ()
    assert careful.state == "half_open"
    careful.admit()
    assert careful.succeeded() == (("half_open", "closed"),)


def test_a_clock_that_was_put_back_keeps_it_open_no_longer_than_it_should_be(tmp_path: Path, clock: Clock) -> None:
    one = opened(tmp_path, clock)
    clock.now -= 100_000
    assert one.admit().retry_after == 60
    clock.now += 60
    assert one.admit().allowed


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2}', '{"format": 1, "state": "ajar", "probe": null}'])
def test_a_file_that_is_none_of_ours_is_named(text: str, tmp_path: Path, clock: Clock) -> None:
    one = opened(tmp_path, clock)
    (path,) = (tmp_path / "breakers").glob("*.json")
    path.write_text(text)
    with pytest.raises(RunError, match=path.name) as caught:
        one.admit()
    assert "delete the file" in str(caught.value)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "breakers").write_text("a file where the folder should be")
    with pytest.raises(RunError, match="breakers"):
        breaker(tmp_path).failed()


def test_names_that_differ_in_case_or_in_a_dash_have_their_own_breakers(tmp_path: Path) -> None:
    for component in ("Out", "out", "OUT"):
        breaker(tmp_path, component=component).failed()
    CircuitBreaker(tmp_path / "breakers", "flights-out", "a", CONFIG).failed()
    CircuitBreaker(tmp_path / "breakers", "flights", "out-a", CONFIG).failed()
    names = [path.name.casefold() for path in (tmp_path / "breakers").glob("*.json")]
    assert len(set(names)) == 5


def test_breakers_are_listed_and_reset(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock)
    folder = tmp_path / "breakers"
    assert [(each.component, each.state, each.failures) for each in breakers(folder)] == [("out", "open", 2)]
    assert reset(folder, "flights", "out")
    assert not reset(folder, "flights", "out")
    assert breaker(tmp_path, clock).admit().allowed


# ---- processes


def _admit(folder: Path, answers: Any, start: Any) -> None:
    one = CircuitBreaker(folder / "breakers", "flights", "out", CircuitBreakerConfig(reset_timeout=timedelta(0)))
    start.wait()
    answers.put(one.admit().allowed)
    time.sleep(600)


def test_among_processes_that_race_one_gets_the_probe_and_its_death_frees_it(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    answers, start = spawn.Queue(), spawn.Event()
    opened(tmp_path, time.time)
    (path,) = (tmp_path / "breakers").glob("*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "opened_at": time.time() - 1000}))
    processes = [spawn.Process(target=_admit, args=(tmp_path, answers, start)) for _ in range(4)]
    for process in processes:
        process.start()
    try:
        start.set()
        assert sorted(answers.get(timeout=60) for _ in processes) == [False, False, False, True]
        late = breaker(tmp_path, reset_timeout=timedelta(0))
        assert not late.admit().allowed
    finally:
        for process in processes:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
    assert late.admit().allowed


# ---- against a model


class Model(RuleBasedStateMachine):
    """Random executions by one process at a time, beside a breaker in a few variables."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.breaker = breaker(Path(self.folder.name), self.clock, failure_threshold=3, success_threshold=2)
        self.state, self.failures, self.successes, self.opened_at = "closed", 0, 0, 0.0

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(seconds=st.integers(0, 90))
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule(outcome=st.sampled_from(["succeeded", "failed", "abandoned"]))
    def execute(self, outcome: str) -> None:
        allowed = self.state != "open" or self.clock.now - self.opened_at >= 60
        assert self.breaker.admit().allowed == allowed
        if not allowed:
            return
        if self.state == "open":
            self.state, self.successes = "half_open", 0
        getattr(self.breaker, outcome)()
        if outcome == "succeeded":
            self.successes += 1
            if self.state == "closed" or self.successes >= 2:
                self.state, self.failures = "closed", 0
        elif outcome == "failed":
            self.failures += 1
            if self.state == "half_open" or self.failures >= 3:
                self.state, self.opened_at = "open", self.clock.now

    @invariant()
    def states_agree(self) -> None:
        assert self.breaker.state == self.state


Model.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestModel = Model.TestCase
