"""Whether somebody else changed a table between its stage and its publish."""

import hashlib
from typing import TYPE_CHECKING

from ppf_core import TargetMoved
from ppf_core.storage import fingerprint
from ppf_table import catalog, partitions
from ppf_table.catalog import Description
from ppf_table.names import quoted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ppf_core import Ticket
    from ppf_table.place import Place


def structure(spark: "SparkSession", found: Description) -> str:
    """Changes when a table is made anew, or gets other columns or another format; not with its comment or properties."""
    told = [found.details.get(name, "") for name in ("Created Time", "Type", "Provider")]
    return _digest(*told, ",".join(found.partition_columns), spark.table(quoted(found.table)).schema.simpleString())


def content(place: "Place") -> str:
    """Changes when a file or a partition of a table of files is added, removed or replaced."""
    known = partitions.locations(place) if place.is_partitioned else {}
    return _digest(fingerprint(place.files.walk(place.location)), repr(sorted(known.items())))


def version(spark: "SparkSession", found: Description) -> str:
    """Changes with the rows of a table whose files are not ours, where its catalog tells."""
    if found.provider == "delta":
        return str(spark.sql(f"DESCRIBE HISTORY {quoted(found.table)} LIMIT 1").collect()[0]["version"])
    return _digest(found.properties)


def require_same(place: "Place", ticket: "Ticket") -> Description:
    """The table, if it is still the one for which the rows were staged."""
    found = catalog.describe(place.spark, place.target)
    if found is None:
        raise TargetMoved(f"The table {place.name!r} was dropped by somebody else during the run. Nothing was published.")
    if structure(place.spark, found) != ticket["structure"]:
        raise TargetMoved(
            f"The table {place.name!r} was changed or made anew by somebody else during the run. Nothing was published. "
            "Look at its columns, then run again."
        )
    return found


def require_same_content(place: "Place", ticket: "Ticket") -> None:
    """Refuses to replace files that the run did not know."""
    if content(place) != ticket["content"]:
        raise replaced(place)


def require_staged(place: "Place", ticket: "Ticket") -> None:
    """Refuses to publish what is no longer there as it was staged."""
    if fingerprint(place.files.walk(place.rows)) != ticket["staged"]:
        raise gone(place)


def replaced(place: "Place") -> TargetMoved:
    """Somebody else wrote rows that this run would take away."""
    return TargetMoved(
        f"The rows of the table {place.name!r} were changed by somebody else during the run. Nothing was replaced. "
        "Look at what was written, then run again."
    )


def gone(place: "Place") -> TargetMoved:
    """There is nothing to publish."""
    return TargetMoved(f"What was staged for the table {place.name!r} is gone or was changed. Run the pipeline again.")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
