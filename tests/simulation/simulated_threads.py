"""Threads, a clock and signals that a test controls: the same choices give the same run, and no time is lost with waiting.

    threads = SimulatedThreads(seeded(7))
    with using_threads(threads):
        outcome = threads.run(program)  # what it gives, or KILLED
    threads.choices                     # `recorded(choices)` does the very same again

Every thread is one of the operating system, but only the one that has the baton runs. It hands the baton on wherever it waits
or does what others may notice: in the calls of `Threads`, and at each `yield_point` of a plugin, an engine or a disk.

    ready ──▶ running ── yield_point ──▶ ready
      ▲          │
      │          └── waits for something, or for a time ──▶ waiting ── it came, or its time did ──▶ ready

Who runs next is a choice among the ready ones; 0 means that the running one goes on, so a list of fewer and smaller choices is
a simpler run. When nobody is ready, the clock jumps to the next deadline. One `SimulatedThreads` is one process; what outlives
it is a `Machine`.
"""

import datetime
import random
import sys
import threading
from _thread import allocate_lock
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from ppf_core import errors
from ppf_core.threads import SIGINT, SIGTERM, Empty, Handler, Threads

T = TypeVar("T")
Choose = Callable[[int], int]
Ready = Callable[[], bool]

KILLED: Final = "killed"
_EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).timestamp()
_UNWINDING_SECONDS = 20.0


class Killed(BaseException):
    """The process is dead. Raised in each of its threads at whatever it tries next."""


class Deadlock(Exception):
    """No thread can go on, and no time is waited for."""


class Endless(Exception):
    """The program goes on and on."""


def seeded(seed: int) -> Choose:
    """Chooses by chance, the same for each seed."""
    return random.Random(seed).randrange  # noqa: S311 -- no secret


def recorded(choices: Sequence[int]) -> Choose:
    """Chooses what was chosen before; 0 once the list is over."""
    left = iter(choices)
    return lambda count: min(next(left, 0), count - 1)


@dataclass
class Machine:
    """What outlives a process: the time, and which tokens were given out."""

    seconds: float = 0.0
    tokens: int = 0


@dataclass(eq=False)
class SimulatedThread:
    """One thread of a simulated process. waits_for: for people. ready: None when it can go on at any time."""

    number: int
    name: str
    threads: "SimulatedThreads"
    carrier: "_Carrier"
    waits_for: str = "its start"
    ready: Ready | None = None
    deadline: float | None = None
    is_ended: bool = False

    def join(self, timeout: float | None = None) -> None:
        """Waits until it has ended."""
        self.threads.wait(f"the end of {self.name}", lambda: self.is_ended, timeout)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return not self.is_ended


class SimulatedThreads(Threads):
    """The threads of one simulated process.

    choose: gives a number below the one that it is called with. limit: after so many hand-overs the program counts as endless.
    crashes: what escaped from threads, by name. trace: what each hand-over was about; choices: what was chosen.
    """

    def __init__(self, choose: Choose | None = None, machine: Machine | None = None, limit: int = 100_000) -> None:
        self.machine = machine or Machine()
        self.choices: list[int] = []
        self.trace: list[tuple[str, str]] = []
        self.crashes: list[tuple[str, BaseException]] = []
        self.is_dead = False
        self._choose = choose or recorded(())
        self._limit = limit
        self._was_killed = False
        self._verdict: Exception | None = None
        self._threads: list[SimulatedThread] = []
        self._running: SimulatedThread | None = None
        self._handlers: list[Handler] = []
        self._signals: deque[int] = deque()
        self._at_steps: dict[int, Callable[[], None]] = {}
        self._at_times: list[_Timed] = []

    # ---- what a test asks for

    def run(self, program: Callable[[], T]) -> T | str:
        """Runs a program as the main thread of the process. Gives what it gives, or KILLED; then no thread of it is left.

        Raises what the program raises; Deadlock or Endless, which say where each thread waits.
        """
        carrier = _Carrier()
        main = self._running = SimulatedThread(0, "main", self, carrier)
        self._threads.append(main)
        failure: BaseException | None = None
        result: T | str = KILLED
        try:
            result = program()
        except BaseException as error:  # noqa: BLE001 -- the process ends, whatever ends its program
            failure = error
        self.is_dead = main.is_ended = True
        self._unwind(carrier)
        self._running = None
        if self._verdict is not None:
            raise self._verdict
        if self._was_killed:
            return KILLED
        if failure is not None:
            raise failure
        return result

    @property
    def steps(self) -> int:
        """How often the baton could have been handed on so far."""
        return len(self.trace)

    def yield_point(self, name: str) -> None:
        """Others may run now. Raises Killed when the process is dead."""
        self._pause(name, None, None)

    def hang(self, name: str) -> None:
        """Never comes back."""
        self._pause(f"{name}, for ever", _never, None)

    def kill(self) -> None:
        """As SIGKILL does: from now on no thread of the process does anything."""
        self.is_dead = self._was_killed = True
        if self._running is not None:
            raise Killed

    def signal(self, number: int) -> None:
        """Sends the process a signal. The main thread hears it when it runs next, also when it waits."""
        self._signals.append(number)

    def at_step(self, step: int, action: Callable[[], None]) -> None:
        """Does something, such as `kill`, at a hand-over."""
        self._at_steps[step] = action

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Does something once that much time has passed."""
        insort(self._at_times, _Timed(self.machine.seconds + seconds, action), key=lambda timed: timed.at)

    # ---- what the kernel asks for

    def monotonic(self) -> float:
        """The time since the machine was made."""
        return self.machine.seconds

    def time(self) -> float:
        """The same, as if the machine had been made at the beginning of 2026."""
        return _EPOCH + self.machine.seconds

    def now(self) -> datetime.datetime:
        """The same as a date."""
        return datetime.datetime.fromtimestamp(self.time(), datetime.UTC)

    def sleep(self, seconds: float) -> None:
        """Lets others run until the clock has come so far."""
        self.wait("a while", _never, seconds)

    def uniform(self, low: float, high: float) -> float:
        """One of five numbers."""
        return low + (high - low) * self._pick(5) / 4

    def token(self, size: int) -> str:
        """The next one of the machine."""
        self.machine.tokens += 1
        return f"{self.machine.tokens:0{2 * size}x}"

    def start(self, task: Callable[[], None], name: str) -> SimulatedThread:
        """A thread that may run from now on."""
        self._require_life()
        thread = SimulatedThread(len(self._threads), name, self, _carriers.pop() if _carriers else _Carrier.started())
        thread.carrier.task = lambda: self._do(thread, task)
        self._threads.append(thread)
        self.yield_point(f"start of {name}")
        return thread

    def queue(self) -> "SimulatedQueue":
        """A new one."""
        return SimulatedQueue(self)

    def event(self) -> "SimulatedEvent":
        """A new one."""
        return SimulatedEvent(self)

    def lock(self) -> "SimulatedLock":
        """A new one."""
        return SimulatedLock(self)

    def condition(self) -> "SimulatedCondition":
        """A new one."""
        return SimulatedCondition(self)

    @contextmanager
    def hearing(self, handle: Handler) -> Iterator[None]:
        """The same as outside of a simulation: only in the main thread."""
        if self._running is not self._threads[0]:
            yield
            return
        self._handlers.append(handle)
        try:
            yield
        finally:
            self._handlers.pop()

    # ---- waiting

    def wait(self, what: str, ready: Ready, timeout: float | None) -> None:
        """Comes back when it is ready, or when its time is over."""
        self._pause(what, ready, None if timeout is None else self.machine.seconds + max(0.0, timeout))

    def running(self) -> SimulatedThread | None:
        """The thread that has the baton; None for whoever looks at the process from outside."""
        return self._running

    def _pause(self, what: str, ready: Ready | None, deadline: float | None) -> None:
        me = self._running
        if me is None:
            self._pause_outside(what, ready, deadline)
            return
        self._require_life()
        while True:
            me.waits_for, me.ready, me.deadline = what, ready, deadline
            self._hand_over(me)
            self._require_life()
            if me.number or not self._signals:
                return
            self._hear()
            if ready is None or ready() or (deadline is not None and deadline <= self.machine.seconds):
                return

    def _pause_outside(self, what: str, ready: Ready | None, deadline: float | None) -> None:
        """Before and after its run, a process has no threads; what is ready is used as it is."""
        if ready is None or ready():
            return
        if deadline is None:
            raise Deadlock(f"Nobody runs who could bring {what}.")
        self.machine.seconds = max(deadline, self.machine.seconds)

    def _require_life(self) -> None:
        if self.is_dead and self._running is not None:
            raise Killed

    # ---- the baton

    def _hand_over(self, me: SimulatedThread) -> None:
        chosen = self._next(me)
        if chosen is not me:
            self._running = chosen
            chosen.carrier.baton.release()
            me.carrier.baton.acquire()

    def _next(self, me: SimulatedThread) -> SimulatedThread:
        """Who has the baton next. Raises Killed when that is nobody."""
        self.trace.append((me.name, me.waits_for))
        if len(self.trace) > self._limit:
            self._give_up(Endless(f"After {self._limit} hand-overs the program still goes on.\n{self._where()}"))
        if (action := self._at_steps.pop(len(self.trace), None)) is not None:
            action()
        while not (ready := self._ready(me)):
            self._let_time_pass()
        return ready[0] if len(ready) == 1 else ready[self._pick(len(ready))]

    def _ready(self, me: SimulatedThread) -> list[SimulatedThread]:
        """Who can go on: the one that runs now first, then the others in the order of their start."""
        now = self.machine.seconds
        ready = [
            each
            for each in self._threads
            if not each.is_ended
            and (each.ready is None or (each.deadline is not None and each.deadline <= now) or each.ready())
        ]
        main = self._threads[0]
        if self._signals and not main.is_ended and main not in ready:
            ready.insert(0, main)
        if me in ready and ready[0] is not me:
            ready.remove(me)
            ready.insert(0, me)
        return ready

    def _let_time_pass(self) -> None:
        deadlines = [each.deadline for each in self._threads if each.deadline is not None and not each.is_ended]
        if self._at_times:
            deadlines.append(self._at_times[0].at)
        if not deadlines:
            self._give_up(Deadlock(f"No thread can go on.\n{self._where()}"))
        self.machine.seconds = max(self.machine.seconds, min(deadlines))
        while self._at_times and self._at_times[0].at <= self.machine.seconds:
            self._at_times.pop(0).action()

    def _pick(self, count: int) -> int:
        choice = self._choose(count)
        self.choices.append(choice)
        return choice

    def _give_up(self, verdict: Exception) -> None:
        self._verdict, self.is_dead = verdict, True
        raise Killed

    # ---- beginning and end of threads

    def _do(self, thread: SimulatedThread, task: Callable[[], None]) -> None:
        """A whole thread, in its carrier. As its last act it hands the baton on."""
        if not self.is_dead:
            try:
                task()
            except BaseException as error:  # noqa: BLE001 -- what Python would print, if the process is alive
                if not self.is_dead:
                    self.crashes.append((thread.name, error))
        thread.is_ended, thread.waits_for, thread.deadline = True, "nothing", None
        chosen = self._threads[0]
        if not self.is_dead:
            try:
                chosen = self._next(thread)
            except Killed:
                chosen = self._threads[0]
        thread.carrier.task = None
        _carriers.append(thread.carrier)
        self._running = chosen
        chosen.carrier.baton.release()

    def _unwind(self, carrier: "_Carrier") -> None:
        """Lets each thread that is left run into Killed, until it has ended."""
        for thread in self._threads:
            if not thread.is_ended:
                self._running = thread
                thread.carrier.baton.release()
                if not carrier.baton.acquire(timeout=_UNWINDING_SECONDS):
                    raise AssertionError(f"{thread.name} does not end, although its process is dead.\n{self._where()}")

    # ---- signals

    def _hear(self) -> None:
        while self._signals:
            self._handle(self._signals.popleft(), len(self._handlers))

    def _handle(self, number: int, depth: int) -> None:
        """By the innermost of so many handlers; without one, as `ppf` does."""
        if depth:
            self._handlers[depth - 1](number, lambda: self._handle(number, depth - 1))
        elif number == SIGTERM:
            raise errors.Terminated
        elif number == SIGINT:
            raise KeyboardInterrupt
        else:
            raise ValueError(f"Nobody listens to the signal {number}.")

    # ---- telling

    def _where(self) -> str:
        """Where each thread is, a line each."""
        frames = sys._current_frames()
        told = []
        for thread in self._threads:
            if not thread.is_ended:
                limit = f" until {thread.deadline:g} s" if thread.deadline is not None else ""
                told.append(f"{thread.name} waits for {thread.waits_for}{limit} in {_place(frames.get(thread.carrier.ident))}.")
        return f"It is {self.machine.seconds:g} s.\n" + "\n".join(told)


class SimulatedQueue:
    """A queue of a simulated process."""

    def __init__(self, threads: SimulatedThreads) -> None:
        self._threads = threads
        self._items: deque[Any] = deque()

    def put(self, item: Any) -> None:
        """Adds one."""
        self._threads.yield_point("put")
        self._items.append(item)

    def get(self, *, timeout: float | None = None) -> Any:
        """The oldest one."""
        self._threads.wait("get", lambda: bool(self._items), timeout)
        if not self._items:
            raise Empty
        return self._items.popleft()


class SimulatedEvent:
    """An event of a simulated process."""

    def __init__(self, threads: SimulatedThreads) -> None:
        self._threads = threads
        self._is_set = False

    def set(self) -> None:
        """It happened."""
        self._threads.yield_point("set")
        self._is_set = True

    def is_set(self) -> bool:
        """Whether it happened."""
        return self._is_set

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for it."""
        self._threads.wait("an event", self.is_set, timeout)
        return self._is_set


class SimulatedLock:
    """A lock of a simulated process; its holder can take it again."""

    def __init__(self, threads: SimulatedThreads) -> None:
        self._threads = threads
        self._holder: SimulatedThread | None = None
        self._depth = 0

    def acquire(self, *, timeout: float = -1) -> bool:
        """Takes it."""
        me = self._threads.running()
        if not (self._depth and self._holder is me):
            self._threads.wait("a lock", self._is_free, timeout if timeout >= 0 else None)
            if self._depth:
                return False
            self._holder = me
        self._depth += 1
        return True

    def release(self) -> None:
        """Gives it back. Never refuses and never waits, so that whoever dies can leave."""
        if self._depth and self._holder is self._threads.running():
            self._depth -= 1

    def let_go(self) -> int:
        """Gives it back as often as it was taken."""
        depth, self._depth = self._depth, 0
        return depth

    def take_again(self, depth: int) -> None:
        """Takes it that often."""
        self.acquire()
        self._depth = depth

    def _is_free(self) -> bool:
        return not self._depth

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_raised: object) -> None:
        self.release()


class SimulatedCondition:
    """A condition of a simulated process. Whoever waits looks again only when it was notified, or its time is over."""

    def __init__(self, threads: SimulatedThreads) -> None:
        self._threads = threads
        self._lock = SimulatedLock(threads)
        self._notified = 0

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        """Lets go until it holds."""
        until = None if timeout is None else self._threads.monotonic() + timeout
        while not (result := predicate()):
            left = None if until is None else until - self._threads.monotonic()
            if left is not None and left <= 0:
                break
            before, depth = self._notified, self._lock.let_go()
            try:
                self._threads.wait("a notice", partial(self._was_notified, before), left)
            finally:
                self._lock.take_again(depth)
        return result

    def notify_all(self) -> None:
        """Wakes whoever waits."""
        self._notified += 1

    def _was_notified(self, before: int) -> bool:
        return self._notified > before

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_raised: object) -> None:
        self._lock.release()


@dataclass(frozen=True)
class _Timed:
    at: float
    action: Callable[[], None]


@dataclass(eq=False)
class _Carrier:
    """A thread of the operating system. It carries one simulated thread after the other, since starting it takes longer."""

    baton: Any = field(default_factory=allocate_lock)
    task: Callable[[], None] | None = None
    ident: int = field(default_factory=threading.get_ident)

    def __post_init__(self) -> None:
        self.baton.acquire()

    @classmethod
    def started(cls) -> "_Carrier":
        """A new one, which waits for its first task."""
        carrier = cls()
        thread = threading.Thread(target=carrier._carry, name="simulated", daemon=True)
        thread.start()
        carrier.ident = thread.ident or 0
        return carrier

    def _carry(self) -> None:
        while self.baton.acquire():
            if self.task is not None:
                self.task()


_carriers: list[_Carrier] = []


def _never() -> bool:
    return False


def _place(frame: Any) -> str:
    """The innermost line that is not one of this module."""
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})" if frame is not None else "no code"
