"""Which step may start next."""

import heapq
from collections.abc import Sequence

from ppf_core.planning.ordering import Step


class Schedule:
    """Steps whose needs have ended, the first of the plan first. It costs the same for each step, however many there are.

    schedule = Schedule(steps)
    position, step = schedule.take()
    schedule.end(position)
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._open = [len(step.needs) for step in steps]
        self._waiting: list[list[int]] = [[] for _ in steps]
        for position, step in enumerate(steps):
            for need in step.needs:
                self._waiting[need].append(position)
        self._ready = [position for position, count in enumerate(self._open) if count == 0]

    def take(self) -> tuple[int, Step] | None:
        """The next step; None when none is ready."""
        if not self._ready:
            return None
        position = heapq.heappop(self._ready)
        return position, self._steps[position]

    def put_back(self, position: int) -> None:
        """A step that was taken and cannot start yet."""
        heapq.heappush(self._ready, position)

    def end(self, position: int) -> None:
        """A step has ended, however; what waited only for it is ready."""
        for waiting in self._waiting[position]:
            self._open[waiting] -= 1
            if self._open[waiting] == 0:
                heapq.heappush(self._ready, waiting)
