"""The streaming sources of ppf, in the sets of options that change how they read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ppf_files.stream_source import FilesSource
from ppf_spark.data_source import DataSourceStreamSource
from ppf_spark.spark_source import SparkStreamSource
from ppf_testing.streaming_sources import StreamingSourceConformance
from pyspark.sql import SparkSession

LETTERS = Path(__file__).parents[2] / "plugins" / "ppf-spark" / "tests"


class Folder(StreamingSourceConformance):
    """A folder `in`, with a file for each value."""

    plugin: ClassVar[Any] = FilesSource
    more: ClassVar[Mapping[str, Any]]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "in"), **self.more}

    def prepare(self, spark: SparkSession, folder: Path) -> None:
        (folder / "in").mkdir()

    def feed(self, spark: SparkSession, folder: Path, value: str) -> None:
        (folder / f"{value}.new").write_text(self.text(value))
        (folder / f"{value}.new").rename(folder / "in" / f"{value}.txt")

    def text(self, value: str) -> str:
        """What the file of a value holds."""
        return value


class TestFormatOfSpark(Folder):
    plugin: ClassVar[Any] = SparkStreamSource
    more: ClassVar = {"format": "text", "options": {"maxFilesPerTrigger": 2}}
    refused: ClassVar = [{"format": ""}, {"options": {"path": "in"}}, {"schema": "value STRINGG"}]


class TestDataSourceInPython(Folder):
    plugin: ClassVar[Any] = DataSourceStreamSource
    stops_after_repeating: ClassVar = True
    refused: ClassVar = [{"class": "letters"}, {"schema": "value STRINGG"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"class": "letters:Simple", "folder": str(LETTERS), "options": {"folder": str(folder / "in")}}
