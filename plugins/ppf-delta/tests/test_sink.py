"""The sink on real tables: what each mode makes of them, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from ppf_delta.sink import DeltaSink
from pyspark.sql import SparkSession

from ppf_core import PpfError, TargetMoved, WriteId
from ppf_core.testing import build, context


def test_each_mode_does_what_it_says_and_old_versions_stay(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "t")

    def write(number: int, rows: str, **more: Any) -> int:
        sink = build(DeltaSink, tmp_path, path=path, **more)
        here = context(spark, write_id=WriteId("modes", number))
        ticket = sink.stage(here, spark.sql(f"VALUES {rows} AS t(id, name, day)"))
        sink.publish(here, ticket)
        sink.publish(here, ticket)
        return int(ticket.get("version", -9))

    def seen(version: int | None = None) -> list[tuple[Any, ...]]:
        reader = spark.read.format("delta")
        reader = reader if version is None else reader.option("versionAsOf", version)
        return sorted(tuple(row) for row in reader.load(path).collect())

    assert write(1, "(1, 'a', 1), (2, 'b', 2)", partition_by=["day"]) == -1
    write(2, "(3, 'c', 3)", mode="append")
    assert seen() == [(1, "a", 1), (2, "b", 2), (3, "c", 3)]
    write(3, "(9, 'z', 9)", mode="ignore")
    write(4, "(4, 'd', 3), (5, 'e', 4)", mode="overwrite", partition_overwrite="dynamic")
    assert seen() == [(1, "a", 1), (2, "b", 2), (4, "d", 3), (5, "e", 4)]
    write(5, "(6, 'f', 1)", mode="overwrite", replace_where="day <= 2")
    assert seen() == [(4, "d", 3), (5, "e", 4), (6, "f", 1)]
    write(6, "(7, 'd', 3)", mode="overwrite", replace_where="name = 'd'")
    assert seen() == [(5, "e", 4), (6, "f", 1), (7, "d", 3)]
    with pytest.raises(Exception, match="not among those that replace_where"):
        write(7, "(7, 'd', 3)", mode="overwrite", replace_where="name = 'e'")
    write(8, "(1, 'x', 1)", mode="overwrite")
    assert seen() == [(1, "x", 1)]
    with pytest.raises(PpfError, match="exists already"):
        write(9, "(1, 'x', 1)")
    assert (seen(0), seen(1)) == ([(1, "a", 1), (2, "b", 2)], [(1, "a", 1), (2, "b", 2), (3, "c", 3)])
    log = [json.loads(line) for file in sorted((tmp_path / "t/_delta_log").glob("*.json")) for line in file.open()]
    assert [entry["txn"]["version"] for entry in log if "txn" in entry] == [1, 2, 4, 5, 6, 8]


def test_a_merge_updates_adds_and_deletes_and_names_a_key_that_comes_twice(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "t")

    def write(number: int, rows: str, **more: Any) -> None:
        sink = build(DeltaSink, tmp_path, path=path, mode="merge", keys=["id"], **more)
        here = context(spark, write_id=WriteId("merges", number))
        ticket = sink.stage(here, spark.sql(f"VALUES {rows} AS t(id, name, at)"))
        sink.publish(here, ticket)
        sink.publish(here, ticket)

    def seen() -> list[tuple[Any, ...]]:
        return sorted(tuple(row) for row in spark.read.format("delta").load(path).collect())

    write(1, "(1, 'a', 1), (2, 'b', 1), (2, 'old', 0)", order_by=["at"])
    assert seen() == [(1, "a", 1), (2, "b", 1)]
    write(2, "(2, 'B', 2), (3, 'c', 2), (1, 'gone', 3), (4, 'gone', 3)", delete_when="name = 'gone'")
    assert seen() == [(2, "B", 2), (3, "c", 2)]
    write(3, "(2, 'new', 9), (5, 'e', 9)", update=["at"], insert=False)
    assert seen() == [(2, "B", 9), (3, "c", 2)]
    with pytest.raises(PpfError, match=r"2 rows have the key id = 7, and nothing tells"):
        write(4, "(7, 'a', 1), (7, 'b', 1)")
    assert seen() == [(2, "B", 9), (3, "c", 2)]


def test_a_history_keeps_what_held_before(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "t")
    sink = build(DeltaSink, tmp_path, path=path, mode="scd2", keys=["id"], effective="at")

    def write(number: int, rows: str) -> None:
        here = context(spark, write_id=WriteId("history", number))
        frame = spark.sql(f"VALUES {rows} AS t(id, name, at)").selectExpr("id", "name", "timestamp_seconds(at) AS at")
        ticket = sink.stage(here, frame)
        sink.publish(here, ticket)
        sink.publish(here, ticket)

    write(1, "(1, 'a', 10), (2, 'b', 10)")
    write(2, "(1, 'A', 20), (2, 'b', 20), (3, 'c', 20)")
    write(3, "(1, 'late', 15)")
    told = "id", "name", "unix_seconds(valid_from)", "unix_seconds(valid_to)", "is_current"
    rows = [tuple(row) for row in spark.read.format("delta").load(path).selectExpr(*told).orderBy("id", "valid_from").collect()]
    assert rows == [(1, "a", 10, 20, False), (1, "A", 20, None, True), (2, "b", 10, None, True), (3, "c", 20, None, True)]


def test_another_writer_between_stage_and_publish(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "t")
    spark.range(3).write.format("delta").save(path)

    def staged(mode: str, number: int) -> Any:
        sink, here = build(DeltaSink, tmp_path, path=path, mode=mode), context(spark, write_id=WriteId("others", number))
        ticket = sink.stage(here, spark.range(10, 12))
        return lambda: sink.publish(here, ticket), lambda: sink.discard(here, ticket)

    append, _ = staged("append", 1)
    overwrite, discard = staged("overwrite", 2)
    spark.range(3, 4).write.format("delta").mode("append").save(path)
    append()
    with pytest.raises(TargetMoved, match="changed by another writer"):
        overwrite()
    discard()
    assert sorted(row.id for row in spark.read.format("delta").load(path).collect()) == [0, 1, 2, 3, 10, 11]
    assert len(list(tmp_path.glob("t/ppf-*"))) == 1
    append, _ = staged("append", 3)
    spark.sql(f"ALTER TABLE delta.`{path}` ADD COLUMNS (name STRING)")
    with pytest.raises(TargetMoved, match="got other columns"):
        append()
