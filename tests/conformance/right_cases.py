"""The suites, each with a small plugin that is right; `test_wrong` puts others in its place."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import wrong_components as wrong
from ppf_testing import (
    AggregateCheckConformance,
    FrameCheckConformance,
    HooksConformance,
    IncrementalConformance,
    NativeSinkConformance,
    RowCheckConformance,
    SecretsConformance,
    SinkConformance,
    SourceConformance,
    SplitConformance,
    StagedSinkConformance,
    StagedStreamConformance,
    StreamingSinkConformance,
    StreamingSourceConformance,
    TransformConformance,
)
from ppf_testing.offers import OfferConformance
from pyspark.sql import DataFrame, Row, SparkSession
from wrong_sinks import Right, RightAdding
from wrong_splits import RightSplit
from wrong_streams import RightNative, RightSink, RightSource, RightStaged


class OfOffers(OfferConformance):
    """An entry point of the distribution `acme`."""

    plugin: ClassVar[Any] = wrong.RightSource
    distribution = "acme"
    group = "sources"
    entry = "acme_offer"


class OfLines(SourceConformance):
    """A file with two lines."""

    plugin: ClassVar[Any] = wrong.RightSource
    refused: ClassVar = [{"path": "what?"}]
    missing: ClassVar = {"path": "/nowhere/lines.txt"}

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "lines.txt")}

    def prepare(self, spark: SparkSession, folder: Path) -> None:
        (folder / "lines.txt").write_text("one\ntwo\n")

    def change(self, spark: SparkSession, folder: Path) -> None:
        (folder / "lines.txt").write_text("three\n")


class OfNewLines(IncrementalConformance):
    """A file to which lines are added."""

    plugin: ClassVar[Any] = wrong.RightIncremental
    refused: ClassVar = [{"path": "what?"}]
    missing: ClassVar = {"path": "/nowhere/lines.txt"}

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "lines.txt")}

    def prepare(self, spark: SparkSession, folder: Path) -> None:
        (folder / "lines.txt").write_text("one\ntwo\n")

    def add(self, spark: SparkSession, folder: Path) -> None:
        with (folder / "lines.txt").open("a") as file:
            file.write("three\n")


class OfNumbers(TransformConformance):
    """Ten numbers."""

    plugin: ClassVar[Any] = wrong.RightTransform
    refused: ClassVar = [{"column": []}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"column": "id"}

    def inputs(self, spark: SparkSession) -> Mapping[str, DataFrame]:
        return {"rows": spark.range(10)}


class OfFolders(SinkConformance):
    """A folder `out`."""

    plugin: ClassVar[Any] = wrong.RightSink
    refused: ClassVar = [{"path": "what?"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "out")}

    def shown(self, spark: SparkSession, folder: Path) -> Sequence[str]:
        return [line for file in (folder / "out").iterdir() for line in file.read_text().splitlines()]


class OfRows(RowCheckConformance):
    """Doubles."""

    plugin: ClassVar[Any] = wrong.RightCheck
    refused: ClassVar = [{"column": []}]
    schema = "number DOUBLE, text STRING"

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"column": "number"}

    def is_good(self, row: Row) -> bool:
        return row.number is None or (row.number >= 0 and not math.isnan(row.number))


class OfTotals(AggregateCheckConformance):
    """Integers."""

    plugin: ClassVar[Any] = wrong.RightAggregate
    refused: ClassVar = [{"column": []}]
    schema = "number INT"

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"column": "number"}

    def is_good(self, rows: Sequence[Row]) -> bool:
        return not rows or any(row.number is not None for row in rows)


class OfFrames(FrameCheckConformance):
    """Integers, some of them more than once."""

    plugin: ClassVar[Any] = wrong.RightFrameCheck
    refused: ClassVar = [{"column": []}]
    schema = "number INT"

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"column": "number"}

    def bad(self, rows: Sequence[Row]) -> int:
        return sum(count - 1 for count in Counter(row.number for row in rows).values())


class OfFiles(SecretsConformance):
    """A file with two secrets."""

    plugin: ClassVar[Any] = wrong.RightBackend
    refused: ClassVar = [{"path": "what?"}]
    secrets: ClassVar = {"token": "s3cr3t-one", ("login", "password"): "s3cr3t-two"}

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "secrets")}

    def prepare(self, folder: Path) -> None:
        (folder / "secrets").write_text('token=s3cr3t-one\nlogin={"password": "s3cr3t-two"}\n')


class OfRuns(HooksConformance):
    """Hooks without options, offered as `acme_hooks`."""

    plugin: ClassVar[Any] = wrong.RightHooks
    refused: ClassVar = [{"nobody_knows": 1}]
    hook = "acme_hooks"

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {}


class _OfParquet:
    """A folder `out`, with all that Spark finds in it."""

    refused: ClassVar = [{"path": "what?"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "out")}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        reader = spark.read.option("recursiveFileLookup", not (folder / "out" / "_spark_metadata").exists())
        return reader.parquet(str(folder / "out")) if (folder / "out").exists() else None


class OfStages(_OfParquet, StagedSinkConformance):
    """Some samples."""

    plugin: ClassVar[Any] = Right
    refused: ClassVar = [{"nobody_knows": 1}]
    samples: ClassVar = ["texts", "structs"]
    gives_back: ClassVar = ("texts", "structs")


class OfAddedStages(OfStages):
    """Of sinks that add."""

    plugin: ClassVar[Any] = RightAdding
    adds = True


class OfSplits(_OfParquet, SplitConformance):
    """Some samples."""

    plugin: ClassVar[Any] = RightSplit
    samples: ClassVar = ["texts", "structs"]
    splits: ClassVar = ("texts", "structs")


class OfUnsplit(OfSplits):
    """Of a sink that is asked to split what it cannot."""

    splits: ClassVar = ()


class OfText(StreamingSourceConformance):
    """A folder `in`, with a file for each value."""

    plugin: ClassVar[Any] = RightSource
    refused: ClassVar = [{"path": "what?"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "in")}

    def prepare(self, spark: SparkSession, folder: Path) -> None:
        (folder / "in").mkdir()

    def feed(self, spark: SparkSession, folder: Path, value: str) -> None:
        (folder / "in" / value).write_text(value)


class OfBatches(_OfParquet, StreamingSinkConformance):
    """A folder in it for each batch."""

    plugin: ClassVar[Any] = RightSink


class OfStagedBatches(_OfParquet, StagedStreamConformance):
    """A folder in it for each batch."""

    plugin: ClassVar[Any] = RightStaged


class OfSparksOwn(_OfParquet, NativeSinkConformance):
    """Files that Spark writes."""

    plugin: ClassVar[Any] = RightNative
