"""The files of circuit breakers: read, replaced in one step, and changed by one process at a time."""

import datetime
import hashlib
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

from ppf_core.contracts.results import CircuitState
from ppf_core.errors import RunError
from ppf_core.storage.state_files import OpenFile, held_alone, state_files

_FORMAT = 1
_FOREIGN = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading a file that no breaker wrote can end in."""


@dataclass(frozen=True)
class Probe:
    """Who tries a half-open breaker. host and pid are for people; whether it is alive, the lock that it holds tells."""

    token: str
    host: str
    pid: int
    since: float


@dataclass(frozen=True)
class BreakerInfo:
    """What the file of one breaker says. failures: in a row. opened_at, and since of the probe: seconds since the epoch."""

    pipeline: str
    component: str
    state: CircuitState = "closed"
    failures: int = 0
    successes: int = 0
    opened_at: float | None = None
    probe: Probe | None = None

    def not_after(self, now: float) -> "BreakerInfo":
        """The same with no time in the future: there are some where the clock was put back, and they count from now on."""
        opened_at = None if self.opened_at is None else min(self.opened_at, now)
        probe = None if self.probe is None else replace(self.probe, since=min(self.probe.since, now))
        return replace(self, opened_at=opened_at, probe=probe)


class BreakerFile:
    """The file of one breaker, which is there only while failures count. Raises RunError, which names what is in the way.

        breakers/flights+out+1f2e….json     what the breaker says
        breakers/flights+out+1f2e….probe    held by whoever tries a half-open breaker, until it ends or dies
        breakers/lock                       held for the milliseconds of a change

    patience: seconds to wait for another process that changes a breaker.
    """

    def __init__(self, folder: Path, pipeline: str, component: str, patience: float = 10.0) -> None:
        self.pipeline = pipeline
        self.component = component
        self.path = _path(folder, pipeline, component)
        self._probe = self.path.with_suffix(".probe")
        self._patience = patience

    def read(self) -> BreakerInfo | None:
        """What it says; None when there is none. Whole at any time, also while another process changes it."""
        return read(self.path, f"Delete it, or run {self.how_to_reset}.")

    def is_there(self) -> bool:
        """Whether failures count, or somebody else left a file in its place."""
        try:
            return state_files().exists(self.path)
        except OSError as error:
            raise unreadable(self.path, error) from error

    def write(self, info: BreakerInfo) -> None:
        """Says something else, for good."""
        state_files().write(self.path, json.dumps({"format": _FORMAT, **asdict(info)}))

    def remove(self) -> None:
        """Closes the breaker and forgets its failures."""
        state_files().remove(self._probe)
        state_files().remove(self.path)
        state_files().sync_folder(self.path.parent)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """No other process changes the breakers of the folder meanwhile. What the disk refuses is raised as RunError."""
        folder = self.path.parent
        try:
            state_files().make_folder(folder)
            with held_alone(folder / "lock", self._patience):
                yield
        except OSError as error:
            hint = "Make the folder writable, free space there, or set runtime.state_dir."
            reason = error.strerror or error
            raise RunError(f"The circuit breakers in {str(folder)!r} cannot be written: {reason}.", hint=hint) from error

    def hold_probe(self) -> OpenFile:
        """Becomes the probe, for as long as what is given back is open. The kernel closes it for a process that dies."""
        state_files().remove(self._probe)  # a lost probe may still hold the old one
        held = state_files().open_lock(self._probe, is_new=True)
        held.try_lock()  # nobody knows the new file
        return held

    def probe_is_held(self) -> bool:
        """Whether the last one that became the probe is still at it."""
        with suppress(FileNotFoundError):
            return state_files().is_locked(self._probe)
        return False

    @property
    def how_to_reset(self) -> str:
        """The command that closes it by hand."""
        state_dir = shlex.quote(str(self.path.parent.parent))
        return f"'ppf runs breakers --state-dir {state_dir} --reset {self.pipeline}/{self.component}'"


def read(path: Path, what_to_do: str = "Delete it; the breaker is closed then.") -> BreakerInfo | None:
    """What the file under a path says; None when there is none."""
    try:
        text = state_files().read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        return _parsed(text, path)
    except _FOREIGN as error:
        what = "holds no state of a circuit breaker" if text else "is empty"
        raise RunError(f"The circuit breaker's file {str(path)!r} {what}.", hint=what_to_do) from error


def unreadable(path: Path, error: OSError) -> RunError:
    """What to raise when the disk does not let a file or a folder of breakers be read."""
    hint = "Make it readable, or set runtime.state_dir."
    return RunError(f"Circuit breakers cannot be read from {str(path)!r}: {error.strerror or error}.", hint=hint)


def _parsed(text: bytes, path: Path) -> BreakerInfo:
    values = json.loads(text)
    number, probe = values.pop("format"), values.pop("probe")
    info = BreakerInfo(**values, probe=None if probe is None else Probe(**probe))
    if number != _FORMAT or info.state not in get_args(CircuitState) or min(info.failures, info.successes) < 0:
        raise ValueError(values)
    if info.state != "closed" or info.opened_at is not None:
        _require_time(info.opened_at)
    if info.probe is not None:
        _require_time(info.probe.since)
    if path != _path(path.parent, info.pipeline, info.component):
        raise ValueError(path)  # a copy of the file of another breaker
    return info


def _require_time(seconds: Any) -> None:
    datetime.datetime.fromtimestamp(seconds, datetime.UTC)  # raises for what is none


def _path(folder: Path, pipeline: str, component: str) -> Path:
    """A file of its own for each pair of names, also where A and a are one name; `+` is in none of them."""
    digest = hashlib.sha256(json.dumps([pipeline, component]).encode()).hexdigest()[:16]
    readable = "+".join(re.sub(r"[^A-Za-z0-9._-]", "_", name)[:80] for name in (pipeline, component))
    return folder / f"{readable}+{digest}.json"
