"""The sinks of ppf that serve in streams, in the sets of options that change how they write."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ppf_files.sinks import JsonSink, ParquetSink
from ppf_files.stream_sink import FilesSink
from ppf_spark.data_sink import DataSourceBatchSink, DataSourceStreamSink
from ppf_spark.spark_sink import SparkStreamSink
from ppf_testing.streaming_sinks import NativeSinkConformance, StagedStreamConformance, StreamingSinkConformance
from pyspark.sql import DataFrame, SparkSession

LETTERS = Path(__file__).parents[2] / "plugins" / "ppf-spark" / "tests"


class Folder(StagedStreamConformance):
    """A folder `out`, to which batches are added."""

    plugin: ClassVar[Any] = FilesSink
    format: ClassVar[str] = "parquet"
    more: ClassVar[Mapping[str, Any]] = {}

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "out"), **self.more}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        reader = spark.read.option("header", True).format(self.format)
        return reader.load(str(folder / "out")) if (folder / "out").exists() else None


class TestFilesOfParquet(Folder):
    refused: ClassVar = [{"format": "parket"}, {"mode": "error"}, {"writer": {"compression": []}}]


class TestFilesOfCsv(Folder):
    format: ClassVar = "csv"
    more: ClassVar = {"format": "csv", "writer": {"quoteAll": True}}
    refused: ClassVar = [{"writer": {"sep": ",", "delimiter": ";"}}]


class TestParquet(Folder):
    plugin = ParquetSink
    more: ClassVar = {"mode": "append", "coalesce": 1}
    refused: ClassVar = [{"mode": "add"}, {"coalesce": 0}]


class TestJsonInFolders(Folder):
    plugin = JsonSink
    format: ClassVar = "json"
    more: ClassVar = {"mode": "append", "partition_by": ["day"]}
    refused: ClassVar = [{"partition_by": 1}]

    def given(self, frame: DataFrame) -> DataFrame:
        return frame.selectExpr("IF(value = 'b', NULL, 1) AS day", "*")


class TestFormatOfSpark(NativeSinkConformance):
    """Spark's sink for files knows its batches, as long as its readers look into its log."""

    plugin: ClassVar[Any] = SparkStreamSink
    refused: ClassVar = [{"format": ""}, {"mode": "overwrite"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"format": "parquet", "path": str(folder / "out"), "idempotent": True}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        return spark.read.parquet(str(folder / "out")) if (folder / "out").exists() else None


class OfPython(NativeSinkConformance):
    """A folder of text files, which a data source in Python writes."""

    def options(self, folder: Path) -> Mapping[str, Any]:
        (folder / "out").mkdir(exist_ok=True)
        return {"class": "letters:Lines", "folder": str(LETTERS), "options": {"folder": str(folder / "out")}}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        return spark.read.text(str(folder / "out"))


class TestStreamWriterInPython(OfPython):
    plugin: ClassVar[Any] = DataSourceStreamSink
    refused: ClassVar = [{"class": "letters"}, {"mode": "overwrite"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {**super().options(folder), "idempotent": True}


class TestBatchWriterInPython(OfPython, StreamingSinkConformance):
    plugin: ClassVar[Any] = DataSourceBatchSink
    again: ClassVar = "twice"
    refused: ClassVar = [{"class": "letters"}, {"mode": "error"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {**super().options(folder), "per_batch": True}
