"""What the catalog says of a table, the further names of modes, and views."""

from collections.abc import Iterator
from typing import Any

import pytest
from ppf_table import catalog
from ppf_table.sink import TableSink
from ppf_table.view import ViewSink
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError, TargetMoved
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context

PEOPLE = ("spark_catalog", "default", "people")


@pytest.fixture(autouse=True)
def _clean(spark: SparkSession) -> Iterator[None]:
    yield
    for each in spark.catalog.listTables():
        kind = "VIEW" if each.tableType == "VIEW" else "TABLE"
        spark.sql(f"DROP {kind} IF EXISTS spark_catalog.default.`{each.name}`")


def write(spark: SparkSession, frame: DataFrame, run_id: str, **options: Any) -> None:
    sink, here = build(TableSink, name="people", **options), context(spark, run_id=run_id)
    ticket = sink.stage(here, frame)
    for _ in range(2):
        sink.publish(here, ticket)


def told(spark: SparkSession) -> tuple[str | None, dict[str, str]]:
    rows = spark.sql("SHOW TBLPROPERTIES people").collect()
    return catalog.described(spark, PEOPLE).details.get("Comment"), {row.key: row.value for row in rows if "." in row.key}


def halves(spark: SparkSession, rows: int) -> DataFrame:
    return spark.range(rows).selectExpr("id", "id % 2 AS half")


def test_a_table_has_the_comment_and_the_properties_of_the_file(spark: SparkSession) -> None:
    write(spark, halves(spark, 2), "first", comment="Who's who", properties={"team.owner": "ops", "team.tier": "1"})
    assert told(spark) == ("Who's who", {"team.owner": "ops", "team.tier": "1"})
    write(spark, halves(spark, 3), "second", mode="append", properties={"team.tier": "2"})
    assert told(spark) == ("Who's who", {"team.owner": "ops", "team.tier": "2"})
    write(spark, halves(spark, 4), "third", mode="overwrite", comment="All of them")
    assert told(spark) == ("All of them", {"team.owner": "ops", "team.tier": "2"})
    assert spark.table("people").count() == 4


def test_a_table_that_stays_keeps_its_comment(spark: SparkSession) -> None:
    write(spark, halves(spark, 2), "first", comment="first")
    write(spark, halves(spark, 2), "second", mode="ignore", comment="second")
    assert told(spark)[0] == "first"


def test_insert_overwrite_replaces_the_partitions_that_the_rows_have(spark: SparkSession) -> None:
    write(spark, halves(spark, 4), "first", mode="insert_overwrite", partition_by=["half"])
    write(spark, halves(spark, 1), "second", mode="insert_overwrite")
    assert sorted(tuple(row) for row in spark.table("people").collect()) == [(0, 0), (1, 1), (3, 1)]
    write(spark, halves(spark, 1), "third", mode="truncate", comment="emptied")
    assert [tuple(row) for row in spark.table("people").collect()] == [(0, 0)]
    assert told(spark)[0] == "emptied"


def view(spark: SparkSession, run_id: str, sql: str, **options: Any) -> tuple[Any, Any, Any]:
    sink, here = build(ViewSink, name="recent", sql=sql, **options), context(spark, run_id=run_id)
    return sink, here, sink.stage(here, spark.range(1))


def shown(spark: SparkSession) -> list[int]:
    return sorted(row[0] for row in spark.table("recent").collect())


def test_a_view_is_changed_when_the_run_publishes(spark: SparkSession) -> None:
    write(spark, halves(spark, 4), "first")
    sink, here, ticket = view(spark, "one", "\n  SELECT id FROM people WHERE id > 1 ;\n", comment="It's new")
    assert [each.name for each in spark.catalog.listTables()] == ["people"]
    for _ in range(2):
        sink.publish(here, ticket)
    assert shown(spark) == [2, 3]
    sink, here, ticket = view(spark, "two", "SELECT half FROM people WHERE id < 1")
    assert shown(spark) == [2, 3]
    sink.publish(here, ticket)
    assert shown(spark) == [0]
    assert sorted(each.name for each in spark.catalog.listTables()) == ["people", "recent"]


def test_a_view_may_stand_on_a_table_that_is_published_before_it(spark: SparkSession) -> None:
    sink, here, ticket = view(spark, "one", "SELECT id FROM people")
    with pytest.raises(TargetMoved, match=r"cannot be made, and stays as it was: .*TABLE_OR_VIEW_NOT_FOUND"):
        sink.publish(here, ticket)
    write(spark, halves(spark, 2), "first")
    sink.publish(here, ticket)
    assert shown(spark) == [0, 1]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT nam FROM people", "The query of the view 'recent' is wrong: .*UNRESOLVED_COLUMN"),
        ("SELEC 1", "is wrong: "),
        ("SELECT * FROM temporary", "is wrong: .*INVALID_TEMP_OBJ_REFERENCE"),
    ],
)
def test_a_query_that_is_wrong_fails_before_publishing(sql: str, message: str, spark: SparkSession) -> None:
    write(spark, halves(spark, 1), "first")
    spark.range(1).createOrReplaceTempView("temporary")
    with pytest.raises(PpfError, match=message):
        view(spark, "one", sql)
    spark.catalog.dropTempView("temporary")
    assert [each.name for each in spark.catalog.listTables()] == ["people"]


def test_a_table_never_becomes_a_view_and_another_change_of_a_view_stays(spark: SparkSession) -> None:
    spark.sql("CREATE TABLE recent (id INT) USING parquet")
    with pytest.raises(PpfError, match="'recent' is a table"):
        view(spark, "one", "SELECT 1 AS id")
    spark.sql("DROP TABLE recent")
    sink, here, ticket = view(spark, "two", "SELECT 1 AS id")
    spark.sql("CREATE VIEW recent AS SELECT 7 AS id")
    with pytest.raises(TargetMoved, match="was changed by somebody else"):
        sink.publish(here, ticket)
    assert shown(spark) == [7]
    with pytest.raises(ConfigError, match="must be a query"):
        build(ViewSink, name="recent", sql=" ")
