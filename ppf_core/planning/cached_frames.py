"""Which kept frames are still needed: a frame is let go when all that would read it has ended."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

Edges = Mapping[str, Iterable[str]]


@dataclass
class CachedFrames:
    """The frames that are kept now, and who will still read each of them.

        a (kept) → b → c (kept) → sink      a is needed until c is kept, c until the sink has ended

    readers: component → those that read its frame. Only what does work of its own, and has not ended, holds a frame.
    checked: those that evaluate checks, which is work of their own, and look at their own kept frame until they end.
    """

    readers: Edges
    checked: Collection[str] = ()
    _needed_by: dict[str, set[str]] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)

    def holds(self, name: str) -> bool:
        """Whether it knows that the frame is kept."""
        return name in self._needed_by

    def add(self, name: str) -> list[str]:
        """A frame is kept from now on. Gives the frames that nobody needs any more because of it."""
        self._needed_by[name] = set()
        for kept in self._needed_by:
            self._needed_by[kept] = self._open_readers(kept)
        return self._let_go()

    def end(self, name: str) -> list[str]:
        """A component has ended. Gives the frames that nobody needs any more."""
        self._ended.add(name)
        for readers in self._needed_by.values():
            readers.discard(name)
        return self._let_go()

    def _open_readers(self, kept: str) -> set[str]:
        """All that reads the frame, directly or through frames that are not kept, and has not ended."""
        found = {kept} if kept in self.checked and kept not in self._ended else set()
        seen, waiting = {kept}, list(self.readers.get(kept, ()))
        while waiting:
            name = waiting.pop()
            if name in seen or name in self._needed_by:
                continue
            seen.add(name)
            deeper = list(self.readers.get(name, ()))
            waiting.extend(deeper)
            # What others read has ended once it was built, which computes nothing; unless it has checks.
            if (not deeper or name in self.checked) and name not in self._ended:
                found.add(name)
        return found

    def _let_go(self) -> list[str]:
        free = [name for name, readers in self._needed_by.items() if not readers]
        for name in free:
            del self._needed_by[name]
        return free
