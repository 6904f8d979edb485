"""A table that is not there yet: staged as a table, shown by one rename."""

from typing import TYPE_CHECKING

from ppf_core import TargetMoved, Ticket
from ppf_table import catalog, changes, statements

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ppf_table.place import Place


def stage(place: "Place", frame: "DataFrame", format_name: str, partition_by: list[str], way: str) -> Ticket:
    """Writes the rows into a hidden table."""
    statements.create(frame, place.stage, format_name, partition_by)
    return {"way": way}


def publish(place: "Place", _ticket: Ticket) -> None:
    """Shows the table, unless there is one now."""
    _publish(place, replaces=False)


def publish_or_ignore(place: "Place", _ticket: Ticket) -> None:
    """Shows the table; one that somebody else made stays."""
    _publish(place, replaces=True)


def _publish(place: "Place", *, replaces: bool) -> None:
    spark = place.spark
    if not catalog.exists(spark, place.stage):
        if not catalog.exists(spark, place.target):
            raise changes.gone(place)
    elif not catalog.exists(spark, place.target):
        _show(place, replaces=replaces)
    elif not replaces:
        raise _made_meanwhile(place)
    complete(place)


def _show(place: "Place", *, replaces: bool) -> None:
    from pyspark.errors import AnalysisException

    try:
        catalog.rename(place.spark, place.stage, place.target)
    except AnalysisException as error:
        if not catalog.exists(place.spark, place.target):
            raise
        if not replaces:
            raise _made_meanwhile(place) from error


def _made_meanwhile(place: "Place") -> TargetMoved:
    return TargetMoved(f"The table {place.name!r} was made by somebody else during the run. Nothing was replaced.")


def complete(place: "Place") -> None:
    """Lets the table find its partitions, when it was just shown."""
    if catalog.exists(place.spark, place.target) and not catalog.exists(place.spark, place.stage):
        catalog.find_partitions(place.spark, place.target)
