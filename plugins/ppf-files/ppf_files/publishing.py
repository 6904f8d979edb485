"""How what was staged becomes what readers see, and how it is taken away again.

    out/                            the target
    .out.ppf-<write id>/            the container: hidden, so that a reader of `*` beside the target sees nothing …
        .stage-<token>/             … and everything in it is hidden again; one stage for each attempt
        .rebuilt/                   the target with some partitions replaced
        .aside/                     the old target, for the moment between two renames

`_SUCCESS` of a target holds write id and token of what was published last. Every function here may be repeated from the
start after it was killed at any point.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from ppf_core import TargetMoved
from ppf_files.filesystem import Entry, Files, LocalFiles

MARK = "_SUCCESS"
# A file that is there only to hold the schema of an empty result.
EMPTY = "empty-"


@dataclass(frozen=True)
class Place:
    """A target, and where its stages lie."""

    files: Files
    target: str
    write_id: str
    token: str

    @classmethod
    def new(cls, files: Files, path: str, write_id: str) -> "Place":
        """The place of a new attempt."""
        return cls(files, files.resolve(path), write_id, secrets.token_hex(4))

    @property
    def container(self) -> str:
        """The hidden folder beside the target that holds all that this write needs."""
        parent, _, name = self.target.rpartition("/")
        return f"{parent}/.{name}.ppf-{self.write_id}"

    @property
    def stage(self) -> str:
        """Where this attempt writes."""
        return f"{self.container}/.stage-{self.token}"

    @property
    def aside(self) -> str:
        """Where the old target waits between two renames."""
        return f"{self.container}/.aside"

    @property
    def rebuilt(self) -> str:
        """Where a target with some partitions replaced is put together."""
        return f"{self.container}/.rebuilt"

    @property
    def mark(self) -> str:
        """What `_SUCCESS` says after this attempt was published."""
        return f"{self.write_id} {self.token}\n"

    @property
    def is_published(self) -> bool:
        """Whether this attempt was the last to be published."""
        return self.files.read(f"{self.target}/{MARK}") == self.mark

    def finish(self, folder: str) -> None:
        """Marks a folder as complete."""
        self.files.write(f"{folder}/{MARK}", self.mark)

    def clear(self) -> None:
        """Removes all that this write left beside the target, and puts an old target back that was just aside."""
        if self.files.exists(self.aside) and not self.files.exists(self.target):
            self.files.move(self.aside, self.target)
        self.files.delete(self.container)


def fingerprint(entries: Iterable[Entry]) -> str:
    """Changes when a file is added, removed or written again; empty when there is no file."""
    lines = "\n".join(f"{entry.relative}\0{entry.size}\0{entry.modified}" for entry in entries)
    return hashlib.sha256(lines.encode()).hexdigest() if lines else ""


def create(place: Place) -> bool:
    """Shows a folder where there was none; False when there is one now that is not this attempt's."""
    if place.is_published:
        return True
    _require_stage(place)
    try:
        place.files.move(place.stage, place.target)
    except FileExistsError:
        return False
    return True


def overwrite(place: Place, seen: str) -> None:
    """Replaces the target as a whole. `seen` is its fingerprint when the attempt was staged."""
    if place.is_published:
        return
    _require_stage(place)
    found = fingerprint(place.files.walk(place.target))
    if found not in ("", seen):
        raise TargetMoved(
            f"The folder {place.target!r} was changed by somebody else while this run worked on it. Nothing was replaced. "
            "Look at what was written there, then run again."
        )
    place.files.replace(place.stage, place.target, place.aside)


def overwrite_partitions(place: Place) -> None:
    """Replaces the partitions that were staged, and no others."""
    if place.is_published:
        return
    _require_stage(place)
    partitions = {entry.folder for entry in place.files.walk(place.stage)} - {""}
    if not place.files.exists(place.target):
        place.files.move(place.stage, place.target)
    elif isinstance(place.files, LocalFiles):
        _rebuild(place, place.files, partitions)
    else:
        _replace_each(place, partitions)


def _rebuild(place: Place, files: LocalFiles, partitions: set[str]) -> None:
    """All partitions at once: a new root of hard links, exchanged with the old one."""

    def left_out(relative: str) -> bool:
        outdated = relative in (MARK, f".{MARK}.crc") or (bool(partitions) and relative.startswith(EMPTY))
        return outdated or relative in partitions

    files.delete(place.rebuilt)
    files.link(place.target, place.rebuilt, left_out)
    files.link(place.stage, place.rebuilt, lambda _: False)
    files.replace(place.rebuilt, place.target, place.aside)


def _replace_each(place: Place, partitions: set[str]) -> None:
    for partition in sorted(partitions):
        place.files.replace(f"{place.stage}/{partition}", f"{place.target}/{partition}", f"{place.aside}/{partition}")
    place.finish(place.target)


def append(place: Place, count: int) -> None:
    """Adds the `count` staged files, each under a name that tells this write, so that publishing again adds nothing."""
    there = [entry for entry in place.files.walk(place.target) if f"-{place.write_id}-" in entry.name]
    mine = [entry for entry in there if f"-{place.write_id}-{place.token}-" in entry.name]
    waiting = place.files.walk(place.stage)
    if len({entry.relative for entry in mine} | {_published_name(place, entry) for entry in waiting}) < count:
        raise _gone(place)
    # An earlier attempt of this same write, a replayed batch for example, is replaced.
    for entry in set(there) - set(mine):
        place.files.delete(f"{place.target}/{entry.relative}")
    for entry in waiting:
        _add(place, entry)
    if any(entry.folder for entry in waiting):
        _drop_empty(place)
    place.finish(place.target)


def _add(place: Place, entry: Entry) -> None:
    staged, added = f"{place.stage}/{entry.relative}", f"{place.target}/{_published_name(place, entry)}"
    try:
        place.files.move(staged, added)
    except FileExistsError:
        # A store that renames by copying was stopped between its copy and its delete.
        place.files.delete(staged)


def _drop_empty(place: Place) -> None:
    """Readers must not take a folder that now has partitions for one without."""
    for entry in place.files.walk(place.target):
        if not entry.folder and entry.name.startswith(EMPTY):
            place.files.delete(f"{place.target}/{entry.name}")


def _published_name(place: Place, entry: Entry) -> str:
    kind, _, rest = entry.name.partition("-")
    name = f"{kind}-{place.write_id}-{place.token}-{rest}"
    return f"{entry.folder}/{name}" if entry.folder else name


def _require_stage(place: Place) -> None:
    if not place.files.exists(place.stage):
        raise _gone(place)


def _gone(place: Place) -> TargetMoved:
    return TargetMoved(f"What was staged for {place.target!r} is gone from {place.container!r}. Run the pipeline again.")
