"""The sinks of ppf that serve in streams, in the sets of options that change how they write."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ppf_files.sinks import JsonSink, ParquetSink
from ppf_files.stream_sink import FilesSink
from ppf_memory.memory import MemorySink
from ppf_testing.streaming_sinks import NativeSinkConformance, StagedStreamConformance
from pyspark.sql import DataFrame, SparkSession


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


class TestMemory(NativeSinkConformance):
    plugin = MemorySink
    again: ClassVar = "anew"
    refused: ClassVar = [{"table": "a table"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"table": f"t_{folder.name}"}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        return spark.table(f"global_temp.t_{folder.name}")
