"""All rows of a table without partitions: an external table is told of other files, the folder of a managed one is replaced.

Either may be repeated from the start after it was killed at any point.
"""

from typing import TYPE_CHECKING

from ppf_core import PpfError, Ticket
from ppf_core.storage import fingerprint
from ppf_table import catalog, changes

if TYPE_CHECKING:
    from ppf_table.place import Place


def require_plain_folder(place: "Place") -> None:
    """Refuses to replace a folder that holds more than the files of the table."""
    found = [name for name in place.files.folders(place.location) if not name.startswith((".", "_"))]
    if found:
        raise PpfError(
            f"The folder {place.location!r} of the table {place.name!r} holds other folders, which would be removed with it: "
            f"{', '.join(map(repr, found[:5]))}.",
            hint="Move them elsewhere, or give the table a folder of its own.",
        )


def publish_location(place: "Place", ticket: Ticket) -> None:
    """Tells an external table of a fresh folder, then removes the old one."""
    found, files = changes.require_same(place, ticket), place.files
    if found.location != place.fresh:
        if found.location != place.location:
            raise changes.replaced(place)
        changes.require_same_content(place, ticket)
        if not files.exists(place.fresh):
            changes.require_staged(place, ticket)
            place.finish(place.rows)
            files.rename(place.rows, place.fresh)
        catalog.set_location(place.spark, place.target, place.fresh)
    files.delete(place.location)


def publish_folder(place: "Place", ticket: Ticket) -> None:
    """Puts the staged folder in the place of that of a managed table."""
    found = changes.require_same(place, ticket)
    if not place.is_published_in(place.location):
        if found.location != place.location:
            raise changes.replaced(place)
        _replace(place, ticket)
    catalog.forget_statistics(place.spark, found)


def _replace(place: "Place", ticket: Ticket) -> None:
    files = place.files
    if not files.exists(place.old):
        changes.require_same_content(place, ticket)
        changes.require_staged(place, ticket)
        place.finish(place.rows)
        files.copy_rights(place.location, place.rows)
        before = fingerprint(files.walk(place.location))
        if files.exchange(place.rows, place.location):
            # Somebody wrote in the last moment: nobody can now, so that it is sure.
            if fingerprint(files.walk(place.rows)) != before:
                files.exchange(place.rows, place.location)
                raise changes.replaced(place)
            return
        files.rename(place.location, place.old)
    files.rename(place.rows, place.location)


def restore(place: "Place") -> None:
    """Undoes what was only half done, and removes what was done in vain."""
    files = place.files
    if files.exists(place.old) and not place.is_published_in(place.location):
        # An empty folder is what Spark makes when it looks for one.
        if files.exists(place.location) and not files.walk(place.location):
            files.delete(place.location)
        if files.exists(place.location):
            raise PpfError(
                f"Somebody else wrote into {place.location!r} while the table {place.name!r} was being replaced. "
                f"Its old files are in {place.old!r}.",
                hint="Keep one of the two folders under the first name, then try again.",
            )
        files.rename(place.old, place.location)
    if place.token and files.exists(place.fresh):
        found = catalog.describe(place.spark, place.target)
        # Anything else may be in use by a table that was renamed or made anew since.
        if found is not None and found.location in (place.location, place.fresh):
            files.delete(place.location if found.location == place.fresh else place.fresh)
