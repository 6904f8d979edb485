"""Signals while a run goes on: the first one is a message to the run, the second one ends it at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts(tell: Callable[[int], None], second: Callable[[int], None] | None) -> Iterator[None]:
    """Until the block ends, the first SIGINT or SIGTERM calls `tell`, and the next one `second`.

    Without `second`, the next one does what it did before. Outside the main thread, Python lets nobody listen to signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heard: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        heard.append(number)
        if len(heard) == 1:
            tell(number)
        elif second is not None:
            second(number)
        else:
            signal.signal(number, before[signal.Signals(number)])
            signal.raise_signal(number)

    # A caller that ignores a signal, or handles it outside Python (None), keeps that.
    ours = [number for number in _SIGNALS if before[number] not in (signal.SIG_IGN, None) and _is_ours(number, before[number])]
    for number in ours:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


def _is_ours(number: int, handler: object) -> bool:
    """SIGTERM with its default ends the process without a word; only whoever handles it expects a run to go on for a while."""
    return number == signal.SIGINT or handler is not signal.SIG_DFL
