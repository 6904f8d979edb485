"""Tables: staged beside their target, shown by publishing, and left alone by whatever fails."""

from collections.abc import Iterator

import pytest
from ppf_table.sink import TableSink
from ppf_table.source import TableSource
from pyspark.sql import SparkSession

from ppf_core import PpfError, TargetMoved
from ppf_core.testing import build, context


@pytest.fixture
def table(spark: SparkSession) -> Iterator[str]:
    yield "people"
    for each in spark.catalog.listTables():
        if not each.isTemporary:
            spark.sql(f"DROP TABLE `{each.name}`")
    spark.catalog.dropTempView("people")


def tables(spark: SparkSession) -> set[str]:
    return {each.name for each in spark.catalog.listTables() if not each.isTemporary}


def ids(spark: SparkSession, name: str) -> list[int]:
    return sorted(row.id for row in spark.table(f"spark_catalog.default.{name}").collect())


def write(spark: SparkSession, rows: int, **options: object) -> None:
    sink = build(TableSink, **options)
    here = context(spark, run_id=f"run{rows}")
    ticket = sink.stage(here, spark.range(rows))
    sink.publish(here, ticket)
    sink.publish(here, ticket)


def test_nothing_is_seen_before_publishing_and_all_after_it(spark: SparkSession, table: str) -> None:
    sink = build(TableSink, name=table)
    ticket = sink.stage(context(spark), spark.range(3))
    assert table not in tables(spark)
    sink.publish(context(spark), ticket)
    assert tables(spark) == {table}
    assert ids(spark, table) == [0, 1, 2]


def test_overwrite_replaces_rows_and_keeps_the_table_itself(spark: SparkSession, table: str) -> None:
    write(spark, 3, name=table)
    spark.sql(f"COMMENT ON TABLE {table} IS 'ours'")
    write(spark, 2, name=table, mode="overwrite")
    assert ids(spark, table) == [0, 1]
    assert "ours" in str(spark.sql(f"DESCRIBE TABLE EXTENDED {table}").collect())


def test_append_adds_once_also_when_it_is_published_twice(spark: SparkSession, table: str) -> None:
    write(spark, 1, name=table)
    write(spark, 2, name=table, mode="append")
    assert ids(spark, table) == [0, 0, 1]


def test_error_refuses_a_table_that_exists_and_ignore_leaves_it(spark: SparkSession, table: str) -> None:
    write(spark, 1, name=table)
    with pytest.raises(PpfError, match="'people' exists already"):
        write(spark, 2, name=table)
    write(spark, 3, name=table, mode="ignore")
    assert ids(spark, table) == [0]
    assert tables(spark) == {table}


def test_a_table_that_appears_meanwhile_is_not_replaced(spark: SparkSession, table: str) -> None:
    sink = build(TableSink, name=table)
    ticket = sink.stage(context(spark), spark.range(3))
    spark.range(1).write.saveAsTable(table)
    with pytest.raises(TargetMoved):
        sink.publish(context(spark), ticket)
    assert ids(spark, table) == [0]


@pytest.mark.parametrize("returned", [True, False])
def test_discard_leaves_no_trace(returned: bool, spark: SparkSession, table: str) -> None:
    sink = build(TableSink, name=table)
    ticket = sink.stage(context(spark), spark.range(3))
    sink.discard(context(spark), ticket if returned else None)
    sink.discard(context(spark), None)
    assert tables(spark) == set()


@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_rows_that_do_not_fit_are_refused_before_anything_is_written(mode: str, spark: SparkSession, table: str) -> None:
    write(spark, 1, name=table)
    frame = spark.range(1).selectExpr("CAST(id AS STRING) id", "1 AS extra")
    with pytest.raises(PpfError, match=r"'extra' is new, 'id' is string, wanted bigint"):
        build(TableSink, name=table, mode=mode).stage(context(spark), frame)
    assert tables(spark) == {table}


def test_partitions_are_those_asked_for(spark: SparkSession, table: str) -> None:
    frame = spark.range(4).selectExpr("id", "id % 2 AS half")
    sink = build(TableSink, name=table, partition_by=["half"])
    sink.publish(context(spark), sink.stage(context(spark), frame))
    assert [column.name for column in spark.catalog.listColumns(table) if column.isPartition] == ["half"]


def test_a_source_reads_the_table_not_a_view_of_its_name(spark: SparkSession, table: str) -> None:
    write(spark, 2, name=table)
    spark.range(9).createOrReplaceTempView(table)
    assert build(TableSource, name=table).read(context(spark)).count() == 2
