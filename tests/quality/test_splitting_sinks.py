"""Checks on the way into files that take good and bad rows in one pass: nothing differs but the work."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from killed import do, kill, run, stages, status, store
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PipelineResult
from ppf_core.state.lines import FrameCached, SamplesTaken

WritePipeline = Callable[[str], Path]

SPLITTING = ["parquet", "orc"]
CHECKS = {
    "one": ["{ check = picky, options { above = 2 }, action = %s }"],
    "several": [
        "{ check = picky, name=lower, options { above = 1 }, action = quarantine, quarantine_to = taken }",
        "{ check = picky, name=low, options { above = 3 }, samples = 5, action = %s }",
        "{ check = picky, name=told, options { above = 5 }, action = warn }",
        "{ check = total, options { max = 45 } }",
        "{ check = row_count, options { min = 10 } }",
        "{ check = unique, options { columns = [id] } }",
    ],
    "none": ["{ check = picky, options { above = -1 }, action = %s }"],
    "all": ["{ check = picky, options { above = 99 }, action = %s }"],
    "too many": ['{ check = picky, options { above = 2 }, action = %s, error_if = "> 2" }'],
}


def source(*checks: str, options: str = "rows = 10") -> str:
    return f"a {{ source = numbers, options {{ {options} }}, quality = [ {', '.join(checks)} ] }}\n"


def sink(plugin: str, more: str = "mode = overwrite", name: str = "out") -> str:
    return f"{name} {{ sink = {plugin}, inputs = [a], options {{ path = {name}, {more} }} }}\n"


def shown(spark: SparkSession, path: Path, plugin: str, name: str = "out") -> DataFrame | None:
    folder = path.with_name(name)
    return spark.read.schema("id BIGINT").option("header", True).format(plugin).load(str(folder)) if folder.exists() else None


def ids(frame: DataFrame | None) -> list[int] | None:
    return sorted(row["id"] for row in frame.collect()) if frame is not None else None


def apart(spark: SparkSession, path: Path, run_id: str) -> list[tuple[int, tuple[str, ...]]] | None:
    folder = path.with_name(".ppf") / "data" / "quarantine" / "a" / f"run_id={run_id}"
    if not folder.exists():
        return None
    return sorted((row["id"], tuple(row["_ppf_failed_checks"])) for row in spark.read.parquet(f"file:{folder}").collect())


def told(result: PipelineResult) -> list[tuple[object, ...]]:
    return [(each.name, each.status, each.failed, each.evaluated, each.value, each.message) for each in result["a"].quality]


def outcome(spark: SparkSession, path: Path, plugin: str) -> dict[str, Any]:
    """All that a run says and shows."""
    result = run(path, spark)
    samples = store(path).recorded(result.run_id).of(SamplesTaken)
    return {
        "status": (result.status, result.exit_code),
        "told": told(result),
        "rows": (result["out"].rows_written, ids(shown(spark, path, plugin, plugin))),
        "apart": apart(spark, path, result.run_id),
        "samples": [(each.check, tuple(each.columns), sorted(map(str, each.rows))) for each in samples],
        "left": stages(path),
    }


@pytest.mark.parametrize("action", ["drop", "quarantine"])
@pytest.mark.parametrize("checks", list(CHECKS))
@pytest.mark.parametrize("plugin", SPLITTING)
def test_rows_numbers_and_messages_are_those_of_a_sink_that_does_not_split(
    plugin: str, checks: str, action: str, pipeline: WritePipeline, spark: SparkSession
) -> None:
    quality = source(*(each % action if "%s" in each else each for each in CHECKS[checks]))
    quality += "taken { sink = folder, options { path = taken } }\n" if checks == "several" else ""

    def ran(plugin: str) -> dict[str, Any]:
        return outcome(spark, pipeline(quality + sink(plugin).replace("path = out", f"path = {plugin}")), plugin)

    found, expected = ran(plugin), ran("csv")
    assert found == expected
    assert found["left"] == []
    if checks == "several":
        good, bad = [4, 5, 6, 7, 8, 9], [(2, ("low", "told")), (3, ("low", "told"))]
        assert (found["rows"], found["apart"]) == ((6, good), bad if action == "quarantine" else None)


@pytest.mark.parametrize("plugin", SPLITTING)
@pytest.mark.parametrize(
    "more", ["mode = append", "mode = ignore", "repartition = 3, sort_by = [id]", "max_records_per_file = 1"]
)
def test_rows_that_differ_each_time_are_in_one_place_each(
    plugin: str, more: str, pipeline: WritePipeline, spark: SparkSession
) -> None:
    """They are computed once, without being kept first: what is not in one place is in the other one."""
    check = "{ check = picky, options { odd = true }, action = quarantine }"
    path = pipeline(source(check, options="rows = 40, random = true") + sink(plugin, more))
    result = run(path, spark)
    folder = path.with_name(".ppf") / "data" / "quarantine" / "a" / f"run_id={result.run_id}"
    good = [row["id"] for row in spark.read.format(plugin).load(str(path.with_name("out"))).collect()]
    bad = [row["id"] for row in spark.read.parquet(f"file:{folder}").collect()]
    assert len(good) + len(bad) == 40
    assert {zlib.crc32(str(each).encode()) % 2 for each in good} == {1}
    assert {zlib.crc32(str(each).encode()) % 2 for each in bad} == {0}
    assert not store(path).recorded(result.run_id).of(FrameCached)


def test_bad_rows_are_told_where_the_target_is_to_stay(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(source("{ check = picky, action = quarantine }") + sink("parquet", "mode = ignore"))
    assert run(path, spark)["out"].rows_written == 9
    again = run(path, spark)
    assert (again.status, again["out"].rows_written, again["a"].quality[0].failed) == ("success", 0, 1)
    assert apart(spark, path, again.run_id) == [(0, ("picky",))]


BAD = source("{ check = picky, options { above = 2 }, action = quarantine }", "{ check = picky, name=low, action = drop }")


@pytest.mark.parametrize("plugin", SPLITTING)
def test_a_run_killed_before_its_commit_shows_neither_good_nor_bad_rows(
    plugin: str, pipeline: WritePipeline, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(BAD + sink(plugin))
    kill(path, spark, "r1", "commit", monkeypatch)
    assert any(path.parent.glob(".out.ppf-*/.apart-*/part-*"))
    finished = do(path, spark, "r1")
    assert sorted(finished.discarded) == ["a/quarantine", "out"]
    assert (shown(spark, path, plugin), apart(spark, path, "r1"), stages(path)) == (None, None, [])


@pytest.mark.parametrize("plugin", SPLITTING)
def test_a_run_killed_after_its_commit_shows_good_and_bad_rows_once_it_is_finished(
    plugin: str, pipeline: WritePipeline, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(BAD + sink(plugin))
    kill(path, spark, "r1", "publish", monkeypatch)
    assert (shown(spark, path, plugin), apart(spark, path, "r1")) == (None, None)
    assert do(path, spark, "r1").published == ["a/quarantine", "out"]
    assert ids(shown(spark, path, plugin)) == [3, 4, 5, 6, 7, 8, 9]
    assert apart(spark, path, "r1") == [(0, ("picky", "low")), (1, ("picky",)), (2, ("picky",))]
    assert (stages(path), status(path, "r1")) == ([], "success")


@pytest.mark.parametrize("plugin", SPLITTING)
def test_the_next_run_finishes_what_a_killed_one_had_split(
    plugin: str, pipeline: WritePipeline, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(BAD + sink(plugin, "mode = append"))
    kill(path, spark, "r1", "publish", monkeypatch)
    assert run(path, spark, "r2").ok
    assert ids(shown(spark, path, plugin)) == sorted([3, 4, 5, 6, 7, 8, 9] * 2)
    assert [len(apart(spark, path, run_id) or ()) for run_id in ("r1", "r2")] == [3, 3]
    assert stages(path) == []


def test_bad_rows_that_cannot_be_written_fail_the_run_and_leave_nothing(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(BAD + sink("parquet"))
    path.with_name("data").write_text("a file where a folder is wanted")
    result = run(path, spark, "r1", **{"runtime.data_dir": "data"})
    assert (result.exit_code, shown(spark, path, "parquet"), stages(path)) == (1, None, [])
