"""The first-party sinks that write good and bad rows in one pass, in the sets of options that change what they store."""

from typing import ClassVar

from ppf_files.sinks import OrcSink, ParquetSink
from ppf_testing.samples import OF_SPARK_4, SAMPLES
from ppf_testing.splitting_sinks import SplitConformance
from pyspark.sql import DataFrame
from test_file_sinks import ORC, PARQUET, SOME, Folder


class TestParquet(Folder, SplitConformance):
    plugin = ParquetSink
    more: ClassVar = {"writer": {"compression": "gzip"}}
    samples = (*SAMPLES, *OF_SPARK_4)
    splits = PARQUET


class TestParquetAppended(Folder, SplitConformance):
    plugin = ParquetSink
    settings: ClassVar = {"spark.sql.maxConcurrentOutputFileWriters": "1"}
    more: ClassVar = {"mode": "append", "sort_by": ["id"], "coalesce": 1, "max_records_per_file": 1}
    adds = True
    samples = SOME
    splits = PARQUET

    def given(self, frame: DataFrame) -> DataFrame:
        return frame if "id" in frame.columns else frame.selectExpr("*", "0 AS id")


class TestParquetInFoldersOfNumbersAndDays(Folder, SplitConformance):
    plugin = ParquetSink
    more: ClassVar = {"partition_by": ["Number", "day"], "partition_overwrite": "dynamic", "sort_by": ["day"]}
    samples = SOME
    splits = PARQUET

    def given(self, frame: DataFrame) -> DataFrame:
        number = "CAST(CASE monotonically_increasing_id() % 3 WHEN 0 THEN NULL ELSE -128 END AS TINYINT) AS number"
        return frame.selectExpr(number, "*", "DATE '1582-10-10' AS day")


class TestOrc(Folder, SplitConformance):
    plugin = OrcSink
    more: ClassVar = {"repartition": 2}
    samples = (*SAMPLES, *OF_SPARK_4)
    splits = ORC
