"""What is wrong with a table or with rows, told before anything is written."""

import json
from pathlib import Path
from typing import Any

import pytest
from ppf_delta.sink import DeltaSink
from ppf_delta.source import DeltaSource
from ppf_delta.stream_sink import DeltaStreamSink
from ppf_delta.stream_source import DeltaStreamSource
from pyspark.sql import SparkSession

from ppf_core import PpfError, WriteId
from ppf_core.errors import ConfigError, PluginError
from ppf_core.jvm.requirements import merge_requirements
from ppf_core.testing import build, context

WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (DeltaSink, {}, "path"),
    (DeltaSink, {"path": "a", "table": "b"}, "table"),
    (DeltaSink, {"table": "a b"}, "is not the name of a table"),
    (DeltaSink, {"table": "my-table"}, "other signs need backticks"),
    (DeltaSink, {"table": "a;b"}, "other signs need backticks"),
    (DeltaSink, {"table": "lake.a.b"}, "another catalog"),
    (DeltaSink, {"path": "a", "writer": {"partitionOverwriteMode": "dynamic"}}, "Set partition_overwrite = dynamic"),
    (DeltaSink, {"path": "a", "writer": {"replaceWhere": "id = 1"}}, "Set replace_where"),
    (DeltaSink, {"path": "a", "writer": {"mergeschema": True}}, "Set merge_schema = true"),
    (DeltaSink, {"path": "a", "writer": {"overwriteSchema": True}}, "Set overwrite_schema = true"),
    (DeltaSink, {"path": "a", "writer": {"txnAppId": "a"}}, "notes each write itself"),
    (DeltaSink, {"path": "a", "writer": {"txnVersion": 1}}, "notes each write itself"),
    (DeltaSink, {"path": "a", "writer": {"dataChange": False}}, "Leave it out"),
    (DeltaSink, {"path": "a", "mode": "merge", "keys": ["id"], "writer": {"maxRecordsPerFile": 1}}, "takes userMetadata alone"),
    (DeltaSink, {"path": "a", "mode": "scd2", "keys": ["id"], "valid_to": "Valid_From"}, "Give each column a name of its own"),
    (DeltaSink, {"path": "a", "mode": "merge"}, "is missing: mode = merge finds the rows"),
    (DeltaSink, {"path": "a", "keys": ["id"]}, "means nothing with mode = error"),
    (DeltaSink, {"path": "a", "mode": "append", "replace_where": "id = 1"}, "Set mode = overwrite"),
    (DeltaSink, {"path": "a", "mode": "merge", "keys": ["id"], "update": [], "insert": False}, "nothing would happen"),
    (DeltaSink, {"path": "a", "mode": "scd2", "keys": ["id"], "merge_schema": True}, "ADD COLUMNS"),
    (DeltaSource, {"path": "a", "version": 1, "timestamp": "2025-01-01"}, "cannot be set together"),
    (DeltaSource, {"path": "a", "timestamp": "yesterday"}, "is no time"),
    (DeltaSource, {"path": "a", "changes": {"to": 1}}, "needs 'from'"),
    (DeltaSource, {"path": "a", "changes": {"from": 1, "two": 1}}, "is unknown"),
    (DeltaStreamSource, {"path": "a", "starting_version": "first"}, "is no version"),
    (DeltaStreamSource, {"path": "a", "changes": True, "ignore_changes": True}, "means nothing with changes"),
    (DeltaStreamSink, {"path": "a", "mode": "error"}, "mode"),
]


@pytest.mark.parametrize(("plugin", "options", "told"), WRONG)
def test_wrong_options_are_told(plugin: Any, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(plugin, **options)


def test_another_spark_is_refused_by_name() -> None:
    asked = [("ppf-delta:delta", DeltaSink.requirements(None))]
    for version in ("3.5.7", "4.0.1", "4.2.1"):
        with pytest.raises(PluginError, match=rf"'ppf-delta:delta' needs Spark >=4.1,<4.2; installed is {version}") as caught:
            merge_requirements(asked, conf={}, packages=[], spark_version=version)
        assert caught.value.exit_code == 3
    merged = merge_requirements(asked, conf={"spark.sql.extensions": "a.B"}, packages=["x:y:1"], spark_version="4.1.1")
    assert merged.conf["spark.jars.packages"] == "x:y:1,io.delta:delta-spark_4.1_2.13:4.4.0"
    assert merged.conf["spark.sql.extensions"] == "a.B,io.delta.sql.DeltaSparkSessionExtension"


@pytest.fixture
def table(spark: SparkSession, tmp_path: Path) -> Path:
    path = tmp_path / "t"
    spark.range(3).selectExpr("id", "id AS day").write.format("delta").partitionBy("day").save(str(path))
    return path


def refused(spark: SparkSession, folder: Path, rows: str = "1L AS id, 1L AS day", **options: Any) -> str:
    sink, here = build(DeltaSink, folder, **options), context(spark)
    before = sorted(folder.rglob("*"))
    with pytest.raises(PpfError) as caught:
        sink.stage(here, spark.range(1).selectExpr(*rows.split(", ")))
    sink.discard(here, None)
    assert sorted(folder.rglob("*")) == before
    return str(caught.value)


def test_what_does_not_fit_a_table_is_refused_and_leaves_nothing(spark: SparkSession, table: Path) -> None:
    folder = table.parent
    spark.range(1).write.parquet(str(folder / "plain"))
    (folder / "file").write_text("no table")
    to = {"path": "t", "mode": "append"}
    assert "CONVERT TO DELTA" in refused(spark, folder, path="plain", mode="append")
    assert "is a file" in refused(spark, folder, path="file", mode="append")
    assert "There is: day, id" in refused(spark, folder, path="t", mode="merge", keys=["ids"])
    assert "has no column 'more'" in refused(spark, folder, "1L AS id, 2 AS more", path="t", mode="merge", keys=["id"])
    assert "is partitioned by ['day'], not by ['id']" in refused(spark, folder, partition_by=["id"], **to)
    assert "Cast the column" in refused(spark, folder, "'x' AS id, 1L AS day", **to)
    assert "which scd2 needs" in refused(spark, folder, path="t", mode="scd2", keys=["id"])


def test_a_table_with_a_feature_of_the_future_is_refused(spark: SparkSession, table: Path) -> None:
    commit = table / "_delta_log" / "00000000000000000001.json"
    features = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": [], "writerFeatures": ["timeMachine"]}
    commit.write_text(json.dumps({"protocol": features}) + "\n")
    assert "timeMachine" in refused(spark, table.parent, path="t", mode="append")


def test_a_log_that_cannot_be_made_is_told(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "_delta_log").write_text("in the way")
    sink, here = build(DeltaSink, tmp_path, path="t", mode="append"), context(spark)
    with pytest.raises(PpfError, match="Make the folder writable"):
        sink.stage(here, spark.range(1))


def test_tables_of_the_catalog(spark: SparkSession, tmp_path: Path) -> None:
    session = spark.newSession()
    session.sql(f"CREATE SCHEMA of_delta LOCATION '{tmp_path}/schema'")
    session.sql("CREATE TABLE of_delta.files (id LONG) USING parquet")

    def write(number: int, **options: Any) -> None:
        sink, here = build(DeltaSink, **options), context(session, write_id=WriteId("catalog", number))
        sink.ping(here)
        ticket = sink.stage(here, session.range(number))
        sink.publish(here, ticket)
        sink.publish(here, ticket)

    try:
        write(1, table="of_delta.out")
        write(2, table="spark_catalog.of_delta.out", mode="append")
        write(3, table="of_delta.merged", mode="merge", keys=["id"])
        write(4, table="of_delta.merged", mode="merge", keys=["id"])
        source = build(DeltaSource, table="of_delta.out")
        pinned = source.pin(context(session))
        write(5, table="of_delta.out", mode="overwrite")
        assert [row.id for row in source.read(context(session, pinned=pinned)).orderBy("id").collect()] == [0, 0, 1]
        assert [row.id for row in session.table("of_delta.merged").orderBy("id").collect()] == [0, 1, 2, 3]
        assert session.table("of_delta.out").count() == 5
        with pytest.raises(PpfError, match="is a table of parquet, not a Delta table"):
            write(6, table="of_delta.files", mode="append")
        with pytest.raises(PpfError, match="There is no schema 'nowhere'"):
            write(7, table="nowhere.out")
    finally:
        session.sql("DROP SCHEMA of_delta CASCADE")
