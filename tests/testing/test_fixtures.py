import sys
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf


def test_the_session_is_small_local_and_without_pages(spark: SparkSession) -> None:
    assert isinstance(spark, SparkSession)
    assert (spark.sparkContext.master, spark.sparkContext.uiWebUrl) == ("local[2]", None)
    assert spark.conf.get("spark.sql.shuffle.partitions") == "2"


def test_tables_land_nowhere_near_the_test(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spark.range(1).write.saveAsTable("fixture_table")
    spark.sql("DROP TABLE fixture_table")
    assert not list(tmp_path.iterdir())


def test_workers_run_the_python_of_the_test(spark: SparkSession) -> None:
    executable = udf(lambda _: __import__("sys").executable)
    assert spark.range(1).select(executable("id")).collect()[0][0] == sys.executable


def test_workers_read_no_archive_before_each_task_and_know_the_pyspark_of_the_test(spark: SparkSession) -> None:
    path = udf(lambda _: [*__import__("sys").path, __import__("pyspark").__file__], "ARRAY<STRING>")
    *places, module = spark.range(1).select(path("id")).collect()[0][0]
    assert [each for each in places if each.endswith((".zip", ".jar"))] == []
    assert module == pyspark.__file__
