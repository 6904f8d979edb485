"""Circuit breakers: a component that keeps failing is not started again for a while, also by other processes.

    closed ── failure_threshold failures in a row ──▶ open
      ▲                                                │ reset_timeout has passed, and somebody asks
      │                                                ▼
      └──────── success_threshold probes ───────── half_open ── a probe fails ──▶ open

Half-open lets one execution through at a time, among all processes: the probe. Only a breaker that has failures has a file.
"""

import fcntl
import hashlib
import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ppf_core.config.model import CircuitBreakerConfig
from ppf_core.contracts.results import CircuitState
from ppf_core.errors import RunError
from ppf_core.pipeline.durable import write_durably

Changes = tuple[tuple[CircuitState, CircuitState], ...]

_FORMAT = 1
_LONGEST_PROBE = 24 * 3600.0
"""Seconds after which a probe of another machine counts as dead; on this machine one can look."""


@dataclass(frozen=True)
class Admission:
    """Whether a component may start. retry_after: seconds until it is worth asking again; 0 when it may start."""

    allowed: bool
    changes: Changes = ()
    retry_after: float = 0.0


@dataclass(frozen=True)
class Probe:
    """Who tries a half-open breaker: a process, told apart from later ones of the same id by the time it was started."""

    token: str
    host: str
    pid: int
    started: str
    since: float


@dataclass(frozen=True)
class BreakerInfo:
    """What the file of one breaker says. failures: in a row. opened_at: seconds since the epoch."""

    pipeline: str
    component: str
    state: CircuitState = "closed"
    failures: int = 0
    successes: int = 0
    opened_at: float | None = None
    probe: Probe | None = None


class CircuitBreaker:
    """The breaker of one component of one pipeline. Raises RunError when its state cannot be read or written.

    breaker = CircuitBreaker(Path(".ppf/breakers"), "flights", "out", CircuitBreakerConfig(failure_threshold=3))
    if breaker.admit().allowed:
        breaker.succeeded()  # or failed(), or abandoned()

    folder: where the states of all breakers lie. clock: seconds since the epoch.
    """

    def __init__(
        self, folder: Path, pipeline: str, component: str, config: CircuitBreakerConfig, clock: Callable[[], float] = time.time
    ) -> None:
        self._config = config
        self._clock = clock
        self._new = BreakerInfo(pipeline, component)
        self._path = _path(folder, pipeline, component)
        self._token = secrets.token_hex(8)

    @property
    def state(self) -> CircuitState:
        """The state as it is now. An open one whose time has passed is open until somebody asks to be admitted."""
        return self._read().state

    def admit(self) -> Admission:
        """Asks to start the component; every admission is answered by `succeeded`, `failed` or `abandoned`."""
        if not self._path.exists():
            return Admission(allowed=True)
        with _locked(self._path):
            found = self._read()
            if found.state == "closed":
                return Admission(allowed=True)
            wait = self._seconds_open(found) if found.state == "open" else self._seconds_of_probe(found.probe)
            if wait > 0:
                return Admission(allowed=False, retry_after=wait)
            self._write(replace(found, state="half_open", probe=self._probe()))
            return Admission(allowed=True, changes=_changes(found.state, "half_open"))

    def succeeded(self) -> Changes:
        """The component succeeded. Gives the changes of state."""
        if not self._path.exists():
            return ()
        with _locked(self._path):
            found = self._read()
            if found.state == "open":
                return ()  # others opened it while this execution was on its way
            if found.state == "half_open" and found.successes + 1 < self._config.success_threshold:
                self._write(replace(found, successes=found.successes + 1, probe=None))
                return ()
            self._path.unlink(missing_ok=True)
            return _changes(found.state, "closed")

    def failed(self) -> Changes:
        """The component failed, after all its attempts. Gives the changes of state."""
        with _locked(self._path):
            found = self._read()
            failures = found.failures + 1
            if found.state == "closed" and failures < self._config.failure_threshold:
                self._write(replace(found, failures=failures))
                return ()
            opened_at = found.opened_at if found.state == "open" else self._clock()
            self._write(replace(found, state="open", failures=failures, successes=0, opened_at=opened_at, probe=None))
            return _changes(found.state, "open")

    def abandoned(self) -> None:
        """Neither: the component was prevented or interrupted. A probe that it held is free again."""
        if not self._path.exists():
            return
        with _locked(self._path):
            found = self._read()
            if found.probe is not None and found.probe.token == self._token:
                self._write(replace(found, probe=None))

    def _seconds_open(self, found: BreakerInfo) -> float:
        timeout, now = self._config.reset_timeout.total_seconds(), self._clock()
        if found.opened_at is None or found.opened_at > now:
            # The clock was put back; from now on it is open no longer than it should be.
            self._write(replace(found, opened_at=now))
            return timeout
        return found.opened_at + timeout - now

    def _seconds_of_probe(self, probe: Probe | None) -> float:
        if probe is None or _is_dead(probe, self._clock()):
            return 0.0
        return max(1.0, self._config.reset_timeout.total_seconds())

    def _probe(self) -> Probe:
        pid = os.getpid()
        return Probe(self._token, socket.gethostname(), pid, _started(pid), self._clock())

    def _read(self) -> BreakerInfo:
        return _read(self._path) or self._new

    def _write(self, info: BreakerInfo) -> None:
        try:
            write_durably(self._path, json.dumps({"format": _FORMAT, **asdict(info)}))
        except OSError as error:
            raise _unusable(self._path, f"cannot be written: {error.strerror}") from error


def breakers(folder: Path) -> list[BreakerInfo]:
    """All breakers that have failures, by pipeline and component."""
    found = (_read(path) for path in folder.glob("*.json"))
    return sorted((info for info in found if info is not None), key=lambda info: (info.pipeline, info.component))


def reset(folder: Path, pipeline: str, component: str) -> bool:
    """Closes a breaker, whatever its file says; False when it had no failures."""
    path = _path(folder, pipeline, component)
    if not path.exists():
        return False
    with _locked(path):
        path.unlink(missing_ok=True)
    return True


def _path(folder: Path, pipeline: str, component: str) -> Path:
    # The hash tells apart what differs in case only, or in where the dash stands.
    digest = hashlib.sha256(f"{pipeline}\0{component}".encode()).hexdigest()[:16]
    return folder / f"{pipeline[:80]}-{component[:80]}-{digest}.json"


def _read(path: Path) -> BreakerInfo | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, f"cannot be read: {error}") from error
    try:
        return _parsed(json.loads(text))
    except (ValueError, TypeError, KeyError) as error:
        raise _unusable(path, "holds no state of a circuit breaker") from error


def _parsed(values: Mapping[str, Any]) -> BreakerInfo:
    if values["format"] != _FORMAT or values["state"] not in ("closed", "half_open", "open"):
        raise ValueError(values)
    fields = {key: value for key, value in values.items() if key not in ("format", "probe")}
    return BreakerInfo(**fields, probe=Probe(**values["probe"]) if values["probe"] is not None else None)


def _changes(old: CircuitState, new: CircuitState) -> Changes:
    return ((old, new),) if old != new else ()


def _is_dead(probe: Probe, now: float) -> bool:
    if not 0 <= now - probe.since <= _LONGEST_PROBE:
        return True
    return probe.host == socket.gethostname() and _started(probe.pid) != probe.started


def _started(pid: int) -> str:
    """When a process was started, in the kernel's own unit; empty for one that is gone. Elsewhere than on Linux: its id."""
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return ""
        except PermissionError:
            return str(pid)
        return str(pid)
    try:
        # The name of the program may hold spaces and brackets; what follows its last bracket does not.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time reads and changes the states of a folder; its death gives the lock back."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = (path.parent / "lock").open("a")
    except OSError as error:
        raise _unusable(path, f"cannot be locked: {error.strerror}") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unusable(path: Path, what: str) -> RunError:
    hint = "Make the folder writable, or delete the file: that closes the breaker."
    return RunError(f"The state of a circuit breaker, {str(path)!r}, {what}.", hint=hint)
