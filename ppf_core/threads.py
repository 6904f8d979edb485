"""The clock, threads, signals and chance: the one place where the kernel asks the machine for them.

    threads().sleep(0.5)
    worker = threads().start(task, "ppf-worker-1")
    worker.join(timeout=2)

A simulation puts an implementation of its own in the place of `Threads`, in which time does not pass by itself and only one
thread runs at a time, so that whatever happens can happen again.
"""

import datetime
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Protocol, TypeAlias, TypeVar

__all__ = [
    "SIGINT",
    "SIGTERM",
    "Condition",
    "Empty",
    "Flag",
    "Handler",
    "Lock",
    "Queue",
    "Thread",
    "Threads",
    "threads",
    "using_threads",
]

T = TypeVar("T")

Empty = queue.Empty
"""What `Queue.get` raises when nothing came in time."""

SIGINT: int = signal.SIGINT
SIGTERM: int = signal.SIGTERM

Handler: TypeAlias = Callable[[int, Callable[[], None]], None]
"""Hears the number of a signal, and gets a function that does what the signal did before."""


class Thread(Protocol):
    """A thread that was started."""

    def join(self, timeout: float | None = None) -> None:
        """Waits until it has ended, but no longer than that."""

    def is_alive(self) -> bool:
        """Whether it has not ended."""


class Queue(Protocol[T]):
    """Things on their way from some threads to others. A signal's handler may put some, too."""

    def put(self, item: T) -> None:
        """Adds one; waits for nobody."""

    def get(self, *, timeout: float | None = None) -> T:
        """The oldest one; waits for it, and raises `Empty` after the timeout."""


class Flag(Protocol):
    """An event: something that happens once, for which threads can wait."""

    def set(self) -> None:
        """It happened."""

    def is_set(self) -> bool:
        """Whether it happened."""

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for it, but no longer than that. Gives whether it happened."""


class Lock(Protocol):
    """Held by one thread at a time, which may take it several times."""

    def acquire(self, *, timeout: float = -1) -> bool:
        """Takes it; without a timeout waits for ever. Gives whether it is held now."""

    def release(self) -> None:
        """Gives it back."""

    def __enter__(self) -> bool: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Condition(Protocol):
    """A lock whose holder can wait until another one has changed what it guards."""

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        """Lets go until `predicate` holds, but no longer than that. Gives what it says."""

    def notify_all(self) -> None:
        """Wakes whoever waits."""

    def __enter__(self) -> bool: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Threads:
    """The real ones: Python's threads, the clock of the machine, and its signals."""

    def monotonic(self) -> float:
        """Seconds on a clock that nobody sets."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def now(self) -> datetime.datetime:
        """The time, in UTC."""
        return datetime.datetime.now(datetime.UTC)

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)

    def uniform(self, low: float, high: float) -> float:
        """A number between two others, by chance."""
        import random

        return random.uniform(low, high)  # noqa: S311 -- no secret

    def token(self, size: int) -> str:
        """A text that nobody else has: two digits for each byte of its size."""
        return os.urandom(size).hex()

    def start(self, task: Callable[[], None], name: str) -> Thread:
        """Starts a thread. It is a daemon: one that hangs in foreign code does not keep the process alive."""
        thread = threading.Thread(target=task, name=name, daemon=True)
        thread.start()
        return thread

    def queue(self) -> Queue[Any]:
        """A new queue."""
        return queue.SimpleQueue()

    def event(self) -> Flag:
        """A new event."""
        return threading.Event()

    def lock(self) -> Lock:
        """A new lock."""
        return threading.RLock()

    def condition(self) -> Condition:
        """A new condition with a lock of its own."""
        return threading.Condition()

    @contextmanager
    def hearing(self, handle: Handler) -> Iterator[None]:
        """Until the block ends, SIGINT and SIGTERM call `handle` in the main thread; in any other, nobody may listen to them.

        A caller that ignores a signal, or handles it outside Python, keeps that. So does one that lets SIGTERM end the process
        without a word: only whoever handles it expects a run to go on for a while.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (SIGINT, SIGTERM)}

        def heard(number: int, _frame: FrameType | None) -> None:
            handle(number, lambda: _raise_again(number, before[number]))

        left = {SIGINT: (signal.SIG_IGN, None), SIGTERM: (signal.SIG_IGN, signal.SIG_DFL, None)}
        ours = [number for number in before if before[number] not in left[number]]
        for number in ours:
            signal.signal(number, heard)
        try:
            yield
        finally:
            for number in ours:
                signal.signal(number, before[number])


def _raise_again(number: int, handler: Any) -> None:
    signal.signal(number, handler)
    signal.raise_signal(number)


_current = Threads()


def threads() -> Threads:
    """The implementation in use."""
    return _current


@contextmanager
def using_threads(other: Threads) -> Iterator[Threads]:
    """Until the block ends, the kernel uses another implementation. For tests."""
    global _current
    before, _current = _current, other
    try:
        yield other
    finally:
        _current = before
