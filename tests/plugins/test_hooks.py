"""Calling hooks: an observer cannot hold up a run, not even where its own plugin decides."""

from typing import Any

import pytest
from simulated_threads import SimulatedThreads

from ppf_core import Checkpoint, Hooks, RunInfo, hookimpl, options
from ppf_core.errors import RunError
from ppf_core.plugins.hooks import HookCaller, HookInstance
from ppf_core.threads import threads, using_threads

RUN: Any = None  # these hooks do not look at it


@options
class NoOptions:
    """None."""


class Slow(Hooks[NoOptions]):
    """Takes its time to observe, and to decide."""

    observes = decides = 0.0

    @hookimpl
    def ppf_pipeline_start(self, run: RunInfo) -> None:
        threads().sleep(self.observes)

    @hookimpl
    def ppf_checkpoint_save(self, run: RunInfo, checkpoint: Checkpoint) -> bool:
        threads().sleep(self.decides)
        return True


def caller(**seconds: float) -> HookCaller:
    plugin = Slow(NoOptions())
    vars(plugin).update(seconds)
    return HookCaller([HookInstance("slow", plugin, required=False, distribution="ppf-slow", version="1.0")])


def simulated(program: Any) -> tuple[Any, float]:
    simulation = SimulatedThreads()
    with using_threads(simulation):
        return simulation.run(program), simulation.machine.seconds


def test_a_decider_whose_observer_hangs_fails_and_names_it() -> None:
    def program() -> None:
        hooks = caller(observes=1e9)
        hooks.tell("ppf_pipeline_start", {"run": RUN})
        with pytest.raises(RunError) as raised:
            hooks.ask("ppf_checkpoint_save", run=RUN, checkpoint=RUN)
        hooks.close()
        assert raised.value.message == (
            "The hook 'slow' of ppf-slow 1.0 cannot be called for ppf_checkpoint_save: "
            "its ppf_pipeline_start has not come back for 60 s."
        )
        assert [str(failure.error) for failure in hooks.failures] == [
            "It did not come back within 60 s, and hears of nothing else in this run."
        ]

    assert simulated(program)[1] < 62


def test_a_decider_that_comes_while_another_one_takes_its_time_waits_for_it() -> None:
    def program() -> list[Any]:
        hooks, answers = caller(decides=1000.0), list[Any]()
        asking = [
            threads().start(lambda: answers.append(hooks.ask("ppf_checkpoint_save", run=RUN, checkpoint=RUN)), f"asks-{number}")
            for number in "ab"
        ]
        for each in asking:
            each.join()
        return answers

    assert simulated(program) == ([True, True], 2000)


def test_a_slow_observer_is_waited_for() -> None:
    def program() -> Any:
        hooks = caller(observes=50.0)
        hooks.tell("ppf_pipeline_start", {"run": RUN})
        return hooks.ask("ppf_checkpoint_save", run=RUN, checkpoint=RUN)

    assert simulated(program)[0] is True
