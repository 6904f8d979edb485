"""Streams of files in runs of whole pipelines: from folder to folder, each row once, good or bad."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.dataset as arrow
import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner

PAID = """
name = paid
mode = streaming
components {
  orders {
    source = files
    options { path = in, format = csv, schema = "id INT, amount INT", max_files_per_trigger = 1 }
    quality = [ { check = not_null, options { columns = [amount] }, action = quarantine, quarantine_to = bad } ]
  }
  large { transform = filter, inputs = [orders], options { where = "amount > 10" } }
  all   { sink = files, inputs = [orders], trigger = available_now, options { path = out/all, format = json } }
  large_ones { sink = parquet, inputs = [large], trigger = available_now, options { path = out/large } }
  bad   { sink = files, options { path = out/bad } }
}
"""


def run(spark: SparkSession, folder: Path, overrides: Mapping[str, Any] | None = None) -> PipelineResult:
    return PipelineRunner.from_file(folder / "paid.conf", overrides).run(spark=spark)


def put(folder: Path, name: str, *rows: str) -> None:
    (folder / "in").mkdir(exist_ok=True)
    (folder / f".{name}").write_text("\n".join(["id,amount", *rows]) + "\n")
    (folder / f".{name}").rename(folder / "in" / name)


def ids(folder: Path, name: str, format_name: str = "parquet") -> list[int]:
    """What a reader that is not Spark sees."""
    target = folder / "out" / name
    if not target.exists():
        return []
    files = [str(file) for file in target.rglob("part-*") if file.stat().st_size]
    return sorted(arrow.dataset(files, format=format_name).to_table().column("id").to_pylist()) if files else []


def seen(folder: Path) -> tuple[list[int], ...]:
    return ids(folder, "all", "json"), ids(folder, "large"), ids(folder, "bad")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "paid.conf").write_text(PAID)
    put(tmp_path, "1.csv", "1,5", "2,50")
    return tmp_path


def test_each_row_is_in_one_place_once_however_often_the_stream_starts(spark: SparkSession, folder: Path) -> None:
    assert run(spark, folder).status == "success"
    assert seen(folder) == ([1, 2], [2], [])
    put(folder, "2.csv", "3,", "4,40")
    put(folder, "3.csv", "5,5")
    assert run(spark, folder).status == "success"
    assert run(spark, folder).status == "success"
    assert seen(folder) == ([1, 2, 4, 5], [2, 4], [3])


def test_a_batch_that_cannot_be_written_is_seen_nowhere_and_comes_again(spark: SparkSession, folder: Path) -> None:
    assert run(spark, folder).status == "success"
    put(folder, "2.csv", "3,30")
    (folder / "out" / "large" / "_spark_metadata").mkdir()
    result = run(spark, folder)
    (failed,) = [each for each in result.components if each.name == "large_ones"]
    assert (result.exit_code, failed.status) == (1, "failed")
    assert "output of Spark's own streaming sink" in (failed.error.message if failed.error else "")
    assert ids(folder, "all", "json") == [1, 2]
    (folder / "out" / "large" / "_spark_metadata").rmdir()
    assert run(spark, folder).status == "success"
    assert seen(folder) == ([1, 2, 3], [2, 3], [])


def test_a_missing_folder_fails_the_source_and_says_what_to_do(spark: SparkSession, folder: Path) -> None:
    result = run(spark, folder, {"components.orders.options.path": "nowhere"})
    (failed,) = [each for each in result.components if each.name == "orders"]
    assert (result.exit_code, failed.status) == (1, "failed")
    assert f"There is no folder 'file:{folder}/nowhere'" in (failed.error.message if failed.error else "")


NOTHING = """
name = nothing
components {{
  rows {{ source = inline, options {{ schema = "id INT", rows = [{{ id = 1 }}] }} }}
  some {{
    transform = filter, inputs = [rows], options {{ where = "id < {below}" }}
    quality = [
      {{ check = row_count, options {{ min = {least} }} }}
      {{ check = not_null, options {{ columns = [id] }} }}
    ]
  }}
  out {{ sink = {sink}, inputs = [some], options {{ path = out, mode = append }} }}
}}
"""


@pytest.mark.parametrize("sink", ["parquet", "csv", "json", "orc"])
def test_a_run_that_appends_nothing_adds_no_file_and_its_checks_are_asked(
    spark: SparkSession, tmp_path: Path, sink: str
) -> None:
    def done(**options: Any) -> PipelineResult:
        (tmp_path / "nothing.conf").write_text(NOTHING.format(sink=sink, **options))
        return PipelineRunner.from_file(tmp_path / "nothing.conf").run(spark=spark)

    assert done(below=5, least=1).exit_code == 0
    before = sorted(each.name for each in (tmp_path / "out").iterdir())
    nothing = done(below=0, least=0)
    assert [(each.name, each.evaluated) for each in nothing["some"].quality] == [("row_count", None), ("not_null", 0)]
    assert done(below=0, least=1).exit_code == 4
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == before
