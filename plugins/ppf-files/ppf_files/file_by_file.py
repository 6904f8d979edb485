"""Showing staged files one by one, under names that tell their write, while those that they replace wait aside.

So an append is published on every file system, and everything where a rename copies, as on object stores: a folder that is
renamed there and cut short is in two places, in parts, while a file is in one place or, whole, in both.

    .outdated       which files of the target are replaced; there from before the first of them moves
    .replaced/      where they wait, until `_SUCCESS` of the target tells this attempt
"""

import json
from collections.abc import Callable, Iterable

from ppf_core import TargetMoved, Ticket
from ppf_core.storage import Entry, rename_if_free
from ppf_files.place import Place

# A file that is there only to hold the schema of an empty result.
EMPTY = "empty-"


def has_begun(place: Place) -> bool:
    """Whether files of the target may have moved already."""
    return _noted(place) is not None


def replace(place: Place, ticket: Ticket, outdated: Callable[[], Iterable[str]]) -> None:
    """Shows the staged files and puts aside the `outdated` ones of the target; may be repeated after a kill."""
    waiting = place.files.walk(place.stage)
    if len(waiting) < int(ticket["files"]):  # some are shown already, or gone
        names = {entry.relative for entry in _shown(place)} | {_published_name(place, entry) for entry in waiting}
        if len(names) < int(ticket["files"]):
            raise gone(place)
    for relative in _outdated(place, outdated):
        _transfer(place, f"{place.target}/{relative}", f"{place.replaced}/{relative}")
    for entry in waiting:
        _transfer(place, f"{place.stage}/{entry.relative}", f"{place.target}/{_published_name(place, entry)}")
    place.finish(place.target)


def take_back(place: Place) -> None:
    """Undoes what a publish that is given up has shown."""
    for entry in _shown(place):
        place.files.delete(f"{place.target}/{entry.relative}")
    for relative in _noted(place) or ():
        _transfer(place, f"{place.replaced}/{relative}", f"{place.target}/{relative}")


def is_of_another_attempt(place: Place, entry: Entry) -> bool:
    """Whether an earlier attempt of this same write added a file: a replayed batch, for example."""
    return f"-{place.owner.write_id}-" in entry.name and not _is_shown(place, entry)


def gone(place: Place) -> TargetMoved:
    """The error for a stage that is not there any more."""
    return TargetMoved(f"What was staged for {place.target!r} is gone from {place.container!r}. Run the pipeline again.")


def _outdated(place: Place, outdated: Callable[[], Iterable[str]]) -> Iterable[str]:
    noted = _noted(place)
    if noted is None:
        noted = list(outdated())
        place.files.write(_note(place), json.dumps(noted))
    return noted


def _noted(place: Place) -> list[str] | None:
    try:
        return [str(relative) for relative in json.loads(place.files.read(_note(place)) or "")]
    except ValueError:  # torn, so that nothing came after it
        return None


def _note(place: Place) -> str:
    return f"{place.container}/.outdated"


def _transfer(place: Place, source: str, target: str) -> None:
    # Where both are there, a store that renames by copying was stopped between its copy and its delete.
    if place.files.exists(source) and not rename_if_free(place.files, source, target):
        place.files.delete(source)


def _shown(place: Place) -> list[Entry]:
    return [entry for entry in place.files.walk(place.target) if _is_shown(place, entry)]


def _is_shown(place: Place, entry: Entry) -> bool:
    return f"-{place.owner.write_id}-{place.owner.token}-" in entry.name


def _published_name(place: Place, entry: Entry) -> str:
    kind, _, rest = entry.name.partition("-")
    name = f"{kind}-{place.owner.write_id}-{place.owner.token}-{rest}"
    return f"{entry.folder}/{name}" if entry.folder else name
