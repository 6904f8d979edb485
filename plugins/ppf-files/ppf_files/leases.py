"""Leases beside a target: who replaces it as a whole, and who publishes.

A lease is a second name of its holder's `.owner` file, so that it is there whole or not at all and cannot be there twice. It
ends with its holder: at once where that can be seen to have ended, otherwise when it has given no sign of life for a while.
"""

import random
import time
from contextlib import suppress

from ppf_core import PpfError
from ppf_files.owner import EXPIRES_AFTER, Owner
from ppf_files.place import Place

# How long a publish waits for another one: most take less than a second.
PATIENCE = 60.0
_TRIES = 100


class Held(PpfError):
    """Another one holds the lease."""


def take(place: Place, path: str) -> bool:
    """Becomes the holder; whether somebody held it before, who may have left something undone."""
    for earlier in range(_TRIES):
        try:
            place.files.claim(place.owner_file, path)
        except FileExistsError:
            found = place.files.read(path)
        else:
            return earlier > 0
        holder = Owner.parse(found)
        if holder == place.owner:
            return True
        if found is not None:
            if not place.owner.is_same_attempt(holder) and place.may_run(holder, path):
                raise _held(place, path, holder)
            _end(place, path, found)
    raise _held(place, path, None)


def wait_for_turn(place: Place, patience: float | None = None) -> bool:
    """Becomes the one who publishes, after those who are at it; whether one of them ended before it was done."""
    end = time.monotonic() + (PATIENCE if patience is None else patience)
    while True:
        try:
            return take(place, place.turn)
        except Held:
            if time.monotonic() >= end:
                raise
        time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 -- so that two do not ask in step


def release(place: Place, path: str) -> None:
    """Ends a lease of this write; any other one stays."""
    holder = Owner.parse(place.files.read(path))
    if place.owner.is_same_attempt(holder) or (place.owner.is_same_write(holder) and not _is_elsewhere(holder)):
        place.files.delete(path)


def _is_elsewhere(holder: Owner | None) -> bool:
    return holder is not None and holder.process.state == "running" and not holder.process.is_this


def _end(place: Place, path: str, text: str) -> None:
    """Takes away a lease whose holder has ended, but none that somebody took in this moment."""
    files, ended = place.files, f"{place.container}/.ended"
    files.delete(ended)
    with files.alone(place.folder), suppress(FileNotFoundError, FileExistsError):  # or others were faster
        if files.read(path) != text:
            return
        if files.renames_by_copying:
            files.delete(path)
        else:
            files.rename(path, ended)
            # Where hosts share the files, one may have taken it just now.
            if files.read(ended) != text:
                files.rename(ended, path)


def _held(place: Place, path: str, holder: Owner | None) -> Held:
    doing = "published" if path == place.turn else "written"
    by = str(holder) if holder is not None else "somebody whose lease cannot be read"
    away = holder is None or holder.process.state == "unknown"
    expiry = f" Without a sign of life it ends {EXPIRES_AFTER / 60:.0f} minutes after the last one." if away else ""
    return Held(
        f"The target {place.target!r} is being {doing} by {by}, which holds {path!r}.{expiry}",
        hint="Try again when that run has ended. If there is no such run any more, remove that file.",
    )
