"""Data sources in Python, on the module `letters`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_spark.conformance.formats import StreamOfText
from ppf_spark.data_sink import DataSourceSink, DataSourceStreamSink
from ppf_spark.data_source import DataSourceSource, DataSourceStreamSource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SOURCES = Path(__file__).parent / "sources"
"""The folder of `letters`."""


class _Letters:
    """A class of `letters`, over a folder of text files."""

    name: ClassVar[str] = "Lines"
    place: ClassVar[str] = "out"
    more: ClassVar[Mapping[str, Any]] = {}

    def options(self, folder: Path) -> Mapping[str, Any]:
        """The class, and its folder."""
        (folder / self.place).mkdir(exist_ok=True)
        given = {"folder": str(folder / self.place)}
        return {"class": f"letters:{self.name}", "folder": str(SOURCES), "options": given, **self.more}


class ReadLines(_Letters):
    """A partition for each file."""

    plugin = DataSourceSource
    place = "in"
    refused: ClassVar = ({"class": "letters"}, {"schema": "value STRINGG"})
    missing: ClassVar = {"folder": "/nowhere/else"}
    more: ClassVar = {"schema": "value STRING", "repeatable": True}

    def prepare(self, _spark: "SparkSession", folder: Path) -> None:
        """Two files."""
        (folder / "in").mkdir(exist_ok=True)
        for value in "ab":
            (folder / "in" / f"{value}.txt").write_text(value)


class WriteLines(_Letters):
    """Files that are added when all are written."""

    plugin = DataSourceSink
    refused: ClassVar = ({"class": "letters"}, {"mode": "error"}, {"options": {"a": [1]}})

    def shown(self, _spark: "SparkSession", folder: Path) -> Sequence[str]:
        """The lines of its files."""
        return [line for file in (folder / "out").glob("*.txt") for line in file.read_text().splitlines()]


class ReplaceLines(WriteLines):
    """Files that are replaced: writing them again is writing them once."""

    more: ClassVar = {"mode": "overwrite", "idempotent": True}


class StreamOfLines(_Letters):
    """A reader of streams that keeps what it has read for a batch."""

    plugin = DataSourceStreamSource
    name = "Simple"
    place = "in"
    stops_after_repeating = True
    refused: ClassVar = ({"class": "letters"}, {"schema": "value STRINGG"})

    def prepare(self, _spark: "SparkSession", folder: Path) -> None:
        """Empty."""
        (folder / "in").mkdir(exist_ok=True)

    feed = StreamOfText.feed


class StreamToLines(_Letters):
    """A writer of streams that writes each batch under its number."""

    plugin = DataSourceStreamSink
    more: ClassVar = {"idempotent": True}
    refused: ClassVar = ({"class": "letters"}, {"mode": "overwrite"})

    def shown(self, spark: "SparkSession", folder: Path) -> "DataFrame":
        """What Spark reads."""
        return spark.read.text(str(folder / "out"))
