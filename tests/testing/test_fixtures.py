import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf

from ppf_core import PipelineResult
from ppf_core.plugins.registry import PluginRegistry
from ppf_core.testing import MemoryStream, stream_batches


def test_the_session_is_small_local_and_without_pages(spark: SparkSession) -> None:
    assert isinstance(spark, SparkSession)
    assert (spark.sparkContext.master, spark.sparkContext.uiWebUrl) == ("local[2]", None)
    assert spark.conf.get("spark.sql.shuffle.partitions") == "2"


def test_tables_land_nowhere_near_the_test(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spark.range(1).write.saveAsTable("fixture_table")
    spark.sql("DROP TABLE fixture_table")
    assert not list(tmp_path.iterdir())


def test_workers_run_the_python_of_the_test(spark: SparkSession) -> None:
    executable = udf(lambda _: __import__("sys").executable)
    assert spark.range(1).select(executable("id")).collect()[0][0] == sys.executable


def test_workers_read_no_archive_before_each_task_and_know_the_pyspark_of_the_test(spark: SparkSession) -> None:
    path = udf(lambda _: [*__import__("sys").path, __import__("pyspark").__file__], "ARRAY<STRING>")
    *places, module = spark.range(1).select(path("id")).collect()[0][0]
    assert [each for each in places if each.endswith((".zip", ".jar"))] == []
    assert module == pyspark.__file__


DICE = """
from ppf_core import NoOptions, Source

class Dice(Source[NoOptions]):
    "Rolls a die."
    def read(self, context):
        return context.spark.range(3)
"""


@pytest.mark.parametrize("face", [1, 2])
def test_a_plugin_is_installed_for_one_test_alone(face: int, tmp_plugin: Callable[..., Path]) -> None:
    assert PluginRegistry.discover({}).find("sources.acme_dice") == ()
    tmp_plugin({"sources.acme_dice": "acme:Dice"}, {"acme.py": f"{DICE}    face = {face}\n"})
    registry = PluginRegistry.discover({})
    assert registry.load(registry.select("sources", "acme_dice")).face == face  # type: ignore[attr-defined] # of the test
    code = "from importlib.metadata import entry_points; print(*entry_points(group='ppf.sources', name='acme_dice'))"
    assert "acme:Dice" in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_a_pipeline_runs_in_the_folder_of_the_test(
    run_pipeline: Callable[..., PipelineResult], tmp_plugin: Callable[..., Path], tmp_path: Path
) -> None:
    tmp_plugin({"sources.acme_dice": "acme:Dice"}, {"acme.py": DICE})
    text = """components {
        rolls { source = acme_dice }
        out { sink = noop, inputs = [rolls] }
    }"""
    done = run_pipeline(text)
    assert (done.pipeline, done.status, (tmp_path / ".ppf").exists()) == ("test", "success", True)
    components = {"rolls": {"source": "acme_dice"}, "out": {"sink": "noop", "inputs": ["rolls"]}}
    again = run_pipeline({"name": "mine", "components": components}, run_id="again")
    assert (again.pipeline, again.run_id) == ("mine", "again")
    assert [(each.name, each.status) for each in again.components] == [("rolls", "success"), ("out", "success")]


def test_streams_of_one_test_are_apart(memory_stream: Callable[[str], MemoryStream], tmp_path: Path) -> None:
    one, other = memory_stream("id INT"), memory_stream("id INT")
    one.add([(1,)])
    other.add([(2,)])
    found = [stream_batches(each.frame, tmp_path / name) for each, name in ((one, "one"), (other, "other"))]
    assert [[row.id for row in batch] for batches in found for batch in batches] == [[1], [2]]
