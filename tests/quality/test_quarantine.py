"""The folder of quarantined rows is shown with the run, or not at all, also when the run is killed in between."""

from pathlib import Path

import pytest
from killed import WritePipeline, do, kill, rows, run, status, unfinished
from pyspark.sql import SparkSession

from ppf_core.runs.replay import find_quarantined
from ppf_core.state.store import RunRecords

BAD = """
    a   { source = numbers, quality = [{ check = picky, action = quarantine }] }
    out { sink = folder, inputs = [a], options { path = out } }
"""


def folders(path: Path) -> list[str]:
    root = path.with_name(".ppf") / "data" / "quarantine" / "a"
    return sorted(each.name for each in root.iterdir() if not each.name.endswith(".crc")) if root.exists() else []


def lying(path: Path) -> list[tuple[str, int | None]]:
    return [(each.run_id, each.rows) for each in find_quarantined(RunRecords(path.parent / ".ppf"))]


def test_a_run_killed_before_its_commit_leaves_no_bad_rows_once_recovered(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(BAD)
    kill(path, spark, "r1", "commit", monkeypatch)
    assert (folders(path), lying(path)) == ([".staged-r1"], [])
    finished = do(path, spark, "r1")
    assert sorted(finished.discarded) == ["a/quarantine", "out"]
    assert (folders(path), lying(path), rows(path, "out"), unfinished(path)) == ([], [], None, [])


def test_a_run_killed_after_its_commit_shows_all_of_its_rows_once_recovered(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(BAD)
    kill(path, spark, "r1", "publish", monkeypatch)
    assert (folders(path), rows(path, "out")) == ([".staged-r1"], None)
    assert do(path, spark, "r1").published == ["a/quarantine", "out"]
    assert (folders(path), lying(path), rows(path, "out")) == (["run_id=r1"], [("r1", 1)], 2)
    assert status(path, "r1") == "success"


def test_the_next_run_finishes_what_a_killed_one_had_committed(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(BAD)
    kill(path, spark, "r1", "publish", monkeypatch)
    assert run(path, spark, "r2").ok
    assert (folders(path), lying(path)) == (["run_id=r1", "run_id=r2"], [("r1", 1), ("r2", 1)])


def test_a_resumed_run_replaces_what_it_had_set_apart(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("name = test\nhooks { checkpoint {} }\ncomponents {" + BAD + "}")
    assert run(path, spark, "r1", **{"components.out.options.fails": "stage"}).exit_code == 1
    assert folders(path) == []
    assert run(path, spark, resume="r1").ok
    assert (folders(path), lying(path), rows(path, "out")) == (["run_id=r1"], [("r1", 1)], 2)


@pytest.mark.parametrize(("above", "bad"), [(1, 2), (-1, 0)])
def test_bad_rows_of_a_sink_that_is_published_can_be_had_by_a_resumed_run(
    above: int, bad: int, spark: SparkSession, pipeline: WritePipeline
) -> None:
    path = pipeline(
        """
        name = test
        hooks { checkpoint {} }
        runtime { on_failure = continue }
        components {
            a   { source = numbers, options { pin = v1 } }
            out { sink = folder, inputs = [a], options { path = out }
                  quality = [{ check = picky, options { above = ABOVE }, action = quarantine, quarantine_to = bad }] }
            bad { sink = folder, options { path = bad } }
        }""".replace("ABOVE", str(above))
    )
    failed = run(path, spark, "r1", **{"components.bad.options.fails": "stage"})
    assert (failed.exit_code, failed["out"].published, rows(path, "out"), rows(path, "bad")) == (1, True, 3 - bad, None)
    result = run(path, spark, resume="r1")
    assert (result.exit_code, result["out"].status, rows(path, "out"), rows(path, "bad")) == (0, "resumed", 3 - bad, bad)


def test_a_run_without_bad_rows_leaves_no_folder(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(BAD.replace("check = picky", "check = picky, options { above = -1 }"))
    assert run(path, spark, "r1").ok
    assert (folders(path), lying(path)) == ([], [])


def test_a_folder_that_cannot_be_written_fails_the_run_and_publishes_nothing(
    spark: SparkSession, pipeline: WritePipeline
) -> None:
    path = pipeline(BAD)
    root = path.with_name("data")
    root.write_text("a file where a folder is wanted")
    result = run(path, spark, "r1", **{"runtime.data_dir": "data"})
    assert (result.exit_code, rows(path, "out")) == (1, None)
    assert result["a"].status == "failed"
