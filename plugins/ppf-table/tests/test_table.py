"""Tables: staged beside their target, shown by publishing, and left alone by whatever fails."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ppf_table import catalog, staging
from ppf_table.sink import TableSink
from ppf_table.source import TableSource
from pyspark.sql import DataFrame, SparkSession

from ppf_core import Dataset, PpfError, TargetMoved
from ppf_core.errors import ConfigError
from ppf_core.spark import written_rows
from ppf_core.testing import build, context


@pytest.fixture
def table(spark: SparkSession) -> Iterator[str]:
    yield "people"
    for each in spark.catalog.listTables():
        if not each.isTemporary:
            spark.sql(f"DROP TABLE spark_catalog.default.`{each.name}`")
    spark.catalog.dropTempView("people")


def tables(spark: SparkSession) -> set[str]:
    return {each.name for each in spark.catalog.listTables() if not each.isTemporary}


def ids(spark: SparkSession, name: str) -> list[int]:
    return sorted(row.id for row in spark.table(f"spark_catalog.default.{name}").collect())


def partitions(spark: SparkSession, name: str) -> list[str]:
    return [column.name for column in spark.catalog.listColumns(name) if column.isPartition]


def write(spark: SparkSession, rows: int | DataFrame, **options: object) -> None:
    sink = build(TableSink, **options)
    here = context(spark)
    ticket = sink.stage(here, spark.range(rows) if isinstance(rows, int) else rows)
    sink.publish(here, ticket)
    sink.publish(here, ticket)


def test_nothing_is_seen_before_publishing_and_all_after_it(spark: SparkSession, table: str) -> None:
    sink = build(TableSink, name=table)
    ticket = sink.stage(context(spark), spark.range(3))
    assert table not in tables(spark)
    sink.publish(context(spark), ticket)
    assert tables(spark) == {table}
    assert ids(spark, table) == [0, 1, 2]


def test_overwrite_replaces_rows_and_keeps_what_is_told_of_the_table(spark: SparkSession, table: str) -> None:
    frame = spark.range(4).selectExpr("id", "id % 2 AS half")
    write(spark, frame, name=table, partition_by=["half"], format="json")
    spark.sql(f"COMMENT ON TABLE {table} IS 'Ada\\'s'")
    spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('owner.mail' = 'ada\\'s')")
    write(spark, frame.where("id < 1").select("half", "id"), name=table, mode="overwrite")
    assert ids(spark, table) == [0]
    assert tables(spark) == {table}
    told = {row.col_name: row.data_type for row in spark.sql(f"DESCRIBE TABLE EXTENDED {table}").collect()}
    assert (told["Provider"], told["Comment"], told["Table Properties"]) == ("json", "Ada's", "[owner.mail=ada's]")
    assert partitions(spark, table) == ["half"]


def test_overwrite_of_a_table_with_a_place_of_its_own_puts_the_files_beside_it(
    spark: SparkSession, table: str, tmp_path: Path
) -> None:
    spark.sql(f"CREATE TABLE {table} (id BIGINT) USING parquet LOCATION '{tmp_path}/people'")
    write(spark, 3, name=table, mode="overwrite")
    write(spark, 2, name=table, mode="overwrite")
    (folder,) = tmp_path.iterdir()
    assert folder.name.startswith("people-w")
    assert spark.read.parquet(str(folder)).count() == 2
    assert tables(spark) == {table}


@pytest.mark.parametrize(("folder", "words"), [("", "the root of a file system"), ("people", "holds other folders.*: 'more'")])
def test_a_folder_that_cannot_be_replaced_is_refused(
    folder: str, words: str, spark: SparkSession, table: str, tmp_path: Path
) -> None:
    (tmp_path / "people" / "more").mkdir(parents=True)
    mount = f"fs.viewfs.mounttable.{tmp_path.name.replace('_', '-')}.link./people"
    spark.sparkContext._jsc.hadoopConfiguration().set(mount, f"file://{tmp_path}")
    place = f"file:{tmp_path}/{folder}" if folder else f"viewfs://{tmp_path.name.replace('_', '-')}/"
    spark.sql(f"CREATE TABLE {table} (id BIGINT) USING parquet LOCATION '{place}'")
    with pytest.raises(PpfError, match=words):
        build(TableSink, name=table, mode="overwrite").stage(context(spark), spark.range(1))
    assert (tmp_path / "people" / "more").exists()


def test_append_adds_once_also_when_it_is_published_twice(spark: SparkSession, table: str) -> None:
    write(spark, 1, name=table)
    write(spark, 2, name=table, mode="append")
    assert ids(spark, table) == [0, 0, 1]


def test_error_refuses_a_table_that_exists(spark: SparkSession, table: str) -> None:
    write(spark, 1, name=table)
    with pytest.raises(PpfError, match="'people' exists already"):
        write(spark, 2, name=table)
    assert ids(spark, table) == [0]
    assert tables(spark) == {table}


def test_ignore_leaves_a_table_that_exists_and_computes_nothing(spark: SparkSession, table: str) -> None:
    write(spark, 1, name=table)
    told: list[int | None] = []
    sink = build(TableSink, name=table, mode="ignore")
    here = replace(context(spark), _report=lambda number, _: told.append(number))
    ticket = sink.stage(here, spark.range(1).selectExpr("raise_error('computed') AS id"))
    sink.publish(here, ticket)
    assert (ids(spark, table), tables(spark), told) == ([0], {table}, [0])


@pytest.mark.parametrize(("format_name", "known"), [("parquet", 2), ("orc", 2), ("csv", None), ("json", None)])
def test_rows_of_text_are_not_counted_where_spark_does_not_tell_what_it_wrote(
    format_name: str, known: int | None, spark: SparkSession, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spark.sql(f"CREATE TABLE {table} (id BIGINT) USING {format_name}")
    spark.range(2).write.insertInto(table)
    monkeypatch.setattr(written_rows, "_PATIENCE", 0.1)
    found = catalog.described(spark, ("spark_catalog", "default", table))
    assert staging.rows_staged(spark, found, time.time() + 60) == known


@pytest.mark.parametrize("mode", ["error", "overwrite"])
def test_a_table_that_appears_meanwhile_is_not_replaced(mode: str, spark: SparkSession, table: str) -> None:
    sink = build(TableSink, name=table, mode=mode)
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


def test_a_new_table_has_the_partitions_asked_for_and_all_rows(spark: SparkSession, table: str) -> None:
    frame = spark.sql("SELECT * FROM VALUES (1, 'a/b'), (2, 'it''s %41 = ü'), (3, NULL) AS t(id, `the part.s`)")
    write(spark, frame, name=table, partition_by=["the part.s"])
    assert sorted(map(tuple, spark.table(table).collect())) == sorted(map(tuple, frame.collect()))
    assert partitions(spark, table) == ["the part.s"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "peo-ple"}, "'peo-ple' cannot be the name of a new table: spark_catalog takes letters, digits and '_' only"),
    ({"name": "new", "partition_by": ["idd"]}, r"no column 'idd', which partition_by names\. Did you mean 'id'\?"),
    ({"name": "new", "partition_by": ["ID"]}, "partition_by names every column"),
    ({"name": "people", "mode": "overwrite", "partition_by": ["half"]}, "no column 'half'"),
    ({"name": "view", "mode": "overwrite"}, "is a view, so no rows can be written into it"),
    ({"name": "view", "mode": "append"}, "is a view, so no rows can be written into it"),
    ({"name": "buckets", "mode": "append"}, "'spark_catalog.default.buckets' has buckets"),
    ({"name": "people", "mode": "overwrite", "partition_overwrite": "dynamic"}, "has no partitions"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_what_could_not_be_published_is_refused_before_anything_is_written(
    options: dict[str, Any], words: str, spark: SparkSession, table: str
) -> None:
    write(spark, 1, name=table)
    spark.sql(f"CREATE VIEW view AS TABLE {table}")
    spark.sql("CREATE TABLE buckets (id BIGINT) USING parquet CLUSTERED BY (id) INTO 2 BUCKETS")
    try:
        with pytest.raises(PpfError, match=words):
            build(TableSink, **options).stage(context(spark), spark.range(2))
        assert tables(spark) == {table, "view", "buckets"}
    finally:
        spark.sql("DROP VIEW view")


def test_other_partitions_than_those_of_the_table_are_refused(spark: SparkSession, table: str) -> None:
    frame = spark.range(4).selectExpr("id", "id % 2 AS half")
    write(spark, frame, name=table, partition_by=["half"])
    with pytest.raises(PpfError, match=r"partitioned by \[half\], but partition_by is \[id\]"):
        build(TableSink, name=table, mode="append", partition_by=["id"]).stage(context(spark), frame)


def test_dynamic_is_only_for_overwrite() -> None:
    with pytest.raises(ConfigError, match="'dynamic' is only for mode = overwrite"):
        build(TableSink, name="people", mode="append", partition_overwrite="dynamic")


TOLD: list[tuple[dict[str, str], bool, bool | None]] = [
    ({"mode": "error"}, True, True),
    ({"mode": "ignore"}, True, True),
    ({"mode": "overwrite"}, True, None),
    ({"mode": "overwrite", "partition_overwrite": "dynamic"}, False, None),
    ({"mode": "append"}, False, False),
]


@pytest.mark.parametrize(("options", "exclusive", "atomic"), TOLD)
def test_the_plan_is_told_what_is_atomic_and_what_needs_the_table_for_itself(
    options: dict[str, str], exclusive: bool, atomic: bool | None
) -> None:
    sink = build(TableSink, name="people", **options)
    assert (sink.exclusive, sink.atomic) == (exclusive, atomic)


@pytest.mark.parametrize("plugin", [TableSink, TableSource])
@pytest.mark.parametrize(
    ("names", "dataset"),
    [
        (["people", "default.people", "spark_catalog.default.People", "`default`.`people`"], "spark_catalog.default.people"),
        (["shop.sales", "spark_catalog.shop.sales"], "spark_catalog.shop.sales"),
        (["lake.shop.Sales"], "lake.shop.Sales"),
        (["`a.b`", "default.`a.b`"], "spark_catalog.default.`a.b`"),
    ],
)
def test_one_table_has_one_name_however_it_is_written(plugin: Any, names: list[str], dataset: str) -> None:
    assert {build(plugin, name=name).datasets() for name in names} == {(Dataset("table", dataset),)}


@pytest.mark.parametrize(
    ("name", "words"), [("peple", r"no table 'peple' in the catalog\. Did you mean 'people'"), ("a.b", "There is no schema")]
)
def test_a_table_that_is_not_there_is_named_with_a_near_miss(name: str, words: str, spark: SparkSession, table: str) -> None:
    write(spark, 1, name=table)
    with pytest.raises(PpfError, match=words):
        build(TableSource, name=name).read(context(spark))


def test_a_source_reads_the_table_not_a_view_of_its_name(spark: SparkSession, table: str) -> None:
    write(spark, 2, name=table)
    spark.range(9).createOrReplaceTempView(table)
    assert build(TableSource, name=table).read(context(spark)).count() == 2
