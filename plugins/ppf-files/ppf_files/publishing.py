"""The ways in which what was staged becomes what readers see.

Every way may be repeated from the start after it was killed at any point. Only who has the turn publishes, but others than
ppf may write at any time: what stood in the target is looked at before it is replaced, and once more after it, when nobody
can write there any more.
"""

import hashlib
from collections.abc import Callable, Iterable

from ppf_core import PpfError, TargetMoved, Ticket
from ppf_files.files import Entry
from ppf_files.local_files import LocalFiles
from ppf_files.place import MARK, Place

# A file that is there only to hold the schema of an empty result.
EMPTY = "empty-"
_TRIES = 5


def fingerprint(entries: Iterable[Entry]) -> str:
    """Changes when a file is added, removed or written again; empty when there is no file."""
    return _digest(f"{entry.relative}\0{entry.size}\0{entry.modified}" for entry in entries)


def outline(entries: Iterable[Entry]) -> str:
    """Changes when a file is added, removed or cut; empty when there is no file."""
    return _digest(f"{entry.relative}\0{entry.size}" for entry in entries)


def require_stage(place: Place, ticket: Ticket) -> None:
    """Refuses to publish what is no longer as it was staged."""
    if not place.files.exists(place.stage):
        raise _gone(place)
    if not place.is_complete or outline(place.files.walk(place.stage)) != ticket["staged"]:
        raise TargetMoved(
            f"What was staged for {place.target!r} in {place.stage!r} was changed by somebody else. Run the pipeline again."
        )


def create(place: Place, _ticket: Ticket) -> None:
    """Shows a folder where there was none."""
    if not place.is_published and not _moves(place, place.stage, place.target):
        raise TargetMoved(f"The target {place.target!r} was made by somebody else while this run worked on it.")


def create_or_ignore(place: Place, _ticket: Ticket) -> None:
    """Shows a folder unless there is one now."""
    if not place.is_published:
        _moves(place, place.stage, place.target)


def overwrite(place: Place, ticket: Ticket) -> None:
    """Replaces the target as a whole, if it is what it was when the attempt was staged, or empty."""
    accepted = {"", ticket["seen"]}
    if not place.is_published and not place.files.exists(place.aside):
        if fingerprint(place.files.walk(place.target)) not in accepted:
            raise _moved(place)
        if not place.is_complete:
            raise _gone(place)
        place.finish(place.stage)
    if not _replace(place, place.stage, accepted):
        raise _moved(place)


def overwrite_partitions(place: Place, _ticket: Ticket) -> None:
    """Replaces the partitions that were staged, and no others."""
    files = place.files
    if not place.is_published and not files.exists(place.target) and not files.exists(place.aside):
        _moves(place, place.stage, place.target)
    if place.is_published and not files.exists(place.rebuilt):
        return
    partitions = {entry.folder for entry in files.walk(place.stage)} - {""}
    if isinstance(files, LocalFiles):
        _rebuild(place, files, partitions)
    else:
        _replace_each(place, partitions)


def append(place: Place, ticket: Ticket) -> None:
    """Adds the staged files, each under a name that tells this write, so that publishing again adds nothing."""
    if place.is_published:
        return
    there = [entry for entry in place.files.walk(place.target) if f"-{place.owner.write_id}-" in entry.name]
    mine = [entry for entry in there if f"-{place.owner.write_id}-{place.owner.token}-" in entry.name]
    waiting = place.files.walk(place.stage)
    if len({entry.relative for entry in mine} | {_published_name(place, entry) for entry in waiting}) < int(ticket["files"]):
        raise _gone(place)
    # An earlier attempt of this same write, a replayed batch for example, is replaced.
    for entry in set(there) - set(mine):
        place.files.delete(f"{place.target}/{entry.relative}")
    for entry in waiting:
        _add(place, entry)
    if any(entry.folder for entry in waiting):
        _drop_empty(place)
    place.finish(place.target)


WAYS: dict[str, Callable[[Place, Ticket], None]] = {
    "append": append,
    "create": create,
    "ignore": create_or_ignore,
    "overwrite": overwrite,
    "partitions": overwrite_partitions,
}
# Those that leave the files of others alone.
ADDING = ("append", "partitions")


def _replace(place: Place, new: str, accepted: set[str]) -> bool:
    """Puts the folder `new` in the place of the target, whose old files end up as `new` or as `aside`.

    False when these are not what is accepted, since somebody wrote in the last moment: then they are in the target again.
    """
    files = place.files
    if not place.is_published and not files.exists(place.aside):
        if not files.exists(place.target):
            return _moves(place, new, place.target)
        if not files.exchange(new, place.target):
            files.move(place.target, place.aside)
    if files.exists(place.aside):
        return place.is_published or _replace_by_renames(place, new, accepted)
    if files.exists(new) and fingerprint(files.walk(new)) not in accepted:
        files.exchange(new, place.target)
        return False
    return True


def _replace_by_renames(place: Place, new: str, accepted: set[str]) -> bool:
    files = place.files
    if not files.exists(new):  # it was shown, and somebody else replaced it since
        return True
    if not files.renames_by_copying and fingerprint(files.walk(place.aside)) not in accepted:
        _moves(place, place.aside, place.target)
        return False
    return _moves(place, new, place.target)


def _rebuild(place: Place, files: LocalFiles, partitions: set[str]) -> None:
    """All partitions at once: a new root of hard links, which replaces the old one unless somebody wrote there meanwhile."""
    for _ in range(_TRIES):
        if not place.is_published and not files.exists(place.aside):
            files.write(f"{place.container}/.seen", fingerprint(files.walk(place.target)))
            _link(place, files, partitions)
        if _replace(place, place.rebuilt, {files.read(f"{place.container}/.seen") or ""}):
            return
    raise PpfError(
        f"The folder {place.target!r} is being changed by somebody else all the time.", hint="Let it end, then publish again."
    )


def _link(place: Place, files: LocalFiles, partitions: set[str]) -> None:
    def left_out(relative: str) -> bool:
        outdated = relative in (MARK, f".{MARK}.crc") or (bool(partitions) and relative.startswith(EMPTY))
        return outdated or relative in partitions

    files.delete(place.rebuilt)
    files.link(place.target, place.rebuilt, left_out)
    files.link(place.stage, place.rebuilt, lambda _: False)
    place.finish(place.rebuilt)


def _replace_each(place: Place, partitions: set[str]) -> None:
    files = place.files
    for partition in sorted(partitions):
        if files.exists(f"{place.target}/{partition}"):
            files.delete(f"{place.replaced}/{partition}")
            files.move(f"{place.target}/{partition}", f"{place.replaced}/{partition}")
        files.move(f"{place.stage}/{partition}", f"{place.target}/{partition}")
    if partitions:
        _drop_empty(place)
    place.finish(place.target)


def _add(place: Place, entry: Entry) -> None:
    staged, added = f"{place.stage}/{entry.relative}", f"{place.target}/{_published_name(place, entry)}"
    if not _moves(place, staged, added):
        # A store that renames by copying was stopped between its copy and its delete.
        place.files.delete(staged)


def _drop_empty(place: Place) -> None:
    """Readers must not take a folder that now has partitions for one without."""
    for entry in place.files.walk(place.target):
        if not entry.folder and entry.name.startswith(EMPTY):
            place.files.delete(f"{place.target}/{entry.name}")


def _published_name(place: Place, entry: Entry) -> str:
    kind, _, rest = entry.name.partition("-")
    name = f"{kind}-{place.owner.write_id}-{place.owner.token}-{rest}"
    return f"{entry.folder}/{name}" if entry.folder else name


def _moves(place: Place, source: str, target: str) -> bool:
    try:
        place.files.move(source, target)
    except FileExistsError:
        return False
    return True


def _digest(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest() if text else ""


def _moved(place: Place) -> TargetMoved:
    return TargetMoved(
        f"The folder {place.target!r} was changed by somebody else while this run worked on it. Nothing was replaced. "
        "Look at what was written there, then run again."
    )


def _gone(place: Place) -> TargetMoved:
    return TargetMoved(f"What was staged for {place.target!r} is gone from {place.container!r}. Run the pipeline again.")
