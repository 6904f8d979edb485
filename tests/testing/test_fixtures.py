import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import udf


def test_the_session_is_small_local_and_without_pages(spark):
    assert isinstance(spark, SparkSession)
    assert (spark.sparkContext.master, spark.sparkContext.uiWebUrl) == ("local[2]", None)
    assert spark.conf.get("spark.sql.shuffle.partitions") == "2"


def test_tables_do_not_land_in_the_folder_of_the_test(spark, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spark.range(1).write.saveAsTable("fixture_table")
    spark.sql("DROP TABLE fixture_table")
    assert not list(tmp_path.iterdir())


def test_workers_run_the_python_of_the_test(spark):
    executable = udf(lambda _: __import__("sys").executable)
    assert spark.range(1).select(executable("id")).first()[0] == sys.executable
