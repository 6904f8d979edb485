"""At which effects a test strikes: at every one, or at as many as there is time for, spread over all."""

import os
import time
from collections.abc import Iterator
from itertools import count

EVERY_POINT = os.environ.get("PPF_FAULTS") == "all"
KILLS = int(os.environ.get("PPF_FAULT_KILLS", "20"))
KILLS_WITH_JVM = int(os.environ.get("PPF_FAULT_KILLS_WITH_JVM", "2"))
_TURNS = count()


def spread(number_of: int, seconds: float) -> Iterator[int]:
    """The numbers below `number_of`: all of them with PPF_FAULTS=all, otherwise until the time is over."""
    until = time.monotonic() + seconds
    for number in range(number_of) if EVERY_POINT else _scattered(number_of):
        if not EVERY_POINT and time.monotonic() > until:
            return
        yield number


def steps(stride: int) -> Iterator[int]:
    """Numbers without end: all of them with PPF_FAULTS=all, otherwise each `stride`-th, from another start each time."""
    return count() if EVERY_POINT else count(next(_TURNS) % stride, stride)


def _scattered(number_of: int) -> list[int]:
    """The numbers below `number_of` in an order in which those that were taken so far lie far apart, wherever it ends."""
    golden = 0.6180339887498949
    return sorted(range(number_of), key=lambda number: (number + 1) * golden % 1)
