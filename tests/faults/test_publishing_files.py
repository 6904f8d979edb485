"""Publishing files, struck at every effect: all old, then all new, and nothing beside."""

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from forking import BROKEN, FAILED, REFUSED
from injection import FAULTS, Effects
from points import EVERY_POINT, spread
from ppf_files.sinks import ParquetSink
from pyspark.sql import DataFrame, SparkSession
from striking import effects_of, struck

from ppf_core import PpfError, Ticket
from ppf_core.testing import build, context

Rows = list[tuple[int, int]]

WAYS: dict[str, dict[str, Any]] = {
    "create": {"mode": "error"},
    "overwrite": {"mode": "overwrite"},
    "append": {"mode": "append"},
    "partitions": {"mode": "overwrite", "partition_by": ["k"], "partition_overwrite": "dynamic"},
}
OLD: Rows = [(0, 0), (1, 1), (2, 0), (3, 1)]
NEW: Rows = [(10, 0), (12, 0)]
AFTER = {"create": NEW, "overwrite": NEW, "append": OLD + NEW, "partitions": [(1, 1), (3, 1), *NEW]}


@dataclass(frozen=True)
class Staged:
    """A target for which something is staged; `restore` makes it so again. uri: where Spark finds the folder `here`."""

    way: str
    here: Path
    kept: Path
    uri: str
    ticket: Ticket

    def restore(self) -> None:
        shutil.rmtree(self.here)
        shutil.copytree(self.kept, self.here, symlinks=True)

    def publish(self, spark: SparkSession) -> None:
        sink = build(ParquetSink, path=f"{self.uri}/out", **WAYS[self.way])
        sink.publish(context(spark, run_id="new"), self.ticket)

    def struck(self, spark: SparkSession, at: int, fault: str) -> int:
        """Publishes with a fault: how its process ended."""
        return struck(lambda: self.published(spark), Effects(self.places, at, FAULTS[fault]))

    def published(self, spark: SparkSession) -> int:
        """Publishes, or says why not."""
        try:
            self.publish(spark)
        except PpfError:
            return REFUSED
        return 0

    @property
    def places(self) -> tuple[str, str]:
        """Where its effects are, as Python and as Hadoop name it."""
        return str(self.here), self.uri

    def rows(self) -> Rows | None:
        """What pyarrow reads; None when the folder is not there."""
        if not (self.here / "out").exists():
            return None
        kind = {"partitioning": "hive"} if self.way == "partitions" else {}
        files = [file for file in (self.here / "out").rglob("*.parquet") if not is_hidden(file.relative_to(self.here))]
        for file in files:
            pq.ParquetFile(file).close()  # a part of a file has no footer
        table = ds.dataset(files, format="parquet", partition_base_dir=str(self.here / "out"), **kind).to_table()
        return sorted(zip(table["id"].to_pylist(), table["k"].to_pylist(), strict=True))


def is_hidden(path: Path) -> bool:
    return any(part[0] in "._" for part in path.parts)


def keyed(spark: SparkSession, numbers: Rows) -> DataFrame:
    return spark.createDataFrame(numbers, "id INT, k INT").repartition(2)


@pytest.fixture(params=["local", "hadoop"])
def place(request: pytest.FixtureRequest, quiet_spark: SparkSession, tmp_path: Path) -> tuple[Path, str]:
    """A folder, and its URI: on this machine, or on a file system that only Hadoop knows."""
    here = tmp_path / "here"
    here.mkdir()
    if request.param == "local":
        return here, f"file:{here}"
    name = tmp_path.name.replace("_", "-")
    quiet_spark.sparkContext._jsc.hadoopConfiguration().set(f"fs.viewfs.mounttable.{name}.link./data", f"file://{here}")
    return here, f"viewfs://{name}/data"


@pytest.fixture
def stage(place: tuple[Path, str], quiet_spark: SparkSession, tmp_path: Path) -> Callable[[str], Staged]:
    here, uri = place

    def staged(way: str) -> Staged:
        if way != "create":
            first = build(ParquetSink, path=f"{uri}/out", partition_by=WAYS[way].get("partition_by", []))
            first.write(context(quiet_spark, run_id="old"), keyed(quiet_spark, OLD))
        sink = build(ParquetSink, path=f"{uri}/out", **WAYS[way])
        ticket = sink.stage(context(quiet_spark, run_id="new"), keyed(quiet_spark, NEW))
        shutil.copytree(here, tmp_path / "kept", symlinks=True)
        return Staged(way, here, tmp_path / "kept", uri, ticket)

    return staged


@pytest.mark.parametrize("way", WAYS)
def test_a_publish_that_is_struck_anywhere_is_completed_by_doing_it_again(
    way: str, stage: Callable[[str], Staged], quiet_spark: SparkSession
) -> None:
    staged = stage(way)
    before, after = (None if way == "create" else OLD), AFTER[way]
    is_local = staged.uri.startswith("file:")
    count = len(effects_of(lambda: staged.published(quiet_spark), *staged.places))
    assert count > 10
    assert staged.rows() == after
    for fault in FAULTS:
        for at in spread(count, seconds=1):
            staged.restore()
            ended = staged.struck(quiet_spark, at, fault)
            assert ended in (-signal.SIGKILL, 0, REFUSED, FAILED), f"{fault} at {at} of {count}: {ended}"
            found = staged.rows()
            if is_local and way != "append":
                assert found in (before, after), f"{fault} at {at} of {count}"
            elif way == "append":
                assert found is not None
                assert found in (OLD, OLD + NEW[:1], OLD + NEW[1:], OLD + NEW), f"{fault} at {at} of {count}"
            staged.publish(quiet_spark)
            assert staged.rows() == after, f"{fault} at {at} of {count}"
            assert os.listdir(staged.here) == ["out"], f"{fault} at {at} of {count}"  # noqa: PTH208
    if EVERY_POINT:
        staged.restore()
        assert staged.struck(quiet_spark, count, "refused") == BROKEN, "there are more effects than were struck"
