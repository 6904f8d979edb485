"""What a failure prevents, and what it does not: below it nothing is shown, and nothing that hangs holds up the run."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.errors import RunError
from ppf_core.execution import work
from ppf_core.runs.runner import RunRequest
from ppf_core.spark.engines import SparkEngines, replaced_engines
from ppf_core.state.events import Event, Warned

WritePipeline = Callable[[str], Path]
CONTINUE = {"runtime.on_failure": "continue"}
BAD = "quality = [ { check = picky } ]"  # of 0, 1, 2 one is not above 0


def run(path: Path, spark: SparkSession, **settings: object) -> PipelineResult:
    return PipelineRunner.from_file(path, settings).run(spark=spark)


def statuses(result: PipelineResult) -> dict[str, str]:
    return {each.name: each.status for each in result.components}


# ---- rows of a rejected component


@pytest.mark.parametrize("sink", ["folder, options { path = out }", "direct, options { out = out }"])
def test_what_reads_a_rejected_component_through_others_is_not_shown(
    pipeline: WritePipeline, spark: SparkSession, sink: str
) -> None:
    path = pipeline(f"""
        a {{ source = numbers, {BAD} }}
        b {{ transform = step, inputs = [a] }}
        c {{ transform = step, inputs = [b] }}
        out {{ sink = {sink.replace(", options", ", inputs = [c], options")} }}
        good {{ source = numbers }}
        other {{ sink = folder, inputs = [good], options {{ path = other }} }}
    """)
    result = run(path, spark, **CONTINUE)
    assert result.exit_code == 4
    assert not path.with_name("out").exists()
    assert (result["out"].status, result["out"].reason) == ("skipped", "'a' failed.")
    assert result["other"].status == "success"


def test_rows_below_a_component_whose_bad_rows_cannot_be_kept_are_not_shown(
    pipeline: WritePipeline, spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "occupied").write_text("a file, where a folder is needed")
    path = pipeline("""
        a { source = numbers, quality = [ { check = picky, action = quarantine } ] }
        b { transform = step, inputs = [a] }
        out { sink = folder, inputs = [b], options { path = out } }
    """)
    result = run(path, spark, **CONTINUE, **{"runtime.data_dir": str(tmp_path / "occupied")})
    assert statuses(result) == {"a": "failed", "b": "success", "out": "skipped"}
    assert not path.with_name("out").exists()


def test_bad_rows_of_a_component_below_a_rejected_one_are_not_kept(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(f"""
        a {{ source = numbers, {BAD} }}
        b {{ transform = step, inputs = [a], quality = [ {{ check = picky, action = quarantine, options {{ above = 1 }} }} ] }}
        out {{ sink = folder, inputs = [b], options {{ path = out }} }}
    """)
    result = run(path, spark, **CONTINUE)
    assert (result.exit_code, result["out"].status) == (4, "skipped")
    assert list((path.with_name(".ppf") / "data").rglob("*.parquet")) == []


# ---- what hangs


def test_a_stage_that_cannot_be_removed_in_time_does_not_hold_up_the_run(
    pipeline: WritePipeline, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "DISCARD_SECONDS", 0.5)
    path = pipeline("""
        a { source = numbers }
        out { sink = folder, inputs = [a], options { path = out, fails = stage, hangs = discard } }
    """)
    events: list[Event] = []
    began = time.monotonic()
    result = PipelineRunner.from_file(path).execute(RunRequest(spark=spark, observers=(events.append,)))
    assert time.monotonic() - began < 10
    assert (result["out"].status, result.exit_code) == ("failed", 1)
    told = [event.problem for event in events if isinstance(event, Warned) and event.problem.code == "stage-left"]
    assert len(told) == 1
    assert "It took longer than 0.5 s" in told[0].message
    assert len(list((path.with_name(".ppf") / "unfinished").iterdir())) == 1


def test_a_stage_is_not_removed_while_its_thread_still_writes_it(
    pipeline: WritePipeline, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "GRACE_SECONDS", 0.5)
    path = pipeline("""
        a { source = numbers }
        out { sink = folder, inputs = [a], timeout = 0.5, options { path = out, sleeps = 4, log = log } }
    """)
    result = run(path, spark)
    assert (result["out"].status, result["out"].error.type if result["out"].error else None) == ("failed", "TimeoutError")
    assert "discard out" not in path.with_name("log").read_text().splitlines()
    time.sleep(4)  # the thread ends, and leaves a stage that nobody reads
    assert run(path, spark, **{"components.out.options.sleeps": 0, "components.out.timeout": "60 s"}).ok
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".out")] == []
    assert list((path.with_name(".ppf") / "unfinished").iterdir()) == []


# ---- what the plan says


def test_a_plan_and_a_run_agree_on_attempts_while_options_wait_for_a_secret(
    pipeline: WritePipeline, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET", "out.json")
    path = pipeline("""
        a { source = numbers }
        out { sink = direct, inputs = [a], retry { max_attempts = 3, initial_delay = 0 },
              options { fails = true, log = log, note = "secret://env/TARGET" } }
    """)
    for is_deterministic, attempts in ((False, 1), (True, 3)):
        runner = PipelineRunner.from_file(path, {"components.out.options.repeatable": is_deterministic})
        retry = runner.plan["out"].retry
        assert retry is not None
        assert retry["max_attempts"] == attempts
        assert runner.run(spark=spark)["out"].attempts == attempts


def test_a_plan_of_some_components_says_what_becomes_of_the_others(pipeline: WritePipeline) -> None:
    from ppf_core.planning.plan import make_plan

    path = pipeline("""
        a { source = numbers }
        one { sink = folder, inputs = [a], options { path = one } }
        two { sink = folder, inputs = [a], options { path = two } }
    """)
    plan = make_plan(PipelineRunner.from_file(path).validated, ["a", "one"])
    assert {each.name: (each.state, each.persist) for each in plan.components} == {
        "a": ("run", "none"),
        "one": ("run", "none"),
        "two": ("not_run", "none"),
    }
    assert {step.component for step in plan.steps} == {"a", "one", ""}
    assert json.dumps([each.state for each in plan.components])


# ---- what a run needs before anything else


def test_a_state_directory_that_cannot_be_made_is_told_before_java_is_asked(pipeline: WritePipeline) -> None:
    class Silent(SparkEngines):
        def require(self, request: object, given: object = None) -> None:
            raise AssertionError("Spark was asked first.")

    path = pipeline("a { source = numbers }")
    path.with_name("occupied").write_text("a file")
    with replaced_engines(Silent()), pytest.raises(RunError, match="occupied"):
        PipelineRunner.from_file(path, {"runtime.state_dir": "occupied/.ppf"}).run()
    assert path.with_name("occupied").read_text() == "a file"


def test_a_run_that_ends_while_it_begins_lets_go_of_its_record(
    pipeline: WritePipeline, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    path = pipeline("a { source = numbers }")
    monkeypatch.setattr("ppf_core.runs.starting.Progress", interrupted)
    with pytest.raises(KeyboardInterrupt):
        PipelineRunner.from_file(path).run(spark=spark, run_id="r1")
    assert PipelineRunner.from_file(path).store.show("r1")["status"] == "interrupted"
