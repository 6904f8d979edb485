"""Tables whose files are not ours to move, such as those of other catalogs: one statement of that catalog publishes.

The rows wait in a hidden table of the same schema. Delta and Iceberg note the write id with what they commit, so that it is
known whether the statement was done; for other tables a hidden mark tells that it was begun.
"""

from typing import TYPE_CHECKING

from ppf_core import PpfError, Ticket
from ppf_table import catalog, changes
from ppf_table.names import SESSION_CATALOG, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ppf_table.catalog import Description, Table
    from ppf_table.place import Place

_DEFAULT_FORMAT = "parquet"
_PROPERTY = "ppf-write-id"


def create(frame: "DataFrame", table: "Table", format_name: str, partition_by: list[str]) -> None:
    """Makes a table with the rows of a frame."""
    if table[0] == SESSION_CATALOG:
        frame.write.format(format_name).partitionBy(*partition_by).saveAsTable(quoted(table))
        return
    from pyspark.sql.functions import col

    # Another catalog has its own default, and some refuse to be told of any.
    writer = frame.writeTo(quoted(table))
    writer = writer if format_name == _DEFAULT_FORMAT else writer.using(format_name)
    columns = [col(quoted((name,))) for name in partition_by]
    (writer.partitionedBy(*columns) if columns else writer).create()


def stage(place: "Place", frame: "DataFrame", found: "Description", mode: str) -> Ticket:
    """Writes the rows into a hidden table."""
    if mode == "partitions" and _is_plain(found):
        raise PpfError(
            f"Some partitions of the table {place.name!r} cannot be replaced over Spark Connect: its files are out of reach.",
            hint="Run where Spark runs, or set partition_overwrite to static.",
        )
    before = {"structure": changes.structure(place.spark, found), "version": changes.version(place.spark, found)}
    create(frame, place.stage, found.provider or _DEFAULT_FORMAT, [])
    return {"way": "statement", "mode": mode, **before}


def publish(place: "Place", ticket: Ticket) -> None:
    """Copies the rows; a stage that is gone was published already."""
    spark = place.spark
    found = changes.require_same(place, ticket)
    if not catalog.exists(spark, place.stage):
        return
    if not _is_committed(place, found):
        _require_repeatable(place, ticket, found)
        catalog.change(spark, f"CREATE TABLE IF NOT EXISTS {quoted(place.begun)} (id INT)")
        _insert(place, ticket["mode"], found)
    catalog.drop(spark, place.stage)
    catalog.drop(spark, place.begun)


def _require_repeatable(place: "Place", ticket: Ticket, found: "Description") -> None:
    if not catalog.exists(place.spark, place.begun):
        if ticket["mode"] == "overwrite" and ticket["version"] != changes.version(place.spark, found):
            raise changes.replaced(place)
    elif ticket["mode"] == "append" and not _notes_writes(found):
        raise PpfError(
            f"A run was stopped while it added rows to the table {place.name!r}, and nothing tells whether they are there.",
            hint=f"Compare with {'.'.join(place.stage)!r}. If they are not there, drop {'.'.join(place.begun)!r} and run "
            "'ppf runs recover'; if they are, run it with --abandon.",
        )


def _insert(place: "Place", mode: str, found: "Description") -> None:
    from pyspark.sql.functions import lit

    rows = place.spark.table(quoted(place.stage))
    if _is_plain(found):
        catalog.insert(rows, place.target, overwrite=mode != "append")
        return
    writer = rows.writeTo(quoted(place.target))
    for name, value in _notes(place, found).items():
        writer = writer.option(name, value)
    if mode == "append":
        writer.append()
    elif mode == "partitions":
        writer.overwritePartitions()
    else:
        writer.overwrite(lit(True))


def _is_plain(found: "Description") -> bool:
    """Whether Spark itself writes the files."""
    return found.table[0] == SESSION_CATALOG and not _notes_writes(found)


def _notes_writes(found: "Description") -> bool:
    return found.provider in ("delta", "iceberg")


def _notes(place: "Place", found: "Description") -> dict[str, str]:
    if found.provider == "delta":
        return {"txnAppId": f"ppf-{place.write_id}", "txnVersion": "1"}
    return {f"snapshot-property.{_PROPERTY}": place.write_id} if found.provider == "iceberg" else {}


def _is_committed(place: "Place", found: "Description") -> bool:
    """Whether the statement was done. Delta skips one that it knows, so that it need not be asked."""
    if found.provider != "iceberg":
        return False
    snapshots = place.spark.table(quoted((*place.target, "snapshots")))
    return not snapshots.where(snapshots["summary"][_PROPERTY] == place.write_id).isEmpty()
