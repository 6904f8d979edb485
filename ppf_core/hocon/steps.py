"""Evaluation that never recurses in Python: each step is a generator, which gives the step that it waits for."""

from collections.abc import Generator
from typing import Any, TypeAlias

from ppf_core.hocon.slots import Slot

Steps: TypeAlias = Generator[Generator[Any, Any, Any], Any, Any]


class LookBack(Exception):
    """A circle that is broken at a key which was asked for on the way: there its value is what stands before `index`."""

    def __init__(self, slot: Slot, index: int) -> None:
        super().__init__()
        self.slot, self.index = slot, index


def run_steps(steps: Steps) -> Any:
    """Runs a generator and those that it waits for."""
    waiting, value, back = [steps], None, None
    while waiting:
        try:
            step = waiting[-1].send(value) if back is None else waiting[-1].throw(back)
            value = back = None
            waiting.append(step)
        except StopIteration as stop:
            waiting.pop()
            value, back = stop.value, None
        except LookBack as raised:
            waiting.pop()
            value, back = None, raised
    return value
