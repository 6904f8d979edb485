"""The kernel's own staged sink: the folder of quarantined rows."""

from collections.abc import Mapping
from pathlib import Path

from ppf_testing.staged_sinks import StagedSinkConformance
from pyspark.sql import DataFrame, SparkSession

from ppf_core.quality.quarantine import QuarantineFolder


class TestQuarantineFolder(StagedSinkConformance):
    plugin = QuarantineFolder
    refused = ({"nobody_knows": 1},)
    test_discard_leaves_what_others_have_staged = None  # its folder is one run's alone

    def options(self, folder: Path) -> Mapping[str, str]:
        return {"path": str(folder), "run_id": "r"}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        shown = folder / "run_id=r"
        return spark.read.parquet(str(shown)) if shown.exists() else None
