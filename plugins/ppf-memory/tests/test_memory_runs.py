"""The sink `memory` in runs of whole pipelines."""

from pathlib import Path

from pyspark.sql import SparkSession

from ppf_core import PipelineRunner

TICKS = """
name = ticks
mode = streaming
components {
  ticks { source = rate, options { rows_per_batch = 3 } }
  odd   { transform = filter, inputs = [ticks], options { where = "value % 2 = 1" } }
  kept  { sink = memory, inputs = [odd], trigger = available_now, options { table = odd_ticks } }
}
"""


def test_who_gave_the_session_reads_the_table_and_each_run_starts_anew(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "ticks.conf").write_text(TICKS)
    for _ in range(2):
        result = PipelineRunner.from_file(tmp_path / "ticks.conf").run(spark=spark)
        assert (result.status, result.problems) == ("success", ())
        assert [row.value for row in spark.table("global_temp.odd_ticks").collect()] == [1]


def test_what_spark_tells_of_its_batches_is_the_sinks(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "ticks.conf").write_text(TICKS)
    result = PipelineRunner.from_file(tmp_path / "ticks.conf").run(spark=spark)
    (progress,) = [each.progress for each in result.components if each.name == "kept"]
    assert progress is not None
    assert (progress.query, progress.batch_id, progress.input_rows) == ("odd", 0, 3)
