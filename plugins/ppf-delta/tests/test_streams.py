"""Delta tables as streams: from one table into another, each row once, whatever happens meanwhile."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import victim
from connectors import connector_settings
from delta_reader import commits, ids, polling, staged
from points import EVERY_POINT
from ppf_delta.stream_source import DeltaStreamSource
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.testing import build, context, stream_batches

STREAM = """
name = moving
mode = streaming
components {
  in  { source = delta, options { path = in, max_files_per_trigger = 1 }
        quality = [ { check = not_null, options { columns = [id] }, action = drop } ] }
  out { sink = delta, inputs = [in], trigger = available_now, options { path = out } }
  big { sink = delta, inputs = [in], trigger = available_now
        options { path = big, mode = merge, keys = [id], order_by = [at] } }
}
"""


def run(path: Path, spark: SparkSession) -> PipelineResult:
    return PipelineRunner.from_file(path).run(spark=spark)


def told(result: PipelineResult) -> str:
    return " ".join([*(each.error.message for each in result.components if each.error), *map(str, result.problems)])


def feed(spark: SparkSession, folder: Path, *numbers: int) -> None:
    for number in numbers:
        rows = spark.range(10 * number, 10 * number + 10).selectExpr("IF(id % 10 = 9, NULL, id) AS id", "id AS at").coalesce(1)
        rows.write.format("delta").mode("append").save(str(folder / "in"))


def test_a_stream_that_is_killed_and_started_again_moves_each_row_once(spark: SparkSession, tmp_path: Path) -> None:
    path, tables = tmp_path / "moving.conf", (tmp_path / "out", tmp_path / "big")
    path.write_text(STREAM)
    points = ["after a stage", "after ppf_delta.log:Transaction.commit"]
    if EVERY_POINT:
        points += ["after ppf_delta.log:Log.write_files", "before ppf_delta.log:Transaction.commit"]
        points += ["before ppf_delta.stages:Stage.tidy"]
    for number, point in enumerate(points):
        feed(spark, tmp_path, 2 * number, 2 * number + 1)
        # A stream calls back into Python, and one JVM calls one process: a fork beside other streams would not be reached.
        command = [sys.executable, victim.__file__, str(path), point, "1", json.dumps(connector_settings())]
        places = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path[1:])}
        with polling(tables[0]) as poll:
            done = subprocess.run(command, start_new_session=True, env=places, capture_output=True, text=True, check=False)
            assert done.returncode == -signal.SIGKILL, (point, done.stderr[-3000:])
        assert all(len(set(seen)) == len(seen) and len(seen) % 9 == 0 for seen in poll.seen)
    result = run(path, spark)
    assert result.status == "success", told(result)
    wanted = tuple(each for each in range(20 * len(points)) if each % 10 != 9)
    for table in tables:
        assert (ids(table), staged(table)) == (wanted, [])
    assert commits(tables[0]) == 2 * len(points)


def test_the_source_starts_where_it_is_told_and_skips_what_it_is_told(spark: SparkSession, tmp_path: Path) -> None:
    table = str(tmp_path / "in")
    spark.sql(f"CREATE TABLE delta.`{table}` (id LONG) USING delta TBLPROPERTIES (delta.enableChangeDataFeed = true)")
    for number in (1, 2):
        spark.range(number, number + 1).write.format("delta").mode("append").save(table)
    spark.sql(f"DELETE FROM delta.`{table}` WHERE id = 1")  # noqa: S608 -- a path of the test
    spark.range(3, 4).write.format("delta").mode("append").save(table)

    def batches(name: str, **options: Any) -> list[list[tuple[Any, ...]]]:
        source = build(DeltaStreamSource, tmp_path, path="in", **options)
        found = stream_batches(source.read_stream(context(spark)), tmp_path / f"checkpoint {name}")
        return [sorted(tuple(row)[:2] for row in batch) for batch in found]

    assert batches("all") == [[(2,), (3,)]]
    timed = build(DeltaStreamSource, tmp_path, path="in", starting_timestamp="2025-12-31T12:00:00Z", skip_change_commits=True)
    assert dict(timed._told()) == {"startingTimestamp": "2025-12-31 12:00:00Z", "skipChangeCommits": "true"}
    assert batches("skipping", starting_version="2", skip_change_commits=True, max_files_per_trigger=1) == [[(2,)], [(3,)]]
    assert batches("changes", starting_version="2", changes=True) == [[(1, "delete"), (2, "insert"), (3, "insert")]]


def test_a_stream_whose_table_is_dropped_or_changed_ends_and_says_so(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "moving.conf"
    path.write_text(STREAM)
    feed(spark, tmp_path, 0)
    assert run(path, spark).status == "success"
    spark.sql(f"ALTER TABLE delta.`{tmp_path}/in` ADD COLUMNS (name STRING)")
    feed(spark, tmp_path, 1)
    changed = run(path, spark)
    assert changed.exit_code == 1
    assert "has no column 'name'" in told(changed)
    assert ids(tmp_path / "out") == ids(tmp_path / "big") == tuple(range(9))
    path.write_text(
        STREAM.replace("path = out", "path = out, merge_schema = true").replace("path = big", "path = big, merge_schema = true")
    )
    widened = run(path, spark)
    assert widened.status == "success", told(widened)
    assert ids(tmp_path / "out") == ids(tmp_path / "big") == (*range(9), *range(10, 19))
    shutil.rmtree(tmp_path / "in")
    dropped = run(path, spark)
    assert (dropped.exit_code, "There is no Delta table" in told(dropped)) == (1, True), told(dropped)
