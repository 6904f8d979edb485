"""Calls to observers: in order, one at a time, and never in the way of the run."""

import threading
import time

import pytest

from ppf_core import Hooks, NoOptions, hookimpl
from ppf_core.errors import RunError
from ppf_core.plugins.delivery import HookDelivery
from ppf_core.plugins.hooks import HookCaller, HookInstance


def test_calls_are_made_in_order_and_not_in_the_thread_that_puts_them() -> None:
    made: list[tuple[int, str]] = []
    delivery = HookDelivery(lambda _receiver, _seconds: None)
    for number in range(100):
        delivery.put("a", lambda number=number: made.append((number, threading.current_thread().name)))  # type: ignore[misc]
    delivery.close()
    assert [number for number, _ in made] == list(range(100))
    assert {name for _, name in made} == {"ppf-hooks"}


def test_putting_a_call_does_not_wait_for_a_slow_one() -> None:
    delivery = HookDelivery(lambda _receiver, _seconds: None)
    began = time.monotonic()
    for _ in range(5):
        delivery.put("slow", lambda: time.sleep(0.2))
    assert time.monotonic() - began < 0.2
    delivery.flush()
    assert time.monotonic() - began >= 1


def test_an_observer_that_is_stuck_is_left_alone_and_the_others_hear_everything() -> None:
    stuck: list[str] = []
    heard: list[int] = []
    never = threading.Event()
    delivery = HookDelivery(lambda receiver, _seconds: stuck.append(receiver), patience=0.3)
    for number in range(3):
        delivery.put("blocks", never.wait)
        delivery.put("sound", lambda number=number: heard.append(number))  # type: ignore[misc]
    delivery.close()
    assert stuck == ["blocks"]
    assert heard == [0, 1, 2]
    never.set()


def test_a_call_that_comes_back_late_is_not_made_again() -> None:
    made: list[str] = []
    late = threading.Event()
    delivery = HookDelivery(lambda _receiver, _seconds: None, patience=0.2)
    delivery.put("late", lambda: (late.wait(), made.append("late")))
    delivery.put("sound", lambda: made.append("sound"))
    delivery.flush()
    late.set()
    delivery.put("late", lambda: made.append("late again"))
    delivery.put("sound", lambda: made.append("sound"))
    delivery.close()
    time.sleep(0.1)
    assert sorted(made) == ["late", "sound", "sound"]


def test_without_calls_there_is_no_thread() -> None:
    before = threading.active_count()
    HookDelivery(lambda _receiver, _seconds: None).close()
    assert threading.active_count() == before


def test_a_decider_does_not_wait_for_an_observer_of_its_plugin_that_is_stuck() -> None:
    released = threading.Event()

    class Stuck(Hooks[NoOptions]):
        @hookimpl
        def ppf_pipeline_start(self, run: object) -> None:
            released.wait(20)

        @hookimpl
        def ppf_checkpoint_load(self, run: object) -> None:
            return None

    instance = HookInstance("keeper", Stuck(NoOptions()), required=False, distribution="ppf-stuck", version="1.0")
    caller = HookCaller([instance], patience=0.3)
    caller.tell("ppf_pipeline_start", {"run": None})
    with pytest.raises(RunError, match="cannot be called for ppf_checkpoint_load: its ppf_pipeline_start has not"):
        caller.ask("ppf_checkpoint_load", run=None)
    released.set()
    caller.close()
