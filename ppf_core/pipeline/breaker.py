"""Circuit breakers: a component that keeps failing is not started again for a while, also by other processes.

    closed ── failure_threshold failures in a row ──▶ open
      ▲                                                │ reset_timeout has passed, and somebody asks
      │                                                ▼
      └──────── success_threshold probes ───────── half_open ── a probe fails ──▶ open

Half-open lets one execution through at a time, among all processes: the probe, which alone decides what comes next. Whatever
began before the breaker opened and ends later changes nothing. Only a breaker that has failures has a file.
"""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ppf_core.config.model import CircuitBreakerConfig
from ppf_core.contracts.results import CircuitState
from ppf_core.errors import Problem, RunError
from ppf_core.pipeline.breaker_file import BreakerFile, BreakerInfo, Probe, read, unreadable
from ppf_core.storage.state_files import OpenFile, state_files
from ppf_core.threads import threads

Changes = tuple[tuple[CircuitState, CircuitState], ...]

_LONGEST_PROBE = 24 * 3600.0
"""Seconds after which a probe that is still held counts as lost: by a program that forgot it, by a child of a dead one."""


@dataclass(frozen=True)
class Admission:
    """Whether a component may start. retry_after: seconds until it is worth asking again; 0 when it may start.

    reason: why it may not, in a sentence, and what to do about it.
    """

    allowed: bool
    changes: Changes = ()
    retry_after: float = 0.0
    reason: str = ""


class CircuitBreaker:
    """The breaker of one component of one pipeline. Raises RunError when its state cannot be read or written.

    breaker = CircuitBreaker(Path(".ppf/breakers"), "flights", "out", CircuitBreakerConfig(failure_threshold=3))
    if breaker.admit().allowed:
        breaker.succeeded()  # or failed(), or abandoned()

    folder: where the states of all breakers lie. clock: seconds since the epoch.
    """

    def __init__(
        self,
        folder: Path,
        pipeline: str,
        component: str,
        config: CircuitBreakerConfig,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._config = config
        self._clock = clock or threads().time
        self._file = BreakerFile(folder, pipeline, component)
        self._new = BreakerInfo(pipeline, component)
        self._token = threads().token(8)
        self._held: OpenFile | None = None

    @property
    def state(self) -> CircuitState:
        """The state as it is now. An open one whose time has passed is open until somebody asks to be admitted.

        One that cannot be read lets nobody through, so it is open; `admit` says what is wrong with it.
        """
        try:
            return self._found().state
        except RunError:
            return "open"

    def admit(self) -> Admission:
        """Asks to start the component; every admission is answered by `succeeded`, `failed` or `abandoned`."""
        if self._found().state == "closed":
            return Admission(allowed=True)
        with self._file.changing():
            before = self._found()
            found = before.not_after(self._clock())
            if found.state == "closed":
                return Admission(allowed=True)
            refusal = self._refusal(found)
            after = found if refusal else replace(found, state="half_open", probe=self._probe())
            if after != before:
                self._file.write(after)
            if refusal:
                return refusal
            self._held = self._file.hold_probe()
        return Admission(allowed=True, changes=_changes(before, after))

    def succeeded(self) -> Changes:
        """The component succeeded. Gives the changes of state."""
        if self._held is None and not self._found().failures:
            return ()  # nearly always, so it costs a look and no lock
        return self._settle(self._after_success)

    def failed(self) -> Changes:
        """The component failed, after all its attempts. Gives the changes of state."""
        return self._settle(self._after_failure)

    def abandoned(self) -> None:
        """Neither: the component was prevented or interrupted. A probe that it held is free again."""
        if self._held is not None:
            self._settle(lambda found: replace(found, probe=None))

    def _refusal(self, found: BreakerInfo) -> Admission | None:
        timeout, now = self._config.reset_timeout.total_seconds(), self._clock()
        who = f"The circuit breaker of {found.component!r}"
        by_hand = f"To close it by hand, run {self._file.how_to_reset}."
        if found.state == "open":
            wait = (found.opened_at or 0.0) + timeout - now
            why = f"{who} is open for another {wait:.0f} s, after {found.failures} failures in a row. {by_hand}"
            return Admission(allowed=False, retry_after=wait, reason=why) if wait > 0 else None
        probe = found.probe
        if probe is None or now - probe.since > _LONGEST_PROBE or not self._file.probe_is_held():
            return None
        why = f"{who} is half open, and process {probe.pid} on {probe.host!r} tries the component now. {by_hand}"
        return Admission(allowed=False, retry_after=max(1.0, timeout), reason=why)

    def _settle(self, follow: Callable[[BreakerInfo], BreakerInfo]) -> Changes:
        """Replaces what the file says by what follows from it, if this execution has a say, and lets the probe go."""
        try:
            with self._file.changing():
                before = self._found()
                has_a_say = before.state == "closed" or (before.probe is not None and before.probe.token == self._token)
                after = follow(before) if has_a_say else before
                if after == self._new and before != self._new:
                    self._file.remove()
                elif after != before:
                    self._file.write(after)
        finally:
            if self._held is not None:
                self._held.close()
                self._held = None
        return _changes(before, after)

    def _after_success(self, found: BreakerInfo) -> BreakerInfo:
        successes = found.successes + 1
        if found.state == "closed" or successes >= self._config.success_threshold:
            return self._new
        return replace(found, successes=successes, probe=None)

    def _after_failure(self, found: BreakerInfo) -> BreakerInfo:
        failures = found.failures + 1
        if found.state == "closed" and failures < self._config.failure_threshold:
            return replace(found, failures=failures)
        return replace(found, state="open", failures=failures, successes=0, opened_at=self._clock(), probe=None)

    def _probe(self) -> Probe:
        return Probe(self._token, socket.gethostname(), os.getpid(), self._clock())

    def _found(self) -> BreakerInfo:
        return self._file.read() or self._new


@dataclass(frozen=True)
class Breakers:
    """The breakers of a folder that have failures, by pipeline and component; a problem for each file that is no breaker."""

    sound: list[BreakerInfo]
    problems: tuple[Problem, ...] = ()


def breakers(folder: Path) -> Breakers:
    """All breakers that have failures. RunError when the folder itself cannot be read."""
    found: list[BreakerInfo] = []
    problems: list[Problem] = []
    for path in _paths(folder):
        try:
            info = read(path)
        except RunError as error:
            problems += error.problems
        else:
            found += [info] if info is not None else []
    return Breakers(sorted(found, key=lambda info: (info.pipeline, info.component)), tuple(problems))


def reset(folder: Path, pipeline: str, component: str) -> bool:
    """Closes a breaker, whatever its file says; False when it had no failures."""
    file = BreakerFile(folder, pipeline, component)
    if not file.is_there():
        return False
    with file.changing():
        file.remove()
    return True


def _paths(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in state_files().names(folder) if Path(name).suffix == ".json"]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(folder, error) from error


def _changes(before: BreakerInfo, after: BreakerInfo) -> Changes:
    return ((before.state, after.state),) if before.state != after.state else ()
