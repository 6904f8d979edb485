"""The ways in which what was staged becomes what readers see.

Every way may be repeated from the start after it was killed at any point. Only who has the turn publishes, but others than
ppf may write at any time: what stood in the target is looked at before it is replaced, and once more after it, when nobody
can write there any more.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from ppf_core import TargetMoved, Ticket
from ppf_core.storage import Entry, fingerprint, outline, rename_if_free
from ppf_files import file_by_file, folders
from ppf_files.file_by_file import EMPTY, gone, is_of_another_attempt
from ppf_files.named_partitions import NamedPartitions
from ppf_files.place import Place

NEW = "new"
"""In the ticket of a write no attempt of which was shown when it was staged."""


def require_stage(place: Place, ticket: Ticket) -> None:
    """Refuses to publish what is no longer as it was staged."""
    if not place.files.exists(place.stage):
        raise gone(place)
    if not place.is_complete or outline(place.files.walk(place.stage)) != ticket["staged"]:
        raise TargetMoved(
            f"What was staged for {place.target!r} in {place.stage!r} was changed by somebody else. Run the pipeline again."
        )


def create(place: Place, ticket: Ticket) -> None:
    """Shows a folder where there was none."""
    if not place.is_published and not _shows_new(place, ticket):
        raise TargetMoved(f"The target {place.target!r} was made by somebody else while this run worked on it.")


def create_or_ignore(place: Place, ticket: Ticket) -> None:
    """Shows a folder unless there is one now."""
    if not place.is_published:
        _shows_new(place, ticket)


def overwrite(place: Place, ticket: Ticket) -> None:
    """Replaces the target as a whole, if it is what it was when the attempt was staged, or empty."""
    accepted = {"", ticket["seen"]}
    has_begun = place.is_published or place.files.exists(place.aside) or file_by_file.has_begun(place)
    if not has_begun and fingerprint(place.files.walk(place.target)) not in accepted:
        raise _moved(place)
    if place.files.renames_by_copying:
        if not place.is_published:
            file_by_file.replace(place, ticket, lambda: _all(place))
        return
    if not has_begun:
        if not place.is_complete:
            raise gone(place)
        place.finish(place.stage)
    if not folders.replace(place, place.stage, accepted):
        raise _moved(place)


def overwrite_partitions(place: Place, ticket: Ticket) -> None:
    """Replaces the partitions that were staged or are named, and no others."""
    files = place.files
    gone = NamedPartitions.parse(ticket).emptied(entry.folder for entry in files.walk(place.target))
    partitions = _partitions(place) | gone
    if files.renames_by_copying:
        if not place.is_published:
            file_by_file.replace(place, ticket, lambda: _all(place, lambda entry: entry.folder in partitions, partitions))
        return
    if not place.is_published and not files.exists(place.target) and not files.exists(place.aside):
        rename_if_free(files, place.stage, place.target)
    if not place.is_published or files.exists(place.rebuilt):
        folders.replace_partitions(place, partitions)


def append(place: Place, ticket: Ticket) -> None:
    """Adds the staged files, so that publishing again adds nothing; an earlier attempt of the same write is replaced."""
    partitions = _partitions(place)

    def outdated() -> list[str]:
        if NEW in ticket:
            return [name for name in place.files.names(place.target) if name.startswith(EMPTY)] if partitions else []
        return _all(place, lambda entry: is_of_another_attempt(place, entry), partitions)

    if not place.is_published:
        file_by_file.replace(place, ticket, outdated)


WAYS: dict[str, Callable[[Place, Ticket], None]] = {
    "append": append,
    "create": create,
    "ignore": create_or_ignore,
    "overwrite": overwrite,
    "partitions": overwrite_partitions,
}
# Those that leave the files of others alone.
ADDING = ("append", "partitions")


def _shows_new(place: Place, ticket: Ticket) -> bool:
    """False, with nothing done, when there is a target."""
    if not place.files.renames_by_copying:
        return rename_if_free(place.files, place.stage, place.target)
    if place.files.exists(place.target) and not file_by_file.has_begun(place):
        return False
    file_by_file.replace(place, ticket, lambda: _all(place))
    return True


def _partitions(place: Place) -> set[str]:
    return {entry.folder for entry in place.files.walk(place.stage)} - {""}


def _all(
    place: Place, is_outdated: Callable[[Entry], bool] = lambda _: True, partitions: AbstractSet[str] = frozenset()
) -> list[str]:
    """The outdated files of the target, and those of an empty result, where partitions come: readers would not see these."""
    return [
        entry.relative
        for entry in place.files.walk(place.target)
        if is_outdated(entry) or (partitions and not entry.folder and entry.name.startswith(EMPTY))
    ]


def _moved(place: Place) -> TargetMoved:
    return TargetMoved(
        f"The folder {place.target!r} was changed by somebody else while this run worked on it. Nothing was replaced. "
        "Look at what was written there, then run again."
    )
