"""Which process it is, and whether it still runs: so that what a killed one left behind can be told from what is in use."""

import os
import socket
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

State = Literal["running", "ended", "unknown"]


@dataclass(frozen=True)
class Process:
    """A process for as long as it runs: its number is given to another one later, but with another start.

    machine: which boot of the host, and which container in it, the number belongs to.
    """

    host: str
    machine: str
    pid: int
    started: str

    @classmethod
    def this(cls) -> "Process":
        """The process that asks."""
        return cls(socket.gethostname(), _machine(), os.getpid(), _started(os.getpid()) or "")

    @property
    def state(self) -> State:
        """Whether it still runs; unknown for one that cannot be seen from here, such as one of another host."""
        if (self.host, self.machine) != (socket.gethostname(), _machine()):
            return "unknown"
        started = _started(self.pid)
        if started is None:
            return "ended"
        return "running" if started in ("", self.started) else "ended"

    @property
    def is_this(self) -> bool:
        """Whether it is the process that asks."""
        return self == Process.this()

    def __str__(self) -> str:
        return f"process {self.pid} on host {self.host!r}"


@cache
def _machine() -> str:
    """Empty where the system does not tell; then the host's name must do."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # Containers of one host share its boot, and may share its name, but count processes on their own.
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """When a process of this machine began; None when there is none, empty when that cannot be seen."""
    if not Path("/proc/self/stat").exists():
        return _listed_start(pid)
    try:
        # The name in parentheses may hold anything. After it: the state, and as 20th value the start in ticks since the boot.
        values = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "" if _takes_signals(pid) else None  # /proc may hide the processes of others
    return None if values[0] in ("Z", "X") else values[19]


def _listed_start(pid: int) -> str | None:
    """The same on macOS, which has no /proc."""
    found = subprocess.run(  # noqa: S603 -- a fixed program and a number
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    )
    return found.stdout.strip() or None


def _takes_signals(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
