"""Files as plugins and the kernel's streams ask for them, on the simulated disk, so that each of their effects may go wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulated_disk import SimulatedDisk
from simulated_world import world

from ppf_core.storage import Entry
from ppf_core.storage.state_files import state_files
from ppf_core.threads import threads


class SimulatedFiles:
    """What lies below `world:/`. It lies on the disk of the process that asks."""

    renames_by_copying = False

    @property
    def _disk(self) -> SimulatedDisk:
        disk: Any = state_files()
        return disk  # type: ignore[no-any-return]

    def place(self, path: str) -> Path:
        """Where it lies."""
        return self._disk.platter.root / path.partition(":/")[2]

    def resolve(self, path: str) -> str:
        """There are no links."""
        return path

    def uri(self, path: str) -> str:
        """As it is."""
        return path

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return self._disk.exists(self.place(path))

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        return self._disk.is_folder(self.place(path))

    def names(self, path: str) -> list[str]:
        """None where there is no folder."""
        return self._disk.names(self.place(path)) if self.is_folder(path) else []

    def folders(self, path: str) -> list[str]:
        """The names of folders."""
        frames = {each[len(path) + 1 :].partition("/")[0] for each in world().frames if each.startswith(f"{path}/")}
        return sorted(frames | {name for name in self.names(path) if self.is_folder(f"{path}/{name}")})

    def walk(self, path: str) -> list[Entry]:
        """Nobody asks for it yet."""
        raise NotImplementedError(path)

    def modified(self, path: str) -> float | None:
        """By the clock of the machine."""
        return self._disk.modified(self.place(path))

    def read(self, path: str) -> str | None:
        """None where there is no file."""
        return self._disk.read(self.place(path)).decode() if self._disk.is_file(self.place(path)) else None

    def write(self, path: str, text: str) -> None:
        """Whole, or as it was."""
        self._disk.make_folder(self.place(path).parent)
        self._disk.write(self.place(path), text)

    def delete(self, path: str) -> None:
        """A file, or a folder one name after the other; frames are files too."""
        for each in [each for each in world().frames if f"{each}/".startswith(f"{path}/")]:
            world().at("files.remove")
            world().frames.pop(each, None)
        if self.is_folder(path):
            self._disk.remove_folder(self.place(path))
        else:
            self._disk.remove(self.place(path))

    def rename(self, source: str, target: str) -> None:
        """Nobody asks for it yet."""
        raise NotImplementedError(source, target)

    def exchange(self, one: str, other: str) -> bool:
        """As a file system that cannot."""
        return False

    def copy_rights(self, source: str, target: str) -> None:
        """There are none."""

    def claim(self, file: str, name: str) -> None:
        """In one step."""
        self._disk.link(self.place(file), self.place(name))

    def touch(self, path: str) -> None:
        """Makes it new."""
        self._disk.touch(self.place(path))

    @contextmanager
    def alone(self, folder: str) -> Iterator[None]:
        """A lock, which ends with its process."""
        handle = self._disk.open_lock(self.place(f"{folder}/.alone"))
        try:
            while not handle.try_lock():
                threads().sleep(0.1)
            yield
        finally:
            handle.close()

    def sync(self, folder: str) -> None:
        """Nothing that a killed process could lose."""
