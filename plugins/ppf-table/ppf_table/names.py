"""Names of tables as the catalog knows them."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SESSION_CATALOG = "spark_catalog"
_PART = re.compile(r"`((?:[^`]|``)+)`|([^.`\s]+)")


def parts(name: str) -> tuple[str, ...]:
    """The parts of a dotted name; a part with other characters stands in backticks. ValueError for anything else."""
    found, position = [], 0
    while True:
        part = _PART.match(name, position)
        if part is None:
            raise ValueError(f"{name!r} is not the name of a table. Write table, schema.table or catalog.schema.table.")
        found.append(part[2] or part[1].replace("``", "`"))
        position = part.end()
        if position == len(name):
            return tuple(found)
        if name[position] != ".":
            raise ValueError(f"{name!r} is not the name of a table. Put parts with other characters in backticks.")
        position += 1


def quoted(names: tuple[str, ...]) -> str:
    """The parts as one name that SQL understands."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in names)


def full_name(spark: "SparkSession", name: str) -> tuple[str, ...]:
    """The name with its catalog and schema: a bare one would find a temporary view first."""
    found = parts(name)
    if len(found) == 1:
        return (spark.catalog.currentCatalog(), spark.catalog.currentDatabase(), *found)
    return found if _is_catalog(spark, found[0]) else (spark.catalog.currentCatalog(), *found)


def _is_catalog(spark: "SparkSession", name: str) -> bool:
    return name == SESSION_CATALOG or spark.conf.get(f"spark.sql.catalog.{name}", None) is not None
