"""How a write ends: published, and what was known of the target is forgotten; or discarded, and nothing of it is left."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ppf_files import guards, heartbeat
from ppf_files.file_sink import FileSink
from ppf_files.owner import Owner
from ppf_files.processes import Process
from ppf_files.sinks import ParquetSink
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.storage import LocalFiles
from ppf_core.storage.mounts import mount_points_in
from ppf_core.testing import build, context


def sink(target: Path, mode: str) -> FileSink:
    return build(ParquetSink, path=str(target), mode=mode)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def end_its_process(container: Path) -> None:
    """What is seen of a write whose process was killed."""
    owner = Owner.parse((container / ".owner").read_text())
    assert owner is not None
    ended = replace(owner, process=replace(Process.this(), started="long ago"))
    (container / ".owner").write_text(ended.text)
    lease = container.parent / ".out.ppf-lease"
    if lease.exists() and json.loads(lease.read_text())["write_id"] == owner.write_id:
        lease.write_text(ended.text)


def test_frames_of_the_session_show_the_new_rows_after_a_publish(spark: SparkSession, tmp_path: Path) -> None:
    sink(tmp_path / "out", "error").write(context(spark, run_id="one"), spark.range(3))
    cached = spark.read.parquet(str(tmp_path / "out")).cache()
    listed = spark.read.parquet(str(tmp_path / "out"))
    assert (cached.count(), listed.count()) == (3, 3)
    sink(tmp_path / "out", "overwrite").write(context(spark, run_id="two"), spark.range(10, 15))
    assert spark.read.parquet(str(tmp_path / "out")).count() == 5
    assert sorted(row.id for row in cached.collect()) == [10, 11, 12, 13, 14]
    assert listed.count() == 5
    cached.unpersist()


def test_another_process_removes_all_of_a_killed_write_and_nothing_of_others(spark: SparkSession, tmp_path: Path) -> None:
    killed, killed_here = sink(tmp_path / "out", "overwrite"), context(spark, run_id="killed")
    killed.stage(killed_here, spark.range(2))
    killed.close()
    (container,) = tmp_path.glob(".out.ppf-w*")
    end_its_process(container)
    (tmp_path / f".out.ppf-new-{container.name.removeprefix('.out.ppf-')}-00ff").mkdir()
    other, other_here = sink(tmp_path / "out", "append"), context(spark, run_id="other")
    ticket = other.stage(other_here, spark.range(7))
    sink(tmp_path / "out2", "error").write(context(spark, run_id="killed"), spark.range(1))
    for _ in range(2):
        sink(tmp_path / "out", "overwrite").discard(killed_here, None)
        assert [name for name in names(tmp_path) if name != "out2"] == [f".out.ppf-{other_here.write_id}"]
    other.publish(other_here, ticket)
    assert spark.read.parquet(str(tmp_path / "out")).count() == 7
    assert names(tmp_path) == ["out", "out2"]


@pytest.mark.parametrize("mode", ["error", "overwrite", "append", "ignore"])
def test_a_discarded_stage_leaves_nothing_and_gives_no_more_signs_of_life(
    mode: str, spark: SparkSession, tmp_path: Path
) -> None:
    made, here = sink(tmp_path / "out", mode), context(spark)
    ticket = made.stage(here, spark.range(2))
    assert isinstance(made._heartbeat, heartbeat.Heartbeat)
    made.discard(here, ticket)
    assert made._heartbeat is None
    assert names(tmp_path) == []


def test_a_target_that_holds_a_mount_point_is_refused() -> None:
    mounts = [Path(line.split()[1]) for line in Path("/proc/mounts").read_text().splitlines()]
    holding = next(each.parent for each in mounts if each.parent not in mounts and mount_points_in(each.parent))
    with pytest.raises(
        PpfError, match=rf"The target '{holding}' holds the mount point '{holding}/.*', so it cannot be replaced"
    ):
        guards.require_replaceable(LocalFiles(), str(holding))


def test_a_refused_target_that_is_a_file_can_be_discarded(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("not a folder")
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode="overwrite"), context(spark)
    with pytest.raises(PpfError, match="is a file"):
        sink.stage(here, spark.range(1))
    sink.discard(here, None)
    assert (tmp_path / "out").read_text() == "not a folder"
    assert names(tmp_path) == ["out"]
