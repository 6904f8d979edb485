"""The sinks of ppf that serve in streams, in the sets of options that change how they write."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ppf_spark.data_sink import DataSourceBatchSink, DataSourceStreamSink
from ppf_spark.spark_sink import SparkStreamSink
from ppf_testing.streaming_sinks import NativeSinkConformance, StreamingSinkConformance
from pyspark.sql import DataFrame, SparkSession

LETTERS = Path(__file__).parents[2] / "plugins" / "ppf-spark" / "tests"


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
