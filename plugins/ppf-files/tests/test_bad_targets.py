"""Targets that cannot be written: a clear error, the old rows as they were, and nothing beside them.

Disks that are small, full, read-only or mounted in odd places are real ones, which only root can make.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.dataset as arrow
import pytest
from ppf_files.sinks import ParquetSink
from programs import require_mounting
from pyspark.sql import SparkSession

from ppf_core import PpfError, TargetMoved
from ppf_core.storage.mounts import exchanges, is_mount_point
from ppf_core.testing import build, context

DYNAMIC = {"mode": "overwrite", "partition_by": ["k"], "partition_overwrite": "dynamic"}
Mount = Callable[..., None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mounts with the options of the program of this name, until the end of the test."""
    require_mounting()
    places: list[str] = []

    def mount(place: Path, *options: str) -> None:
        place.mkdir(exist_ok=True)
        subprocess.run(["mount", *options, str(place)], check=True)
        if not any(option.startswith("remount") for option in options):
            places.append(str(place))

    yield mount
    for place in reversed(places):
        subprocess.run(["umount", "--lazy", place], check=True)


def write(spark: SparkSession, target: Path, run: str, rows: int, **options: Any) -> None:
    build(ParquetSink, path=str(target), **options).write(context(spark, run_id=run), spark.range(rows))


def ids(target: Path) -> list[int]:
    return sorted(arrow.dataset(target, format="parquet", partitioning="hive").to_table().column("id").to_pylist())


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_a_disk_that_is_read_only_is_told_before_anything_is_computed(
    mode: str, spark: SparkSession, tmp_path: Path, mount: Mount
) -> None:
    disk = tmp_path / "disk"
    mount(disk, "-t", "tmpfs", "none")
    write(spark, disk / "out", "one", 2)
    mount(disk, "-o", "remount,ro")
    for target, words in ((disk / "out", "cannot be written"), (disk / "new", "Read-only file system")):
        sink, here = build(ParquetSink, path=str(target), mode=mode), context(spark, run_id="two")
        with pytest.raises(PpfError, match=words):
            sink.stage(here, spark.range(1).selectExpr("raise_error('computed') AS id"))
        sink.discard(here, None)
    assert ids(disk / "out") == [0, 1]
    assert names(disk) == ["out"]


def test_a_disk_that_gets_full_while_staging_keeps_the_old_rows(spark: SparkSession, tmp_path: Path, mount: Mount) -> None:
    disk = tmp_path / "disk"
    mount(disk, "-t", "tmpfs", "-o", "size=1m", "none")
    write(spark, disk / "out", "one", 2)
    sink, here = build(ParquetSink, path=str(disk / "out"), mode="overwrite"), context(spark, run_id="two")
    with pytest.raises(Exception, match="No space left on device"):
        sink.stage(here, spark.range(3_000_000).selectExpr("id", "rand() AS x"))
    assert ids(disk / "out") == [0, 1]
    sink.discard(here, None)
    assert names(disk) == ["out"]
    mount(disk, "-o", "remount,size=9m")
    write(spark, disk / "out", "three", 3, mode="overwrite")
    assert ids(disk / "out") == [0, 1, 2]


@pytest.mark.parametrize("options", [{"mode": "overwrite"}, {"mode": "append"}, DYNAMIC])
def test_a_disk_that_is_full_while_publishing_keeps_the_old_rows_until_there_is_room(
    options: dict[str, Any], spark: SparkSession, tmp_path: Path, mount: Mount
) -> None:
    disk, rows = tmp_path / "disk", "SELECT id, id % 2 AS k FROM range"
    mount(disk, "-t", "tmpfs", "-o", "size=1m", "none")
    partitions = {"partition_by": ["k"]}
    build(ParquetSink, path=str(disk / "out"), **partitions).write(context(spark, run_id="one"), spark.sql(f"{rows}(2)"))
    sink, here = build(ParquetSink, path=str(disk / "out"), **{**partitions, **options}), context(spark, run_id="two")
    ticket = sink.stage(here, spark.sql(f"{rows}(10, 12)"))
    fill(disk / "ballast")
    with pytest.raises(PpfError, match=r"could not be published: No space left on device\. What was staged is kept"):
        sink.publish(here, ticket)
    assert ids(disk / "out") == [0, 1]
    (disk / "ballast").unlink()
    sink.publish(here, ticket)
    assert ids(disk / "out") == ([0, 1, 10, 11] if options["mode"] == "append" else [10, 11])
    assert names(disk) == ["out"]


def fill(file: Path) -> None:
    command = ["dd", "if=/dev/zero", f"of={file}", "bs=512"]
    assert "No space left" in subprocess.run(command, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("kind", ["disk", "bind"])
def test_a_mount_point_is_refused_before_anything_is_computed(
    kind: str, spark: SparkSession, tmp_path: Path, mount: Mount
) -> None:
    (tmp_path / "real").mkdir()
    mount(tmp_path / "with space", *(("-t", "tmpfs", "none") if kind == "disk" else ("--bind", str(tmp_path / "real"))))
    assert is_mount_point(tmp_path / "with space")
    sink, here = build(ParquetSink, path=str(tmp_path / "with space"), mode="overwrite"), context(spark)
    with pytest.raises(PpfError, match=r"/with space' is a mount point, so it can neither be renamed nor replaced\. Name a"):
        sink.stage(here, spark.range(1))
    sink.discard(here, None)
    assert names(tmp_path) == ["real", "with space"]


def test_a_target_directly_below_a_mount_point_works(spark: SparkSession, tmp_path: Path, mount: Mount) -> None:
    mount(tmp_path / "disk", "-t", "tmpfs", "none")
    for rows in (1, 2):
        write(spark, tmp_path / "disk" / "out", str(rows), rows, mode="overwrite")
    assert ids(tmp_path / "disk" / "out") == [0, 1]
    assert exchanges(tmp_path / "disk" / "out") is True


def test_of_a_file_system_that_is_not_known_nothing_is_promised(tmp_path: Path, mount: Mount) -> None:
    mount(tmp_path / "disk", "-t", "ramfs", "none")
    assert exchanges(tmp_path / "disk" / "out") is None
    assert build(ParquetSink, path=str(tmp_path / "disk" / "out"), mode="overwrite").atomic is None


@pytest.mark.parametrize("mode", ["error", "overwrite", "append"])
@pytest.mark.parametrize("damage", ["container", "stage", "file", "cut"])
def test_a_stage_that_somebody_damaged_is_not_published(mode: str, damage: str, spark: SparkSession, tmp_path: Path) -> None:
    if mode != "error":
        write(spark, tmp_path / "out", "one", 2)
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode=mode), context(spark, run_id="two")
    ticket = sink.stage(here, spark.range(10, 14).repartition(2))
    (container,) = tmp_path.glob(".out.ppf-w*")
    (stage,) = container.glob(".stage-*")
    if damage == "cut":
        next(stage.glob("part-*")).write_bytes(b"")
    else:
        harm = {"container": container, "stage": stage, "file": next(stage.glob("part-*"))}[damage]
        subprocess.run(["rm", "-r", str(harm)], check=True)
    with pytest.raises(TargetMoved, match=r"is gone|was changed by somebody else"):
        sink.publish(here, ticket)
    sink.discard(here, ticket)
    assert names(tmp_path) == ([] if mode == "error" else ["out"])
    assert mode == "error" or ids(tmp_path / "out") == [0, 1]
