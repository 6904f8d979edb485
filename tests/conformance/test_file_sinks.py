"""What the sinks of ppf-files give back under settings of Spark; all else is in the cases that they ship."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ppf_files.sinks import OrcSink, ParquetSink
from ppf_testing.samples import OF_SPARK_4, SAMPLES
from ppf_testing.staged_sinks import ExactStage
from pyspark.sql import DataFrame, SparkSession

PARQUET = {sample.name for sample in SAMPLES} - {"nothing", "spans of a calendar"}
ORC = {"booleans", "numbers", "decimals", "floats", "texts", "bytes", "lists"}
SOME = [sample for sample in SAMPLES if sample.name in ("numbers", "texts", "moments", "maps", "no rows")]


class Folder:
    """A folder `out`, which is replaced."""

    plugin: ClassVar[Any]
    refused: ClassVar[Any] = ({"mode": "sometimes"},)
    more: ClassVar[Mapping[str, Any]] = {}

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "out"), "mode": "overwrite", **self.more}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        reader = spark.read.option("header", True).format(self.plugin.format)
        return reader.load(str(folder / "out")) if (folder / "out").exists() else None


def with_texts_as_folders(_suite: object, frame: DataFrame) -> DataFrame:
    return frame.selectExpr("IF(monotonically_increasing_id() = 0, '', '01') AS key", "*")


class TestParquetInFoldersOfTexts(Folder, ExactStage):
    plugin = ParquetSink
    more: ClassVar = {"partition_by": ["key"]}
    samples = SOME
    given = with_texts_as_folders


class TestParquetOfSpark4(Folder, ExactStage):
    plugin = ParquetSink
    samples = OF_SPARK_4


class TestParquetOfMilliseconds(Folder, ExactStage):
    plugin = ParquetSink
    settings: ClassVar = {"spark.sql.parquet.outputTimestampType": "TIMESTAMP_MILLIS"}
    samples = SOME


class TestParquetOfAnotherCalendar(Folder, ExactStage):
    plugin = ParquetSink
    settings: ClassVar = {
        "spark.sql.parquet.datetimeRebaseModeInWrite": "LEGACY",
        "spark.sql.parquet.int96RebaseModeInWrite": "LEGACY",
        "spark.sql.parquet.writeLegacyFormat": "true",
        "spark.sql.session.timeZone": "America/New_York",
    }
    samples = SOME


class TestParquetReadRowByRow(Folder, ExactStage):
    plugin = ParquetSink
    settings: ClassVar = {
        "spark.sql.parquet.enableVectorizedReader": "false",
        "spark.sql.session.timeZone": "Europe/Berlin",
        "spark.sql.caseSensitive": "true",
    }
    samples = SOME
    gives_back = PARQUET


class TestOrc(Folder, ExactStage):
    plugin = OrcSink
    samples = (*SAMPLES, *OF_SPARK_4)
    gives_back = ORC
    may_refuse: ClassVar = (*ExactStage.may_refuse, "variants")
