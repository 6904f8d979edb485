"""Checks on the way into a sink that writes good and bad rows in one pass: each row is in one place, once."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.state.lines import FrameCached, SamplesTaken

WritePipeline = Callable[[str], Path]
SPLITS = "out { sink = folder, inputs = [a], options { path = out, log = log, splits = true } }"


def run(path: Path, spark: SparkSession) -> PipelineResult:
    return PipelineRunner.from_file(path).run(spark=spark)


def rows(path: Path, name: str = "out") -> list[object]:
    found: list[dict[str, object]] = json.loads(path.with_name(name).joinpath("rows.json").read_text())
    return [row["id"] for row in found]


def kept(spark: SparkSession, path: Path, run_id: str) -> list[tuple[object, ...]]:
    folder = path.with_name(".ppf") / "data" / "quarantine" / "a" / f"run_id={run_id}"
    return sorted((row["id"], *row["_ppf_failed_checks"]) for row in spark.read.parquet(f"file:{folder}").collect())


def did(path: Path) -> list[str]:
    """What the sink did."""
    return path.with_name("log").read_text().splitlines()


def told(result: PipelineResult) -> list[tuple[str, int | None, int | None]]:
    return [(each.status, each.failed, each.evaluated) for each in result["a"].quality]


def source(*checks: str, options: str = "rows = 6") -> str:
    return f"a {{ source = numbers, options {{ {options} }}, quality = [ {', '.join(checks)} ] }}\n"


def is_odd(text: object) -> bool:
    return zlib.crc32(str(text).encode()) % 2 == 1


@pytest.mark.parametrize("action", ["drop", "quarantine"])
def test_good_and_bad_rows_are_written_in_one_pass(pipeline: WritePipeline, spark: SparkSession, action: str) -> None:
    path = pipeline(source(f"{{ check = picky, options {{ above = 1 }}, action = {action} }}") + SPLITS)
    result = run(path, spark)
    assert (result.status, told(result), rows(path)) == ("success", [("warned", 2, 6)], [2, 3, 4, 5])
    assert (result["out"].rows_written, did(path)) == (4, ["split out", "publish out"])
    if action == "quarantine":
        assert kept(spark, path, result.run_id) == [(0, "picky"), (1, "picky")]


@pytest.mark.parametrize("above", [-1, 9])
def test_all_rows_may_be_good_and_all_may_be_bad(pipeline: WritePipeline, spark: SparkSession, above: int) -> None:
    path = pipeline(source(f"{{ check = picky, options {{ above = {above} }}, action = quarantine }}") + SPLITS)
    result = run(path, spark)
    assert (result.status, len(rows(path)), result["a"].quality[0].failed) == ("success", *((6, 0) if above < 0 else (0, 6)))


def test_a_row_is_in_exactly_one_place_and_each_rule_counts_it(pipeline: WritePipeline, spark: SparkSession) -> None:
    checks = [
        "{ check = picky, name=low, options { above = 3 }, action = drop }",
        "{ check = picky, name=one, options { above = 1 }, action = quarantine, quarantine_to = first }",
        "{ check = picky, name=two, options { above = 2 }, action = quarantine }",
        "{ check = picky, name=told, options { above = 4 }, action = warn }",
        "{ check = total, options { max = 15 } }",
    ]
    path = pipeline(source(*checks) + SPLITS + "\nfirst { sink = folder, options { path = first } }")
    result = run(path, spark)
    assert (result.status, rows(path), rows(path, "first")) == ("success", [4, 5], [0, 1])
    assert kept(spark, path, result.run_id) == [(2, "low", "two", "told")]
    assert [each.failed for each in result["a"].quality] == [4, 2, 3, 5, None]
    assert [each.value for each in result["a"].quality][-1] == 15.0


def test_rows_that_differ_each_time_are_written_at_once_and_not_kept_first(
    pipeline: WritePipeline, spark: SparkSession
) -> None:
    check = "{ check = picky, options { odd = true }, action = quarantine }"
    path = pipeline(source(check, options="rows = 40, random = true") + SPLITS)
    runner = PipelineRunner.from_file(path)
    result = runner.run(spark=spark)
    good, bad = rows(path), [row[0] for row in kept(spark, path, result.run_id)]
    assert (len(good) + len(bad), told(result)) == (40, [("warned", len(bad), 40)])
    assert all(map(is_odd, good))
    assert not any(map(is_odd, bad))
    assert not runner.store.recorded(result.run_id).of(FrameCached)


@pytest.mark.parametrize("options", ["max = 15, distinct = true", "max = 15"])
def test_numbers_of_all_rows_are_those_of_good_and_bad_ones(pipeline: WritePipeline, spark: SparkSession, options: str) -> None:
    checks = ("{ check = picky, action = drop }", f"{{ check = total, options {{ {options} }} }}")
    frame = "{ check = same, options { rows = 6 } }"
    path = pipeline(source(*checks, frame) + SPLITS)
    result = run(path, spark)
    assert (result.status, [each.value for each in result["a"].quality]) == ("success", [None, 15.0, 6.0])
    assert did(path)[0] == "split out"


def test_a_sink_that_does_not_count_is_counted(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(source("{ check = picky, action = drop }") + SPLITS.replace("splits", "counts = false, splits"))
    result = run(path, spark)
    assert (result.status, told(result), rows(path)) == ("success", [("warned", 1, 6)], [1, 2, 3, 4, 5])
    assert result["out"].rows_written == 5


def test_a_sink_that_loses_bad_rows_is_found_out(pipeline: WritePipeline, spark: SparkSession) -> None:
    checks = ("{ check = picky, action = quarantine }", "{ check = picky, name=told, options { above = 3 }, action = warn }")
    path = pipeline(source(*checks) + SPLITS.replace("splits", "loses = true, splits"))
    result = run(path, spark)
    assert (result.exit_code, [each.status for each in result["a"].quality]) == (4, ["error", "error"])
    assert not path.with_name("out").exists()


def test_a_rejected_run_keeps_the_bad_rows_that_its_sink_had_set_apart(pipeline: WritePipeline, spark: SparkSession) -> None:
    check = '{ check = picky, options { above = 1 }, action = quarantine, error_if = "> 1" }'
    path = pipeline(source(check) + SPLITS)
    result = run(path, spark)
    assert (result.exit_code, did(path), path.with_name("out").exists()) == (4, ["split out", "discard out"], False)
    assert kept(spark, path, result.run_id) == [(0, "picky"), (1, "picky")]
    assert not [each.name for each in path.parent.iterdir() if each.name.startswith(".out")]


def test_some_bad_rows_are_shown_in_the_report(pipeline: WritePipeline, spark: SparkSession) -> None:
    checks = [f"{{ check = picky, options {{ above = 3 }}, samples = 9, action = {action} }}" for action in ("drop", "warn")]
    path = pipeline(source(*checks, options="rows = 40, random = true").replace("above = 3", "odd = true") + SPLITS)
    runner = PipelineRunner.from_file(path)
    result = runner.run(spark=spark)
    samples = runner.store.recorded(result.run_id).of(SamplesTaken)
    assert [len(each.rows) for each in samples] == [9, 9]
    assert not any(is_odd(row[0]) for each in samples for row in each.rows)


@pytest.mark.parametrize(
    "text",
    [
        source('{ check = expression, options { sql = "rand() < 2" }, action = drop }') + SPLITS,
        source("{ check = picky, action = drop }") + SPLITS.replace("options", "quality = [{ check = picky }], options"),
        source("{ check = picky, action = warn }") + SPLITS,
    ],
)
def test_where_rows_could_not_be_judged_again_or_none_is_set_apart_the_sink_does_not_split(
    pipeline: WritePipeline, spark: SparkSession, text: str
) -> None:
    path = pipeline(text)
    assert run(path, spark).ok
    assert did(path)[0] == "stage out"


def test_a_rule_that_raises_is_an_error(pipeline: WritePipeline, spark: SparkSession) -> None:
    checks = ("{ check = picky, options { raises = rows }, action = drop }", "{ check = picky, name=fine, action = drop }")
    path = pipeline(source(*checks) + SPLITS)
    result = run(path, spark)
    assert (result.exit_code, [each.status for each in result["a"].quality]) == (4, ["error", "warned"])
