"""At which effects a test strikes: at every one, or at as many as there is time for, spread over all."""

import os
import time
from collections.abc import Iterator

EVERY_POINT = os.environ.get("PPF_FAULTS") == "all"
KILLS = int(os.environ.get("PPF_FAULT_KILLS", "30"))
KILLS_WITH_JVM = int(os.environ.get("PPF_FAULT_KILLS_WITH_JVM", "2"))


def spread(count: int, seconds: float) -> Iterator[int]:
    """The numbers below `count`: all of them with PPF_FAULTS=all, otherwise until the time is over."""
    until = time.monotonic() + seconds
    for number in range(count) if EVERY_POINT else _scattered(count):
        if not EVERY_POINT and time.monotonic() > until:
            return
        yield number


def _scattered(count: int) -> list[int]:
    """The numbers below `count` in an order in which those that were taken so far lie far apart, wherever it ends."""
    golden = 0.6180339887498949
    return sorted(range(count), key=lambda number: (number + 1) * golden % 1)
