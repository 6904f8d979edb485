"""Signals while a run goes on: the first one is a message to the run, the second one ends it at once."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from ppf_core.threads import threads


def interrupts(tell: Callable[[int], None], second: Callable[[int], None] | None) -> AbstractContextManager[None]:
    """Until the block ends, the first SIGINT or SIGTERM calls `tell`, and the next one `second`.

    Without `second`, the next one does what it did before. Outside the main thread, Python lets nobody listen to signals.
    """
    heard: list[int] = []

    def handle(number: int, as_before: Callable[[], None]) -> None:
        heard.append(number)
        if len(heard) == 1:
            tell(number)
        elif second is not None:
            second(number)
        else:
            as_before()

    return threads().hearing(handle)
