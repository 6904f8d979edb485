"""Rows that are added to a table of files: each file under a name that tells this write, so that adding again adds nothing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ppf_core import Ticket
from ppf_core.storage import Entry
from ppf_table import catalog, changes, partitions, replacing_partitions

if TYPE_CHECKING:
    from ppf_table.place import Place


def publish(place: "Place", ticket: Ticket) -> None:
    """Moves the staged files to where those of the table, or of its partitions, lie now."""
    found = changes.require_same(place, ticket)
    staged = replacing_partitions.of(ticket) if place.is_partitioned else []
    known = partitions.locations(place) if staged else {}
    folders = {folder: known.get(values, f"{found.location}/{folder}") for values, folder in staged} or {"": found.location}
    _add(place, ticket, folders)
    new = {values: folders[folder] for values, folder in staged if values not in known}
    partitions.add(place, new)
    catalog.forget_statistics(place.spark, found)


def withdraw(place: "Place", ticket: Ticket) -> None:
    """Removes files of partitions that are not told of yet: they would appear with the next rows of those partitions."""
    if not place.is_partitioned or not catalog.exists(place.spark, place.target):
        return
    known = partitions.locations(place)
    for values, folder in replacing_partitions.of(ticket):
        path = f"{place.location}/{folder}"
        for entry in place.files.walk(path) if values not in known else ():
            if f"-{place.mark}-" in entry.name:
                place.files.delete(f"{path}/{entry.relative}")


def _add(place: "Place", ticket: Ticket, folders: Mapping[str, str]) -> None:
    files, waiting = place.files, place.files.walk(place.rows)
    there = [f"{folder}/{entry.name}" for folder in folders.values() for entry in files.walk(folder) if not entry.folder]
    # An earlier attempt of this same write, a replayed batch for example, is replaced.
    earlier = [path for path in there if f"-{place.write_id}-" in path and f"-{place.mark}-" not in path.rpartition("/")[2]]
    added = {path for path in there if f"-{place.mark}-" in path.rpartition("/")[2]}
    if len(added | {_added(place, folders, entry) for entry in waiting}) < int(ticket["files"]):
        raise changes.gone(place)
    for path in earlier:
        files.delete(path)
    for entry in waiting:
        source, target = f"{place.rows}/{entry.relative}", _added(place, folders, entry)
        if target in added:  # a store that renames by copying was stopped between its copy and its delete
            files.delete(source)
        else:
            files.rename(source, target)


def _added(place: "Place", folders: Mapping[str, str], entry: Entry) -> str:
    kind, _, rest = entry.name.partition("-")
    return f"{folders[entry.folder]}/{kind}-{place.mark}-{rest}"
