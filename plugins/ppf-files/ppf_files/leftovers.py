"""What writers left beside a target: removed, or completed where they had begun to publish."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from logging import Logger

from ppf_core import PpfError, TargetMoved
from ppf_files import file_by_file, folders, leases
from ppf_files.owner import EXPIRES_AFTER, Owner
from ppf_files.place import MARK, Place
from ppf_files.publishing import WAYS

_CONTAINER = re.compile(r"(new-[a-z0-9_]{1,40}-[0-9a-f]+)|[a-z0-9_]{1,40}")
# A complete stage of a killed run may still be published, by `ppf runs recover`, which knows whether the run was committed.
KEPT_FOR = 7 * 24 * 3600.0


def owner_elsewhere(place: Place) -> Owner | None:
    """The process that is at this very write, when it is another one that runs: another run with the same id."""
    owner = Owner.parse(place.files.read(place.owner_file))
    if owner is None or owner.process.is_this or place.owner.is_same_attempt(owner):
        return None
    return owner if owner.process.state == "running" else None


def clear(place: Place, logger: Logger) -> None:
    """Removes all that this write left beside the target, by whichever attempt, and undoes what it had half published."""
    owner = Owner.parse(place.files.read(place.owner_file))
    if owner is not None and place.owner.is_same_write(owner):
        place = replace(place, owner=replace(place.owner, token=owner.token))
    _restore(place, logger)
    place.files.delete(place.journal)
    leases.release(place, place.turn)
    leases.release(place, place.lease)
    place.remove(place.container)
    for name in place.files.names(place.folder):
        if name.startswith(f"{place.prefix}{place.unfinished}"):
            place.remove(f"{place.parent}/{name}")


def sweep(place: Place, logger: Logger) -> None:
    """Removes what killed writers left, and completes what they had begun to publish; leaves who is at work alone.

    Works from a container of its own, so that two sweep at once without harm.
    """
    begun = False
    for path, owner in _others(place):
        if owner is None:
            place.remove(path)
            continue
        left = replace(place, owner=owner)
        if left.begun() is not None:
            begun = True
        elif left.is_published or not left.is_complete or place.age(f"{left.stage}/{MARK}") > KEPT_FOR:
            clear(left, logger)
    if begun:
        leases.wait_for_turn(place)
        complete(place, logger)
        leases.release(place, place.turn)


def complete(place: Place, logger: Logger) -> None:
    """Completes what killed writers had begun to publish. Only who has the turn may do it."""
    for _, owner in _others(place):
        if owner is not None:
            _complete(replace(place, owner=owner), logger)


def _complete(left: Place, logger: Logger) -> None:
    begun = left.begun()
    if begun is None:
        return
    way, ticket = begun
    try:
        WAYS[way](left, ticket)
    except TargetMoved as error:
        # Its stage stays for a while, so that its own run hears of it as well.
        logger.warning("What %s had begun to publish cannot be completed: %s", left.owner, error)
        left.files.delete(left.journal)
    except (OSError, PpfError) as error:
        raise PpfError(
            f"The target {left.target!r} is half-published by {left.owner}, which ended, and cannot be completed: {error}",
            hint="Remove what is in the way, then try again.",
        ) from error
    else:
        logger.warning("Completed what %s had begun to publish to %r.", left.owner, left.target)
        clear(left, logger)


def _others(place: Place) -> Iterator[tuple[str, Owner | None]]:
    """The containers of writers that have ended."""
    for name in place.files.names(place.folder):
        rest = name.removeprefix(place.prefix)
        if rest == name or not _CONTAINER.fullmatch(rest) or rest in ("lease", "turn", place.owner.write_id):
            continue
        path = place.beside(rest)
        text = place.files.read(f"{path}/.owner")
        owner = Owner.parse(text)
        if rest.startswith("new-"):
            running = owner is not None and place.may_run(owner, f"{path}/.owner")
            owner = None
        elif text is None:
            running = not _is_broken(place, path)
        else:
            running = place.may_run(owner, f"{path}/.owner")
        if not running and (owner is None or owner.write_id == rest):
            yield path, owner


def _is_broken(place: Place, container: str) -> bool:
    """Whether a container without an owner is one that lost it, and not one that ended in this moment and may be made again."""
    return place.files.renames_by_copying or EXPIRES_AFTER < place.age(container) < math.inf


def _restore(place: Place, logger: Logger) -> None:
    if place.is_published:
        return
    if file_by_file.has_begun(place):
        file_by_file.take_back(place)
    else:
        kept = folders.put_back(place)
        if kept is not None:
            logger.warning("Somebody else wrote %r while it was being replaced. Its old files are in %r.", place.target, kept)
