"""Circuit breakers: a component that keeps failing is not started again for a while, also by other processes.

    closed ── failure_threshold failures in a row ──▶ open
      ▲                                                │ reset_timeout has passed, and somebody asks
      │                                                ▼
      └──────── success_threshold probes ───────── half_open ── a probe fails ──▶ open

Half-open lets one execution through at a time, among all processes: the probe, which alone decides what comes next. A probe is
alive as long as its run holds its record. Whatever began before the breaker opened and ends later changes nothing.
"""

import datetime
import os
import shlex
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from ppf_core.config.model import CircuitBreakerConfig
from ppf_core.contracts.results import CircuitState
from ppf_core.errors import Problem, RunError
from ppf_core.state.documents import from_document
from ppf_core.state.pipeline_file import PipelineFile
from ppf_core.state.recorded import RECORD, is_held
from ppf_core.storage.state_files import state_files
from ppf_core.threads import threads

Changes = tuple[tuple[CircuitState, CircuitState], ...]

_LONGEST_PROBE = 24 * 3600.0
"""Seconds after which a probe counts as lost although its run is alive: it hangs."""


@dataclass(frozen=True)
class Probe:
    """Which run tries a half-open breaker. host and pid are for people. since: seconds since the epoch."""

    run_id: str
    host: str
    pid: int
    since: float


@dataclass(frozen=True)
class BreakerInfo:
    """What is known of one breaker. failures: in a row. opened_at: seconds since the epoch."""

    pipeline: str
    component: str
    state: CircuitState = "closed"
    failures: int = 0
    successes: int = 0
    opened_at: float | None = None
    probe: Probe | None = None

    def is_tried_by(self, run_id: str) -> bool:
        """Whether a run is the probe."""
        return self.probe is not None and self.probe.run_id == run_id

    def not_after(self, now: float) -> "BreakerInfo":
        """The same with no time in the future: there are some where the clock was put back, and they count from now on."""
        opened_at = None if self.opened_at is None else min(self.opened_at, now)
        probe = None if self.probe is None else replace(self.probe, since=min(self.probe.since, now))
        return replace(self, opened_at=opened_at, probe=probe)


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

    breaker = CircuitBreaker(Path(".ppf"), "flights", "out", CircuitBreakerConfig(failure_threshold=3))
    if breaker.admit("20260131T235959-1f2e3d").allowed:
        breaker.succeeded()  # or failed(), or abandoned()

    clock: seconds since the epoch.
    """

    def __init__(
        self,
        state_dir: Path,
        pipeline: str,
        component: str,
        config: CircuitBreakerConfig,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._state_dir = state_dir
        self._config = config
        self._clock = clock or threads().time
        self._file = _file(state_dir, pipeline)
        self._new = BreakerInfo(pipeline, component)
        self._probe: Probe | None = None

    @property
    def state(self) -> CircuitState:
        """The state as it is now. An open one whose time has passed is open until somebody asks to be admitted.

        One that cannot be read lets nobody through, so it is open; `admit` says what is wrong with it.
        """
        try:
            return self._in(self._file.read()).state
        except RunError:
            return "open"

    def admit(self, run_id: str) -> Admission:
        """Asks to start the component in a run; every admission is answered by `succeeded`, `failed` or `abandoned`."""
        if self._in(self._file.read()).state == "closed":
            return Admission(allowed=True)
        with self._file.changing() as found:
            before = self._in(found)
            now = before.not_after(self._clock())
            if now.state == "closed":
                return Admission(allowed=True)
            refusal = self._refusal(now, run_id)
            probe = now.probe if refusal else Probe(run_id, socket.gethostname(), os.getpid(), self._clock())
            after = now if refusal else replace(now, state="half_open", probe=probe)
            found[self._new.component] = after
            if refusal:
                return refusal
        self._probe = probe
        return Admission(allowed=True, changes=_changes(before, after))

    def succeeded(self) -> Changes:
        """The component succeeded. Gives the changes of state."""
        if not self._in(self._file.read()).failures:
            return ()  # nearly always, so it costs a look and no lock
        return self._settle(self._after_success)

    def failed(self) -> Changes:
        """The component failed, after all its attempts. Gives the changes of state."""
        return self._settle(self._after_failure)

    def abandoned(self) -> None:
        """Neither: the component was prevented or interrupted. A probe that it was is free again."""
        if self._probe is not None:
            self._settle(lambda found: replace(found, probe=None))

    def _refusal(self, found: BreakerInfo, run_id: str) -> Admission | None:
        timeout, now = self._config.reset_timeout.total_seconds(), self._clock()
        who = f"The circuit breaker of {found.component!r}"
        by_hand = f"To close it by hand, run {_how_to_reset(self._state_dir, found.pipeline, found.component)}."
        if found.state == "open":
            wait = (found.opened_at or 0.0) + timeout - now
            why = f"{who} is open for another {wait:.0f} s, after {found.failures} failures in a row. {by_hand}"
            return Admission(allowed=False, retry_after=wait, reason=why) if wait > 0 else None
        probe = found.probe
        if probe is None or now - probe.since > _LONGEST_PROBE or not self._is_alive(probe, run_id):
            return None
        why = f"{who} is half open, and process {probe.pid} on {probe.host!r} tries the component now. {by_hand}"
        return Admission(allowed=False, retry_after=max(1.0, timeout), reason=why)

    def _is_alive(self, probe: Probe, run_id: str) -> bool:
        """Whether somebody is at it still. A run that asks again was resumed: its earlier attempt is over."""
        return probe.run_id != run_id and is_held(self._state_dir / "runs" / probe.run_id / RECORD)

    def _settle(self, follow: Callable[[BreakerInfo], BreakerInfo]) -> Changes:
        """Replaces what is known by what follows from it, if this execution has a say, and lets the probe go."""
        probe, self._probe = self._probe, None
        with self._file.changing() as found:
            before = self._in(found)
            has_a_say = before.state == "closed" or (probe is not None and before.is_tried_by(probe.run_id))
            after = follow(before) if has_a_say else before
            found[self._new.component] = after
            if after == self._new:
                del found[self._new.component]
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

    def _in(self, found: dict[str, BreakerInfo]) -> BreakerInfo:
        return found.get(self._new.component, self._new)


@dataclass(frozen=True)
class Breakers:
    """The breakers that have failures, by pipeline and component; a problem for each file that holds none."""

    sound: list[BreakerInfo]
    problems: tuple[Problem, ...] = ()


def breakers(state_dir: Path) -> Breakers:
    """All breakers that have failures. RunError when their folder cannot be read."""
    found: list[BreakerInfo] = []
    problems: list[Problem] = []
    for pipeline in _pipelines(state_dir / "breakers"):
        try:
            found += _file(state_dir, pipeline).read().values()
        except RunError as error:
            problems += error.problems
    return Breakers(sorted(found, key=lambda info: (info.pipeline, info.component)), tuple(problems))


def has_failures(state_dir: Path, pipeline: str, component: str) -> bool:
    """Whether failures of a component count, or whether nobody can tell, since its file is foreign."""
    try:
        return component in _file(state_dir, pipeline).read()
    except RunError as error:
        if isinstance(error.__cause__, OSError):
            raise
        return True


def reset(state_dir: Path, pipeline: str, component: str) -> bool:
    """Closes a breaker; False when it had no failures. Where the file is foreign, all breakers of the pipeline are closed."""
    if not has_failures(state_dir, pipeline, component):
        return False
    file = _file(state_dir, pipeline)
    try:
        with file.changing() as found:
            found.pop(component, None)
    except RunError as error:
        if isinstance(error.__cause__, OSError):
            raise
        file.remove()
    return True


def _file(state_dir: Path, pipeline: str) -> PipelineFile[BreakerInfo]:
    def load(component: str, values: Any) -> BreakerInfo:
        info: BreakerInfo = from_document(BreakerInfo, {**values, "pipeline": pipeline, "component": component})
        if info.state not in get_args(CircuitState) or min(info.failures, info.successes) < 0:
            raise ValueError(f"{component!r} is in no state")
        since = info.probe.since if info.probe is not None else 0.0
        opened_at: Any = 0.0 if info.state == "closed" and info.opened_at is None else info.opened_at
        for seconds in (opened_at, since):
            datetime.datetime.fromtimestamp(seconds, datetime.UTC)  # raises for what is no time
        return info

    by_hand = _how_to_reset(state_dir, pipeline, "COMPONENT")
    return PipelineFile(
        state_dir / "breakers" / f"{pipeline}.json",
        format="ppf-breakers-1",
        what="circuit breakers",
        load=load,
        if_foreign=f"Delete it, or run {by_hand}; all circuit breakers of {pipeline!r} are closed then.",
        if_full="Make the folder writable, free space there, or set runtime.state_dir.",
    )


def _how_to_reset(state_dir: Path, pipeline: str, component: str) -> str:
    """The command that closes one by hand."""
    return f"'ppf runs breakers --state-dir {shlex.quote(str(state_dir))} --reset {pipeline}/{component}'"


def _pipelines(folder: Path) -> list[str]:
    try:
        names = state_files().names(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        hint = "Make it readable, or set runtime.state_dir."
        raise RunError(f"Circuit breakers cannot be read from {folder}: {error.strerror or error}.", hint=hint) from error
    return [name.removesuffix(".json") for name in names if name.endswith(".json") and not name.startswith(".")]


def _changes(before: BreakerInfo, after: BreakerInfo) -> Changes:
    return ((before.state, after.state),) if before.state != after.state else ()
