"""Tables outlive the run that wrote them, or are refused before anything is computed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ppf_table import catalog
from ppf_table.sink import TableSink
from ppf_table.source import TableSource
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner, PpfError
from ppf_core.testing import build, context

PIPELINE = """
name = tables
spark {{
  master = "local[2]"
  conf {{ "spark.sql.shuffle.partitions" = 2, "spark.sql.warehouse.dir" = "{folder}/warehouse" {conf} }}
}}
components {{
  {components}
}}
"""
WRITE = """
  rows  { source = inline, options { schema = "id INT", rows = [{ id = 1 }, { id = 2 }] } }
  daily { sink = table, inputs = [rows], options { name = people, mode = overwrite } }
"""
READ = """
  people { source = table, options { name = people } }
  out    { sink = csv, inputs = [people], options { path = out } }
"""
ON_DERBY = """,
  "spark.sql.catalogImplementation" = hive
  "spark.hadoop.javax.jdo.option.ConnectionURL" = "jdbc:derby:;databaseName={folder}/metastore;create=true"
"""


def ppf_run(folder: Path, components: str, conf: str = "") -> subprocess.CompletedProcess[str]:
    """A run in a process of its own, in an empty folder."""
    path = folder / "pipeline.conf"
    path.write_text(PIPELINE.format(folder=folder, components=components, conf=conf.format(folder=folder)))
    command = [Path(sys.executable).with_name("ppf"), "run", path.name, "--no-progress"]
    environment = {name: value for name, value in os.environ.items() if name != "PYSPARK_SUBMIT_ARGS"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False)


def test_a_table_that_would_be_gone_with_the_process_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    done = ppf_run(tmp_path, WRITE)
    assert done.returncode == 1, done.stderr
    assert (
        "'daily': Spark's catalog lives in memory and ends with the run, and the table 'spark_catalog.default.people'"
        in done.stderr
    )
    assert "'spark.sql.catalogImplementation' = hive" in done.stderr
    assert list((tmp_path / "warehouse").iterdir()) == []


def test_with_the_settings_that_the_refusal_names_the_next_process_finds_the_table(tmp_path: Path) -> None:
    for components in (WRITE, WRITE + READ):
        done = ppf_run(tmp_path, components, ON_DERBY)
        assert done.returncode == 0, done.stderr
    assert {line for file in (tmp_path / "out").glob("*.csv") for line in file.read_text().split()} == {"1", "2", "id"}


def test_the_source_says_why_a_catalog_in_memory_has_no_tables(tmp_path: Path) -> None:
    done = ppf_run(tmp_path, READ)
    assert done.returncode == 1
    assert "There is no table 'people' in the catalog. Spark's catalog lives in memory, so that it is empty" in done.stderr


def test_in_the_caller_s_session_the_table_lives_as_long_as_that_session(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "pipeline.conf"
    path.write_text(f"name = tables\ncomponents {{ {WRITE} }}")
    try:
        for _ in range(2):
            assert PipelineRunner.from_file(path).run(spark=spark).ok
        assert sorted(row.id for row in spark.table("spark_catalog.default.people").collect()) == [1, 2]
    finally:
        spark.sql("DROP TABLE IF EXISTS spark_catalog.default.people")


@pytest.mark.parametrize(
    ("name", "spark_catalog", "format_name", "is_lost"),
    [
        ("people", None, "parquet", True),
        ("people", "org.apache.spark.sql.delta.catalog.DeltaCatalog", "delta", True),
        ("people", "org.apache.iceberg.spark.SparkSessionCatalog", "iceberg", False),
        ("people", "org.apache.iceberg.spark.SparkSessionCatalog", "parquet", True),
        ("lake.ground.people", None, "parquet", False),
    ],
)
def test_only_what_spark_itself_keeps_is_lost(
    name: str, spark_catalog: str | None, format_name: str, is_lost: bool, spark: SparkSession
) -> None:
    session = spark.newSession()
    table = ("spark_catalog", "default", name) if "." not in name else tuple(name.split("."))
    if spark_catalog is not None:
        session.conf.set("spark.sql.catalog.spark_catalog", spark_catalog)
    assert catalog.is_lost_with_spark(session, table, format_name) is is_lost


def test_a_folder_that_is_in_the_way_of_a_new_table_is_refused_before_anything_is_written(spark: SparkSession) -> None:
    left = Path(catalog.default_location(spark, ("spark_catalog", "default", "people")).removeprefix("file:"))
    left.mkdir(parents=True)
    try:
        with pytest.raises(PpfError, match=rf"There is no table .*people', but the folder .*{left}"):
            build(TableSink, name="people").stage(context(spark), spark.range(3))
        assert [each.name for each in left.parent.iterdir() if each.name.startswith("_ppf")] == []
    finally:
        left.rmdir()


def test_a_caller_s_session_without_the_table_gets_a_near_miss(spark: SparkSession) -> None:
    with pytest.raises(PpfError) as caught:
        build(TableSource, name="people").read(context(spark))
    assert "memory" not in str(caught.value)
