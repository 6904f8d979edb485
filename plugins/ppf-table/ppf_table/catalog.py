"""What the sink asks the catalog about tables, and the few things it does to them. `change` is the one effect."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_table.names import SESSION_CATALOG, quoted, text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Table = tuple[str, ...]

# What Hive writes into the properties of a table by itself.
_HIVES_OWN = "transient_lastDdlTime"
FILE_FORMATS = {"parquet", "orc", "csv", "json", "text", "avro", "xml", "hive"}
_DETAILS, _PARTITIONS = "# Detailed Table Information", "# Partition Information"


@dataclass(frozen=True)
class Description:
    """What `DESCRIBE TABLE EXTENDED` tells of a table, under the names that it uses."""

    table: Table
    details: Mapping[str, str]
    partition_columns: tuple[str, ...]

    @property
    def is_view(self) -> bool:
        """Whether it is the name of a query."""
        return "VIEW" in self.details.get("Type", "")

    @property
    def is_managed(self) -> bool:
        """Whether the catalog chose where the files lie, and removes them with the table."""
        return self.details.get("Type") == "MANAGED"

    @property
    def provider(self) -> str:
        """The format, in lower case; empty where the catalog has only one."""
        return self.details.get("Provider", "").lower()

    @property
    def location(self) -> str:
        """The folder of its files; empty when there is none."""
        return self.details.get("Location", "").rstrip("/")

    @property
    def is_of_files(self) -> bool:
        """Whether its rows are the files in a folder that Spark's own catalog tells."""
        return self.table[0] == SESSION_CATALOG and self.provider in FILE_FORMATS and bool(self.location)

    @property
    def has_options(self) -> bool:
        """Whether it was told how to write and read its files."""
        return bool(self.details.get("Storage Properties"))

    @property
    def knows_partitions(self) -> bool:
        """Whether the catalog tells of its partitions, if it has any, so that they are not guessed from folders."""
        return not self.partition_columns or self.details.get("Partition Provider") == "Catalog"

    @property
    def properties(self) -> str:
        """The properties as text, only to compare them. Iceberg tells its snapshot there."""
        return re.sub(rf"{_HIVES_OWN}=\d+", "", self.details.get("Table Properties", ""))


def is_connect(spark: "SparkSession") -> bool:
    """Whether Spark runs elsewhere, so that its file systems are out of reach."""
    return type(spark).__module__.startswith("pyspark.sql.connect")


def is_in_memory(spark: "SparkSession", table: Table) -> bool:
    """Whether it is a table of Spark's own catalog, and Spark keeps that in its memory."""
    return table[0] == SESSION_CATALOG and spark.conf.get("spark.sql.catalogImplementation") == "in-memory"


def is_lost_with_spark(spark: "SparkSession", table: Table, format_name: str) -> bool:
    """Whether a table of this format, made anew, would be told of in Spark's memory alone."""
    # Other classes may keep their tables elsewhere, but leave those of files to Spark's own catalog.
    return is_in_memory(spark, table) and (is_sparks_own(spark) or format_name.lower() in FILE_FORMATS)


def is_sparks_own(spark: "SparkSession") -> bool:
    """Whether the catalog of a session is Spark's; Delta's class only adds to it."""
    kind = spark.conf.get("spark.sql.catalog.spark_catalog", "builtin") or "builtin"
    return kind.rpartition(".")[2] in ("builtin", "DeltaCatalog")


def exists(spark: "SparkSession", table: Table) -> bool:
    """Whether there is a table or view of this name."""
    return bool(spark.catalog.tableExists(quoted(table)))


def describe(spark: "SparkSession", table: Table) -> Description | None:
    """What the catalog tells of a table; None when there is none."""
    return described(spark, table) if exists(spark, table) else None


def described(spark: "SparkSession", table: Table) -> Description:
    """What the catalog tells of a table that is there."""
    rows = spark.sql(f"DESCRIBE TABLE EXTENDED {quoted(table)}").collect()
    names = [row.col_name for row in rows]
    # Columns come first, and may be called as the details are.
    start = names.index(_DETAILS) if _DETAILS in names else len(names)
    details = {row.col_name: row.data_type for row in rows[start + 1 :] if row.col_name}
    partitions = names[names.index(_PARTITIONS) + 2 : start] if _PARTITIONS in names else []
    return Description(table, details, tuple(name for name in partitions if name))


def default_location(spark: "SparkSession", table: Table) -> str:
    """Where the files of a table of Spark's own catalog lie that is made without a place."""
    state: Any = spark._jsparkSession.sessionState()
    jvm: Any = spark._jvm
    uri = state.catalog().defaultTablePath(state.sqlParser().parseTableIdentifier(quoted(table[1:])))
    return str(jvm.org.apache.hadoop.fs.Path(uri).toString())


def change(spark: "SparkSession", statement: str) -> None:
    """Runs a statement that changes the catalog."""
    spark.sql(statement)


def drop(spark: "SparkSession", table: Table) -> None:
    """Removes a table, if it is there."""
    change(spark, f"DROP TABLE IF EXISTS {quoted(table)}")


def rename(spark: "SparkSession", table: Table, new: Table) -> None:
    """Renames a table within its catalog and schema, in one step."""
    change(spark, f"ALTER TABLE {quoted(table)} RENAME TO {quoted(new[1:])}")


def find_partitions(spark: "SparkSession", table: Table) -> None:
    """Lets a renamed table find its partitions.

    Spark's catalog in memory moves the folder of a table that it renames, and leaves the places of its partitions as they were:
    the table would be empty. Hive's catalog moves both.
    """
    if not is_in_memory(spark, table):
        return
    found = describe(spark, table)
    if found is not None and found.is_of_files and found.partition_columns:
        change(spark, f"MSCK REPAIR TABLE {quoted(table)} SYNC PARTITIONS")


def set_location(spark: "SparkSession", table: Table, location: str) -> None:
    """Lets a table have its files elsewhere, in one step; what was counted of the old ones is forgotten."""
    change(spark, f"ALTER TABLE {quoted(table)} SET LOCATION {text(location)}")


def forget_statistics(spark: "SparkSession", found: Description) -> None:
    """Forgets what was counted of a table, if it was: Hive would answer queries from the numbers of the old files."""
    if "Statistics" in found.details:
        # Without a scan ANALYZE would note 0 rows. A table that is told where it lies has none, even if it lay there before.
        set_location(spark, found.table, found.location)


def comment(spark: "SparkSession", table: Table, wanted: str | None) -> None:
    """Lets a table have a comment, unless it has it."""
    if wanted is not None and described(spark, table).details.get("Comment") != wanted:
        change(spark, f"COMMENT ON TABLE {quoted(table)} IS {text(wanted)}")


def set_properties(spark: "SparkSession", table: Table, wanted: Mapping[str, str]) -> None:
    """Lets a table have properties, unless it has them; others stay."""
    if not wanted:
        return
    there = {row.key: row.value for row in spark.sql(f"SHOW TBLPROPERTIES {quoted(table)}").collect()}
    pairs = [f"{text(key)} = {text(value)}" for key, value in wanted.items() if there.get(key) != value]
    if pairs:
        change(spark, f"ALTER TABLE {quoted(table)} SET TBLPROPERTIES ({', '.join(pairs)})")


def create_like(spark: "SparkSession", table: Table, model: Table, location: str) -> None:
    """Makes an empty table at a place, with columns, partitions, format and properties of another, in Spark's own catalog."""
    properties = {row.key: row.value for row in spark.sql(f"SHOW TBLPROPERTIES {quoted(model)}").collect()}
    properties.pop(_HIVES_OWN, None)
    pairs = ", ".join(f"{text(key)} = {text(value)}" for key, value in properties.items())
    # LIKE knows no other catalog, and not even the name of this one.
    change(
        spark,
        f"CREATE TABLE {quoted(table[1:])} LIKE {quoted(model[1:])} LOCATION {text(location)}"
        + (f" TBLPROPERTIES ({pairs})" if pairs else ""),
    )


def insert(frame: "DataFrame", table: Table, *, overwrite: bool = False) -> None:
    """Writes by name: INSERT goes by position, and the order of columns may differ."""
    columns = [quoted((name,)) for name in frame.sparkSession.table(quoted(table)).columns]
    frame.select(*columns).write.insertInto(quoted(table), overwrite=overwrite)
