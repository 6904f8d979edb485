"""Formats that Spark has itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_spark.spark_sink import SparkSink, SparkStreamSink
from ppf_spark.spark_source import SparkSource, SparkStreamSource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class ReadText:
    """A file of lines."""

    plugin = SparkSource
    refused: ClassVar = ({"format": ""}, {"schema": "value STRINGG"}, {"packages": ["spark-avro"]})
    missing: ClassVar = {"path": "/nowhere/else"}

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Options of all kinds."""
        given = {"lineSep": ";", "wholetext": False, "maxPartitionBytes": 1000}
        return {"format": "text", "path": str(folder / "in"), "schema": "value STRING", "options": given, "repeatable": True}

    def prepare(self, _spark: "SparkSession", folder: Path) -> None:
        """Two lines."""
        (folder / "in").write_text("a;b")


class WriteText:
    """Files that are added."""

    plugin = SparkSink
    refused: ClassVar = ({"format": ""}, {"mode": "merge"}, {"options": {"path": "out"}})
    mode = "append"

    def options(self, folder: Path) -> Mapping[str, Any]:
        """A folder."""
        return {"format": "text", "path": str(folder / "out"), "mode": self.mode}

    def shown(self, spark: "SparkSession", folder: Path) -> Sequence[str]:
        """The lines of its files."""
        return [str(row["value"]) for row in spark.read.text(str(folder / "out")).collect()]


class ReplaceText(WriteText):
    """Files that are replaced: writing them again is writing them once."""

    mode = "overwrite"

    def options(self, folder: Path) -> Mapping[str, Any]:
        """The same folder."""
        return {**super().options(folder), "idempotent": True}


class StreamOfText:
    """A folder `in`, with a file for each value."""

    plugin = SparkStreamSource
    refused: ClassVar = ({"format": ""}, {"options": {"path": "in"}}, {"schema": "value STRINGG"})

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Two files a batch."""
        return {"format": "text", "path": str(folder / "in"), "options": {"maxFilesPerTrigger": 2}}

    def prepare(self, _spark: "SparkSession", folder: Path) -> None:
        """Empty."""
        (folder / "in").mkdir()

    def feed(self, _spark: "SparkSession", folder: Path, value: str) -> None:
        """A file that comes as a whole."""
        (folder / f"{value}.new").write_text(value)
        (folder / f"{value}.new").rename(folder / "in" / f"{value}.txt")


class StreamToParquet:
    """Spark's sink for files knows its batches, as long as its readers look into its log."""

    plugin = SparkStreamSink
    refused: ClassVar = ({"format": ""}, {"mode": "overwrite"})

    def options(self, folder: Path) -> Mapping[str, Any]:
        """A folder."""
        return {"format": "parquet", "path": str(folder / "out"), "idempotent": True}

    def shown(self, spark: "SparkSession", folder: Path) -> "DataFrame | None":
        """What Spark reads."""
        return spark.read.parquet(str(folder / "out")) if (folder / "out").exists() else None
