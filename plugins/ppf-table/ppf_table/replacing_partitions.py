"""Partitions: each gets other files in one step, and the old ones are removed when all of them have theirs.

What goes where is planned and noted before the first effect, so that publishing may be repeated after a kill at any point.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ppf_core import Ticket
from ppf_table import catalog, changes, partitions
from ppf_table.partitions import Values

if TYPE_CHECKING:
    from ppf_table.place import Place


@dataclass(frozen=True)
class Step:
    """What happens to one partition. staged: the folder below the staged rows; None: the partition goes. old: its folder."""

    values: Values
    staged: str | None
    old: str | None
    new: str


@dataclass(frozen=True)
class Plan:
    """What is being done to which table."""

    structure: str
    steps: tuple[Step, ...]


def staged_partitions(place: "Place") -> str:
    """The partitions of the hidden table and their folders below the staged rows, for the ticket."""
    found = partitions.locations(place, place.stage)
    return json.dumps([[values, _below(place.rows, location)] for values, location in sorted(found.items())])


def of(ticket: Ticket) -> list[tuple[Values, str]]:
    """The partitions that a ticket tells, with their folders below the staged rows."""
    return [(tuple(values), folder) for values, folder in json.loads(ticket["partitions"])]


def publish(place: "Place", ticket: Ticket) -> None:
    """Replaces the partitions that were staged; those that were not go as well, unless they are to stay."""
    found = changes.require_same(place, ticket)
    if not place.is_published_in(place.location):
        plan = _noted(place)
        if plan is None:
            changes.require_staged(place, ticket)
            if ticket["way"] == "overwrite":
                changes.require_same_content(place, ticket)
            plan = Plan(ticket["structure"], tuple(_planned(place, ticket)))
            place.files.write(place.plan, json.dumps(asdict(plan)))
        _move_files(place, plan.steps)
        _tell(place, plan.steps)
        place.finish(place.location)
    restore(place)
    catalog.forget_statistics(place.spark, found)


def restore(place: "Place") -> None:
    """Removes the files of partitions that have others: old ones, or new ones that were not told of any more."""
    plan = _noted(place)
    found = catalog.describe(place.spark, place.target) if plan is not None else None
    # The files of a table that was dropped or made anew since may be in use by another one.
    if plan is None or found is None or changes.structure(place.spark, found) != plan.structure:
        return
    used = set(partitions.locations(place).values())
    for step in plan.steps:
        is_moved = step.staged is None or not place.files.exists(f"{place.rows}/{step.staged}")
        for folder in (step.old, step.new if is_moved else None):
            if folder is not None and _lies_in(folder, place.location) and not any(_lies_in(each, folder) for each in used):
                place.files.delete(folder)
    _remove_empty(place)


def _planned(place: "Place", ticket: Ticket) -> Iterator[Step]:
    known = partitions.locations(place)
    staged = of(ticket)
    for values, folder in staged:
        usual = f"{place.location}/{folder}"
        new = f"{place.fresh}/{folder}" if place.files.exists(usual) else usual
        yield Step(values, folder, known.get(values), new)
    if ticket["way"] == "overwrite":
        for values in sorted(known.keys() - {values for values, _ in staged}):
            yield Step(values, None, known[values], known[values])


def _noted(place: "Place") -> Plan | None:
    try:
        noted = json.loads(place.files.read(place.plan) or "")
    except ValueError:  # there is none, or it is torn, so that nothing came after it
        return None
    return Plan(noted["structure"], tuple(Step(**{**step, "values": tuple(step["values"])}) for step in noted["steps"]))


def _move_files(place: "Place", steps: Sequence[Step]) -> None:
    for step in steps:
        if step.staged is not None and place.files.exists(f"{place.rows}/{step.staged}"):
            place.files.rename(f"{place.rows}/{step.staged}", step.new)


def _tell(place: "Place", steps: Sequence[Step]) -> None:
    known = partitions.locations(place)
    new = {step.values: step.new for step in steps if step.staged is not None}
    replaced = {values: location for values, location in new.items() if known.get(values, location) != location}
    partitions.move(place, replaced)
    partitions.add(place, {values: new[values] for values in new if values not in known})
    dropped = [step.values for step in steps if step.staged is None and step.values in known]
    partitions.drop(place, dropped)


def _remove_empty(place: "Place") -> None:
    """Folders of earlier writes whose partitions have all been replaced since."""
    for name in place.files.folders(place.location):
        folder = f"{place.location}/{name}"
        if name.startswith("ppf-") and not place.files.walk(folder):
            place.files.delete(folder)


def _below(folder: str, path: str) -> str:
    return path.removeprefix(folder).strip("/")


def _lies_in(inner: str, outer: str) -> bool:
    return f"{inner}/".startswith(f"{outer}/")
