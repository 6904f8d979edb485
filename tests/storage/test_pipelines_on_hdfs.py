"""Pipelines that write to a real HDFS: every mode, killed publishes, tables, checkpointed frames and quarantined rows."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from ppf_files.sinks import ParquetSink
from ppf_table.sink import TableSink
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner, PpfError
from ppf_core.storage import Files, files_at
from ppf_core.storage.hadoop_files import HadoopFiles
from ppf_core.testing import build, context

NUMBERS = count()
PIPELINE = """
name = onHdfs
runtime {{ state_dir = state, data_dir = "{folder}/data" }}
components {{
  days {{ source = inline, options {{ schema = "id INT, k INT", rows = {rows} }} }}
  {further}
  out  {{ sink = parquet, inputs = [{input}], options {{ path = "{folder}/out", {options} }} }}
}}
"""
KEPT = """
  kept { transform = sql, inputs = [days], checkpoint = true, options { query = "SELECT * FROM days" }
         quality = [{ check = expression, options { sql = "id < 90" }, action = quarantine }] }
"""


class Killed(BaseException):
    """The process is no more."""


@pytest.fixture
def folder(hdfs_uri: str) -> str:
    return f"{hdfs_uri}/pipelines-{next(NUMBERS)}"


@pytest.fixture
def files(folder: str, spark: SparkSession) -> Files:
    return files_at(spark, folder)


def ran(spark: SparkSession, here: Path, folder: str, rows: list[tuple[int, int]], options: str, further: str = "") -> Any:
    """A run of the pipeline with these rows."""
    told = "[" + ", ".join(f"{{ id = {number}, k = {key} }}" for number, key in rows) + "]"
    text = PIPELINE.format(folder=folder, rows=told, options=options, further=further, input="kept" if further else "days")
    (here / "pipeline.conf").write_text(text)
    result = PipelineRunner.from_file(here / "pipeline.conf").run(spark=spark)
    assert result.ok, result.problems
    return result


def rows(spark: SparkSession, path: str) -> list[tuple[int, int]]:
    return sorted((row.id, row.k) for row in spark.read.parquet(path).select("id", "k").collect())


def test_a_pipeline_overwrites_and_appends_and_replaces_partitions(
    spark: SparkSession, tmp_path: Path, folder: str, files: Files
) -> None:
    ran(spark, tmp_path, folder, [(1, 0), (2, 1)], "mode = overwrite")
    assert rows(spark, f"{folder}/out") == [(1, 0), (2, 1)]
    ran(spark, tmp_path, folder, [(3, 0)], "mode = append")
    assert rows(spark, f"{folder}/out") == [(1, 0), (2, 1), (3, 0)]
    result = ran(spark, tmp_path, folder, [(4, 0), (5, 1)], "mode = overwrite")
    assert rows(spark, f"{folder}/out") == [(4, 0), (5, 1)]
    assert {each.name: each.rows_written for each in result.components}["out"] == 2
    files.delete(f"{folder}/out")
    by = "mode = overwrite, partition_by = [k], partition_overwrite = dynamic"
    ran(spark, tmp_path, folder, [(1, 0), (2, 1)], by)
    ran(spark, tmp_path, folder, [(9, 1)], by)
    assert rows(spark, f"{folder}/out") == [(1, 0), (9, 1)]
    assert [name for name in files.names(folder) if name != "data"] == ["out"]


def test_an_overwritten_folder_keeps_its_rights(spark: SparkSession, tmp_path: Path, folder: str) -> None:
    ran(spark, tmp_path, folder, [(1, 0)], "mode = overwrite")
    files: Any = HadoopFiles(spark, folder)
    permission: Any = spark._jvm.org.apache.hadoop.fs.permission.FsPermission  # type: ignore[union-attr]
    files._system.setPermission(files._path(f"{folder}/out"), permission("750"))
    ran(spark, tmp_path, folder, [(2, 0)], "mode = overwrite")
    assert str(files._system.getFileStatus(files._path(f"{folder}/out")).getPermission().toString()) == "rwxr-x---"


def test_checkpointed_frames_and_quarantined_rows_lie_there_too(
    spark: SparkSession, tmp_path: Path, folder: str, files: Files
) -> None:
    ran(spark, tmp_path, folder, [(1, 0), (99, 1)], "mode = overwrite", KEPT)
    assert rows(spark, f"{folder}/out") == [(1, 0)]
    (run,) = files.names(f"{folder}/data/quarantine/kept")
    assert run.startswith("run_id=")
    assert rows(spark, f"{folder}/data/quarantine/kept/{run}") == [(99, 1)]


def test_a_second_overwrite_is_refused_while_the_first_is_staged(spark: SparkSession, folder: str, files: Files) -> None:
    first, here = build(ParquetSink, path=f"{folder}/out", mode="overwrite"), context(spark, run_id="one")
    ticket = first.stage(here, spark.range(2))
    with pytest.raises(PpfError, match="is being written by run 'one'"):
        build(ParquetSink, path=f"{folder}/out", mode="overwrite").stage(context(spark, run_id="two"), spark.range(3))
    first.publish(here, ticket)
    assert files.names(folder) == ["out"]


@pytest.mark.parametrize("options", [{"mode": "overwrite"}, {"mode": "append"}], ids=["overwrite", "append"])
def test_a_publish_that_is_killed_at_any_effect_goes_on(
    options: dict[str, Any], spark: SparkSession, folder: str, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, at = f"{folder}/out", 0
    build(ParquetSink, path=path).write(context(spark, run_id="old"), spark.range(2))
    before = sorted(row.id for row in spark.read.parquet(path).collect())
    while True:
        sink, here = build(ParquetSink, path=path, **options), context(spark, run_id=f"new{at}")
        ticket = sink.stage(here, spark.range(10 * (at + 1), 10 * (at + 1) + 2).coalesce(1))
        new = [10 * (at + 1), 10 * (at + 1) + 1]
        after = sorted(before + new) if options["mode"] == "append" else new
        effects = [0]
        with monkeypatch.context() as patched:
            for name in ("claim", "delete", "rename", "touch", "write"):
                patched.setattr(HadoopFiles, name, deadly(getattr(HadoopFiles, name), at, effects))
            with suppress(Killed):
                sink.publish(here, ticket)
        if files.exists(path):
            spark.catalog.refreshByPath(path)
            assert sorted(row.id for row in spark.read.parquet(path).collect()) in (before, after), at
        sink.publish(here, ticket)
        sink.close()
        assert sorted(row.id for row in spark.read.parquet(path).collect()) == after, at
        assert files.names(folder) == ["out"], at
        before = after
        if effects[0] <= at:
            break
        at += 1
    assert at > 5


def deadly(effect: Callable[..., Any], at: int, effects: list[int]) -> Callable[..., Any]:
    """An effect of a process that dies before the one of this number."""

    def wrapped(*arguments: Any) -> Any:
        effects[0] += 1
        if effects[0] > at:
            raise Killed
        return effect(*arguments)

    return wrapped


@pytest.mark.parametrize("partitioned", [False, True], ids=["plain", "partitioned"])
@pytest.mark.parametrize("external", [False, True], ids=["managed", "external"])
def test_a_table_whose_files_lie_there_is_overwritten_and_added_to(
    partitioned: bool, external: bool, spark: SparkSession, folder: str, files: Files
) -> None:
    by = "PARTITIONED BY (k)" if partitioned else ""
    spark.sql(f"CREATE DATABASE lake LOCATION '{folder}/lake'")
    try:
        told = f"LOCATION '{folder}/days'" if external else ""
        spark.sql(f"CREATE TABLE lake.days (id INT, k INT) USING parquet {by} {told}")
        for number, mode in enumerate(("overwrite", "append", "overwrite")):
            sink = build(TableSink, name="lake.days", mode=mode)
            sink.write(context(spark, run_id=f"r{number}"), spark.sql(f"SELECT {number} AS id, {number % 2} AS k"))
            found = sorted((row.id, row.k) for row in spark.table("lake.days").collect())
            assert found == [[(0, 0)], [(0, 0), (1, 1)], [(2, 0)]][number]
        assert not [name for name in (*files.names(folder), *files.names(f"{folder}/lake")) if name.startswith(".")]
    finally:
        spark.sql("DROP DATABASE IF EXISTS lake CASCADE")
