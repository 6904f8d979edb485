"""A textfile for the node exporter, in which counters add up over runs."""

import fcntl
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import generate_latest

from ppf_core.storage import make_folder, replace_file, replacing
from ppf_prometheus.metrics import Metrics
from ppf_prometheus.readings import Reading


class Textfile:
    """Adds what is noted to what the file shows already. Readers see the old file or the new one, never a part.

        textfile = Textfile(Path("/var/lib/prometheus/node-exporter/flights.prom"), interval=10)
        textfile.note([Reading(RUNS, ("flights", "success"), 1)])
        textfile.renew()

    Between reading and replacing it holds a lock beside the file, so that two processes at once lose nothing. The names of lock
    and new file begin with a dot and do not end in `.prom`: the node exporter does not read them.
    """

    def __init__(self, path: Path, interval: float) -> None:
        self._path = path
        self._lock = path.with_name(f".{path.name}.lock")
        self._interval = interval
        self._due = time.monotonic() + interval
        self._unwritten = Metrics()

    def note(self, readings: Iterable[Reading]) -> None:
        """Takes readings for the next time."""
        self._unwritten.note(readings)

    def is_due(self) -> bool:
        """Whether the file is older than the interval."""
        return time.monotonic() >= self._due

    def renew(self) -> None:
        """Adds to counters and sets gauges. When it raises, the file is as it was, and nothing noted is lost."""
        self._due = time.monotonic() + self._interval
        try:
            make_folder(self._path.parent)
            with self._locked():
                whole = self._read()
                whole.note(self._unwritten.readings())
                self._replace(generate_latest(whole))
                self._unwritten = Metrics()
        except OSError as error:
            reason = error.strerror or error
            hint = "Make room there, or correct 'textfile'."
            raise OSError(f"The textfile {str(self._path)!r} cannot be written: {reason}. {hint}") from error

    def _read(self) -> Metrics:
        try:
            return Metrics.parse(self._path.read_bytes().decode())
        except FileNotFoundError:
            return Metrics()
        except (ValueError, KeyError) as error:
            hint = "Give the hook a file of its own, or move this one away: its counters then begin at 0."
            raise ValueError(f"The textfile {str(self._path)!r} cannot be continued: {error}. {hint}") from error

    def _replace(self, text: bytes) -> None:
        if not self._path.exists():
            replace_file(self._path, text)
            return
        # As readable as somebody has made it: the node exporter is another user.
        with replacing(self._path, mode=stat.S_IMODE(self._path.stat().st_mode)) as part:
            part.write_bytes(text)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed
            yield
