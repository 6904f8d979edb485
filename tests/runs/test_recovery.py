"""What a run left behind whose publishing failed, or that was killed, is finished: by a later run, or when it is asked for."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from killed import WritePipeline, do, kill, rows, run, stages, status, store, unfinished
from pyspark.sql import SparkSession

from ppf_core.errors import PpfError, RunError, RunLocked
from ppf_core.execution import steps

TWO_SINKS = """
    numbers { source = numbers }
    first   { sink = folder, inputs = [numbers], options { path = first, log = log } }
    second  { sink = folder, inputs = [numbers], options { path = second, log = log } }
"""
FAILS = {"components.first.options.fails": "publish", "components.numbers.options.rows": "5"}


def test_a_run_whose_publishing_failed_is_publishing_and_keeps_its_stages(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    run(path, spark)
    result = run(path, spark, "r2", **FAILS)
    assert (result.status, result.exit_code) == ("failed", 1)
    assert result["second"].status == "skipped"
    assert "'first' could not be published" in str(result["second"].reason)
    assert (rows(path, "first"), rows(path, "second")) == (3, 3)
    assert status(path, "r2") == "publishing"
    assert [each["status"] for each in store(path).list() if each["run_id"] == "r2"] == ["publishing"]
    assert len(stages(path)) == 2


def test_the_next_run_that_touches_the_target_finishes_it_first(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    run(path, spark, "r1", **FAILS)
    # The fault is in the options, which the journal keeps: a run with the same fault cannot finish it either.
    journaled = path.parent / ".ppf" / "runs" / "r1" / "pipeline.json"
    journaled.write_text(journaled.read_text().replace('"publish"', "null"))
    path.with_name("log").unlink()
    assert run(path, spark, "r2").ok
    lines = path.with_name("log").read_text().splitlines()
    assert lines[:2] == ["publish first", "publish second"]
    assert status(path, "r1") == "success"
    assert (rows(path, "first"), rows(path, "second")) == (3, 3)
    assert unfinished(path) == stages(path) == []


def test_a_run_that_cannot_be_finished_stops_those_that_touch_its_targets(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    run(path, spark, "r1", **FAILS)
    result = run(path, spark, "r2")
    assert result.status == "failed"
    assert "'r1'" in result.problems[0].message
    assert "ppf runs recover r1" in str(result.problems[0].hint)
    assert rows(path, "first") is None
    other = path.with_name("other.conf")
    other.write_text(
        "name = other\ncomponents { a { source = numbers }, b { sink = folder, inputs = [a], options { path = b } } }"
    )
    assert run(other, spark).ok


def test_recover_publishes_what_was_committed(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    run(path, spark, "r1", **{**FAILS, "components.first.options.failures": "0"})
    run(path, spark, "r2", **{"components.numbers.options.rows": "7"})
    assert (rows(path, "first"), rows(path, "second")) == (7, 7)


@pytest.mark.parametrize("abandon", [False, True])
def test_a_run_killed_between_two_publishes_is_finished_or_abandoned(
    abandon: bool, spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(TWO_SINKS)
    run(path, spark, "r1")
    kill(path, spark, "r2", "publish", monkeypatch, **{"components.numbers.options.rows": "5"})
    assert status(path, "r2") == "publishing"
    finished = do(path, spark, "r2", abandon=abandon)
    assert (finished.published, finished.discarded) == (([], ["first", "second"]) if abandon else (["first", "second"], []))
    assert (rows(path, "first"), rows(path, "second")) == ((3, 3) if abandon else (5, 5))
    assert status(path, "r2") == ("failed" if abandon else "success")
    assert unfinished(path) == stages(path) == []
    assert store(path).show("r2")["problems"][-1]["code"] == ("abandoned" if abandon else "recovered")


@pytest.mark.parametrize("at", ["stage", "commit"])
def test_a_run_killed_before_its_commit_is_discarded_by_the_next(
    at: str, spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(TWO_SINKS)
    run(path, spark, "r1")
    if at == "stage":  # in the middle of it, after its effect
        kill(path, spark, "r2", "commit", monkeypatch)
        monkeypatch.undo()
        record = path.parent / ".ppf" / "runs" / "r2" / "record.jsonl"
        lines = [line for line in record.read_text().splitlines() if '"line": "staged"' not in line]
        record.write_text("\n".join(lines) + "\n")
    else:
        kill(path, spark, "r2", "commit", monkeypatch)
    assert len(stages(path)) == 2
    assert unfinished(path) == ["r2"]
    result = run(path, spark, "r3", **{"components.numbers.options.rows": "4"})
    assert result.ok
    assert (rows(path, "first"), rows(path, "second")) == (4, 4)
    assert status(path, "r2") == "interrupted"
    assert unfinished(path) == stages(path) == []


def test_a_target_that_moved_before_anything_was_shown_takes_nothing_along(
    spark: SparkSession, pipeline: WritePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(
        """
        numbers { source = numbers }
        a { sink = parquet, inputs = [numbers], options { path = a, mode = overwrite } }
        b { sink = parquet, inputs = [numbers], options { path = b, mode = overwrite } }
        """
    )
    run(path, spark, "r1")
    old = sorted(each.name for each in (tmp_path / "b").iterdir())
    commit = steps.Steps.commit

    def disturb(self: steps.Steps, *arguments: Any) -> None:
        commit(self, *arguments)
        (tmp_path / "a" / "foreign.parquet").write_bytes(b"")

    monkeypatch.setattr(steps.Steps, "commit", disturb)
    result = run(path, spark, "r2")
    assert result["a"].error is not None
    assert result["a"].error.type == "TargetMoved"
    assert result["b"].status == "skipped"
    assert sorted(each.name for each in (tmp_path / "b").iterdir()) == old
    assert status(path, "r2") == "failed"
    assert unfinished(path) == []


def test_recovering_a_living_run_names_who_holds_it(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    run(path, spark, "r1")
    record = store(path).reopen("r1")
    try:
        with pytest.raises(RunLocked, match=rf"'r1' is held by process {os.getpid()} on \w+"):
            do(path, spark, "r1")
    finally:
        record.release()


def test_recovering_twice_does_nothing_the_second_time(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    run(path, spark, "r1")
    record = (path.parent / ".ppf" / "runs" / "r1" / "record.jsonl").read_text()
    assert do(path, spark, "r1").published == []
    assert (path.parent / ".ppf" / "runs" / "r1" / "record.jsonl").read_text() == record


def test_a_write_that_was_discarded_before_it_could_be_noted_is_none(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(TWO_SINKS)
    stage = steps.Steps.stage

    def full(self: steps.Steps, component: Any) -> None:
        if component.info.name == "second":
            raise RunError("The run's record cannot be written.")
        stage(self, component)

    with monkeypatch.context() as patched:
        patched.setattr(steps.Steps, "stage", full)
        assert run(path, spark, "r1").status == "failed"
    assert unfinished(path) == stages(path) == []
    assert store(path).show("r1")["status"] == "failed"
    assert do(path, spark, "r1").discarded == []
    assert run(path, spark, "r2").ok


@pytest.mark.parametrize("at", ["build", "publish"])
def test_what_only_a_living_run_needs_is_removed_with_the_rest(
    at: str, spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(TWO_SINKS)
    kill(path, spark, "r1", at, monkeypatch)
    assert (path.parent / ".ppf/runs/r1/reserve").exists()
    assert run(path, spark, "r2").ok
    assert list((path.parent / ".ppf").rglob("reserve")) == unfinished(path) == []


def test_a_stage_that_somebody_removed_is_told_and_frees_the_run(
    spark: SparkSession, pipeline: WritePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline("n { source = numbers }\n a { sink = parquet, inputs = [n], options { path = a, mode = overwrite } }")
    run(path, spark, "r1")
    kill(path, spark, "r2", "publish", monkeypatch)
    for stage in stages(path):
        if (tmp_path / stage).is_dir():
            shutil.rmtree(tmp_path / stage)
    finished = do(path, spark, "r2")
    assert "is gone" in finished.target_changed["a"]
    assert status(path, "r2") == "failed"
    assert unfinished(path) == []


def test_a_secret_of_the_environment_is_read_again_and_must_be_what_it_was(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_TOKEN", "hush-hush-hush")
    path = pipeline("n { source = numbers }\n a { sink = folder, inputs = [n], options { path = a, token = ${DB_TOKEN} } }")
    kill(path, spark, "r1", "publish", monkeypatch)
    kept = b"".join(each.read_bytes() for each in (path.parent / ".ppf").rglob("*") if each.is_file())
    assert b"hush-hush-hush" not in kept
    assert b"${DB_TOKEN}" in kept
    monkeypatch.setenv("DB_TOKEN", "another")
    with pytest.raises(PpfError, match="DB_TOKEN, of which"):
        do(path, spark, "r1")
    monkeypatch.setenv("DB_TOKEN", "hush-hush-hush")
    do(path, spark, "r1")
    assert status(path, "r1") == "success"


def test_a_literal_secret_is_not_journaled_and_recovery_says_so(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline("n { source = numbers }\n a { sink = folder, inputs = [n], options { path = a, token = hush-hush-hush } }")
    kill(path, spark, "r1", "publish", monkeypatch)
    kept = b"".join(each.read_bytes() for each in (path.parent / ".ppf").rglob("*") if each.is_file())
    assert b"hush-hush-hush" not in kept
    with pytest.raises(RunError, match="hold a secret as text"):
        do(path, spark, "r1")
    assert status(path, "r1") == "publishing"
    # The pipeline itself still has it.
    assert run(path, spark, "r2").ok
    assert status(path, "r1") == "success"
