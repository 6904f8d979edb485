"""A run that failed goes on in a later one: nothing that is out is written again, nothing that was kept is computed again."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from killed import Killed, WritePipeline, do, kill, rows, run, stages, status, store, unfinished
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.errors import CheckpointRefused, ConfigError, RunLocked
from ppf_core.runs.runner import RunRequest

HOOK = "hooks { checkpoint {} }\n"

FLOW = (
    "name = test\n"
    + HOOK
    + """
components {
    numbers { source = numbers, options { random = true, log = log } }
    late    { transform = step, inputs = [numbers], checkpoint = true, options { log = log } }
    first   { sink = folder, inputs = [late], options { path = first, log = log } }
    second  { sink = folder, inputs = [late], options { path = second, log = log } }
}
"""
)


def statuses(result: PipelineResult) -> dict[str, str]:
    return {component.name: component.status for component in result.components}


def log(path: Path) -> list[str]:
    return path.with_name("log").read_text().splitlines()


def content(path: Path, name: str) -> Any:
    return json.loads((path.with_name(name) / "rows.json").read_text())


def test_a_checkpointed_frame_is_read_back_and_what_feeds_it_is_not_run(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    failed = run(path, spark, "r1", **{"components.second.options.fails": "stage"})
    assert failed.status == "failed"
    path.with_name("log").unlink()
    result = run(path, spark, resume="last")
    assert result.ok
    assert (result.run_id, result.resumed_from) == ("r1", "r1")
    assert statuses(result) == {"numbers": "not_run", "late": "resumed", "first": "success", "second": "success"}
    assert not [line for line in log(path) if line.startswith(("read", "transform"))]
    assert content(path, "first") == content(path, "second")
    assert unfinished(path) == stages(path) == []
    # Nothing is left to resume, so the frame is gone.
    assert not [each for each in (path.parent / ".ppf" / "data").rglob("*") if each.is_file()]


def test_every_reader_of_a_checkpoint_sees_the_same_rows_in_the_first_run_too(
    spark: SparkSession, pipeline: WritePipeline
) -> None:
    path = pipeline(FLOW)
    assert run(path, spark, **{"components.late.persist": "never"}).ok
    assert content(path, "first") == content(path, "second")


def test_sinks_that_are_published_are_not_written_again(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW.replace("components {", "runtime { on_failure = continue }\ncomponents {"))
    assert run(path, spark, "r1", **{"components.second.options.fails": "stage"})["first"].published
    old = content(path, "first")
    path.with_name("log").unlink()
    result = run(path, spark, resume="r1")
    assert statuses(result) == {"numbers": "not_run", "late": "resumed", "first": "resumed", "second": "success"}
    assert result["first"].published
    assert result["first"].rows_written == 3
    assert log(path) == ["stage second", "publish second"]
    assert content(path, "first") == content(path, "second") == old


def test_a_run_killed_while_publishing_is_published_and_not_computed_again(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(FLOW)
    kill(path, spark, "r1", "publish", monkeypatch)
    path.with_name("log").unlink()
    result = run(path, spark, resume="last")
    assert statuses(result) == {"numbers": "not_run", "late": "not_run", "first": "resumed", "second": "resumed"}
    assert log(path) == ["publish first", "publish second"]
    assert rows(path, "first") == rows(path, "second") == 3


def test_a_resumed_run_that_fails_can_be_resumed_again_and_keeps_its_history(
    spark: SparkSession, pipeline: WritePipeline
) -> None:
    path = pipeline(FLOW)
    fails = {"components.second.options.fails": "stage"}
    run(path, spark, "r1", **fails)
    for _ in range(2):
        assert run(path, spark, resume="r1", **fails).status == "failed"
    assert run(path, spark, resume="r1").ok
    lines = [json.loads(line)["line"] for line in (path.parent / ".ppf/runs/r1/record.jsonl").read_text().splitlines()]
    assert (lines.count("run"), lines.count("resumed"), lines.count("end")) == (1, 3, 4)
    assert lines.count("saved") == 1
    assert status(path, "r1") == "success"


def test_what_was_pinned_is_read_again_and_not_what_came_later(
    spark: SparkSession, pipeline: WritePipeline, tmp_path: Path
) -> None:
    path = pipeline(
        "name = test\n" + HOOK + "runtime { on_failure = continue }\ncomponents {\n"
        "in  { source = json, options { path = in } }\n"
        "one { sink = folder, inputs = [in], options { path = one } }\n"
        "two { sink = folder, inputs = [in], options { path = two } }\n}\n"
    )
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text('{"id": 1}\n')
    run(path, spark, "r1", **{"components.two.options.fails": "stage"})
    (tmp_path / "in" / "b.json").write_text('{"id": 2}\n')
    assert run(path, spark, resume="r1").ok
    assert content(path, "one") == content(path, "two") == [{"id": 1}]


def test_an_input_that_is_gone_refuses_the_resume(spark: SparkSession, pipeline: WritePipeline, tmp_path: Path) -> None:
    path = pipeline(
        "name = test\n" + HOOK + "components {\n"
        "in  { source = json, options { path = in } }\n"
        "one { sink = folder, inputs = [in], options { path = one } }\n}\n"
    )
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text('{"id": 1}\n')
    (tmp_path / "in" / "b.json").write_text('{"id": 2}\n')
    run(path, spark, "r1", **{"components.one.options.fails": "stage"})
    (tmp_path / "in" / "a.json").unlink()
    result = run(path, spark, resume="r1")
    assert (result.status, result.exit_code) == ("failed", 5)
    assert "cannot be read again" in str(result["in"].error and result["in"].error.message)


class TestChanges:
    """What changed in the file since."""

    def failed_run(self, path: Path, spark: SparkSession) -> None:
        run(path, spark, "r1", **{"components.second.options.fails": "stage"})

    def test_in_what_is_not_done_yet_is_used_and_named(self, spark: SparkSession, pipeline: WritePipeline) -> None:
        path = pipeline(FLOW)
        self.failed_run(path, spark)
        told: list[Any] = []
        runner = PipelineRunner.from_file(path, {"components.second.options.path": "elsewhere"})
        assert runner.execute(RunRequest(spark=spark, resume="r1", observers=[told.append])).ok
        assert rows(path, "elsewhere") == 3
        messages = [event.problem.message for event in told if type(event).__name__ == "Warned"]
        (message,) = [each for each in messages if each.startswith("Component second changed: ")]
        assert re.search(r"options\.path: \S*second -> \S*elsewhere; options\.fails: stage -> not set\.$", message)

    def test_above_a_checkpoint_means_that_it_is_computed_again(self, spark: SparkSession, pipeline: WritePipeline) -> None:
        path = pipeline(FLOW)
        self.failed_run(path, spark)
        result = run(path, spark, resume="r1", **{"components.numbers.options.rows": "5"})
        assert statuses(result)["numbers"] == "success"
        assert rows(path, "first") == rows(path, "second") == 5

    def test_in_what_is_published_refuses_and_names_them(self, spark: SparkSession, pipeline: WritePipeline) -> None:
        path = pipeline(FLOW.replace("components {", "runtime { on_failure = continue }\ncomponents {"))
        self.failed_run(path, spark)
        record = (path.parent / ".ppf/runs/r1/record.jsonl").read_text()
        changed = {"components.numbers.options.rows": "5"}
        with pytest.raises(
            CheckpointRefused, match=r"'first' changed .*: numbers: options\.rows: 3 -> 5\..*--accept-changes"
        ) as refused:
            run(path, spark, resume="r1", **changed)
        assert refused.value.exit_code == 5
        assert (path.parent / ".ppf/runs/r1/record.jsonl").read_text() == record
        request = RunRequest(spark=spark, resume="r1", accept_changes=True)
        assert PipelineRunner.from_file(path, changed).execute(request).ok
        assert (rows(path, "first"), rows(path, "second")) == (3, 5)

    def test_comments_retries_and_descriptions_are_none(self, spark: SparkSession, pipeline: WritePipeline) -> None:
        path = pipeline(FLOW.replace("components {", "runtime { on_failure = continue }\ncomponents {"))
        self.failed_run(path, spark)
        meaningless = {"components.first.description": "other", "components.first.retry.max_attempts": "5"}
        assert run(path, spark, resume="r1", **meaningless).ok


def test_a_source_that_this_run_replaced_cannot_be_read_again(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(
        "name = test\n" + HOOK + "runtime { on_failure = continue }\ncomponents {\n"
        "in   { source = stored, options { path = data } }\n"
        "same { sink = folder, inputs = [in], options { path = data } }\n"
        "more { sink = folder, inputs = [in], options { path = more, fails = stage } }\n}\n"
    )
    path.with_name("data").mkdir()
    (path.with_name("data") / "rows.json").write_text('[{"id": 1}]')
    assert run(path, spark, "r1")["same"].published
    with pytest.raises(CheckpointRefused, match="'in' must be read again, but this run has replaced it already with 'same'"):
        run(path, spark, resume="r1", **{"components.more.options.fails": "null"})


def test_an_unstaged_sink_that_was_killed_while_writing_is_not_written_again(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(
        "name = test\n"
        + HOOK
        + "components {\n n { source = numbers }\n d { sink = direct, inputs = [n], options { log = log } }\n}\n"
    )
    kill(path, spark, "r1", "write", monkeypatch)
    with pytest.raises(CheckpointRefused, match="'d' was stopped while it wrote"):
        run(path, spark, resume="r1")
    assert run(path, spark, resume="r1", **{"components.d.retry.unsafe": "true"}).ok


def test_an_unstaged_sink_that_finished_is_kept(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(
        "name = test\n" + HOOK + "components {\n n { source = numbers }\n"
        " d { sink = direct, inputs = [n], options { log = log } }\n"
        " e { sink = direct, inputs = [n], after = [d], options { fails = true } }\n}\n"
    )
    run(path, spark, "r1")
    path.with_name("log").unlink()
    result = run(path, spark, resume="r1", **{"components.e.options.fails": "false", "components.e.retry.unsafe": "true"})
    assert statuses(result) == {"n": "success", "d": "resumed", "e": "success"}
    assert not path.with_name("log").exists()


def test_what_cannot_be_resumed_is_told(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    with pytest.raises(ConfigError, match="There is no run of 'test' to resume"):
        run(path, spark, resume="last")
    run(path, spark, "r1")
    with pytest.raises(ConfigError, match="There is no run 'r2'"):
        run(path, spark, resume="r2")
    with pytest.raises(ConfigError, match="keeps its id"):
        run(path, spark, "r3", resume="r1")
    with pytest.raises(ConfigError, match="run id"):
        run(path, spark, resume="../r1")
    (path.parent / ".ppf/checkpoints/r1.json").write_text("{}")
    with pytest.raises(CheckpointRefused, match=r"r1\.json"):
        run(path, spark, resume="r1")
    (path.parent / ".ppf/checkpoints/r1.json").unlink()
    with pytest.raises(CheckpointRefused, match="no checkpoint of the run 'r1'"):
        run(path, spark, resume="r1")


def test_two_processes_cannot_resume_the_same_run(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    run(path, spark, "r1", **{"components.second.options.fails": "stage"})
    record = store(path).reopen("r1")
    with pytest.raises(RunLocked, match="held by process"):
        run(path, spark, resume="r1")
    record.release()
    assert run(path, spark, resume="r1").ok


def test_resuming_a_success_does_nothing(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW)
    assert run(path, spark, "r1").ok
    path.with_name("log").unlink()
    result = run(path, spark, resume="r1")
    assert result.ok
    assert statuses(result) == {"numbers": "not_run", "late": "not_run", "first": "resumed", "second": "resumed"}
    assert not path.with_name("log").exists()


def test_a_column_that_parquet_cannot_store_is_named(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(
        "name = test\ncomponents {\n"
        'q { transform = sql, inputs = [n], checkpoint = true, options { query = "SELECT id, NULL AS nothing FROM n" } }\n'
        "n { source = numbers }\n d { sink = direct, inputs = [q] }\n}\n"
    )
    result = run(path, spark)
    assert result["q"].error is not None
    assert "'nothing' (void)" in result["q"].error.message


def test_a_checkpoint_that_cannot_be_saved_fails_the_run(spark: SparkSession, pipeline: WritePipeline, tmp_path: Path) -> None:
    path = pipeline(FLOW)
    (tmp_path / ".ppf").mkdir()
    (tmp_path / ".ppf" / "checkpoints").write_text("a file")
    result = run(path, spark, "r1")
    assert (result.status, result.exit_code) == ("failed", 1)
    assert "checkpoints" in result.problems[0].message
    assert rows(path, "first") is None


def test_recovering_a_resumable_run_leaves_it_resumable(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline(FLOW)
    kill(path, spark, "r1", "commit", monkeypatch)
    assert sorted(do(path, spark, "r1").discarded) == ["first", "second"]
    result = run(path, spark, resume="r1")
    assert statuses(result) == {"numbers": "not_run", "late": "resumed", "first": "success", "second": "success"}


def test_a_run_killed_before_spark_was_ready_can_be_resumed(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: Any) -> None:
        raise Killed

    path = pipeline(FLOW)
    with monkeypatch.context() as patched:
        patched.setattr("ppf_core.resources.run_resources.RunResources.open_session", die)
        patched.setattr("ppf_core.runs.run.Run._finish", die)
        with pytest.raises(Killed):
            run(path, spark, "r1")
    assert run(path, spark, resume="r1").ok
    assert rows(path, "first") == rows(path, "second") == 3


def test_a_plan_says_what_a_resumed_run_would_do(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLOW.replace("components {", "runtime { on_failure = continue }\ncomponents {"))
    run(path, spark, "r1", **{"components.second.options.fails": "stage"})
    plan = PipelineRunner.from_file(path).plan_of(resume="r1")
    states = {each.name: each.state for each in plan.components}
    assert states == {"numbers": "not_run", "late": "read_back", "first": "done", "second": "run"}
    assert [f"{step.kind} {step.component}".strip() for step in plan.steps] == [
        "build late",
        "stage second",
        "decide",
        "commit",
        "publish second",
    ]
