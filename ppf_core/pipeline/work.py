"""The steps at work: each in a thread of its own, tried as often as its component wants, ended when its time is over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from ppf_core.contracts.components import Sink
from ppf_core.contracts.results import ErrorInfo
from ppf_core.pipeline.component_run import ComponentRun
from ppf_core.pipeline.events import Event, Retried
from ppf_core.pipeline.ordering import Step
from ppf_core.pipeline.retry import RetryExecutor
from ppf_core.pipeline.steps import Steps
from ppf_core.pipeline.workers import Workers
from ppf_core.threads import Empty, Flag, Queue, threads

GRACE_SECONDS = 15.0
"""How long a step may take to end once its Spark jobs were cancelled; then its thread is left alone."""
_TICK_SECONDS = 0.5
_WATCH_SECONDS = 1.0


@dataclass(frozen=True)
class Ended:
    """A step is over. `error` is what it failed with, or why it had to end before its time."""

    position: int
    step: Step
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


Message: TypeAlias = Ended | Signalled | OutOfTime | Quiet | Event


@dataclass
class _Running:
    """A step at work. reason: why it must end early; from then on, `deadline` is when its thread is abandoned."""

    step: Step
    component: ComponentRun
    deadline: float | None
    stopped: Flag = field(default_factory=lambda: threads().event())
    reason: BaseException | None = None


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
        self._messages: Queue[Message] = threads().queue()
        self._running: dict[int, _Running] = {}
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
        """Whether no step is at work."""
        return not self._running

    def start(self, position: int, step: Step, component: ComponentRun) -> None:
        """Starts a step. Its end comes as a message."""
        limit = component.config.timeout if step.kind != "publish" else None
        running = _Running(step, component, threads().monotonic() + limit.total_seconds() if limit is not None else None)
        self._running[position] = running
        self._workers.start(position, lambda: self._do(position, running))

    def tell(self, message: Message) -> None:
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
            if not isinstance(message, Ended):
                return message
            if (running := self._running.pop(message.position, None)) is not None:  # else it was abandoned before
                self._workers.done(message.position)
                return Ended(message.position, message.step, running.reason or message.error)

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
        self._running.clear()
        self._workers.close()

    # ---- in a thread of its own

    def _do(self, position: int, running: _Running) -> None:
        error: BaseException | None = None
        try:
            self._try(running.step, running.component, running.stopped)
        except BaseException as raised:  # noqa: BLE001 -- it is told, whatever it is: SystemExit of a plugin, too
            error = raised
        self.tell(Ended(position, running.step, error))

    def _try(self, step: Step, component: ComponentRun, stopped: Flag) -> None:
        act = getattr(self._steps, step.kind)

        def attempt(number: int) -> None:
            self._steps.begin(component, number)
            act(component)
            if number > 1:
                self._note(step, component, number, None, None)

        def on_failure(number: int, error: BaseException, delay: float | None) -> None:
            told = self._describe(error)
            self._note(step, component, number, told, delay)
            if delay is not None:
                self.tell(Retried(component.info, number, delay, told))

        RetryExecutor(component.retry, stopped, _is_repeatable(step, component), on_failure, self._steps.engine.is_gone).run(
            attempt
        )

    def _note(self, step: Step, component: ComponentRun, number: int, error: ErrorInfo | None, delay: float | None) -> None:
        """What a reader of the record wants to know of an attempt. One that succeeds at once is known by its component."""
        self._steps.note(
            "attempt",
            component=component.info.name,
            attempt=number,
            step=step.kind,
            started_at=component.attempt_began,
            ended_at=threads().now(),
            error=error,
            delay=delay,
        )

    # ---- the clock

    def _patience(self) -> float:
        """Seconds until something must be looked at, whether or not a message comes.

        Never for ever: a signal may reach any thread of the process, and Python's handlers run only once the main thread wakes.
        """
        if any(running.reason is not None for running in self._running.values()):
            return _TICK_SECONDS
        deadlines = [self._deadline, *(running.deadline for running in self._running.values())]
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
                    return Ended(position, running.step, running.reason)
            elif running.deadline is not None and now >= running.deadline:
                self._end_early(running, _too_long(running.component))
        return None

    def _end_early(self, running: _Running, reason: BaseException) -> None:
        if running.reason is None:
            running.reason = reason
            running.deadline = threads().monotonic() + GRACE_SECONDS
            running.stopped.set()
            self._steps.cancel(running.component)


def _too_long(component: ComponentRun) -> TimeoutError:
    limit = component.config.timeout
    seconds = f"{limit.total_seconds():g} s" if limit is not None else "its time"
    return TimeoutError(f"{component.info.name!r} took longer than {seconds}, its timeout.")


def _is_repeatable(step: Step, component: ComponentRun) -> bool:
    """Whether a second attempt can do no harm: a sink that shows rows at once may have shown some."""
    if step.kind != "write" or not isinstance(component.plugin, Sink) or component.plugin.idempotent:
        return True
    return component.retry is not None and component.retry.unsafe
