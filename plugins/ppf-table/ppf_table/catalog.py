"""The few things that the sink does to tables of the catalog. One function is one effect."""

from typing import TYPE_CHECKING

from ppf_table.names import SESSION_CATALOG, quoted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Table = tuple[str, ...]

# What Hive writes into the properties of a table by itself.
_HIVES_OWN = "transient_lastDdlTime"


def exists(spark: "SparkSession", table: Table) -> bool:
    """Whether there is a table or view of this name."""
    return bool(spark.catalog.tableExists(quoted(table)))


def drop(spark: "SparkSession", table: Table) -> None:
    """Removes a table, if it is there."""
    spark.sql(f"DROP TABLE IF EXISTS {quoted(table)}")


def rename(spark: "SparkSession", table: Table, new: Table) -> None:
    """Renames a table within its catalog and schema, in one step."""
    spark.sql(f"ALTER TABLE {quoted(table)} RENAME TO {quoted(new[1:])}")


def find_partitions(spark: "SparkSession", table: Table) -> None:
    """Lets a renamed table find its partitions.

    Spark's catalog in memory moves the folder of a table that it renames, and leaves the places of its partitions as they were:
    the table would be empty. Hive's catalog moves both.
    """
    if table[0] != SESSION_CATALOG or spark.conf.get("spark.sql.catalogImplementation") != "in-memory":
        return
    if any(column.isPartition for column in spark.catalog.listColumns(quoted(table))):
        spark.sql(f"MSCK REPAIR TABLE {quoted(table)} SYNC PARTITIONS")


def is_managed(spark: "SparkSession", table: Table) -> bool:
    """Whether Spark chose where the table's files lie, so that another table can take its place."""
    return table[0] == SESSION_CATALOG and spark.catalog.getTable(quoted(table)).tableType == "MANAGED"


def create_like(spark: "SparkSession", table: Table, model: Table) -> None:
    """Makes an empty table with the columns, partitions, format, comment and properties of another, in Spark's own catalog."""
    # LIKE knows no other catalog, and not even the name of this one.
    spark.sql(f"CREATE TABLE {quoted(table[1:])} LIKE {quoted(model[1:])}")
    comment = spark.catalog.getTable(quoted(model)).description
    if comment:
        spark.sql(f"COMMENT ON TABLE {quoted(table)} IS {_text(comment)}")
    properties = {row.key: row.value for row in spark.sql(f"SHOW TBLPROPERTIES {quoted(model)}").collect()}
    properties.pop(_HIVES_OWN, None)
    if properties:
        pairs = ", ".join(f"{_text(key)} = {_text(value)}" for key, value in properties.items())
        spark.sql(f"ALTER TABLE {quoted(table)} SET TBLPROPERTIES ({pairs})")


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
