"""Cases for `ppf plugins test`. The session needs the jar and the settings of Delta: give them with PYSPARK_SUBMIT_ARGS."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_delta.sink import DeltaSink
from ppf_delta.source import DeltaSource
from ppf_delta.stream_sink import DeltaStreamSink
from ppf_delta.stream_source import DeltaStreamSource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Read:
    """The newest version of a table, which is replaced."""

    plugin = DeltaSource
    runs_jobs = True
    refused: ClassVar = ({"table": "a b"}, {"timestamp": "yesterday"}, {"changes": {"to": 1}})
    missing: ClassVar = {"path": "/nowhere/else"}

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Its path."""
        return {"path": str(folder / "in")}

    def prepare(self, spark: "SparkSession", folder: Path) -> None:
        """With one name."""
        _save(spark, folder, "Ada")

    def change(self, spark: "SparkSession", folder: Path) -> None:
        """With another one."""
        _save(spark, folder, "Grace")


class _Out:
    """A table `out`."""

    more: ClassVar[Mapping[str, Any]]

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Its path."""
        return {"path": str(folder / "out"), **self.more}

    def shown(self, spark: "SparkSession", folder: Path) -> "DataFrame | None":
        """What Spark reads."""
        path = folder / "out"
        return spark.read.format("delta").load(str(path)) if (path / "_delta_log").exists() else None


class Overwrite(_Out):
    """All rows are replaced."""

    plugin = DeltaSink
    more: ClassVar = {"mode": "overwrite"}
    refused: ClassVar = ({"mode": "sometimes"}, {"writer": {"txnVersion": 1}})
    samples: ClassVar = ("numbers", "texts", "maps")
    gives_back: ClassVar = ("numbers", "texts", "maps")


class Append(_Out):
    """Rows are added."""

    plugin = DeltaSink
    more: ClassVar = {"mode": "append"}
    adds = True
    refused: ClassVar = ({"replace_where": "id = 1"}, {"keys": ["id"]})
    samples: ClassVar = ("numbers", "texts", "maps")
    gives_back: ClassVar = ("numbers", "texts", "maps")


class Merge(_Out):
    """Rows are added, or take the place of those that have their keys."""

    plugin = DeltaSink
    more: ClassVar = {"mode": "merge", "keys": ["key"]}
    adds = True
    refused: ClassVar[Any] = ({"keys": []}, {"effective": "at"})
    samples: ClassVar = ("texts",)
    gives_back: ClassVar = ("texts",)

    def given(self, frame: "DataFrame") -> "DataFrame":
        """With a key that no other row has."""
        return frame.selectExpr("*", f"concat(`{frame.columns[0]}`, '#', monotonically_increasing_id()) AS key")


class StreamOfRows:
    """Rows that are added to a table."""

    plugin = DeltaStreamSource
    refused: ClassVar = ({"starting_version": "first"}, {"max_files_per_trigger": 0})

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Its path."""
        return {"path": str(folder / "in"), "max_files_per_trigger": 1}

    def prepare(self, spark: "SparkSession", folder: Path) -> None:
        """Empty."""
        spark.sql("SELECT '' AS value").where("false").write.format("delta").save(str(folder / "in"))

    def feed(self, spark: "SparkSession", folder: Path, value: str) -> None:
        """A commit."""
        spark.sql(f"SELECT '{value}' AS value").write.format("delta").mode("append").save(str(folder / "in"))


class StreamToTable(_Out):
    """A commit for each batch."""

    plugin = DeltaStreamSink
    more: ClassVar = {}
    refused: ClassVar = ({"mode": "error"}, {"keys": ["id"]})


def _save(spark: "SparkSession", folder: Path, name: str) -> None:
    spark.sql(f"SELECT '{name}' AS name").write.format("delta").mode("overwrite").save(str(folder / "in"))
