"""Simulated threads: the same choices give the same run, time costs nothing, and a dead process does nothing any more."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from simulated_threads import KILLED, Deadlock, Endless, Killed, Machine, SimulatedThreads, recorded, seeded

from ppf_core.config.model import RetryConfig
from ppf_core.errors import Terminated
from ppf_core.execution.interrupts import interrupts
from ppf_core.execution.retry import RetryExecutor
from ppf_core.execution.workers import Workers
from ppf_core.plugins.delivery import HookDelivery
from ppf_core.threads import SIGINT, SIGTERM, Empty, using_threads


def busy(threads: SimulatedThreads) -> list[str]:
    """Some threads that meet in a lock, a queue and a condition. Gives what they did, in its order."""
    done: list[str] = []
    lock, queue, condition = threads.lock(), threads.queue(), threads.condition()

    def work(name: str) -> None:
        for number in range(3):
            with lock:
                threads.yield_point("inside")
                done.append(f"{name}{number}")
            threads.sleep(0.5)
        with condition:
            queue.put(name)
            condition.notify_all()

    for name in "abc":
        threads.start(lambda name=name: work(name), name)  # type: ignore[misc]
    with condition:
        assert condition.wait_for(lambda: len(done) == 9, timeout=60)
    return done + [queue.get() for _ in "abc"]


def simulated(program: Callable[[SimulatedThreads], Any], threads: SimulatedThreads | None = None) -> Any:
    threads = threads or SimulatedThreads()
    with using_threads(threads):
        return threads.run(lambda: program(threads))


def test_a_seed_gives_the_same_run_each_time_and_another_seed_another_one() -> None:
    first, again, other = (SimulatedThreads(seeded(seed)) for seed in (1, 1, 2))
    assert simulated(busy, first) == simulated(busy, again) != simulated(busy, other)
    assert first.trace == again.trace != other.trace


def test_what_was_chosen_can_be_chosen_again() -> None:
    first = SimulatedThreads(seeded(3))
    done = simulated(busy, first)
    again = SimulatedThreads(recorded(first.choices))
    assert simulated(busy, again) == done
    assert again.trace == first.trace


def test_without_choices_a_thread_goes_on_until_it_waits() -> None:
    assert simulated(busy)[:3] == ["a0", "b0", "c0"]


def test_a_day_passes_at_once() -> None:
    began, threads = time.monotonic(), SimulatedThreads()
    at = threads.now()
    simulated(lambda threads: threads.sleep(86_400), threads)
    assert threads.now() - at == timedelta(days=1)
    assert time.monotonic() - began < 5


def test_the_clock_goes_on_in_the_next_process_and_no_token_comes_twice() -> None:
    machine, tokens = Machine(), []
    for _ in range(2):
        threads = SimulatedThreads(machine=machine)
        threads.run(lambda threads=threads: threads.sleep(5))  # type: ignore[misc]
        tokens.append(threads.token(3))
    assert machine.seconds == 10
    assert tokens == ["000001", "000002"]


def test_what_does_not_come_in_time_is_missed() -> None:
    def program(threads: SimulatedThreads) -> float:
        with pytest.raises(Empty):
            threads.queue().get(timeout=2)
        assert not threads.event().wait(timeout=3)
        assert not threads.condition().wait_for(lambda: False, timeout=4)
        return threads.monotonic()

    assert simulated(program) == 9


def test_whoever_is_not_notified_does_not_look_again() -> None:
    def program(threads: SimulatedThreads) -> bool:
        condition, seen = threads.condition(), list[int]()

        def change() -> None:
            with condition:
                seen.append(1)

        threads.start(change, "change")
        with condition:
            return condition.wait_for(lambda: bool(seen), timeout=10) and threads.monotonic() >= 10

    assert simulated(program)


def test_a_lock_is_held_by_one_thread_which_may_take_it_again() -> None:
    def program(threads: SimulatedThreads) -> list[bool]:
        lock, got = threads.lock(), list[bool]()
        with lock, lock:
            threads.start(lambda: got.append(lock.acquire(timeout=1)), "other").join()
        threads.start(lambda: got.append(lock.acquire(timeout=1)), "next").join()
        return got

    assert simulated(program) == [False, True]


def test_a_deadlock_says_where_each_thread_waits() -> None:
    def program(threads: SimulatedThreads) -> None:
        one, two = threads.lock(), threads.lock()

        def take_both() -> None:
            with two:
                threads.sleep(1)
                one.acquire()

        threads.start(take_both, "other")
        with one:
            threads.sleep(1)
            two.acquire()

    with pytest.raises(
        Deadlock, match=r"(?s)main waits for a lock in .*\(program\).*other waits for a lock in .*\(take_both\)"
    ):
        simulated(program)


def test_a_program_that_does_not_end_is_ended() -> None:
    def program(threads: SimulatedThreads) -> None:
        while True:
            threads.sleep(1)

    with pytest.raises(Endless, match="main waits for a while"):
        simulated(program, SimulatedThreads(limit=1000))


# ---- death


def test_after_a_kill_no_thread_does_anything() -> None:
    done: list[str] = []

    def program(threads: SimulatedThreads) -> None:
        def work() -> None:
            try:
                threads.sleep(1)
                done.append("slept")
                threads.sleep(10)
                done.append("woke")
            except BaseException:  # noqa: BLE001 -- as some of the kernel's threads do
                threads.yield_point("handler")
                done.append("handled")

        threads.start(work, "work")
        threads.sleep(5)
        with suppress(Exception):
            threads.kill()
        done.append("lived on")

    threads = SimulatedThreads()
    assert simulated(program, threads) == KILLED
    assert done == ["slept"]
    assert threads.crashes == []


def test_a_thread_can_kill_its_process_at_any_step() -> None:
    def dies(step: int) -> bool:
        threads = SimulatedThreads(seeded(5))
        threads.at_step(step, threads.kill)
        is_dead = simulated(busy, threads) == KILLED
        return is_dead and threads.steps == step

    steps = SimulatedThreads(seeded(5))
    simulated(busy, steps)
    assert all(dies(step) for step in range(1, steps.steps + 1))


def test_a_process_dies_at_its_time() -> None:
    threads = SimulatedThreads()
    threads.after(100, threads.kill)
    assert simulated(lambda threads: threads.hang("a plugin"), threads) == KILLED
    assert threads.machine.seconds == 100


def test_what_a_thread_does_not_catch_is_kept() -> None:
    threads = SimulatedThreads()
    simulated(lambda threads: threads.start(lambda: [][0], "broken").join(), threads)
    assert [(name, type(error)) for name, error in threads.crashes] == [("broken", IndexError)]


def test_what_the_program_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        simulated(lambda _threads: 1 // 0)


def test_threads_that_hang_do_not_pile_up(os_threads: Callable[[], int]) -> None:
    def program(threads: SimulatedThreads) -> str:
        for number in range(5):
            threads.start(lambda: threads.hang("a plugin"), f"hangs-{number}")
        threads.sleep(1)
        return "done"

    assert simulated(program) == "done"
    before = os_threads()
    for seed in range(200):
        assert simulated(program, SimulatedThreads(seeded(seed))) == "done"
    assert os_threads() == before


# ---- signals


def test_a_signal_reaches_the_handler_while_the_main_thread_waits() -> None:
    def program(threads: SimulatedThreads) -> tuple[list[int], bool]:
        heard: list[int] = []
        threads.after(3, lambda: threads.signal(SIGTERM))
        with interrupts(heard.append, None):
            came = threads.event().wait(timeout=10)
        return heard, came or threads.monotonic() != 10

    assert simulated(program) == ([SIGTERM], False)


def test_a_third_signal_does_what_it_did_before() -> None:
    heard: list[int] = []

    def program(threads: SimulatedThreads) -> None:
        for seconds in (3, 4, 5):
            threads.after(seconds, lambda: threads.signal(SIGINT))
        with interrupts(heard.append, None):
            threads.hang("a step")

    threads = SimulatedThreads()
    with pytest.raises(KeyboardInterrupt):
        simulated(program, threads)
    assert (heard, threads.machine.seconds) == ([SIGINT, SIGINT], 5)


@pytest.mark.parametrize(("number", "raised"), [(SIGINT, KeyboardInterrupt), (SIGTERM, Terminated)])
def test_a_signal_that_nobody_expects_ends_the_program(number: int, raised: type[BaseException]) -> None:
    threads = SimulatedThreads()
    threads.after(1, lambda: threads.signal(number))
    with pytest.raises(raised):
        simulated(lambda threads: threads.hang("a step"), threads)


def test_only_the_main_thread_hears_signals() -> None:
    def program(threads: SimulatedThreads) -> list[int]:
        heard: list[int] = []

        def listen() -> None:
            with interrupts(heard.append, None):
                threads.sleep(10)

        listener = threads.start(listen, "listener")
        threads.after(1, lambda: threads.signal(SIGINT))
        with pytest.raises(KeyboardInterrupt):
            listener.join()
        return heard

    assert simulated(program) == []


# ---- the kernel's own threads


def test_delays_between_attempts_pass_at_once() -> None:
    def program(threads: SimulatedThreads) -> float:
        def fail(attempt: int) -> None:
            if attempt < 4:
                raise OSError

        config = RetryConfig(max_attempts=4, initial_delay=timedelta(hours=1), max_delay=timedelta(days=1), jitter=0)
        RetryExecutor(config, threads.event()).run(fail)
        return threads.monotonic()

    assert simulated(program) == (1 + 2 + 4) * 3600


def test_observers_and_workers_of_the_kernel_run_in_it() -> None:
    def program(threads: SimulatedThreads) -> tuple[list[str], list[str]]:
        heard: list[str] = []
        stuck: list[str] = []
        delivery = HookDelivery(lambda name, _seconds: stuck.append(name))
        workers = Workers(2, lambda _number: None)
        ended = threads.queue()
        for number in range(2):
            workers.start(number, lambda number=number: ended.put(number))  # type: ignore[misc]
            delivery.put("hangs", lambda: threads.hang("an observer"))
            delivery.put("sound", lambda number=number: heard.append(f"{number}"))  # type: ignore[misc]
        for _ in range(2):
            workers.done(ended.get())
        workers.close()
        delivery.close()
        return heard, stuck

    for seed in range(50):
        threads = SimulatedThreads(seeded(seed))
        assert simulated(program, threads) == (["0", "1"], ["hangs"])
        assert threads.crashes == []


def test_a_hand_over_takes_less_than_50_microseconds() -> None:
    def program(threads: SimulatedThreads) -> None:
        def work() -> None:
            for _ in range(2000):
                threads.yield_point("work")

        for each in [threads.start(work, f"{number}") for number in range(5)]:
            each.join()

    def seconds(seed: int) -> float:
        began, threads = time.perf_counter(), SimulatedThreads(seeded(seed))
        simulated(program, threads)
        return (time.perf_counter() - began) / threads.steps

    assert min(seconds(seed) for seed in range(5)) < 50e-6


def test_killed_is_no_exception_that_programs_catch() -> None:
    assert not issubclass(Killed, Exception)
