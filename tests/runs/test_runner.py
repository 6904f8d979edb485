"""Runs of small real pipelines: order, outcomes, records, and what a failure leaves."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.contracts.secrets import MASK
from ppf_core.errors import CheckpointRefused, ComponentError, ConfigError, RunLocked, SecretError
from ppf_core.resources.run_resources import RunResources

WritePipeline = Callable[[str], Path]


def run(path: Path, spark: SparkSession, **settings: str) -> PipelineResult:
    return PipelineRunner.from_file(path, settings).run(spark=spark)


def statuses(result: PipelineResult) -> dict[str, str]:
    return {component.name: component.status for component in result.components}


def log(path: Path) -> list[str]:
    return path.with_name("log").read_text().splitlines()


TWO_SINKS = """
    numbers { source = numbers }
    first   { sink = folder, inputs = [numbers], options { path = first, log = log } }
    second  { sink = folder, inputs = [numbers], options { path = second, log = log } }
    print   { sink = direct, inputs = [numbers], options { log = log } }
"""


def test_all_sinks_stage_then_unstaged_ones_write_then_all_publish(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    result = run(path, spark)
    assert result.ok
    assert result.exit_code == 0
    assert sorted(log(path)[:2]) == ["stage first", "stage second"]
    assert log(path)[2:] == ["write print", "publish first", "publish second"]
    assert result["first"].rows_written == 3
    assert result["first"].published


@pytest.mark.parametrize("step", ["stage", "publish"])
def test_a_failed_step_leaves_the_old_data_of_its_target(step: str, spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    run(path, spark)
    old = path.with_name("first").joinpath("rows.json").read_text()
    result = run(path, spark, **{"components.first.options.fails": step, "components.numbers.options.rows": "9"})
    assert result.status == "failed"
    assert result.exit_code == 1
    assert result["first"].error is not None
    assert result["first"].error.message == f"{step} failed"
    assert path.with_name("first").joinpath("rows.json").read_text() == old


def test_a_failure_before_publishing_leaves_no_stage(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    result = run(path, spark, **{"components.print.options.fails": "true"})
    assert statuses(result) == {"numbers": "success", "first": "skipped", "second": "skipped", "print": "failed"}
    assert result["first"].reason == "'print' failed."
    assert sorted(each.name for each in path.parent.iterdir()) == [".ppf", "log", "pipeline.conf"]


def test_under_stop_nothing_new_starts_after_a_failure(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(
        """
        a { source = numbers }
        b { transform = step, inputs = [a], options { raises = "no luck" } }
        c { source = numbers, options { log = log } , after = [a] }
        d { sink = folder, inputs = [c], options { path = d } }
        """
    )
    result = run(path, spark, **{"runtime.parallelism": "1"})
    assert statuses(result) == {"a": "success", "b": "failed", "c": "skipped", "d": "skipped"}
    assert not path.with_name("d").exists()


def test_under_continue_all_that_does_not_depend_on_the_failure_is_published(
    spark: SparkSession, pipeline: WritePipeline
) -> None:
    path = pipeline(
        """
        a { source = numbers }
        b { transform = step, inputs = [a], options { raises = "no luck" } }
        c { sink = folder, inputs = [b], options { path = c } }
        d { sink = folder, inputs = [a], options { path = d } }
        """
    )
    result = run(path, spark, **{"runtime.on_failure": "continue"})
    assert statuses(result) == {"a": "success", "b": "failed", "c": "skipped", "d": "success"}
    assert result["c"].reason == "'b' failed."
    assert result.exit_code == 1
    assert json.loads(path.with_name("d").joinpath("rows.json").read_text()) == [{"id": 0}, {"id": 1}, {"id": 2}]


def test_a_component_that_calls_exit_is_a_failed_component(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("a { source = numbers }\nb { transform = step, inputs = [a], options { exits = true } }")
    result = run(path, spark)
    assert result["b"].status == "failed"
    assert result["b"].error is not None
    assert result["b"].error.type == "SystemExit"


def test_only_runs_what_is_named_and_what_it_needs(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    result = PipelineRunner.from_file(path).run(spark=spark, only=["second"])
    assert statuses(result) == {"numbers": "success", "first": "not_run", "second": "success", "print": "not_run"}
    assert result.ok


def test_an_unknown_name_in_only_has_its_near_miss(spark: SparkSession, pipeline: WritePipeline) -> None:
    with pytest.raises(ConfigError, match=r"'secnd'.*'second'"):
        PipelineRunner.from_file(pipeline(TWO_SINKS)).run(spark=spark, only=["secnd"])


def test_the_record_says_what_the_result_says(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    runner = PipelineRunner.from_file(path)
    result = runner.run(spark=spark, run_id="r1")
    shown = runner.store.show("r1")
    assert shown["status"] == "success"
    assert [each["name"] for each in shown["components"]] == [each.name for each in result.components]
    assert shown["components"][1]["published"] is True
    assert shown["plugins"] == [{"distribution": "ppf-small", "version": "1.0"}]
    assert shown["facts"]["spark_version"] == spark.version


def test_a_run_id_is_used_once(spark: SparkSession, pipeline: WritePipeline) -> None:
    runner = PipelineRunner.from_file(pipeline(TWO_SINKS))
    runner.run(spark=spark, run_id="r1")
    with pytest.raises(RunLocked, match="'r1' exists already"):
        runner.run(spark=spark, run_id="r1")


@pytest.mark.parametrize("run_id", ["../x", "..", ".", "", "a b", "x" * 129])
def test_a_run_id_never_leaves_its_folder(run_id: str, spark: SparkSession, pipeline: WritePipeline) -> None:
    with pytest.raises(ConfigError, match="run id"):
        PipelineRunner.from_file(pipeline(TWO_SINKS)).run(spark=spark, run_id=run_id)


def test_resume_without_the_checkpoint_hook_is_refused(spark: SparkSession, pipeline: WritePipeline) -> None:
    runner = PipelineRunner.from_file(pipeline(TWO_SINKS))
    with pytest.raises(ConfigError, match="no run"):
        runner.run(spark=spark, resume="last")
    runner.run(spark=spark, run_id="r1")
    with pytest.raises(CheckpointRefused, match="checkpoint"):
        runner.run(spark=spark, resume="r1")


def test_the_callers_session_keeps_its_settings_and_its_views(spark: SparkSession, pipeline: WritePipeline) -> None:
    spark.range(1).createOrReplaceTempView("numbers")
    before = spark.conf.get("spark.sql.shuffle.partitions")
    result = run(pipeline(TWO_SINKS), spark, **{'spark.conf."spark.sql.shuffle.partitions"': "7"})
    assert result.ok
    assert spark.conf.get("spark.sql.shuffle.partitions") == before
    assert spark.table("numbers").count() == 1
    assert spark.range(2).count() == 2


def test_a_pin_is_taken_once_and_recorded(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("a { source = numbers, options { pin = v7, log = log } }")
    runner = PipelineRunner.from_file(path)
    runner.run(spark=spark, run_id="r1")
    assert log(path) == ["read a v7", "close"]
    record = (path.parent / ".ppf/runs/r1/record.jsonl").read_text()
    assert '"pinned": "v7"' in record


def test_an_option_that_names_a_component_gives_its_frame(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(
        """
        late { transform = step, inputs = [a], options { beside = b, log = log } }
        a { source = numbers }
        b { source = numbers, options { log = log } }
        """
    )
    assert run(path, spark).ok
    assert log(path)[:2] == ["read b None", "transform late b"]


def test_a_frame_that_breaks_its_contract_fails_before_any_write(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(
        """
        a { source = numbers, options { schema = "id STRING, name STRING" } }
        out { sink = folder, inputs = [a], options { path = out } }
        """
    )
    result = run(path, spark)
    assert result["a"].status == "failed"
    assert result["a"].error is not None
    assert "'id'" in result["a"].error.message
    assert "'name'" in result["a"].error.message
    assert not path.with_name("out").exists()


def test_everything_that_cannot_be_reached_is_named_before_anything_starts(
    spark: SparkSession, pipeline: WritePipeline
) -> None:
    path = pipeline(
        """
        a { source = numbers, options { unreachable = true, log = log } }
        b { source = numbers, options { unreachable = true, log = log } }
        """
    )
    result = run(path, spark)
    assert result.exit_code == 1
    assert [problem.path for problem in result.problems] == ["components.a", "components.b"]
    assert statuses(result) == {"a": "skipped", "b": "skipped"}
    assert "read" not in "".join(log(path))


def test_hooks_hear_each_start_and_its_one_end(spark: SparkSession, pipeline: WritePipeline, tmp_path: Path) -> None:
    path = pipeline(
        """
        name = test
        hooks { journal { path = heard } }
        components {
          a { source = numbers }
          b { transform = step, inputs = [a], options { raises = no } }
          out { sink = folder, inputs = [b], options { path = out } }
        }
        """
    )
    run(path, spark)
    assert (tmp_path / "heard").read_text().splitlines() == [
        "pipeline_start test",
        "component_start a",
        "component_end a success",
        "component_start b",
        "component_end b failed",
        "pipeline_end failed",
    ]


JOURNAL = """
    name = test
    hooks {{ journal {{ path = heard, raises_in = {hook}, required = {required} }} }}
    components {{
      a {{ source = numbers }}
      out {{ sink = folder, inputs = [a], options {{ path = out }} }}
    }}
"""


def test_a_hook_that_fails_does_not_stop_the_run(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(JOURNAL.format(hook="component_start", required="false"))
    assert run(path, spark).ok


def test_a_required_hook_that_fails_prevents_publishing(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(JOURNAL.format(hook="component_start", required="true"))
    result = run(path, spark)
    assert result.exit_code == 1
    assert not path.with_name("out").exists()
    assert "deaf" in result.problems[0].message


def test_a_required_hook_that_fails_at_the_end_fails_the_run(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(JOURNAL.format(hook="pipeline_end", required="true"))
    result = run(path, spark)
    assert (result.status, result.exit_code) == ("failed", 1)
    assert path.with_name("out").exists()


SECRETS = """
    a { source = numbers, options { token = "secret://env/CANARY", url = "db://me:{{ secret://env/CANARY }}@host", log = log } }
    b { transform = step, inputs = [a], options { raises = "wrong: canary-4711" } }
"""


def test_secrets_reach_the_plugin_and_nothing_else(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "canary-4711")
    path = pipeline(SECRETS)
    result = PipelineRunner.from_file(path).run(spark=spark, run_id="r1")
    assert log(path)[1:3] == ["token canary-4711", "url db://me:canary-4711@host"]
    assert result["b"].error is not None
    assert result["b"].error.message == "wrong: ****"
    assert "canary-4711" not in (path.parent / ".ppf/runs/r1/record.jsonl").read_text()


def test_a_missing_secret_is_located_and_nothing_starts(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(SECRETS)
    with pytest.raises(SecretError, match=r"pipeline\.conf:\d+:\d+: .*CANARY"):
        run(path, spark)
    assert not path.with_name(".ppf").exists()


def test_a_preview_shows_rows_and_writes_nothing(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    preview = PipelineRunner.from_file(path).preview("numbers", 2, spark=spark)
    assert preview.columns == ("id",)
    assert preview.rows == [(0,), (1,)]
    assert sorted(each.name for each in path.parent.iterdir()) == ["pipeline.conf"]


@pytest.mark.parametrize("canary", ["hunter2-canary-7", "987654321"])
def test_rows_numbers_and_schemas_show_no_secret(
    canary: str, spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", canary)
    query = "select :c, named_struct('x y', array(:c)) s, right(:c, 1) i, cast(:c as binary) b"
    runner = PipelineRunner.from_file(
        pipeline(f"""
        numbers {{ source = numbers }}
        told {{
          transform = sql, inputs = [numbers]
          options {{ query = "{query} from numbers", params {{ c = "secret://env/CANARY" }} }}
        }}
        """)
    )
    with runner.frames(["told"], spark=spark) as frames:
        rows = [frames.redact(str(row)) for row in frames["told"].select("s", "i").collect()]
    found = [rows, runner.preview("told", 2, spark=spark), runner.analyze(spark=spark).schemas]
    assert canary not in repr(found)
    assert repr(found).count(MASK) > 3


def test_frames_are_there_until_the_block_ends_and_nothing_is_written(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(TWO_SINKS)
    with PipelineRunner.from_file(path).frames(["numbers", "numbers"], spark=spark) as frames:
        assert list(frames) == ["numbers"]
        assert frames["numbers"].count() == frames["numbers"].count() > 0
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_frame_that_would_differ_gives_the_same_rows_each_time(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline("""
        numbers { source = numbers }
        rolls { transform = sql, inputs = [numbers], options { query = "select id, uuid() u from numbers" } }
    """)
    kept = len(spark.sparkContext._jsc.getPersistentRDDs())  # type: ignore[union-attr]
    with PipelineRunner.from_file(path).frames(["rolls"], spark=spark) as frames:
        assert sorted(frames["rolls"].collect()) == sorted(frames["rolls"].collect())
    assert len(spark.sparkContext._jsc.getPersistentRDDs()) == kept  # type: ignore[union-attr]


def test_what_fails_while_frames_are_looked_at_is_told_without_secrets(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "canary-4711")
    runner = PipelineRunner.from_file(pipeline('numbers { source = numbers, options { token = "secret://env/CANARY" } }'))
    with pytest.raises(ComponentError) as told, runner.frames(["numbers"], spark=spark):
        raise ZeroDivisionError("canary-4711")
    assert str(told.value) == "ZeroDivisionError: ****"


def test_a_preview_of_a_sink_is_refused(spark: SparkSession, pipeline: WritePipeline) -> None:
    with pytest.raises(ConfigError, match="'first' is a sink"):
        PipelineRunner.from_file(pipeline(TWO_SINKS)).preview("first", 2, spark=spark)


def test_an_analyzed_plan_knows_the_schemas(spark: SparkSession, pipeline: WritePipeline) -> None:
    analyzed = PipelineRunner.from_file(pipeline(TWO_SINKS)).analyze(spark=spark)
    assert analyzed.schemas == {"numbers": "struct<id:bigint>"}


def test_a_frame_is_not_kept_where_other_machines_cannot_reach_it(pipeline: WritePipeline) -> None:
    path = pipeline("numbers { source = numbers, checkpoint = true }")

    def ask(**settings: str) -> None:
        validated = PipelineRunner.from_file(path, settings).validated
        RunResources(validated, ["numbers"]).require_reachable_frames("spark://10.0.0.1:7077")

    with pytest.raises(ConfigError, match=r"pipeline\.conf:3:\d+: The frame of 'numbers' would be kept in file:/.*/\.ppf/data"):
        ask()
    ask(**{"runtime.shared_files": "true"})
    ask(**{"runtime.data_dir": "hdfs://there/frames"})
