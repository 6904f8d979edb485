"""Runs a stream in a process of its own, which is killed at a point that the test names: `victim.py FILE POINT NUMBER [JSON]`.

A point is a place in the kernel, or any other behind `before` or `after`, as in `before ppf_delta.log:Transaction.commit`. The
number says at which time it is reached. `after` alone counts seconds from the first batch.
With JSON of settings it runs in a session that has them: Ivy would look for jars each time, which takes longer than the run.
"""

import json
import os
import pkgutil
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from ppf_core import PipelineRunner
from ppf_core.execution.steps import Steps
from ppf_core.streams.batches import Batches
from ppf_core.streams.journal import BatchJournal
from ppf_core.testing.fixtures import small_session

POINTS: dict[str, tuple[type, str, bool]] = {
    "before the journal": (BatchJournal, "_write", True),
    "after the journal": (BatchJournal, "_write", False),
    "before a stage": (Steps, "stage", True),
    "after a stage": (Steps, "stage", False),
    "before a publish": (Steps, "publish", True),
    "after a publish": (Steps, "publish", False),
    "after a batch": (Batches, "run", False),
}


def die() -> None:
    """As SIGKILL ends it, with its JVM."""
    os.killpg(0, signal.SIGKILL)


def strike(point: str, number: float) -> None:
    """Makes the process end at this point."""
    if point == "after":
        _first_time(Batches, "run", lambda: threading.Timer(number, die).start())
        return
    owner, name, is_before = POINTS[point] if point in POINTS else _place(point)
    original: Callable[..., Any] = getattr(owner, name)
    left = [int(number)]

    def struck(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        is_due = left[0] == 0  # asked once: others call it meanwhile
        if is_before and is_due:
            die()
        result = original(*args, **kwargs)
        if not is_before and is_due:
            die()
        return result

    setattr(owner, name, struck)


def _place(point: str) -> tuple[Any, str, bool]:
    moment, _, place = point.partition(" ")
    owner, _, name = place.rpartition(".")
    return pkgutil.resolve_name(owner), name, moment == "before"


def _first_time(owner: type, name: str, act: Callable[[], None]) -> None:
    original: Callable[..., Any] = getattr(owner, name)
    acts = [act]

    def first(*args: Any, **kwargs: Any) -> Any:
        if acts:
            acts.pop()()
        return original(*args, **kwargs)

    setattr(owner, name, first)


if __name__ == "__main__":
    path, point, number, *settings = sys.argv[1:]
    if point != "never":
        strike(point, float(number))
    with small_session(json.loads(*settings)) if settings else nullcontext() as spark:
        result = PipelineRunner.from_file(path).run(spark=spark)
    errors = [f"{each.name}: {each.error}" for each in result.components if each.error]
    sys.stderr.write("\n".join([*map(str, result.problems), *errors]))
    sys.exit(result.exit_code)
