"""What the sink refuses before it computes anything, since publishing could not do it."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ppf_core import PpfError, suggestion
from ppf_core.storage import files_at
from ppf_table import catalog
from ppf_table.catalog import Description
from ppf_table.names import SESSION_CATALOG, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ppf_core import Context

_EQUAL = "Make the columns equal with a transform, or write another table."


# What a catalog that outlives Spark needs on one machine; tests/test_lasting.py runs with it.
_LASTING = (
    "Under spark.conf set 'spark.sql.catalogImplementation' = hive with your metastore ('spark.hadoop.hive.metastore.uris'), "
    "or, on one machine, with 'spark.sql.warehouse.dir' = /data/warehouse and 'spark.hadoop.javax.jdo.option.ConnectionURL' = "
    "'jdbc:derby:;databaseName=/data/metastore;create=true'. Or write files: a sink with a path, such as parquet."
)


def require_lasting(context: "Context", target: tuple[str, ...], format_name: str) -> None:
    """Refuses a table that nobody could find once the run has ended, and whose folder would be in the way of the next run."""
    spark = context.spark
    if context.spark_ends and catalog.is_lost_with_spark(spark, target, format_name) and not catalog.exists(spark, target):
        name = ".".join(target)
        raise PpfError(
            f"Spark's catalog lives in memory and ends with the run, and the table {name!r} with it.",
            hint=_LASTING,
        )


def require_free_folder(spark: "SparkSession", target: tuple[str, ...], format_name: str) -> None:
    """Refuses a new table whose folder is there: Spark would tell only when the table is shown."""
    is_plain = target[0] == SESSION_CATALOG and format_name.lower() in catalog.FILE_FORMATS
    if not is_plain or catalog.is_connect(spark) or not spark.catalog.databaseExists(quoted(target[:-1])):
        return
    folder = catalog.default_location(spark, target)
    if files_at(spark, folder).exists(folder):
        raise PpfError(
            f"There is no table {'.'.join(target)!r}, but the folder that it would have is there: {folder!r}.",
            hint="Perhaps a catalog in memory forgot its table. Look into it, then remove it or choose another name.",
        )


def require_new_name(target: tuple[str, ...]) -> None:
    """Refuses a name that Spark's own catalog takes for no table: it would tell only when the table is shown."""
    if target[0] == SESSION_CATALOG and not re.fullmatch(r"\w+", target[-1], re.ASCII):
        raise PpfError(
            f"{target[-1]!r} cannot be the name of a new table: {SESSION_CATALOG} takes letters, digits and '_' only.",
            hint="Choose another name.",
        )


def require_columns(names: Sequence[str], frame: "DataFrame") -> None:
    """Refuses a name under partition_by that the frame does not have."""
    there = {name.lower() for name in frame.columns}
    for name in names:
        if name.lower() not in there:
            raise PpfError(f"There is no column {name!r}, which partition_by names.", hint=suggestion(name, frame.columns))
    if names and len({name.lower() for name in names}) == len(there):
        raise PpfError("partition_by names every column, so that nothing is left to write.", hint="Name fewer columns.")


def require_writable(found: Description) -> None:
    """Refuses a table into which Spark, or this sink, cannot put rows as others expect them."""
    name = ".".join(found.table)
    if found.is_view:
        raise PpfError(f"{name!r} is a view, so no rows can be written into it.", hint="Name the table behind it.")
    if not found.is_of_files:
        return
    if found.details.get("Num Buckets", "-1") not in ("-1", "0"):
        raise PpfError(
            f"The table {name!r} has buckets: files that are put beside others would not be where readers look for them.",
            hint="Write it with Spark's INSERT, or make a table without CLUSTERED BY.",
        )
    if "transactional=true" in found.properties.lower():
        raise PpfError(
            f"The table {name!r} is transactional: only Hive itself can write it.",
            hint="Write another table, and insert from it.",
        )
    if found.partition_columns and found.details.get("Partition Provider", "Catalog") != "Catalog":
        raise PpfError(
            f"The catalog does not know the partitions of the table {name!r}.",
            hint=f"Run MSCK REPAIR TABLE {name}, with spark.sql.hive.manageFilesourcePartitions = true.",
        )


def require_tellable(found: Description) -> None:
    """Refuses to change what a catalog says of a table where that may be impossible: only publishing would tell."""
    if found.table[0] != SESSION_CATALOG and found.provider not in ("delta", "iceberg"):
        raise PpfError(
            f"The table {'.'.join(found.table)!r} exists, and comment and properties of a table of its catalog are given once.",
            hint="Leave them out, or change them with the catalog's own tools.",
        )


def require_partitions(found: Description, partition_by: Sequence[str], partition_overwrite: str) -> None:
    """Refuses other partition columns than those of the table that is there."""
    name, there = ".".join(found.table), found.partition_columns
    if partition_by and _folded(there) != _folded(partition_by):
        raise PpfError(
            f"The table {name!r} is partitioned by [{', '.join(there)}], but partition_by is [{', '.join(partition_by)}].",
            hint="Leave partition_by out to keep what is there, or write another table.",
        )
    if not there and partition_overwrite == "dynamic":
        raise PpfError(
            f"The table {name!r} has no partitions, so that partition_overwrite = dynamic would replace all its rows.",
            hint="Leave partition_overwrite out if that is meant.",
        )


def require_same_columns(spark: "SparkSession", found: Description, frame: "DataFrame") -> None:
    """Spark would fill in NULL for a column that is missing, and write what no reader can read for another type."""
    wanted = {field.name.lower(): field.dataType.simpleString() for field in spark.table(quoted(found.table)).schema.fields}
    given = {field.name.lower(): field.dataType.simpleString() for field in frame.schema.fields}
    differences = [f"{column!r} is missing" for column in wanted if column not in given]
    differences += [f"{column!r} is new" for column in given if column not in wanted]
    differences += [
        f"{column!r} is {given[column]}, wanted {wanted[column]}"
        for column in wanted
        if column in given and given[column] != wanted[column]
    ]
    if differences:
        raise PpfError(f"The rows do not fit the table {'.'.join(found.table)!r}: {', '.join(differences)}.", hint=_EQUAL)


def _folded(names: Sequence[str]) -> list[str]:
    return [name.lower() for name in names]
