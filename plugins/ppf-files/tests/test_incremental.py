"""Sources that read only what is new, in real runs."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner

PIPELINE = """name = new_files
components {
  rows { source = json, options { path = "in", schema = "id INT, day INT", incremental = true } }
  out { sink = parquet, inputs = [rows], options { path = out, mode = append },
        quality = [{ check = in_range, options { column = id, max = 99 } }] }
}"""

Run = Callable[[], PipelineResult]


@pytest.fixture
def run(spark: SparkSession, tmp_path: Path) -> Run:
    (tmp_path / "pipeline.conf").write_text(PIPELINE)
    return lambda: PipelineRunner.from_file(tmp_path / "pipeline.conf").run(spark=spark)


def put(folder: Path, name: str, number: int, at: int | None = None) -> Path:
    file = folder / "in" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'{{"id": {number}}}\n')
    if at is not None:
        os.utime(file, (at, at))
    return file


def read(spark: SparkSession, folder: Path) -> list[int]:
    return sorted(row.id for row in spark.read.parquet(str(folder / "out")).collect())


def test_each_file_is_read_by_one_published_run(run: Run, spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "day=1/b.json", 1)
    put(tmp_path, "day=2/c.json", 2)
    assert (run().status, read(spark, tmp_path)) == ("success", [1, 2])
    assert (run().status, read(spark, tmp_path)) == ("success", [1, 2])  # nothing is new
    late = put(tmp_path, "day=1/a.json", 3, at=1_000_000)  # an old name, an old time
    bad = put(tmp_path, "day=3/bad.json", 100)
    assert (run().status, read(spark, tmp_path)) == ("failed", [1, 2])
    bad.unlink()
    assert (run().status, read(spark, tmp_path)) == ("success", [1, 2, 3])
    put(tmp_path, "day=1/a.json", 4)  # changed
    late.with_name("d.json").write_text('{"id": 5}\n')
    assert (run().status, read(spark, tmp_path)) == ("success", [1, 2, 3, 4, 5])
    assert spark.read.parquet(str(tmp_path / "out")).where("day IS NULL").count() == 0


def test_what_a_file_is_known_by_goes_with_it(run: Run, spark: SparkSession, tmp_path: Path) -> None:
    first = put(tmp_path, "a.json", 1, at=1_000_000)
    put(tmp_path, "b.json", 2)
    run()
    first.rename(tmp_path / "away")
    run()
    (tmp_path / "away").rename(first)
    assert (run().status, read(spark, tmp_path)) == ("success", [1, 1, 2])
