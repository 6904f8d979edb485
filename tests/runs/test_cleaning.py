"""What old runs left is removed; what is young, alive or still to be published stays."""

import datetime
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from killed import WritePipeline, kill, run, stages, status, store, unfinished
from pyspark.sql import SparkSession

from ppf_core.state import lines
from ppf_core.verbs.cleaning import find_old, remove

NOW = datetime.datetime.now(datetime.UTC)
LATER = NOW + datetime.timedelta(days=1)
FLOW = """
    numbers { source = numbers }
    late    { transform = step, inputs = [numbers], checkpoint = true }
    out     { sink = folder, inputs = [late], options { path = out } }
"""


def no_capture(_log: Path, _redact: Any) -> Any:
    return nullcontext()


def found(path: Path, before: datetime.datetime = LATER) -> list[tuple[str, str]]:
    return [(each.run_id, each.what) for each in find_old(store(path), before)]


def clean(path: Path) -> None:
    remove(store(path), find_old(store(path), LATER), no_capture)


def test_records_and_frames_of_old_runs_go_and_young_ones_stay(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    assert run(path, spark, "r1").ok
    run(path, spark, "r2", **{"components.out.options.fails": "stage"})
    assert found(path, NOW) == []
    assert found(path) == [("r1", "record"), ("r2", "frames"), ("r2", "record")]
    clean(path)
    assert store(path).list() == []
    assert [each.name for each in (path.parent / ".ppf").rglob("*") if each.is_file()] == ["format"]
    assert path.with_name("out").exists()


def test_the_checkpoint_of_an_old_run_goes_with_it(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("name = test\nhooks { checkpoint {} }\ncomponents {" + FLOW + "}")
    run(path, spark, "r1", **{"components.out.options.fails": "stage"})
    assert found(path) == [("r1", "frames"), ("r1", "checkpoint"), ("r1", "record")]
    clean(path)
    assert not list((path.parent / ".ppf" / "checkpoints").iterdir())


def test_a_run_that_has_to_publish_still_is_left_alone(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(FLOW)
    kill(path, spark, "r1", "publish", monkeypatch)
    assert found(path) == []
    clean(path)
    assert status(path, "r1") == "publishing"


def test_a_run_that_is_alive_is_left_alone(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    run(path, spark, "r1")
    record = store(path).reopen("r1")
    record.write(lines.RunResumed(store(path).recorded("r1").of(lines.Head)[0].run))
    assert status(path, "r1") == "running"
    assert found(path) == []
    record.release()
    assert found(path) != []


def test_the_stages_of_a_killed_run_go_too(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(FLOW)
    kill(path, spark, "r1", "commit", monkeypatch)
    assert len(stages(path)) == 1
    assert found(path)[0] == ("r1", "stages")
    clean(path)
    assert stages(path) == unfinished(path) == []
    assert store(path).list() == []
