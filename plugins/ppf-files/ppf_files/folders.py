"""Showing a folder as a whole: exchanged for the old one in one step, or by two renames with the old one aside between them."""

from collections.abc import Set as AbstractSet

from ppf_core import PpfError
from ppf_core.storage import LocalFiles, fingerprint, rename_if_free
from ppf_files.file_by_file import EMPTY
from ppf_files.place import MARK, Place

_TRIES = 5


def replace(place: Place, new: str, accepted: AbstractSet[str]) -> bool:
    """Puts the folder `new` in the place of the target, whose old files end up as `new` or as `aside`.

    False when these are not what is accepted, since somebody wrote in the last moment: then they are in the target again.
    """
    files = place.files
    if not place.is_published and not files.exists(place.aside):
        if not files.exists(place.target):
            return rename_if_free(files, new, place.target)
        files.copy_rights(place.target, new)
        if not files.exchange(new, place.target):
            files.rename(place.target, place.aside)
    if files.exists(place.aside):
        return place.is_published or _replace_by_renames(place, new, accepted)
    if files.exists(new) and fingerprint(files.walk(new)) not in accepted:
        files.exchange(new, place.target)
        return False
    return True


def replace_partitions(place: Place, partitions: AbstractSet[str]) -> None:
    """Puts the staged partitions in the place of those of the target: all at once on this machine, else one by one."""
    if isinstance(place.files, LocalFiles):
        _rebuild(place, place.files, partitions)
    else:
        _replace_each(place, partitions)


def put_back(place: Place) -> str | None:
    """Undoes what a publish that is given up had put aside; where the old files are, if somebody else took their place."""
    files = place.files
    for partition in sorted({entry.folder for entry in files.walk(place.replaced)}):
        if not files.exists(f"{place.target}/{partition}"):
            files.rename(f"{place.replaced}/{partition}", f"{place.target}/{partition}")
    if not files.exists(place.aside):
        return None
    if rename_if_free(files, place.aside, place.target):
        return None
    kept = place.beside(f"kept-{place.owner.token}")
    files.rename(place.aside, kept)
    return kept


def _replace_by_renames(place: Place, new: str, accepted: AbstractSet[str]) -> bool:
    files = place.files
    if not files.exists(new):  # it was shown, and somebody else replaced it since
        return True
    if fingerprint(files.walk(place.aside)) not in accepted:
        rename_if_free(files, place.aside, place.target)
        return False
    return rename_if_free(files, new, place.target)


def _rebuild(place: Place, files: LocalFiles, partitions: AbstractSet[str]) -> None:
    """A new root of hard links, which replaces the old one unless somebody wrote there meanwhile."""
    seen = f"{place.container}/.seen"
    for _ in range(_TRIES):
        if not place.is_published and not files.exists(place.aside):
            files.write(seen, fingerprint(files.walk(place.target)))
            _link(place, files, partitions)
        if replace(place, place.rebuilt, {files.read(seen) or ""}):
            return
    raise PpfError(
        f"The folder {place.target!r} is being changed by somebody else all the time.", hint="Let it end, then publish again."
    )


def _link(place: Place, files: LocalFiles, partitions: AbstractSet[str]) -> None:
    def is_left_out(relative: str) -> bool:
        outdated = relative in (MARK, f".{MARK}.crc") or (bool(partitions) and relative.startswith(EMPTY))
        return outdated or relative in partitions

    files.delete(place.rebuilt)
    files.link(place.target, place.rebuilt, is_left_out)
    files.link(place.stage, place.rebuilt, lambda _: False)
    place.finish(place.rebuilt)


def _replace_each(place: Place, partitions: AbstractSet[str]) -> None:
    files = place.files
    for partition in sorted(partitions):
        if files.exists(f"{place.target}/{partition}"):
            files.delete(f"{place.replaced}/{partition}")
            files.rename(f"{place.target}/{partition}", f"{place.replaced}/{partition}")
        if files.exists(f"{place.stage}/{partition}"):
            files.rename(f"{place.stage}/{partition}", f"{place.target}/{partition}")
    shown = files.walk(place.target)
    if any(entry.folder for entry in shown):
        for entry in shown:
            # Readers must not take a folder that now has partitions for one without.
            if not entry.folder and entry.name.startswith(EMPTY):
                files.delete(f"{place.target}/{entry.name}")
    else:
        for entry in files.walk(place.stage):
            rename_if_free(files, f"{place.stage}/{entry.relative}", f"{place.target}/{entry.relative}")
    place.finish(place.target)
