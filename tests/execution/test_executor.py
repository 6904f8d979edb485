"""How a run walks its steps: in parallel, again after a failure, no longer than it may, and each shared frame computed once."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.errors import ConfigError
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.steps import Steps
from ppf_core.state.breaker import breakers, reset

WritePipeline = Callable[[str], Path]


def run(path: Path, spark: SparkSession, **settings: str) -> PipelineResult:
    return PipelineRunner.from_file(path, settings).run(spark=spark)


def lines(path: Path, name: str = "log") -> list[str]:
    return path.with_name(name).read_text().splitlines()


def rows(path: Path, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(path.with_name(name).joinpath("rows.json").read_text())
    return found


# ---- parallel

TWO_SLOW = """
    a { source = numbers }
    one { sink = folder, inputs = [a], options { path = one, sleeps = 1, log = log } }
    two { sink = folder, inputs = [a], options { path = two, sleeps = 1, log = log } }
"""


def test_independent_components_run_at_the_same_time(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SLOW)
    assert run(path, spark).ok
    assert {line.split()[0] for line in lines(path)[:2]} == {"begin"}


def test_parallelism_is_a_limit(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SLOW)
    assert run(path, spark, **{"runtime.parallelism": "1"}).ok
    assert [line.split()[0] for line in lines(path)] == ["begin", "stage", "begin", "stage", "publish", "publish"]


def test_jobs_carry_the_name_of_their_component(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("a { source = numbers }\nout { sink = folder, inputs = [a], options { path = out } }")
    assert run(path, spark).ok
    store = spark.sparkContext._jsc.sc().statusStore()
    jobs = store.jobsList(None)
    described = {
        jobs.apply(index).description().get() for index in range(jobs.size()) if jobs.apply(index).description().isDefined()
    }
    assert "ppf: test/out" in described


def test_a_chain_of_1000_components_is_walked(spark: SparkSession, pipeline: WritePipeline) -> None:
    chain = "\n".join(f"s{n} {{ source = numbers, after = [s{n - 1}] }}" for n in range(1, 1000))
    result = run(pipeline(f"s0 {{ source = numbers }}\n{chain}"), spark)
    assert result.ok
    assert len(result.components) == 1000


# ---- compute once

THREE_READERS = """
    a { source = numbers, options { random = true } }
    b { transform = step, inputs = [a] PERSIST }
    one   { sink = folder, inputs = [b], options { path = one } }
    two   { sink = folder, inputs = [b], options { path = two } }
    three { sink = folder, inputs = [b], options { path = three } }
"""


def test_a_frame_that_differs_each_time_is_computed_once(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(THREE_READERS.replace("PERSIST", ""))
    assert run(path, spark).ok
    assert rows(path, "one") == rows(path, "two") == rows(path, "three")


def test_persist_never_computes_it_each_time(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(THREE_READERS.replace("PERSIST", ", persist = never"))
    assert run(path, spark).ok
    assert rows(path, "one") != rows(path, "two")


def test_kept_frames_are_let_go_also_after_a_failure(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(THREE_READERS.replace("PERSIST", ", persist = memory"))
    assert run(path, spark).ok
    assert not run(path, spark, **{"components.two.options.fails": "stage"}).ok
    assert spark.sparkContext._jsc.getPersistentRDDs().isEmpty()


def test_the_record_says_what_was_kept_and_why(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(THREE_READERS.replace("PERSIST", ""))
    PipelineRunner.from_file(path).run(spark=spark, run_id="r1")
    record = (path.parent / ".ppf/runs/r1/record.jsonl").read_text()
    kept = [line for line in map(json.loads, record.splitlines()) if line["line"] == "persist"]
    assert [(line["component"], line["level"]) for line in kept] == [("b", "memory")]
    assert kept[0]["reason"] == "values that differ from time to time"


# ---- retry

FLAKY = """
    name = test
    hooks { journal { path = heard } }
    components {
      a { source = numbers, options { fails = 1, log = log }, retry { initial_delay = 0 } }
      out { sink = folder, inputs = [a], retry { initial_delay = 0 },
            options { path = out, fails = stage, failures = 2, log = log } }
    }
"""


def test_building_and_staging_are_tried_again_and_every_attempt_is_told(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLAKY)
    result = PipelineRunner.from_file(path).run(spark=spark, run_id="r1")
    assert result.ok
    assert (result["a"].attempts, result["out"].attempts) == (2, 3)
    assert rows(path, "out") == [{"id": 0}, {"id": 1}, {"id": 2}]
    retried = [line for line in lines(path, "heard") if line.startswith("component_retry")]
    assert retried == [
        "component_retry a 1 read 1 failed",
        "component_retry out 1 stage failed",
        "component_retry out 2 stage failed",
    ]
    record = (path.parent / ".ppf/runs/r1/record.jsonl").read_text()
    assert sum('"line": "attempt"' in line for line in record.splitlines()) == 5


def test_what_an_attempt_left_is_discarded_before_the_next_one(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(FLAKY)
    assert run(path, spark).ok
    assert [line for line in lines(path) if line.endswith(" out")] == [
        "stage out",
        *("discard out", "stage out"),
        *("discard out", "stage out"),
        "publish out",
    ]


@pytest.mark.parametrize(
    ("options", "retry", "attempts"),
    [("", "", 1), ("repeatable = true", "", 2), ("", "unsafe = true,", 2)],
)
def test_a_sink_that_may_have_shown_rows_is_tried_again_only_when_that_is_harmless(
    options: str, retry: str, attempts: int, spark: SparkSession, pipeline: WritePipeline
) -> None:
    path = pipeline(
        f"""
        a {{ source = numbers }}
        out {{ sink = direct, inputs = [a], options {{ fails = true, {options} }},
               retry {{ {retry} max_attempts = 2, initial_delay = 0 }} }}
        """
    )
    result = run(path, spark)
    assert result["out"].status == "failed"
    assert result["out"].attempts == attempts


def test_a_retry_reads_what_was_pinned_first(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("a { source = numbers, options { fails = 1, pin = v7, log = log }, retry { initial_delay = 0 } }")
    assert run(path, spark).ok
    assert lines(path)[:2] == ["read a v7", "read a v7"]
    assert (path.parent / ".ppf/runs").rglob("record.jsonl").__next__().read_text().count('"line": "pin"') == 1


def test_a_mistyped_name_of_an_error_is_a_located_mistake(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("a { source = numbers, retry { retry_on = [TimeoutEror, java.io.IOException] } }")
    with pytest.raises(ConfigError, match=r"pipeline\.conf:3:\d+: There is no error 'TimeoutEror'.*'TimeoutError'"):
        run(path, spark)


def test_a_name_with_dots_is_looked_up_when_the_run_starts(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("a { source = numbers, retry { retry_on = [java.io.IOExeption, json.JSONDecodeError] } }")
    result = run(path, spark)
    assert result.exit_code == 2
    assert [problem.message for problem in result.problems] == [
        "There is no error 'java.io.IOExeption', in Python or in Spark's JVM."
    ]
    assert result["a"].status == "skipped"


def test_a_module_of_an_error_that_cannot_be_imported_is_a_located_mistake(
    spark: SparkSession, pipeline: WritePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_client.py").write_text("raise RuntimeError('no licence')")
    monkeypatch.syspath_prepend(tmp_path)
    result = run(pipeline("a { source = numbers, retry { retry_on = [broken_client.Down] } }"), spark)
    assert [problem.message for problem in result.problems] == [
        "What 'broken_client.Down' names cannot be imported: RuntimeError: no licence"
    ]


# ---- circuit breaker


def test_a_component_that_keeps_failing_is_rejected_until_its_breaker_is_reset(
    spark: SparkSession, pipeline: WritePipeline
) -> None:
    path = pipeline(
        """
        name = test
        hooks { journal { path = heard } }
        components {
          a { source = numbers }
          b { transform = step, inputs = [a], options { raises = "no luck" }, circuit_breaker { failure_threshold = 2 } }
        }
        """
    )
    assert [run(path, spark)["b"].circuit for _ in range(2)] == ["closed", "open"]
    rejected = run(path, spark)["b"]
    assert (rejected.status, rejected.attempts, rejected.circuit) == ("failed", 0, "open")
    assert rejected.error is not None
    assert rejected.error.type == "CircuitOpen"
    assert "circuit_change b closed open" in lines(path, "heard")
    assert breakers(path.parent / ".ppf").sound[0].failures == 2
    reset(path.parent / ".ppf", "test", "b")
    assert run(path, spark)["b"].attempts == 1


def test_one_failure_of_the_breaker_is_one_execution_after_its_retries(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(
        """
        a { source = numbers, options { fails = 9 }, retry { initial_delay = 0 }, circuit_breaker { failure_threshold = 2 } }
        """
    )
    result = run(path, spark)
    assert (result["a"].attempts, result["a"].circuit) == (3, "closed")


# ---- time

SLOW_JOB = """
    a { source = numbers, options { sleeps = 0.5, rows = 200 } }
    out { sink = folder, inputs = [a], options { path = out } TIMEOUT }
"""


def test_a_timeout_cancels_the_spark_job_and_fails_the_component(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(SLOW_JOB.replace("TIMEOUT", ", timeout = 2 s"))
    began = time.monotonic()
    result = run(path, spark)
    assert time.monotonic() - began < 30
    assert result["out"].status == "failed"
    assert result["out"].error is not None
    assert (result["out"].error.type, result["out"].error.message) == (
        "TimeoutError",
        "'out' took longer than 2 s, its timeout.",
    )
    assert not spark.sparkContext.statusTracker().getActiveJobsIds()
    assert sorted(each.name for each in path.parent.iterdir()) == [".ppf", "pipeline.conf"]


def test_the_timeout_of_the_run_ends_everything(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(SLOW_JOB.replace("TIMEOUT", ""))
    result = run(path, spark, **{"runtime.timeout": "2 s"})
    assert result.exit_code == 1
    assert result["out"].error is not None
    assert result["out"].error.message == "The run took longer than 2 s, its timeout."
    assert not path.with_name("out").exists()


def test_a_timeout_ends_a_long_delay_of_a_retry(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("a { source = numbers, options { fails = 5 }, timeout = 1 s, retry { initial_delay = 60 } }")
    began = time.monotonic()
    assert run(path, spark)["a"].status == "failed"
    assert time.monotonic() - began < 20


# ---- hooks


def test_a_slow_observer_does_not_hold_up_the_components(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(
        """
        name = test
        hooks { journal { path = heard, sleeps = 0.5 } }
        components {
          a { source = numbers }
          b { source = numbers, after = [a] }
          c { source = numbers, after = [b] }
        }
        """
    )
    result = run(path, spark)
    times = [component.ended_at for component in result.components]
    assert times[2] is not None
    assert (times[2] - result.started_at).total_seconds() < 2
    assert lines(path, "heard") == [
        "pipeline_start test",
        *("component_start a", "component_end a success", "component_start b", "component_end b success"),
        *("component_start c", "component_end c success", "pipeline_end success"),
    ]


def test_a_secret_is_told_to_hooks_after_the_start(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "canary-4711")
    path = pipeline(
        """
        name = test
        hooks { journal { path = heard } }
        components { a { source = numbers, options { token = "secret://env/CANARY" } } }
        """
    )
    assert run(path, spark).ok
    assert lines(path, "heard")[:2] == ["pipeline_start test", "secret_accessed env CANARY"]


def test_each_call_of_a_hook_can_be_traced(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PPF_TRACE", "hooks")
    path = pipeline("name = test\nhooks { journal { path = heard } }\ncomponents { a { source = numbers } }")
    assert run(path, spark).ok
    traced = [line for line in capfd.readouterr().err.splitlines() if line.startswith("ppf: ")]
    assert [line.split()[1] for line in traced] == [
        *("ppf_pipeline_start", "ppf_component_start", "ppf_component_end", "ppf_pipeline_end")
    ]
    assert all("1. 'journal' of ppf-small 1.0: " in line and line.endswith(" ms") for line in traced)


@pytest.mark.parametrize("between", ["", "more { transform = step, inputs = [in] }"])
def test_an_unstaged_sink_writes_the_very_rows_that_were_staged(
    between: str, spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its source cannot be pinned, and changes between the stages and the write."""
    path = pipeline(
        f"""
        in     {{ source = stored, options {{ path = data }} }}
        {between}
        staged {{ sink = folder, inputs = [in], options {{ path = staged }} }}
        direct {{ sink = direct, inputs = [{"more" if between else "in"}], options {{ out = direct.json }} }}
        """
    )
    path.with_name("data").mkdir()
    (path.parent / "data" / "rows.json").write_text('{"id": 1}\n')
    write = Steps.write

    def change_first(self: Steps, component: ComponentRun) -> None:
        (path.parent / "data" / "rows.json").write_text('{"id": 2}\n')
        write(self, component)

    monkeypatch.setattr(Steps, "write", change_first)
    assert PipelineRunner.from_file(path).run(spark=spark).ok
    assert json.loads(path.with_name("direct.json").read_text()) == [{"id": 1}]
    assert json.loads((path.with_name("staged") / "rows.json").read_text()) == [{"id": 1}]
