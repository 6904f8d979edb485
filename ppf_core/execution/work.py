"""The steps at work: each in a thread of its own, tried as often as its component wants, ended when its time is over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from ppf_core.contracts.results import ErrorInfo
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.retry import RetryExecutor
from ppf_core.execution.steps import Steps
from ppf_core.execution.workers import Workers
from ppf_core.planning.ordering import Step
from ppf_core.state.events import AttemptEnded, Event, Retried
from ppf_core.threads import Empty, Flag, Queue, threads

GRACE_SECONDS = 15.0
"""How long a step may take to end once its Spark jobs were cancelled; then its thread is left alone."""
DISCARD_SECONDS = 60.0
"""How long the removal of a stage may take; then its thread is left alone, and a later run removes what is left."""
_TICK_SECONDS = 0.5
_WATCH_SECONDS = 1.0


@dataclass(frozen=True)
class Ended:
    """A step is over. `error` is what it failed with, or why it had to end before its time."""

    position: int
    step: Step
    error: BaseException | None


@dataclass(frozen=True)
class Discarded:
    """What a component had staged is removed. `error` says why it could not be."""

    component: str
    error: BaseException | None


@dataclass(frozen=True)
class _Removed:
    """The thread that removes a stage is done."""

    key: int
    error: BaseException | None


@dataclass(frozen=True)
class Signalled:
    """The process was asked to end, by the signal of this number."""

    number: int


@dataclass(frozen=True)
class OutOfTime:
    """The time of the run is over."""


@dataclass(frozen=True)
class Quiet:
    """Nothing has happened for a while; told only when the work is watched."""


Message: TypeAlias = Ended | Discarded | Signalled | OutOfTime | Quiet | Event


@dataclass
class _Running:
    """A step at work. reason: why it must end early; from then on, `deadline` is when its thread is abandoned."""

    step: Step
    component: ComponentRun
    deadline: float | None
    stopped: Flag = field(default_factory=lambda: threads().event())
    reason: BaseException | None = None


@dataclass(frozen=True)
class _Removing:
    """The removal of what a component had staged."""

    component: ComponentRun
    deadline: float


class Work:
    """Starts steps and says what happens to them, one message after the other.

    All but the steps themselves happens in the thread that calls; `tell` may be called from any thread, and from a signal.
    """

    def __init__(
        self,
        steps: Steps,
        parallelism: int,
        seconds: float | None,
        describe: Callable[[BaseException], ErrorInfo],
        *,
        is_watched: bool = False,
    ) -> None:
        self._is_watched = is_watched
        self._steps = steps
        self._describe = describe
        self._workers = Workers(parallelism, steps.enter)
        self._messages: Queue[Message | _Removed] = threads().queue()
        self._running: dict[int, _Running] = {}
        self._removing: dict[int, _Removing] = {}
        self._removals = 0
        self._abandoned: set[str] = set()
        self._deadline = threads().monotonic() + seconds if seconds is not None else None

    @property
    def has_room(self) -> bool:
        """Whether another step may start now."""
        return self._workers.has_room

    @property
    def components(self) -> list[ComponentRun]:
        """Those at work now."""
        return [running.component for running in self._running.values()]

    @property
    def is_idle(self) -> bool:
        """Whether nothing is at work."""
        return not self._running and not self._removing

    def is_abandoned(self, component: ComponentRun) -> bool:
        """Whether a step of it is still at work in a thread that did not end in time."""
        return component.info.name in self._abandoned

    def start(self, position: int, step: Step, component: ComponentRun) -> None:
        """Starts a step. Its end comes as a message."""
        limit = component.config.timeout if step.kind != "publish" else None
        running = _Running(step, component, threads().monotonic() + limit.total_seconds() if limit is not None else None)
        self._running[position] = running
        self._workers.start(position, lambda: self._do(position, running))

    def discard(self, component: ComponentRun) -> None:
        """Removes what a component had staged, also when all threads are at work. Its end comes as a message."""
        self._removals += 1
        key = -self._removals  # steps have positions from 0
        self._removing[key] = _Removing(component, threads().monotonic() + DISCARD_SECONDS)
        self._workers.start(key, lambda: self._remove(key, component))

    def tell(self, message: Message | _Removed) -> None:
        """Adds a message."""
        self._messages.put(message)

    def next(self) -> Message:
        """The next message; waits for it."""
        while True:
            try:
                message = self._messages.get(timeout=self._patience())
            except Empty:
                if (late := self._look_at_the_clock()) is not None:
                    return late
                if self._is_watched:
                    return Quiet()
                continue
            if isinstance(message, _Removed):
                if message.key in self._removing:  # else it was left alone before
                    self._workers.done(message.key)
                    return Discarded(self._removing.pop(message.key).component.info.name, message.error)
                continue
            if not isinstance(message, Ended):
                return message
            if (running := self._running.pop(message.position, None)) is not None:  # else it was abandoned before
                self._workers.done(message.position)
                return Ended(message.position, message.step, _outcome(running, message.error))

    def end_early(self, reason: BaseException) -> None:
        """Every step that is at work ends now, with this reason."""
        for running in self._running.values():
            self._end_early(running, reason)

    def without_deadline(self) -> None:
        """What is at work from now on may take its time."""
        self._deadline = None

    def close(self) -> None:
        """Ends the threads. Steps that are still at work are cancelled and left alone."""
        for position, running in list(self._running.items()):
            self._end_early(running, InterruptedError("The run ended."))
            self._workers.abandon(position)
        for key in self._removing:
            self._workers.abandon(key)
        self._running.clear()
        self._removing.clear()
        self._workers.close()

    # ---- in a thread of its own

    def _do(self, position: int, running: _Running) -> None:
        error: BaseException | None = None
        try:
            self._try(running.step, running.component, running.stopped)
        except BaseException as raised:  # noqa: BLE001 -- it is told, whatever it is: SystemExit of a plugin, too
            error = raised
        self.tell(Ended(position, running.step, error))

    def _remove(self, key: int, component: ComponentRun) -> None:
        error: BaseException | None = None
        try:
            self._steps.discard(component)
        except BaseException as raised:  # noqa: BLE001 -- it is told, whatever it is
            error = raised
        self.tell(_Removed(key, error))

    def _try(self, step: Step, component: ComponentRun, stopped: Flag) -> None:
        act = getattr(self._steps, step.kind)

        def attempt(number: int) -> None:
            self._steps.begin(component, number)
            act(component)
            if number > 1:  # one that succeeds at once is known by its component
                self.tell(AttemptEnded(component.info, number, step.kind, component.attempt_began, threads().now(), None))

        def on_failure(number: int, error: BaseException, delay: float | None) -> None:
            told = (component.info, number, step.kind, component.attempt_began, threads().now(), self._describe(error))
            self.tell(Retried(*told, delay) if delay is not None else AttemptEnded(*told))

        is_safe = step.kind != "write" or component.role.is_retry_safe
        RetryExecutor(component.role.retry, stopped, is_safe, on_failure, self._steps.engine.is_gone).run(attempt)

    # ---- the clock

    def _patience(self) -> float:
        """Seconds until something must be looked at, whether or not a message comes.

        Never for ever: a signal may reach any thread of the process, and Python's handlers run only once the main thread wakes.
        """
        if any(running.reason is not None for running in self._running.values()):
            return _TICK_SECONDS
        deadlines = [self._deadline, *(running.deadline for running in self._running.values())]
        deadlines += [removing.deadline for removing in self._removing.values()]
        known = [deadline - threads().monotonic() for deadline in deadlines if deadline is not None]
        return max(0.0, min([*known, _WATCH_SECONDS]))

    def _look_at_the_clock(self) -> Message | None:
        now = threads().monotonic()
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            return OutOfTime()
        for position, running in self._running.items():
            if running.reason is not None:
                self._steps.cancel(running.component)  # again: a plugin may start one job after the other
                if running.deadline is not None and now >= running.deadline:
                    del self._running[position]
                    self._workers.abandon(position)
                    self._abandoned.add(running.component.info.name)
                    return Ended(position, running.step, running.reason)
            elif running.deadline is not None and now >= running.deadline:
                self._end_early(running, _too_long(running.component))
        late = next((key for key, removing in self._removing.items() if now >= removing.deadline), None)
        return None if late is None else self._leave_alone(late)

    def _leave_alone(self, key: int) -> Discarded:
        """A removal takes too long."""
        self._workers.abandon(key)
        error = TimeoutError(f"It took longer than {DISCARD_SECONDS:g} s.")
        return Discarded(self._removing.pop(key).component.info.name, error)

    def _end_early(self, running: _Running, reason: BaseException) -> None:
        if running.reason is None:
            running.reason = reason
            running.deadline = threads().monotonic() + GRACE_SECONDS
            running.stopped.set()
            self._steps.cancel(running.component)


def _outcome(running: _Running, error: BaseException | None) -> BaseException | None:
    """What a step ended with. One that was told to end, and was done before it heard that, is done.

    Not so a check: what it could not look at any more it calls bad.
    """
    is_late = isinstance(running.reason, TimeoutError) or running.step.kind == "check"
    return running.reason if running.reason is not None and (error is not None or is_late) else error


def _too_long(component: ComponentRun) -> TimeoutError:
    limit = component.config.timeout
    seconds = f"{limit.total_seconds():g} s" if limit is not None else "its time"
    return TimeoutError(f"{component.info.name!r} took longer than {seconds}, its timeout.")
