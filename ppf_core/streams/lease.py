"""Who runs a query: one process at a time, also where several machines reach its checkpoint.

A lease is a small file beside the checkpoint that its holder makes new again and again. It is free when its holder has given it
up, has died on this machine, or has not renewed it for half a minute by the clock of the file system.
"""

import json
import os
import socket
from pathlib import Path

from ppf_core.errors import RunLocked
from ppf_core.storage import Files
from ppf_core.streams.journal import FOLDER
from ppf_core.threads import threads

RENEW_SECONDS = 5.0
STALE_SECONDS = 30.0


class Lease:
    """The lease of one query folder. OSError where the file system refuses."""

    def __init__(self, files: Files, folder: str, run_id: str) -> None:
        self._files = files
        self._home = f"{folder}/{FOLDER}"
        self._path = f"{self._home}/lease"
        self._text = json.dumps(
            {"run_id": run_id, "host": socket.gethostname(), "pid": os.getpid(), "token": threads().token(8)}
        )
        self._renewed = 0.0

    def take(self) -> None:
        """RunLocked when another process has it."""
        mine = f"{self._home}/.lease-{threads().token(4)}"
        self._files.write(mine, self._text)
        try:
            with self._files.alone(self._home):
                if self._holder_lives(mine):
                    raise RunLocked(
                        f"The query of {self._home.removesuffix('/' + FOLDER)} runs already: {self._holder()}.",
                        hint="Stop that run (`ppf runs stop`), or wait: half a minute after its machine is gone it is free.",
                    )
                self._files.delete(self._path)
                self._files.claim(mine, self._path)
        except FileExistsError:
            raise RunLocked(
                f"The query of {self._home.removesuffix('/' + FOLDER)} was started by another process just now.",
                hint="Stop that run, or wait until it ends.",
            ) from None
        finally:
            self._files.delete(mine)
        self._renewed = threads().monotonic()

    def renew(self) -> None:
        """Says that its holder lives, if that is due. RunLocked when somebody else took it meanwhile."""
        if threads().monotonic() - self._renewed < RENEW_SECONDS:
            return
        self.require()
        self._files.touch(self._path)
        self._renewed = threads().monotonic()

    def require(self) -> None:
        """RunLocked when it is no longer ours: this process slept for too long, and another one goes on."""
        if self._files.read(self._path) != self._text:
            hint = "Look at the other run; this one has stopped without showing anything more."
            raise RunLocked(f"The lease {self._path} was taken over by {self._holder() or 'nobody'}.", hint=hint)

    def give_up(self) -> None:
        """Frees it, if it is still ours."""
        if self._files.read(self._path) == self._text:
            self._files.delete(self._path)

    def _holder_lives(self, mine: str) -> bool:
        text = self._files.read(self._path)
        if text is None or text == self._text:
            return False
        try:
            held = json.loads(text)
        except ValueError:
            return False  # whoever wrote it died in the middle
        is_here = held.get("host") == socket.gethostname() and Path("/proc/self").exists()
        if is_here and not Path(f"/proc/{held.get('pid')}").exists():
            return False
        now, then = self._files.modified(mine), self._files.modified(self._path)
        return now is not None and then is not None and now - then < STALE_SECONDS

    def _holder(self) -> str:
        try:
            held = json.loads(self._files.read(self._path) or "{}")
            return f"run {held['run_id']!r}, process {held['pid']} on {held['host']}"
        except (ValueError, KeyError):
            return ""
