"""Faults at the effects that this process has on files: a test strikes at any one of them, or counts them.

    effects = Effects(["/tmp/here"], at=7, fault=Fault("before", full_disk))
    with injected(effects):
        …                       # the eighth effect below /tmp/here fails
    effects.done                # what was done, in order

An effect is what another process could see, or what a power cut could undo: a file or folder that comes, goes, gets a name or
content, and each fsync. Every way from Python to them is wrapped: the functions of `os`, files from `open`, the one system
call that ppf-files makes itself, and what is asked of Spark's JVM: Hadoop's file systems, and Spark's own writers. What those
writers then do is one effect here; only a real kill hits its middle. `test_injection` compares all this with what strace sees.
"""

import builtins
import errno
import io
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest
from py4j.java_gateway import JavaMember, JavaObject

from ppf_core.storage import renaming

T = TypeVar("T")

# A full disk refuses these and lets the others pass.
NEED_ROOM = {"create", "write", "sendfile", "mkdir", "link", "symlink", "java mkdirs", "java create", "java write", "java save"}

_ONE_PATH = ("mkdir", "rmdir", "remove", "unlink", "chmod", "utime", "setxattr", "truncate")
_TWO_PATHS = ("rename", "replace", "link", "symlink")
_HANDLES = ("fsync", "fdatasync", "ftruncate", "fchmod", "sendfile")
_JAVA_PATHS = {
    "rename": "rename",
    "delete": "delete",
    "mkdirs": "mkdirs",
    "create": "create",
    "save": "save",
    "parquet": "save",
}
_JAVA_STREAMS = ("write", "hsync", "close")


@dataclass(frozen=True)
class Effect:
    """One effect: what was done, and to which path below the place that is watched."""

    kind: str
    path: str


@dataclass(frozen=True)
class Fault:
    """What happens at one effect. strike: raises, or ends the process. within: a write is cut in its middle.

    lasts: from then on, every effect that needs room fails in the same way.
    """

    moment: Literal["before", "within", "after"]
    strike: Callable[[], None]
    lasts: bool = False


def full_disk() -> None:
    """What the operating system says when there is no room."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Struck(Exception):
    """Anything else that goes wrong."""


def failure() -> None:
    """What nobody expects."""
    raise Struck("The fault of a test.")


def kill() -> None:
    """SIGKILL for this process and all others of its group."""
    os.killpg(0, signal.SIGKILL)


FAULTS = {
    "killed before": Fault("before", kill),
    "killed within": Fault("within", kill),
    "killed after": Fault("after", kill),
    "full disk": Fault("within", full_disk, lasts=True),
    "refused": Fault("before", full_disk),
    "failed before": Fault("before", failure),
    "failed after": Fault("after", failure),
}


@dataclass
class Effects:
    """Counts the effects below some places, and strikes at the one of number `at`, or at the first one that `at` says."""

    places: Sequence[str]
    at: int | Callable[[Effect], bool] | None = None
    fault: Fault = FAULTS["killed before"]
    done: list[Effect] = field(default_factory=list)
    has_struck: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def perform(self, kind: str, path: str | None, effect: Callable[[], T], half: Callable[[], object] | None = None) -> T:
        """Does an effect, with the fault if it is its turn. half: does a part of it."""
        if not self._is_hit(kind, path):
            return effect()
        if self.fault.moment == "after":
            result = effect()
            try:
                self.fault.strike()
            except BaseException:
                if kind == "create":
                    _close(result)
                raise
            return result
        if self.fault.moment == "within" and half is not None:
            half()
        self.fault.strike()
        raise AssertionError("A fault raises, or ends the process.")

    def covers(self, path: str | None) -> bool:
        """Whether effects on a path are counted."""
        return self._place(path) is not None

    def _is_hit(self, kind: str, path: str | None) -> bool:
        """Counts an effect, and says whether it is the one to strike at."""
        place = self._place(path)
        if path is None or place is None:
            return False
        with self._lock:
            effect, number = Effect(kind, path[len(place) + 1 :]), len(self.done)
            self.done.append(effect)
            is_turn = not self.has_struck and (self.at(effect) if callable(self.at) else number == self.at)
            self.has_struck = self.has_struck or is_turn
        return self.has_struck and kind in NEED_ROOM if self.fault.lasts else is_turn

    def _place(self, path: str | None) -> str | None:
        return next((place for place in self.places if f"{path}/".startswith(f"{place}/")), None)


@contextmanager
def injected(effects: Effects) -> Iterator[Effects]:
    """All effects of this process go through `effects`."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (*_ONE_PATH, *_TWO_PATHS, *_HANDLES):
            patch.setattr(os, name, _counted(name, getattr(os, name), effects))
        patch.setattr(os, "write", _counted_write(os.write, effects))
        patch.setattr(os, "open", _counted_open(os.open, effects))
        opened = _counted_files(io.open, effects)
        patch.setattr(io, "open", opened)
        patch.setattr(builtins, "open", opened)
        patch.setattr(renaming, "_renameat2", _counted_exchange(renaming._renameat2, effects))
        patch.setattr(JavaMember, "__call__", _counted_java(JavaMember.__call__, effects))
        yield effects


def _counted(name: str, function: Callable[..., Any], effects: Effects) -> Callable[..., Any]:
    """A function of `os`; of two paths the second one counts."""
    place = 1 if name in _TWO_PATHS else 0
    folder = "dst_dir_fd" if name in _TWO_PATHS else "dir_fd"
    # `mkdir` of what is there and `unlink` of what is not are questions, not effects.
    needs = {"mkdir": False, "rmdir": True, "unlink": True, "remove": True}.get(name)

    def counted(*arguments: Any, **further: Any) -> Any:
        path = _path(arguments[place], further.get(folder))
        if needs is not None and os.path.lexists(path or "") is not needs:
            return function(*arguments, **further)
        return effects.perform(name, path, lambda: function(*arguments, **further))

    return counted


def _counted_write(function: Callable[[int, Any], int], effects: Effects) -> Callable[[int, Any], int]:
    def counted(handle: int, data: Any) -> int:
        half = memoryview(data)[: len(data) // 2]
        return effects.perform("write", _path(handle), lambda: function(handle, data), lambda: function(handle, half))

    return counted


def _counted_open(function: Callable[..., int], effects: Effects) -> Callable[..., int]:
    def counted(path: Any, flags: int, *arguments: Any, **further: Any) -> int:
        found = _path(path, further.get("dir_fd"))
        comes = flags & os.O_CREAT and not os.path.lexists(found or "")
        if not (comes or flags & os.O_TRUNC):
            return function(path, flags, *arguments, **further)
        return effects.perform("create", found, lambda: function(path, flags, *arguments, **further))

    return counted


def _counted_files(function: Callable[..., Any], effects: Effects) -> Callable[..., Any]:
    """`open`: files to be written are made of our own raw file, so that buffers are counted when they are written out."""

    class CountedFile(io.FileIO):
        def write(self, data: Any) -> int:
            half = memoryview(data)[: len(data) // 2]
            write = super().write
            return effects.perform("write", _path(self.fileno()), lambda: write(data), lambda: write(half))

        def truncate(self, size: int | None = None) -> int:
            truncate = super().truncate
            return effects.perform("ftruncate", _path(self.fileno()), lambda: truncate(size))

    def counted(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        found = _path(file)
        if not set(mode) & set("wxa+") or not effects.covers(found):
            return function(file, mode, buffering, encoding, errors, newline, closefd, opener)

        def raw() -> CountedFile:
            return CountedFile(file, mode.replace("b", "").replace("t", ""), closefd, opener)

        comes = not isinstance(file, int) and ("w" in mode or not os.path.lexists(file))
        unbuffered = effects.perform("create", found, raw) if comes else raw()
        if buffering == 0:
            return unbuffered
        buffered = io.BufferedRandom(unbuffered) if "+" in mode else io.BufferedWriter(unbuffered)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline, buffering == 1)

    return counted


def _counted_exchange(function: Callable[..., bool], effects: Effects) -> Callable[..., bool]:
    def counted(source: Any, target: Any, flags: int) -> bool:
        return effects.perform("renameat2", _path(target), lambda: function(source, target, flags))

    return counted


def _counted_java(function: Callable[..., Any], effects: Effects) -> Callable[..., Any]:
    """What Hadoop's file systems and Spark's writers are asked to do with a path, and with the streams that they opened."""
    streams: dict[str, str] = {}

    def counted(self: JavaMember, *arguments: Any) -> Any:
        if self.name in _JAVA_STREAMS and self.target_id in streams:
            return effects.perform(f"java {self.name}", streams[self.target_id], lambda: function(self, *arguments))
        kind, first = _JAVA_PATHS.get(self.name), arguments[0] if arguments else None
        if kind is None or not isinstance(first, str | JavaObject):
            return function(self, *arguments)
        path = (first if isinstance(first, str) else str(first.toString())).removeprefix("file:")
        result = effects.perform(f"java {kind}", path, lambda: function(self, *arguments))
        if kind == "create" and isinstance(result, JavaObject) and effects.covers(path):
            streams[result._target_id] = path
        return result

    return counted


def _path(path: Any, folder: int | None = None) -> str | None:
    """The absolute path of a path, of one relative to an open folder, or of an open file; None for what has none."""
    if hasattr(path, "fileno"):
        path = path.fileno()
    if isinstance(path, int):
        return str(Path(f"/proc/self/fd/{path}").readlink()).removesuffix(" (deleted)")
    beside = Path(f"/proc/self/fd/{folder}").readlink() if folder is not None else Path.cwd()
    return os.path.normpath(beside / os.fsdecode(path))


def _close(result: object) -> None:
    if isinstance(result, io.IOBase):
        result.close()
    elif type(result) is int and result > 2:
        os.close(result)
