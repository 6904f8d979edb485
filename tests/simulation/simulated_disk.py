"""A disk that a test controls: it fills up, breaks, or the process dies on it, at whichever effect the test says.

    platter = Platter(Path("/pipelines"))
    disk = SimulatedDisk(platter, threads)
    disk.strike(7, "killed within")
    with using_threads(threads), using_state_files(disk):
        threads.run(program)
    disk.effects                               # what was done, in its order
    SimulatedDisk(platter, next_threads)       # the same files, for the next process

An effect is what another process could see. At each one other threads may go on, and the process may die; what was done before
stays, as with a process that was killed on a machine that goes on. With a process go its locks.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from simulated_threads import Killed, SimulatedThreads

from ppf_core.storage.state_files import OpenFile, RecordFile, StateFiles

T = TypeVar("T")
What = Literal["killed before", "killed within", "killed after", "full", "broken"]

_NEED_ROOM = frozenset({"append", "create", "mkdir", "write"})


@dataclass(frozen=True)
class Effect:
    """What was done, and to which path."""

    kind: str
    path: str


@dataclass(eq=False)
class _File:
    content: bytearray = field(default_factory=bytearray)
    modified: float = 0.0
    holder: "_Handle | None" = None


@dataclass
class Platter:
    """What outlives the processes: files and folders. root: the folder that is there from the beginning.

    room: bytes that still fit; None for as many as anybody wants.
    """

    root: Path
    files: dict[str, _File] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    room: int | None = None
    processes: int = 0

    def __post_init__(self) -> None:
        self.folders |= {str(self.root), *map(str, self.root.parents)}

    def texts(self) -> dict[str, str]:
        """What the files hold, by their paths below the root."""
        begin = len(str(self.root)) + 1
        return {path[begin:]: file.content.decode() for path, file in sorted(self.files.items())}


class SimulatedDisk(StateFiles):
    """The disk, as one process has it."""

    def __init__(self, platter: Platter, threads: SimulatedThreads | None = None) -> None:
        self.platter = platter
        self.effects: list[Effect] = []
        self._threads = threads or SimulatedThreads()
        self._strikes: dict[int, tuple[What, int]] = {}
        self._refusals = 0
        platter.processes += 1
        self._process = platter.processes

    # ---- what a test asks for

    def strike(self, effect: int, what: What, lasts: int = 1) -> None:
        """Lets the effect of that number, from 0 on, go wrong.

        full: so many effects that need room are refused, then somebody has freed some. broken: this effect is refused.
        """
        self._strikes[effect] = (what, lasts)

    @property
    def is_dead(self) -> bool:
        """Whether its process is."""
        return self._threads.is_dead

    # ---- looking

    def read(self, path: Path) -> bytes:
        """What a file holds."""
        return bytes(self._file(path).content)

    def names(self, folder: Path) -> list[str]:
        """What lies in a folder, sorted."""
        self.look(folder)
        if not self._is_folder(folder):
            raise self._error(errno.ENOTDIR if str(folder) in self.platter.files else self._missing(folder), folder)
        return sorted(path[len(str(folder)) + 1 :] for path in self._children(folder))

    def exists(self, path: Path) -> bool:
        """Whether there is a file or a folder."""
        self.look(path)
        return self._is_folder(path) or str(path) in self.platter.files

    def is_file(self, path: Path) -> bool:
        """Whether there is a file."""
        self.look(path)
        return str(path) in self.platter.files

    def is_folder(self, path: Path) -> bool:
        """Whether there is a folder."""
        self.look(path)
        return self._is_folder(path)

    def modified(self, path: Path) -> float | None:
        """When a file was made, or touched."""
        self.look(path)
        file = self.platter.files.get(str(path))
        return file.modified if file is not None else None

    def is_locked(self, path: Path) -> bool:
        """Whether a living process holds the lock of a file."""
        holder = self._file(path).holder
        return holder is not None and holder.is_alive

    # ---- changing

    def write(self, path: Path, text: str, *, mode: int = 0o666) -> None:
        """Replaces a file in one step; a process that dies before that leaves a part beside it."""
        part = path.with_name(f".{path.name}.{self._process}.part")
        self.look(part)
        self._require_folder(part)
        data = text.encode()
        try:
            self.do("write", part, lambda: self._put(part, data), lambda: self._put(part, data[: len(data) // 2]), len(data))
            self.look(path)
            if self._is_folder(path):
                raise self._error(errno.EISDIR, path)
            self.do("rename", path, lambda: self._rename(part, path))
        except OSError:
            self.platter.files.pop(str(part), None)
            raise

    def link(self, path: Path, name: Path) -> None:
        """Shows a file under a second name; FileExistsError when that is taken."""
        file = self._file(path)
        self._require_new(name)
        self.do("link", name, lambda: self.platter.files.update({str(name): file}))

    def touch(self, path: Path) -> None:
        """Makes a file new."""
        file = self._file(path)
        self.do("touch", path, lambda: setattr(file, "modified", self._threads.monotonic()))

    def reserve(self, path: Path, size: int) -> None:
        """Occupies room."""
        self.look(path)
        self._require_folder(path)
        if self._is_folder(path):
            raise self._error(errno.EISDIR, path)
        file = self.do("create", path, lambda: self._put(path, b""))
        self.look(path)
        self.do("write", path, lambda: file.content.extend(bytes(size)), size=size)

    def mark(self, path: Path) -> None:
        """Makes an empty file, and the folders above it that are missing."""
        self.make_folder(path.parent)
        self.look(path)
        self._require_folder(path)
        if not self._is_folder(path) and str(path) not in self.platter.files:
            self.do("create", path, lambda: self._put(path, b""))

    def remove(self, path: Path) -> None:
        """Removes a file, if it is there."""
        self.look(path)
        if self._is_folder(path):
            raise self._error(errno.EISDIR, path)
        if str(path) in self.platter.files:
            self.do("unlink", path, lambda: self._unlink(path))
        elif self._missing(path) == errno.ENOTDIR:
            raise self._error(errno.ENOTDIR, path)

    def make_folder(self, folder: Path) -> None:
        """Makes a folder and what is missing above it."""
        missing = [each for each in (folder, *folder.parents) if not self._is_folder(each)]
        for each in reversed(missing):
            self.look(each)
            if str(each) in self.platter.files:
                raise self._error(errno.ENOTDIR, each)
            if not self._is_folder(each):
                self._require_folder(each)
                self.do("mkdir", each, lambda each=each: self.platter.folders.add(str(each)))  # type: ignore[misc]

    def make_new_folder(self, folder: Path) -> None:
        """The same; FileExistsError when there is one."""
        self.make_folder(folder.parent)
        self._require_new(folder)
        self.do("mkdir", folder, lambda: self.platter.folders.add(str(folder)))

    def remove_folder(self, folder: Path, *, as_far_as_possible: bool = False) -> None:
        """Removes a folder, one name after the other. What is gone is passed over."""
        try:
            for name in self.names(folder):
                if self._is_folder(folder / name):
                    self.remove_folder(folder / name, as_far_as_possible=as_far_as_possible)
                else:
                    self._passing(as_far_as_possible, lambda name=name: self.remove(folder / name))  # type: ignore[misc]
            self.remove_empty_folder(folder)
        except FileNotFoundError:
            return
        except OSError:
            if not as_far_as_possible:
                raise

    def remove_empty_folder(self, folder: Path) -> None:
        """Removes a folder in which nothing is."""
        if self.names(folder):
            raise self._error(errno.ENOTEMPTY, folder)
        self.do("rmdir", folder, lambda: self.platter.folders.discard(str(folder)))

    def sync_folder(self, folder: Path) -> None:
        """Nothing that a killed process could lose."""
        if not self.exists(folder):
            raise self._error(self._missing(folder), folder)
        self.do("fsync", folder, lambda: None)

    def require_writable(self, folder: Path) -> None:
        """Refuses what is no folder."""
        self.look(folder)
        if not self._is_folder(folder):
            raise self._error(errno.ENOTDIR, folder)

    def try_writing(self, folder: Path) -> None:
        """Writes into a folder without leaving anything."""
        self.look(folder)
        self._require_folder(folder / "any")
        self.do("create", folder / "any", lambda: None)

    def create(self, path: Path) -> RecordFile:
        """A new file to add to."""
        self._require_new(path)
        return _Record(self, path, self.do("create", path, lambda: self._put(path, b"")))

    def reopen(self, path: Path) -> RecordFile:
        """A file to add to that is there already."""
        return _Record(self, path, self._file(path))

    def open_lock(self, path: Path, *, is_new: bool = False) -> OpenFile:
        """A file that is only there for its lock."""
        if is_new:
            self._require_new(path)
        else:
            self.look(path)
        if self._is_folder(path):
            raise self._error(errno.EISDIR, path)
        if str(path) in self.platter.files:
            return _Handle(self, path, self.platter.files[str(path)])
        self._require_folder(path)
        return _Handle(self, path, self.do("create", path, lambda: self._put(path, b"")))

    # ---- effects

    def do(self, kind: str, path: Path, act: Callable[[], T], half: Callable[[], object] | None = None, size: int = 0) -> T:
        """Does an effect, unless something is to go wrong. half: does a part of it. size: the room that it needs.

        Whoever asks has looked before, and nobody comes in between.
        """
        what, lasts = self._strikes.get(len(self.effects), (None, 0))
        self.effects.append(Effect(kind, str(path)))
        if what == "full":
            self.platter.room, self._refusals = 0, lasts
        if what == "broken":
            raise self._error(errno.EIO, path)
        if what == "killed within" and half is not None:
            half()
        if what in ("killed before", "killed within"):
            self._die()
        if kind in _NEED_ROOM:
            self._take_room(path, size)
        result = act()
        if what == "killed after":
            self._die()
        return result

    def look(self, path: Path) -> None:
        """Others may go on; whoever is dead may not even look."""
        self._threads.yield_point(path.name)

    def _die(self) -> None:
        self._threads.kill()
        raise Killed

    def _take_room(self, path: Path, size: int) -> None:
        if self.platter.room is None:
            return
        if self.platter.room < max(size, 1):
            self._refusals -= 1
            if self._refusals <= 0:
                self.platter.room = None
            raise self._error(errno.ENOSPC, path)
        self.platter.room -= size

    def _put(self, path: Path, data: bytes) -> _File:
        file = self.platter.files[str(path)] = _File(bytearray(data), self._threads.monotonic())
        return file

    def _rename(self, source: Path, target: Path) -> None:
        self.platter.files[str(target)] = self.platter.files.pop(str(source))

    def _unlink(self, path: Path) -> None:
        file = self.platter.files.pop(str(path))
        if self.platter.room is not None:
            self.platter.room += len(file.content)

    def _passing(self, passes: bool, act: Callable[[], None]) -> None:
        if not passes:
            act()
            return
        with suppress(OSError):
            act()

    # ---- paths

    def _file(self, path: Path) -> _File:
        self.look(path)
        if str(path) in self.platter.files:
            return self.platter.files[str(path)]
        raise self._error(errno.EISDIR if self._is_folder(path) else self._missing(path), path)

    def _is_folder(self, path: Path) -> bool:
        return str(path) in self.platter.folders

    def _children(self, folder: Path) -> Iterator[str]:
        begin = f"{folder}/"
        for path in (*self.platter.files, *self.platter.folders):
            if path.startswith(begin) and "/" not in path[len(begin) :]:
                yield path

    def _missing(self, path: Path) -> int:
        """Why there is nothing: a file stands where a folder should be, or nothing does."""
        return errno.ENOTDIR if any(str(each) in self.platter.files for each in path.parents) else errno.ENOENT

    def _require_folder(self, path: Path) -> None:
        if not self._is_folder(path.parent):
            raise self._error(errno.ENOTDIR if str(path.parent) in self.platter.files else self._missing(path), path)

    def _require_new(self, path: Path) -> None:
        self.look(path)
        if self._is_folder(path) or str(path) in self.platter.files:
            raise self._error(errno.EEXIST, path)
        self._require_folder(path)

    def _error(self, number: int, path: Path) -> OSError:
        return OSError(number, os.strerror(number), str(path))


class _Handle(OpenFile):
    """A file that a simulated process holds open."""

    def __init__(self, disk: SimulatedDisk, path: Path, file: _File) -> None:
        self._disk = disk
        self._path = path
        self._node = file
        self._is_open = True

    @property
    def is_alive(self) -> bool:
        """Whether it is open, in a process that lives."""
        return self._is_open and not self._disk.is_dead

    def try_lock(self) -> bool:
        """Takes the lock, if nobody holds it."""
        self._disk.look(self._path)
        holder = self._node.holder
        if holder is not None and holder is not self and holder.is_alive:
            return False
        self._node.holder = self
        return True

    def unlock(self) -> None:
        """Gives the lock back."""
        if self._node.holder is self:
            self._node.holder = None

    def close(self) -> None:
        """Lets go of the file, and of its lock."""
        self.unlock()
        self._is_open = False

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return not self._is_open


class _Record(_Handle, RecordFile):
    """A file that a simulated process adds to."""

    def is_torn(self) -> bool:
        """Whether its last line has no end."""
        self._disk.look(self._path)
        return bool(self._node.content) and not self._node.content.endswith(b"\n")

    def append(self, data: bytes) -> None:
        """Adds all of the bytes, or nothing of them; a process that dies in it leaves a part."""
        self._require_open()
        self._disk.look(self._path)
        content, half = self._node.content, data[: len(data) // 2]
        self._disk.do("append", self._path, lambda: content.extend(data), lambda: content.extend(half), len(data))

    def sync(self) -> None:
        """Nothing that a killed process could lose."""
        self._require_open()
        self._disk.look(self._path)
        self._disk.do("fsync", self._path, lambda: None)

    def _require_open(self) -> None:
        if not self._is_open:
            raise ValueError("I/O operation on closed file.")
