"""Circuit breakers: their states, between processes that race, die and see other clocks."""

import itertools
import json
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ppf_core.config.model import CircuitBreakerConfig
from ppf_core.errors import RunError
from ppf_core.state.breaker import Admission, CircuitBreaker, breakers, reset
from ppf_core.state.store import RunRecords

DAY = 24 * 3600


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Execution:
    """A component in a run, which holds its record while it lives."""

    numbers = itertools.count()

    def __init__(self, folder: Path, breaker: CircuitBreaker) -> None:
        self.breaker = breaker
        self.run_id = f"r{os.getpid()}-{next(self.numbers)}"
        self._record = RunRecords(folder).create(self.run_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.breaker, name)

    def admit(self) -> Admission:
        return self.breaker.admit(self.run_id)

    def die(self) -> None:
        self._record.release()


def breaker(folder: Path, clock: Callable[[], float], **changes: Any) -> Execution:
    values = {"failure_threshold": 2, "success_threshold": 1, "reset_timeout": timedelta(seconds=60), **changes}
    return Execution(folder, CircuitBreaker(folder, "flights", "out", CircuitBreakerConfig(**values), clock))


def opened(folder: Path, clock: Callable[[], float]) -> Execution:
    one = breaker(folder, clock)
    assert one.failed() == ()
    assert one.failed() == (("closed", "open"),)
    return one


def tried(folder: Path, clock: Clock) -> Execution:
    """A half-open breaker, as the one that tries it sees it."""
    opened(folder, clock)
    clock.now += 60
    probe = breaker(folder, clock)
    assert probe.admit().allowed
    return probe


# ---- states


def test_it_opens_after_so_many_failures_in_a_row(tmp_path: Path, clock: Clock) -> None:
    one = breaker(tmp_path, clock)
    one.failed()
    one.succeeded()
    assert one.failed() == ()
    assert one.failed() == (("closed", "open"),)
    admission = one.admit()
    assert (admission.allowed, admission.retry_after) == (False, 60)


def test_what_never_failed_has_no_file(tmp_path: Path, clock: Clock) -> None:
    one = breaker(tmp_path, clock)
    assert one.admit().allowed
    assert one.succeeded() == ()
    one.abandoned()
    assert not (tmp_path / "breakers").exists()


def test_what_succeeds_again_has_no_file_either(tmp_path: Path, clock: Clock) -> None:
    probe = tried(tmp_path, clock)
    probe.succeeded()
    assert [path.name for path in (tmp_path / "breakers").iterdir()] == [".flights.json.lock"]


def test_a_refusal_says_why_and_what_to_do(tmp_path: Path, clock: Clock) -> None:
    by_hand = f"To close it by hand, run 'ppf runs breakers --state-dir {tmp_path} --reset flights/out'."
    assert opened(tmp_path, clock).admit().reason == (
        f"The circuit breaker of 'out' is open for another 60 s, after 2 failures in a row. {by_hand}"
    )
    clock.now += 60
    probe, other = breaker(tmp_path, clock), breaker(tmp_path, clock)
    assert probe.admit().reason == ""
    assert other.admit().reason == (
        f"The circuit breaker of 'out' is half open, and process {os.getpid()} on {os.uname().nodename!r} "
        f"tries the component now. {by_hand}"
    )


def test_after_its_time_one_probe_is_let_through(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock)
    clock.now += 60
    first, second = breaker(tmp_path, clock), breaker(tmp_path, clock)
    assert first.state == "open"
    assert first.admit().changes == (("open", "half_open"),)
    refused = second.admit()
    assert (refused.allowed, refused.changes, refused.retry_after) == (False, (), 60)
    assert first.succeeded() == (("half_open", "closed"),)
    assert second.admit().allowed


def test_a_probe_that_fails_opens_it_again(tmp_path: Path, clock: Clock) -> None:
    probe = tried(tmp_path, clock)
    assert probe.failed() == (("half_open", "open"),)
    clock.now += 59
    assert not probe.admit().allowed
    clock.now += 1
    assert probe.admit().allowed


def test_a_probe_that_was_abandoned_is_free_for_the_next(tmp_path: Path, clock: Clock) -> None:
    probe = tried(tmp_path, clock)
    probe.abandoned()
    assert breakers(tmp_path).sound[0].probe is None
    assert breaker(tmp_path, clock).admit().allowed


def test_a_probe_whose_run_has_ended_is_free_for_the_next(tmp_path: Path, clock: Clock) -> None:
    probe = tried(tmp_path, clock)
    probe.die()
    assert breaker(tmp_path, clock).admit().allowed


def test_a_run_that_was_killed_as_the_probe_may_go_on_as_the_probe(tmp_path: Path, clock: Clock) -> None:
    probe = tried(tmp_path, clock)
    resumed = CircuitBreaker(tmp_path, "flights", "out", CircuitBreakerConfig(success_threshold=1), clock)
    assert resumed.admit(probe.run_id).allowed
    assert resumed.succeeded() == (("half_open", "closed"),)


def test_breakers_of_one_pipeline_do_not_touch_each_other(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock)
    other = CircuitBreaker(tmp_path, "flights", "load", CircuitBreakerConfig(), clock)
    other.failed()
    assert other.succeeded() == ()
    assert [(each.component, each.state) for each in breakers(tmp_path).sound] == [("out", "open")]


def test_it_closes_after_so_many_probes(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock)
    clock.now += 60
    careful = breaker(tmp_path, clock, success_threshold=2)
    careful.admit()
    assert careful.succeeded() == ()
    assert careful.state == "half_open"
    assert careful.admit().changes == ()
    assert careful.succeeded() == (("half_open", "closed"),)


def test_successes_before_a_failed_probe_do_not_count(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock)
    careful = breaker(tmp_path, clock, success_threshold=2)
    for outcome in (careful.succeeded, careful.failed, careful.succeeded):
        clock.now += 60
        careful.admit()
        outcome()
    assert careful.state == "half_open"


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "abandoned"])
@pytest.mark.parametrize("state", ["open", "half_open"])
def test_what_began_before_it_opened_changes_nothing(outcome: str, state: str, tmp_path: Path, clock: Clock) -> None:
    slow = breaker(tmp_path, clock)
    assert slow.admit().allowed
    probe = tried(tmp_path, clock) if state == "half_open" else opened(tmp_path, clock)
    before = breakers(tmp_path).sound
    assert not getattr(slow, outcome)()
    assert breakers(tmp_path).sound == before
    assert probe.state == state


def test_a_probe_that_hangs_is_replaced_after_a_day_and_decides_nothing_any_more(tmp_path: Path, clock: Clock) -> None:
    lost = tried(tmp_path, clock)
    clock.now += DAY
    assert not breaker(tmp_path, clock).admit().allowed
    clock.now += 1
    second = breaker(tmp_path, clock)
    assert second.admit().allowed
    assert lost.succeeded() == ()
    assert not breaker(tmp_path, clock).admit().allowed
    assert second.succeeded() == (("half_open", "closed"),)


def test_a_reset_while_it_is_tried_closes_it(tmp_path: Path, clock: Clock) -> None:
    probe = tried(tmp_path, clock)
    assert reset(tmp_path, "flights", "out")
    assert breaker(tmp_path, clock).admit().allowed
    assert probe.failed() == ()
    assert breakers(tmp_path).sound[0].failures == 1


# ---- clocks


def test_a_clock_that_was_put_back_keeps_it_open_no_longer_than_it_should_be(tmp_path: Path, clock: Clock) -> None:
    one = opened(tmp_path, clock)
    clock.now -= 100_000
    assert one.admit().retry_after == 60
    clock.now += 59
    assert not one.admit().allowed
    clock.now += 1
    assert one.admit().allowed


def test_a_clock_that_was_put_back_lets_no_second_probe_in(tmp_path: Path, clock: Clock) -> None:
    probe = tried(tmp_path, clock)
    clock.now -= 100 * DAY
    assert not breaker(tmp_path, clock).admit().allowed
    clock.now += DAY + 1
    assert breaker(tmp_path, clock).admit().allowed
    assert probe.succeeded() == ()


# ---- files that cannot be used


NO_STATES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a list": lambda values: [values],
    "another state": lambda values: {**values, "state": "ajar"},
    "failures as text": lambda values: {**values, "failures": "3"},
    "failures below none": lambda values: {**values, "failures": -1},
    "no time": lambda values: {**values, "opened_at": None},
    "a time as text": lambda values: {**values, "opened_at": "now"},
    "a time that is no number": lambda values: {**values, "opened_at": float("nan")},
    "a time out of this world": lambda values: {**values, "probe": {**values["probe"], "since": 1e300}},
    "no time of a closed one": lambda values: {**values, "state": "closed", "opened_at": "now"},
    "no probe": lambda values: {**values, "probe": "me"},
}


@pytest.mark.parametrize("change", NO_STATES.values(), ids=NO_STATES.keys())
def test_what_no_breaker_wrote_lets_nobody_through_until_it_is_reset(
    change: Callable[[Any], Any], tmp_path: Path, clock: Clock
) -> None:
    one = tried(tmp_path, clock)
    path = tmp_path / "breakers" / "flights.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "components": {"out": change(document["components"]["out"])}}))
    for ask in (one.admit, one.succeeded, one.failed):
        with pytest.raises(RunError, match=rf"The file {path} holds no circuit breakers of ppf: ") as raised:
            ask()
        assert raised.value.hint == (
            f"Delete it, or run 'ppf runs breakers --state-dir {tmp_path} --reset flights/COMPONENT'; "
            "all circuit breakers of 'flights' are closed then."
        )
    assert one.state == "open"
    assert reset(tmp_path, "flights", "out")
    assert (one.state, one.admit().allowed) == ("closed", True)


def test_a_folder_without_the_right_to_write_or_read_is_named(forbidden: Path, clock: Clock) -> None:
    one = CircuitBreaker(forbidden, "flights", "out", CircuitBreakerConfig(), clock)
    for ask in (
        lambda: one.admit("r1"),
        one.succeeded,
        lambda: breakers(forbidden),
        lambda: reset(forbidden, "flights", "out"),
    ):
        with pytest.raises(RunError, match=rf"{forbidden}.*: Permission denied"):
            ask()
    with pytest.raises(RunError, match=rf"in {forbidden}/breakers/flights.json cannot be written: Permission denied"):
        one.failed()
    assert one.state == "open"


def test_breakers_are_listed_and_reset(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock)
    CircuitBreaker(tmp_path, "arrivals", "out", CircuitBreakerConfig(), clock).failed()
    assert [(each.pipeline, each.state, each.failures) for each in breakers(tmp_path).sound] == [
        ("arrivals", "closed", 1),
        ("flights", "open", 2),
    ]
    assert reset(tmp_path, "flights", "out")
    assert not reset(tmp_path, "flights", "out")
    assert [each.pipeline for each in breakers(tmp_path).sound] == ["arrivals"]


def test_looking_for_breakers_where_there_are_none_makes_none(tmp_path: Path) -> None:
    assert breakers(tmp_path).sound == []
    assert not reset(tmp_path, "flights", "out")
    assert list(tmp_path.iterdir()) == []


# ---- processes

ROUNDS, RACERS, FAILURES = 20, 3, 30


def race(folder: Path, answers: Any, together: Any) -> None:
    own = breaker(folder, lambda: 2_000_000.0)
    for number in range(ROUNDS):
        together.wait()
        allowed = own.admit().allowed
        answers.put((number, allowed))
        together.wait()
        own.abandoned()


def hold(folder: Path, answers: Any) -> None:
    own = breaker(folder, lambda: 2_000_000.0)
    answers.put(own.admit().allowed)
    signal.pause()


def fail_often(folder: Path, _answers: Any) -> None:
    own = breaker(folder, lambda: 2_000_000.0, failure_threshold=10_000)
    for _ in range(FAILURES):
        own.failed()


def fail_for_ever(folder: Path, answers: Any) -> None:
    own = breaker(folder, lambda: 2_000_000.0, failure_threshold=10_000)
    while True:
        answers.put(own.failed())


def kill(process: Any) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_among_processes_that_race_exactly_one_gets_the_probe(tmp_path: Path, clock: Clock) -> None:
    spawn = multiprocessing.get_context("spawn")
    answers, together = spawn.Queue(), spawn.Barrier(RACERS, timeout=60)
    opened(tmp_path, clock)
    processes = [spawn.Process(target=race, args=(tmp_path, answers, together)) for _ in range(RACERS)]
    for process in processes:
        process.start()
    got = [answers.get(timeout=60) for _ in range(ROUNDS * RACERS)]
    for process in processes:
        process.join()
    assert [sum(allowed for number, allowed in got if number == each) for each in range(ROUNDS)] == [1] * ROUNDS


def test_a_probe_that_is_killed_is_free_for_the_next(tmp_path: Path, clock: Clock) -> None:
    spawn = multiprocessing.get_context("spawn")
    answers = spawn.Queue()
    opened(tmp_path, clock)
    process = spawn.Process(target=hold, args=(tmp_path, answers))
    process.start()
    assert answers.get(timeout=60)
    clock.now = 2_000_000.0
    late = breaker(tmp_path, clock)
    assert not late.admit().allowed
    kill(process)
    assert late.admit().allowed
    assert late.succeeded() == (("half_open", "closed"),)


def test_no_failure_of_several_processes_is_lost(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=fail_often, args=(tmp_path, None)) for _ in range(RACERS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert breakers(tmp_path).sound[0].failures == RACERS * FAILURES


def test_a_kill_at_any_moment_leaves_a_file_that_can_be_read_and_changed(tmp_path: Path, clock: Clock) -> None:
    spawn = multiprocessing.get_context("spawn")
    for number in range(3):
        answers = spawn.SimpleQueue()
        process = spawn.Process(target=fail_for_ever, args=(tmp_path, answers))
        process.start()
        for _ in range(number + 1):
            answers.get()
        kill(process)
        before = breakers(tmp_path).sound[0].failures
        breaker(tmp_path, clock, failure_threshold=10_000).failed()
        assert breakers(tmp_path).sound[0].failures == before + 1


# ---- against a model

RUNS = st.integers(0, 2)


class Model(RuleBasedStateMachine):
    """Three runs that overlap at random, under a clock that jumps, beside a breaker in a few variables."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.runs = [self.breaker() for _ in range(3)]
        self.at_work: set[int] = set()
        self.probe: int | None = None
        self.close()

    def breaker(self) -> Execution:
        return breaker(Path(self.folder.name), self.clock, failure_threshold=3, success_threshold=2)

    def close(self) -> None:
        self.state, self.failures, self.successes, self.opened_at = "closed", 0, 0, 0.0

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(seconds=st.sampled_from([-1000, -59, 1, 30, 60, 90]))
    def jump(self, seconds: int) -> None:
        self.clock.now += seconds

    @precondition(lambda self: self.state == "closed")
    @rule()
    def fail_until_it_opens(self) -> None:
        other = self.breaker()
        while self.state == "closed":
            other.failed()
            self._follow(None, "failed")

    @precondition(lambda self: self.state == "open")
    @rule()
    def wait_until_it_may_be_tried(self) -> None:
        self.clock.now = max(self.clock.now, self.opened_at) + 60

    @rule(run=RUNS)
    def begin(self, run: int) -> None:
        if run in self.at_work:
            return
        self.opened_at = min(self.opened_at, self.clock.now)
        in_time = self.state == "open" and self.clock.now - self.opened_at < 60
        allowed = not in_time and (self.state != "half_open" or self.probe is None)
        assert self.runs[run].admit().allowed == allowed
        if allowed:
            self.at_work.add(run)
        if allowed and self.state != "closed":
            self.state, self.probe = "half_open", run

    @precondition(lambda self: self.at_work)
    @rule(data=st.data(), outcome=st.sampled_from(["succeeded", "failed", "failed", "abandoned"]))
    def end(self, data: st.DataObject, outcome: str) -> None:
        run = data.draw(st.sampled_from(sorted(self.at_work)))
        self.at_work.remove(run)
        before = self.state
        self._follow(run, outcome)
        changes = getattr(self.runs[run], outcome)()
        assert (changes or ()) == (((before, self.state),) if before != self.state else ())

    def _follow(self, run: int | None, outcome: str) -> None:
        if self.state != "closed" and self.probe != run:
            return
        self.probe = None
        if outcome == "succeeded":
            self.successes += 1
            if self.state == "closed" or self.successes >= 2:
                self.close()
        elif outcome == "failed":
            self.failures += 1
            if self.state == "half_open" or self.failures >= 3:
                self.state, self.successes, self.opened_at = "open", 0, self.clock.now

    @rule(run=RUNS)
    def die(self, run: int) -> None:
        self.runs[run].die()
        self.runs[run] = self.breaker()
        self.at_work.discard(run)
        if self.probe == run:
            self.probe = None

    @precondition(lambda self: self.state == "half_open")
    @rule()
    def reset(self) -> None:
        assert reset(Path(self.folder.name), "flights", "out") == (self.failures > 0)
        self.probe = None
        self.close()

    @invariant()
    def they_agree(self) -> None:
        assert {run.state for run in self.runs} == {self.state}
        told = [(each.failures, each.successes) for each in breakers(Path(self.folder.name)).sound]
        assert told == ([(self.failures, self.successes)] if self.failures else [])


Model.TestCase.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
TestModel = Model.TestCase
