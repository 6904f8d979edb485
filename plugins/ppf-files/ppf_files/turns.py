"""Publishing one after the other: who has the turn completes what others left, then shows its own."""

from collections.abc import Callable
from logging import Logger

from ppf_core import TargetMoved, Ticket
from ppf_files import leases, leftovers
from ppf_files.place import Place
from ppf_files.publishing import ADDING, WAYS, require_stage


def publish(place: Place, way: str, ticket: Ticket, check: Callable[[], None], logger: Logger) -> None:
    """Shows what was staged, in one of the WAYS; may be repeated from the start after it was killed at any point.

    `check` refuses what no longer fits the target; it is asked before the first effect, when nobody else publishes.
    """
    if place.begun() is None:
        if place.is_published:
            return
        require_stage(place, ticket)
    place.adopt()
    if way not in ADDING:
        leases.take(place, place.lease)
    if leases.wait_for_turn(place):
        leftovers.complete(place, logger)
    try:
        _show(place, way, ticket, check)
    except BaseException:
        # What has begun keeps the turn, so that nobody else publishes before it is complete.
        if place.begun() is None:
            leases.release(place, place.turn)
        raise


def _show(place: Place, way: str, ticket: Ticket, check: Callable[[], None]) -> None:
    try:
        if place.begun() is None:
            check()
            place.begin(way, ticket)
        WAYS[way](place, ticket)
    except TargetMoved:
        place.files.delete(place.journal)
        raise
