"""Others than ppf may read and write a target at any time: readers see no mixture, and what writers add is never lost."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as arrow
import pyarrow.parquet as parquet
import pytest
from ppf_files.sinks import ParquetSink
from pyspark.sql import SparkSession

from ppf_core import PpfError, TargetMoved
from ppf_core.storage import LocalFiles, local_files
from ppf_core.testing import build, context

DYNAMIC = {"mode": "overwrite", "partition_by": ["k"], "partition_overwrite": "dynamic"}


def ids(target: Path) -> list[int]:
    return sorted(arrow.dataset(target, format="parquet", partitioning="hive").to_table().column("id").to_pylist())


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def just_before(effect: str, act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else acts in the last moment, once."""
    then, acted = getattr(LocalFiles, effect), []

    def late(*arguments: Any) -> Any:
        if not acted:
            acted.append(True)
            act()
        return then(*arguments)

    monkeypatch.setattr(LocalFiles, effect, late)


def add(number: int, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table({"id": [number]}), folder / f"foreign-{number}.parquet")


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_file_that_comes_in_the_last_moment_stops_an_overwrite(
    exchanges: bool, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(ParquetSink, path=str(tmp_path / "out")).write(context(spark, run_id="one"), spark.range(2))
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode="overwrite"), context(spark, run_id="two")
    ticket = sink.stage(here, spark.range(10, 12))
    if not exchanges:
        monkeypatch.setattr(local_files, "exchange", lambda *_: False)
    just_before("exchange", lambda: add(99, tmp_path / "out"), monkeypatch)
    with pytest.raises(TargetMoved, match="was changed by somebody else"):
        sink.publish(here, ticket)
    assert ids(tmp_path / "out") == [0, 1, 99]
    sink.discard(here, ticket)
    assert ids(tmp_path / "out") == [0, 1, 99]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_file_that_comes_in_the_last_moment_survives_an_overwrite_of_partitions(
    exchanges: bool, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = build(ParquetSink, path=str(tmp_path / "out"), **DYNAMIC).write
    write(context(spark, run_id="one"), spark.sql("SELECT id, id % 2 AS k FROM range(4)"))
    if not exchanges:
        monkeypatch.setattr(local_files, "exchange", lambda *_: False)
    just_before("exchange", lambda: add(99, tmp_path / "out" / "k=0"), monkeypatch)
    write(context(spark, run_id="two"), spark.sql("SELECT 7L AS id, 1L AS k"))
    assert ids(tmp_path / "out") == [0, 2, 7, 99]
    assert names(tmp_path) == ["out"]


def test_partitions_that_somebody_changes_all_the_time_are_left_alone(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = build(ParquetSink, path=str(tmp_path / "out"), **DYNAMIC)
    sink.write(context(spark, run_id="one"), spark.sql("SELECT id, id % 2 AS k FROM range(2)"))
    exchange, numbers = LocalFiles.exchange, iter(range(100, 200))

    def busy(*arguments: Any) -> bool:
        add(next(numbers), tmp_path / "out" / "k=0")
        return exchange(*arguments)

    here = context(spark, run_id="two")
    ticket = sink.stage(here, spark.sql("SELECT 7L AS id, 1L AS k"))
    with monkeypatch.context() as patched:
        patched.setattr(LocalFiles, "exchange", busy)
        with pytest.raises(PpfError, match="is being changed by somebody else all the time"):
            sink.publish(here, ticket)
    sink.publish(here, ticket)
    there = ids(tmp_path / "out")
    assert (there[:2], 1 in there, len(there) > 3) == ([0, 7], False, True)
    assert names(tmp_path) == ["out"]


def test_old_files_are_kept_where_somebody_wrote_the_target_between_two_renames(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(ParquetSink, path=str(tmp_path / "out")).write(context(spark, run_id="one"), spark.range(2))
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode="overwrite"), context(spark, run_id="two")
    ticket = sink.stage(here, spark.range(10, 12))
    monkeypatch.setattr(local_files, "exchange", lambda *_: False)
    moves = LocalFiles.rename

    def move(files: LocalFiles, source: str, target: str) -> None:
        moves(files, source, target)
        if target.endswith(".aside"):
            add(99, tmp_path / "out")

    with monkeypatch.context() as patched:
        patched.setattr(LocalFiles, "rename", move)
        with pytest.raises(TargetMoved):
            sink.publish(here, ticket)
    sink.discard(here, ticket)
    assert ids(tmp_path / "out") == [99]
    (kept,) = [each for each in tmp_path.iterdir() if each.name.startswith(".out.ppf-kept-")]
    assert [each.name for each in kept.iterdir() if each.suffix == ".parquet"]
    build(ParquetSink, path=str(tmp_path / "out"), mode="append").write(context(spark, run_id="three"), spark.range(1))
    assert names(tmp_path) == [kept.name, "out"]


def test_what_came_since_the_stage_and_does_not_fit_stops_an_append(spark: SparkSession, tmp_path: Path) -> None:
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode="append"), context(spark, run_id="one")
    ticket = sink.stage(here, spark.range(2))
    build(ParquetSink, path=str(tmp_path / "out")).write(context(spark, run_id="two"), spark.sql("SELECT 'x' AS id"))
    with pytest.raises(TargetMoved, match="'id' is string there and bigint in the result"):
        sink.publish(here, ticket)
    sink.discard(here, ticket)
    assert arrow.dataset(tmp_path / "out", format="parquet").to_table().column("id").to_pylist() == ["x"]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("options", [{"mode": "overwrite", "partition_by": ["k"]}, DYNAMIC])
def test_a_reader_that_polls_sees_all_old_rows_or_all_new_ones(
    options: dict[str, Any], spark: SparkSession, tmp_path: Path
) -> None:
    """Rows of one version carry its number; a file that is gone means to list again."""
    sink, seen, done = build(ParquetSink, path=str(tmp_path / "out"), **options), set(), threading.Event()

    def write(version: int) -> None:
        rows = spark.range(300).selectExpr(f"{version} AS id", "id % 3 AS k").repartition(2)
        sink.write(context(spark, run_id=f"run{version}"), rows)

    def poll() -> None:
        while not done.is_set():
            try:
                found = tuple(ids(tmp_path / "out"))
            except FileNotFoundError:
                continue
            seen.add((len(found), *sorted(set(found))))

    write(0)
    reader = threading.Thread(target=poll)
    reader.start()
    for version in range(1, 9):
        write(version)
    done.set()
    reader.join()
    assert seen <= {(300, version) for version in range(9)}
    assert len(seen) > 1
