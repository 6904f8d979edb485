"""Calls to observers, made one after the other in a thread of their own, so that a slow observer never holds up the run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from ppf_core.threads import Condition, Queue, threads

Call: TypeAlias = Callable[[], None]

STUCK_SECONDS = 60.0
"""How long one call may take once the run waits for it; then its observer is left alone for the rest of the run."""
LOOK_SECONDS = 0.05
"""How often whoever waits for a call looks whether it is stuck."""


@dataclass
class _Lane:
    """The thread that makes the calls now, and the call it is in. Another lane takes over when it is stuck."""

    is_current: bool = True
    receiver: str | None = None
    since: float = 0.0


@dataclass
class HookDelivery:
    """Makes calls in the order in which they were put. is_stuck: hears of an observer that does not come back.

    delivery = HookDelivery(is_stuck=lambda receiver, seconds: None)
    delivery.put("audit", lambda: audit.ppf_pipeline_start(run))
    delivery.flush()
    """

    is_stuck: Callable[[str, float], None]
    patience: float = STUCK_SECONDS
    _calls: "Queue[tuple[str, Call] | None]" = field(default_factory=lambda: threads().queue())
    _open: int = 0
    _lane: _Lane | None = None
    _left_alone: set[str] = field(default_factory=set)
    _lock: Condition = field(default_factory=lambda: threads().condition())

    def put(self, receiver: str, call: Call) -> None:
        """Makes a call soon. `call` raises nothing."""
        with self._lock:
            self._open += 1
            if self._lane is None:
                self._start()
        self._calls.put((receiver, call))

    def flush(self) -> None:
        """Waits until all calls that were put have been made, or belong to an observer that is stuck."""
        while True:
            with self._lock:
                if self._lock.wait_for(lambda: self._open == 0, timeout=LOOK_SECONDS):
                    return
                lane, now = self._lane, threads().monotonic()
                stuck = lane.receiver if lane is not None and now - lane.since > self.patience else None
                if stuck is not None:
                    self._leave_alone(stuck)
            if stuck is not None:
                self.is_stuck(stuck, self.patience)

    def close(self) -> None:
        """Makes what is left, and ends the thread."""
        self.flush()
        with self._lock:
            if self._lane is not None:
                self._calls.put(None)
                self._lane = None

    def _start(self) -> None:
        self._lane = lane = _Lane()
        threads().start(lambda: self._run(lane), "ppf-hooks")

    def _leave_alone(self, receiver: str) -> None:
        """The thread that is stuck makes no further call; the call it is in counts as made."""
        self._left_alone.add(receiver)
        if self._lane is not None:
            self._lane.is_current = False
        self._open -= 1
        self._start()
        self._lock.notify_all()

    def _run(self, lane: _Lane) -> None:
        while lane.is_current and (item := self._calls.get()) is not None:
            receiver, call = item
            with self._lock:
                lane.receiver, lane.since = receiver, threads().monotonic()
                wanted = receiver not in self._left_alone
            if wanted:
                call()
            with self._lock:
                lane.receiver = None
                if lane.is_current:
                    self._open -= 1
                    self._lock.notify_all()
