"""Signals while a run goes on: messages to the run, until somebody insists."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from ppf_core.threads import threads


def interrupts(tell: Callable[[int], None], second: Callable[[int], None] | None) -> AbstractContextManager[None]:
    """Until the block ends, the first SIGINT or SIGTERM calls `tell`, and the next one `second`.

    Without `second`, the second one calls `tell` as well, and the third one does what it did before: an exception that comes
    anywhere may come between what happens and what is told of it. Outside the main thread, Python lets nobody listen to
    signals.
    """
    heard: list[int] = []

    def handle(number: int, as_before: Callable[[], None]) -> None:
        heard.append(number)
        if second is not None and len(heard) > 1:
            second(number)
        elif len(heard) <= 2:
            tell(number)
        else:
            as_before()

    return threads().hearing(handle)
