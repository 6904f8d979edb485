"""Names of tables as the catalog knows them."""

import re
from typing import TYPE_CHECKING

from ppf_core import Dataset

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SESSION_CATALOG = "spark_catalog"
DEFAULT_SCHEMA = "default"
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


def text(value: str) -> str:
    """The value as a literal that SQL understands."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def dataset(name: str) -> Dataset:
    """The identity of a table, as far as it can be known without asking Spark.

    A name without a catalog, or without a schema, is taken for one of Spark's own catalog, or of its default schema. That
    catalog makes no difference between capital and small letters.
    """
    found = parts(name)
    found = ((), (SESSION_CATALOG, DEFAULT_SCHEMA), (SESSION_CATALOG,))[len(found)] + found if len(found) < 3 else found
    if found[0].lower() == SESSION_CATALOG:
        found = tuple(part.lower() for part in found)
    return Dataset("table", ".".join(part if re.fullmatch(r"\w+", part) else quoted((part,)) for part in found))


def full_name(spark: "SparkSession", name: str) -> tuple[str, ...]:
    """The name with its catalog and schema: a bare one would find a temporary view first."""
    found = parts(name)
    if len(found) == 1:
        return (spark.catalog.currentCatalog(), spark.catalog.currentDatabase(), *found)
    return found if _is_catalog(spark, found[0]) else (spark.catalog.currentCatalog(), *found)


def _is_catalog(spark: "SparkSession", name: str) -> bool:
    return name == SESSION_CATALOG or spark.conf.get(f"spark.sql.catalog.{name}", None) is not None
