"""Delta tables in runs of whole pipelines."""

from pathlib import Path
from typing import Any

import pytest
from delta_reader import commits, ids, staged
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner

COPY = """
name = copy
hooks { checkpoint {} }
components {
  in  { source = delta, options { path = in }, quality = [
        { check = in_range, options { column = id, max = 97 }, action = quarantine }
        { check = row_count, options { min = 1 } } ] }
  out { sink = delta, inputs = [in], options { path = out, mode = append, partition_by = [kind] } }
}
"""


def run(path: Path, spark: SparkSession, resume: str | None = None, **settings: Any) -> PipelineResult:
    return PipelineRunner.from_file(path, settings).run(spark=spark, resume=resume)


def error_of(result: PipelineResult) -> str:
    return " ".join([*(each.error.message for each in result.components if each.error), *map(str, result.problems)])


@pytest.fixture
def path(spark: SparkSession, tmp_path: Path) -> Path:
    spark.range(100).selectExpr("id", "id % 3 AS kind").write.format("delta").save(str(tmp_path / "in"))
    (tmp_path / "copy.conf").write_text(COPY)
    return tmp_path / "copy.conf"


def test_checks_ride_on_the_write_and_a_resume_reads_the_version_of_the_run(spark: SparkSession, path: Path) -> None:
    table, jobs = path.with_name("out"), spark.sparkContext._jsc.sc().dagScheduler().numTotalJobs  # type: ignore[union-attr]
    checks = [{"check": "in_range", "options": {"column": "id", "max": 99}}]
    counts = []
    for name, quality in (("first", []), ("bare", []), ("checked", checks)):
        before = jobs()
        settings = {"components.in.quality": quality, "components.out.options.path": name}
        assert run(path, spark, **settings).status == "success"
        counts.append(jobs() - before)
    assert counts[1] == counts[2]
    # A run that fails at its sink has pinned the version; what comes to the table since is not read.
    failing = {"components.out.options.partition_by": ["nothing"]}
    failed = run(path, spark, **failing)
    assert "Option 'partition_by' names the column 'nothing'" in error_of(failed)
    spark.range(500, 510).selectExpr("id", "id % 3 AS kind").write.format("delta").mode("append").save(
        str(path.with_name("in"))
    )
    resumed = run(path, spark, resume=failed.run_id)
    assert resumed.status == "success", error_of(resumed)
    assert (ids(table), commits(table), staged(table)) == (tuple(range(98)), 1, [])
    (rows,) = [each for each in resumed.components if each.name == "in"]
    assert (rows.quality[0].name, rows.quality[0].failed, rows.quality[0].evaluated) == ("in_range", 2, 100)
    (out,) = [each for each in resumed.components if each.name == "out"]
    assert (out.rows_written, out.staged, out.published) == (98, True, True)
    # A failed check leaves no trace.
    rejected = run(path, spark, **{"components.in.quality": [{"check": "in_range", "options": {"column": "id", "max": 9}}]})
    assert (rejected.exit_code, ids(table), commits(table), staged(table)) == (4, tuple(range(98)), 1, [])


def test_a_source_reads_old_versions_and_changes_and_says_what_is_not_there(spark: SparkSession, tmp_path: Path) -> None:
    table = str(tmp_path / "in")
    spark.sql(f"CREATE TABLE delta.`{table}` (id LONG) USING delta TBLPROPERTIES (delta.enableChangeDataFeed = true)")
    for ids_ in ((1, 2), (3, 4)):
        spark.createDataFrame([(each,) for each in ids_], "id LONG").write.format("delta").mode("append").save(table)
    spark.sql(f"DELETE FROM delta.`{table}` WHERE id = 1")  # noqa: S608 -- a path of the test
    spark.range(3).write.parquet(str(tmp_path / "plain"))
    pipeline = tmp_path / "p.conf"

    def frames(options: str) -> list[tuple[Any, ...]]:
        pipeline.write_text(f"name = p\ncomponents {{ in {{ source = delta, options {{ {options} }} }} }}")
        with PipelineRunner.from_file(pipeline).frames(["in"], spark=spark) as found:
            return sorted(tuple(row)[:2] for row in found["in"].collect())

    assert frames("path = in") == [(2,), (3,), (4,)]
    assert frames("path = in, version = 1") == [(1,), (2,)]
    assert frames("path = in, changes { from = 2 }") == [(1, "delete"), (3, "insert"), (4, "insert")]
    for options, told in {
        "path = nowhere": "There is no Delta table",
        "path = plain": "holds no Delta table",
        "path = in, version = 9": "has no version 9 that can be read; the newest is 3",
        "table = no_such_table": "There is no Delta table 'no_such_table'",
    }.items():
        with pytest.raises(Exception, match=told):
            frames(options)


def test_a_query_with_parameters_beside_delta_leaves_the_setting_of_the_session(spark: SparkSession, path: Path) -> None:
    """Delta's parser loses the parameters of a query, unless ppf has Spark bind them, in the session of the run alone."""
    setting, session = "spark.sql.legacy.parameterSubstitution.constantsOnly", spark.newSession()
    session.conf.set(setting, "false")
    query = {"query": "SELECT id, kind FROM in WHERE id < :most", "params": {"most": 5}}
    settings = {
        "components.some": {"transform": "sql", "inputs": ["in"], "options": query},
        "components.out.inputs": ["some"],
    }
    result = run(path, session, **settings)
    assert result.status == "success", error_of(result)
    assert (ids(path.with_name("out")), session.conf.get(setting)) == (tuple(range(5)), "false")
