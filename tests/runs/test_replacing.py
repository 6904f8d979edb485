"""A pipeline with sources of a program in the place of what its file says."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from ppf_core import Context, PipelineRunner, Secret, Source, option, options
from ppf_core.errors import CheckpointRefused, ConfigError

WritePipeline = Callable[[str], Path]

PIPELINE = """
    numbers { source = numbers, options { log = log } }
    seen { transform = step, inputs = [numbers]
           quality = [{ check = picky, options { above = 100 }, action = drop }] }
    out { sink = parquet, inputs = [seen], options { path = out, mode = overwrite } }
    other { source = numbers, options { log = other } }
    elsewhere { sink = noop, inputs = [other] }
"""


@options
class GivenOptions:
    """Options of the rows of a test."""

    ids: list[int] = option("The rows.")
    token: Secret | None = option("Never printed.", default=None)


class Given(Source[GivenOptions]):
    """Rows of a test."""

    def read(self, context: Context) -> DataFrame:
        return context.spark.createDataFrame([(each,) for each in self.options.ids], "id long")


def given(*ids: int, token: Secret | None = None) -> Given:
    return Given(GivenOptions(ids=list(ids), token=token))


def ids(path: Path, spark: SparkSession) -> list[int]:
    spark.catalog.clearCache()
    return sorted(row.id for row in spark.read.parquet(f"file:{path.with_name('out')}").collect())


def test_a_source_is_another_one(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(PIPELINE)
    runner = PipelineRunner.from_file(path)
    result = runner.replacing({"numbers": given(99, 101, 102)}).run(spark=spark)
    assert (result.ok, ids(path, spark)) == (True, [101, 102])
    assert (result["numbers"].plugin, result["numbers"].kind, result["elsewhere"].status) == ("Given", "source", "success")
    assert not path.with_name("log").exists()
    assert runner.plan["numbers"].plugin == "numbers"  # the runner itself is as it was


def test_what_fed_a_replaced_transform_alone_is_not_read_and_its_checks_stay(
    pipeline: WritePipeline, spark: SparkSession
) -> None:
    path = pipeline(PIPELINE)
    result = PipelineRunner.from_file(path).replacing({"seen": given(7, 700)}).run(spark=spark)
    assert (result.ok, ids(path, spark)) == (True, [700])
    assert [each.name for each in result.components] == ["seen", "out", "other", "elsewhere"]
    assert not path.with_name("log").exists()
    (check,) = result["seen"].quality
    assert (check.failed, check.evaluated) == (1, 2)


def test_frames_of_a_pipeline_with_replaced_sources_can_be_looked_at(pipeline: WritePipeline, spark: SparkSession) -> None:
    runner = PipelineRunner.from_file(pipeline(PIPELINE)).replacing({"numbers": given(1, 2)})
    with runner.frames(["numbers"], spark=spark) as frames:
        assert frames["numbers"].count() == 2


def test_secrets_in_the_options_of_a_replacing_source_are_in_no_record(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(PIPELINE)
    runner = PipelineRunner.from_file(path).replacing({"numbers": given(101, token=Secret("canary-4711"))})
    assert runner.run(spark=spark, run_id="r1").ok
    assert "canary" not in (path.parent / ".ppf" / "runs" / "r1" / "record.jsonl").read_text()


@pytest.mark.parametrize(("name", "message"), [("nubmers", "Did you mean 'numbers'"), ("out", "is a sink")])
def test_what_cannot_be_replaced_is_refused(pipeline: WritePipeline, name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PipelineRunner.from_file(pipeline(PIPELINE)).replacing({name: given(1)})


RESUMABLE = "name = test\nhooks { checkpoint {} }\nruntime { on_failure = continue }\ncomponents {" + PIPELINE + "}"


@pytest.fixture
def failed(pipeline: WritePipeline, spark: SparkSession) -> PipelineRunner:
    """A runner with a source in the place of another, whose run r1 has published one sink and failed at the other."""
    path = pipeline(RESUMABLE.replace("sink = noop", "sink = folder, options { path = elsewhere, fails = stage }"))
    runner = PipelineRunner.from_file(path).replacing({"numbers": given(101, 102, token=Secret("canary-4711"))})
    assert runner.run(spark=spark, run_id="r1")["out"].published
    return runner


def again(failed: PipelineRunner) -> PipelineRunner:
    """A runner of the same file, whose failing sink does its work."""
    file = failed.validated.file
    return PipelineRunner.from_file(file.path, {"components.elsewhere.options.fails": "null"})


def test_a_run_with_replaced_sources_goes_on_with_the_same_ones(failed: PipelineRunner, spark: SparkSession) -> None:
    runner = again(failed).replacing({"numbers": given(101, 102, token=Secret("canary-4711"))})
    result = runner.run(spark=spark, resume="r1")
    assert (result.ok, result["out"].status, result["elsewhere"].status) == (True, "resumed", "success")


def test_a_run_with_replaced_sources_goes_on_with_no_others(failed: PipelineRunner, spark: SparkSession) -> None:
    file = again(failed)
    with pytest.raises(CheckpointRefused, match="plugin: ppf-core:Given -> ppf-small:numbers"):
        file.run(spark=spark, resume="r1")
    with pytest.raises(CheckpointRefused, match=r"options.ids: \[101, 102\] -> \[7\]"):
        file.replacing({"numbers": given(7)}).run(spark=spark, resume="r1")
