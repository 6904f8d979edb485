"""What the sink refuses before it computes anything, since publishing could not do it."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ppf_core import PpfError, suggestion
from ppf_table.names import SESSION_CATALOG, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_EQUAL = "Make the columns equal with a transform, or write another table."


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


def require_fitting(spark: "SparkSession", target: tuple[str, ...], frame: "DataFrame", partition_by: Sequence[str]) -> None:
    """Refuses rows that do not fit the table that is there."""
    name = ".".join(target)
    if spark.catalog.getTable(quoted(target)).tableType == "VIEW":
        raise PpfError(f"{name!r} is a view, so no rows can be written into it.", hint="Name the table behind it.")
    columns = spark.catalog.listColumns(quoted(target))
    found = [column.name for column in columns if column.isPartition]
    if partition_by and _folded(found) != _folded(partition_by):
        raise PpfError(
            f"The table {name!r} is partitioned by [{', '.join(found)}], but partition_by is [{', '.join(partition_by)}].",
            hint="Leave partition_by out to keep what is there, or write another table.",
        )
    _require_same_columns(name, spark.table(quoted(target)), frame)


def _require_same_columns(name: str, there: "DataFrame", frame: "DataFrame") -> None:
    """Spark would fill in NULL for a column that is missing, and write what no reader can read for another type."""
    wanted = {field.name.lower(): field.dataType.simpleString() for field in there.schema.fields}
    found = {field.name.lower(): field.dataType.simpleString() for field in frame.schema.fields}
    differences = [f"{column!r} is missing" for column in wanted if column not in found]
    differences += [f"{column!r} is new" for column in found if column not in wanted]
    differences += [
        f"{column!r} is {found[column]}, wanted {wanted[column]}"
        for column in wanted
        if column in found and found[column] != wanted[column]
    ]
    if differences:
        raise PpfError(f"The rows do not fit the table {name!r}: {', '.join(differences)}.", hint=_EQUAL)


def _folded(names: Sequence[str]) -> list[str]:
    return [name.lower() for name in names]
