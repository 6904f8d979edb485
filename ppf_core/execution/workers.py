"""The threads in which steps run, so that the thread that asked for the run stays free to hear of signals and deadlines."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from ppf_core.threads import Queue, threads

Task: TypeAlias = Callable[[], None]


class Workers:
    """At most `count` threads, each with one task at a time. `enter` is called in a new thread, with its number from 1.

    workers = Workers(4, enter=lambda number: None)
    workers.start(7, task)
    workers.done(7)

    A task reports its own end; then `done` gives its thread back. The threads are daemons: one that hangs in foreign code can
    be abandoned, and does not keep the process alive.
    """

    def __init__(self, count: int, enter: Callable[[int], None]) -> None:
        self._count = count
        self._enter = enter
        self._busy: dict[int, _Worker] = {}
        self._idle: list[_Worker] = []
        self._made = 0

    @property
    def has_room(self) -> bool:
        """Whether another task may start now."""
        return len(self._busy) < self._count

    def start(self, key: int, task: Task) -> None:
        """Starts a task in a thread that is free."""
        worker = self._idle.pop() if self._idle else self._new()
        self._busy[key] = worker
        worker.tasks.put(task)

    def done(self, key: int) -> None:
        """The task of this key has ended."""
        self._idle.append(self._busy.pop(key))

    def abandon(self, key: int) -> None:
        """The task of this key does not end. Another thread takes its place; what it still does is nobody's concern."""
        self._busy.pop(key).tasks.put(None)

    def close(self) -> None:
        """Ends the threads that are free."""
        for worker in self._idle:
            worker.tasks.put(None)
        for worker in self._idle:
            worker.thread.join()
        self._idle.clear()

    def _new(self) -> "_Worker":
        self._made += 1
        return _Worker(self._made, self._enter)


class _Worker:
    def __init__(self, number: int, enter: Callable[[int], None]) -> None:
        self.tasks: Queue[Task | None] = threads().queue()
        self.thread = threads().start(lambda: self._run(number, enter), f"ppf-worker-{number}")

    def _run(self, number: int, enter: Callable[[int], None]) -> None:
        with suppress(Exception):  # a Spark that is gone: the task will meet it, and report it
            enter(number)
        while (task := self.tasks.get()) is not None:
            task()
