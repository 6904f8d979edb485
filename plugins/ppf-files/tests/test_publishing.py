"""Publishing that was interrupted is completed by doing it again; where Hadoop has only renames, it uses these."""

from pathlib import Path
from typing import Any

import pytest
from ppf_files.sinks import ParquetSink
from pyspark.sql import DataFrame, SparkSession

from ppf_core import TargetMoved
from ppf_core.storage import LocalFiles, local_files
from ppf_core.testing import build, context

DYNAMIC = {"mode": "overwrite", "partition_by": ["k"], "partition_overwrite": "dynamic"}


@pytest.fixture(params=["local", "hadoop", "renames"])
def folder(request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of a folder: on this machine, on a file system that only Hadoop knows, on one that cannot exchange."""
    if request.param == "renames":
        monkeypatch.setattr(local_files, "exchange", lambda *_: False)
    if request.param != "hadoop":
        return f"file:{tmp_path}"
    mount = f"fs.viewfs.mounttable.{tmp_path.name.replace('_', '-')}.link./data"
    spark.sparkContext._jsc.hadoopConfiguration().set(mount, f"file://{tmp_path}")
    return f"viewfs://{tmp_path.name.replace('_', '-')}/data"


def write(spark: SparkSession, path: str, frame: DataFrame, run: str, **options: Any) -> None:
    sink, here = build(ParquetSink, path=path, **options), context(spark, run_id=run)
    ticket = sink.stage(here, frame)
    sink.publish(here, ticket)
    sink.publish(here, ticket)


def rows(spark: SparkSession, path: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in spark.read.parquet(path).collect())


def keyed(spark: SparkSession, start: int, end: int) -> DataFrame:
    return spark.range(start, end).selectExpr("id", "id % 2 AS k")


@pytest.mark.parametrize("mode", ["error", "overwrite", "append", "ignore"])
def test_every_mode_publishes_once_and_leaves_nothing_beside(
    mode: str, folder: str, spark: SparkSession, tmp_path: Path
) -> None:
    write(spark, f"{folder}/out", spark.range(2), "one", mode=mode)
    if mode != "error":
        write(spark, f"{folder}/out", spark.range(5, 6), "two", mode=mode)
    wanted = {"error": [0, 1], "overwrite": [5], "append": [0, 1, 5], "ignore": [0, 1]}
    assert rows(spark, f"{folder}/out") == [(number,) for number in wanted[mode]]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_dynamic_overwrite_keeps_the_other_partitions(folder: str, spark: SparkSession, tmp_path: Path) -> None:
    write(spark, f"{folder}/out", keyed(spark, 0, 4), "one", **DYNAMIC)
    write(spark, f"{folder}/out", spark.sql("SELECT 9L AS id, 1L AS k"), "two", **DYNAMIC)
    assert rows(spark, f"{folder}/out") == [(0, 0), (2, 0), (9, 1)]
    write(spark, f"{folder}/out", keyed(spark, 0, 0), "three", **DYNAMIC)
    assert rows(spark, f"{folder}/out") == [(0, 0), (2, 0), (9, 1)]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("options", [{"mode": "overwrite"}, {"mode": "append"}, DYNAMIC])
@pytest.mark.parametrize("effect", ["rename", "exchange", "write", "delete", "link", "claim", "sync"])
def test_publishing_again_completes_what_was_cut_short(
    options: dict[str, Any], effect: str, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"file:{tmp_path}/out"
    partitions = {"partition_by": ["k"]}
    write(spark, path, keyed(spark, 0, 4), "one", **partitions)
    sink, here = build(ParquetSink, path=path, **{**partitions, **options}), context(spark, run_id="two")
    ticket = sink.stage(here, keyed(spark, 10, 12))
    with monkeypatch.context() as patched:
        patched.setattr(LocalFiles, effect, cut_after(getattr(LocalFiles, effect)))
        try:
            sink.publish(here, ticket)
        except KeyboardInterrupt:
            sink.publish(here, ticket)
    kept = [(0, 0), (1, 1), (2, 0), (3, 1)] if options["mode"] == "append" else []
    assert rows(spark, path) == [*kept, (10, 0), (11, 1)]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def cut_after(effect: Any) -> Any:
    """The effect, as if the process had died right after its first time."""
    calls: list[None] = []

    def cut(*arguments: Any) -> Any:
        found = effect(*arguments)
        calls.append(None)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return found

    return cut


def test_a_replayed_append_replaces_its_earlier_attempt(folder: str, spark: SparkSession) -> None:
    write(spark, f"{folder}/out", spark.range(2), "one", mode="append")
    write(spark, f"{folder}/out", spark.range(5, 8), "two", mode="append")
    write(spark, f"{folder}/out", spark.range(5, 8).repartition(2), "two", mode="append")
    assert rows(spark, f"{folder}/out") == [(0,), (1,), (5,), (6,), (7,)]


def test_discarding_between_two_renames_puts_the_old_folder_back(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"file:{tmp_path}/out"
    write(spark, path, spark.range(2), "one")
    sink, here = build(ParquetSink, path=path, mode="overwrite"), context(spark, run_id="two")
    ticket = sink.stage(here, spark.range(5))
    monkeypatch.setattr(local_files, "exchange", lambda *_: False)
    with monkeypatch.context() as patched:
        patched.setattr(LocalFiles, "rename", cut_after(LocalFiles.rename))
        with pytest.raises(KeyboardInterrupt):
            sink.publish(here, ticket)
    assert not (tmp_path / "out").exists()
    sink.discard(here, ticket)
    assert rows(spark, path) == [(0,), (1,)]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("mode", ["error", "overwrite", "append"])
def test_a_stage_that_is_gone_is_told(mode: str, folder: str, spark: SparkSession) -> None:
    sink, here = build(ParquetSink, path=f"{folder}/out", mode=mode), context(spark)
    ticket = sink.stage(here, spark.range(1))
    sink.discard(here, None)
    with pytest.raises(TargetMoved, match="is gone"):
        sink.publish(here, ticket)


def test_a_target_that_became_a_table_meanwhile_is_left_alone(folder: str, spark: SparkSession, tmp_path: Path) -> None:
    sink, here = build(ParquetSink, path=f"{folder}/out", mode="append"), context(spark)
    ticket = sink.stage(here, spark.range(1))
    (tmp_path / "out" / "_delta_log").mkdir(parents=True)
    with pytest.raises(TargetMoved, match="is a Delta table"):
        sink.publish(here, ticket)


def test_a_reader_sees_all_old_or_all_new_rows(spark: SparkSession, tmp_path: Path) -> None:
    """A listing that is taken while two versions change places again and again."""
    (tmp_path / "new").mkdir()
    (tmp_path / "out").mkdir()
    for name in ("new", "out"):
        for number in range(20):
            (tmp_path / name / f"{name}-{number}").touch()
    files = LocalFiles()
    for _ in range(200):
        before = files.names(str(tmp_path / "out"))
        assert files.exchange(str(tmp_path / "new"), str(tmp_path / "out"))
        after = files.names(str(tmp_path / "out"))
        assert len(before) == len(after) == 20
        assert set(before).isdisjoint(after)
