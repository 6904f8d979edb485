"""Rows for a table of files that is there: Spark writes them through a hidden table of the same kind, into a hidden folder."""

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ppf_core import PpfError, Ticket, rows_written
from ppf_core.storage import files_at, fingerprint
from ppf_table import catalog, changes, replacing, replacing_partitions
from ppf_table.names import SESSION_CATALOG, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ppf_table.catalog import Description
    from ppf_table.place import Place

# These tell how many rows they have without reading them. Text may be read as other rows than were written; of most other
# stores nothing is known.
_COUNTABLE = frozenset({"parquet", "orc", "delta", "iceberg"})


def stage(place: "Place", frame: "DataFrame", found: "Description", way: str) -> Ticket:
    """Writes the rows. way: append, overwrite, or partitions for only those that are staged."""
    columns = found.partition_columns
    place = replace(place, token=secrets.token_hex(4), location=found.location, partition_columns=columns)
    if not columns and not place.has_siblings:
        raise PpfError(
            f"The table {place.name!r} has its files in {place.location!r}, the root of a file system, so that none can be "
            "written beside them.",
            hint="Give the table a folder below it.",
        )
    if way == "overwrite" and not columns:
        replacing.require_plain_folder(place)
        way = "folder" if found.is_managed else "location"
    place.files.delete(place.container)
    before = {"structure": changes.structure(place.spark, found), "content": changes.content(place)}
    catalog.create_like(place.spark, place.stage, place.target, place.rows)
    catalog.insert(frame, place.stage)
    staged = place.files.walk(place.rows)
    further = {"partitions": replacing_partitions.staged_partitions(place)} if columns else {}
    return {
        "way": way,
        "token": place.token,
        "location": place.location,
        "staged": fingerprint(staged),
        "files": str(len(staged)),
        "partition_columns": json.dumps(columns),
        **before,
        **further,
    }


def rows_staged(spark: "SparkSession", stage: "Description", since: float) -> int | None:
    """The rows that were written into a hidden table; None when that is not known. since: before the write, as of `time.time`.

    As Spark counted them while it wrote, or as the stage tells where that surely gives back each row.
    """
    told = None
    if stage.is_of_files and not catalog.is_connect(spark):
        # The name of the write is in the last two parts.
        told = rows_written(spark, "/".join(stage.location.split("/")[-2:]), since)
    if told is None and (stage.provider in _COUNTABLE or _is_in_a_database(spark, stage)):
        return spark.table(quoted(stage.table)).count()
    return told


def clear(place: "Place") -> None:
    """Removes all that a write left, and undoes what it had only half done."""
    if not catalog.is_connect(place.spark):
        for each in (each for each in _containers(place) if each.is_partitioned or each.has_siblings):
            (replacing_partitions if each.is_partitioned else replacing).restore(each)
            each.files.delete(each.container)
    # Only now, since it tells where the container is.
    catalog.drop(place.spark, place.stage)
    catalog.drop(place.spark, place.begun)
    if not catalog.is_connect(place.spark) and place.target[0] == SESSION_CATALOG:
        _remove_unfinished(place)


def _is_in_a_database(spark: "SparkSession", stage: "Description") -> bool:
    """Whether Spark made it over JDBC: such a table has no key, which would let it lose rows."""
    return str(spark.conf.get(f"spark.sql.catalog.{stage.table[0]}", "")).endswith(".JDBCTableCatalog")


def _containers(place: "Place") -> "Iterator[Place]":
    """The places where this write may have left something: told by its ticket, its hidden table, and the table."""
    found, staged = catalog.describe(place.spark, place.target), catalog.describe(place.spark, place.stage)
    # A folder among the files of a table with partitions, or a folder beside those of a table without.
    told = re.fullmatch(rf"(.+)/(?:\.([^/]+))?\.ppf-{place.write_id}/rows", staged.location if staged is not None else "")
    if place.location:
        yield place
    elif told is not None and staged is not None:
        location = f"{told[1]}/{told[2]}" if told[2] else told[1]
        yield replace(place, location=location, partition_columns=staged.partition_columns)
    elif found is not None and found.is_of_files:
        yield replace(place, location=found.location, partition_columns=found.partition_columns)


def _remove_unfinished(place: "Place") -> None:
    """Spark writes the files of a new table before it tells its catalog of it, and drops a table before its files."""
    if place.spark.catalog.databaseExists(quoted(place.target[:-1])):
        left = catalog.default_location(place.spark, place.stage)
        files_at(place.spark, left).delete(left)
