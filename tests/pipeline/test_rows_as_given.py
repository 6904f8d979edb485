"""Checks judge the rows of their component: not what a sink makes of them, nor what a source gives that is asked for less."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner

WritePipeline = Callable[[str], Path]


def run(path: Path, spark: SparkSession) -> PipelineResult:
    return PipelineRunner.from_file(path).run(spark=spark)


def told(result: PipelineResult, name: str = "a") -> list[tuple[str, int | None, int | None]]:
    return [(each.status, each.failed, each.evaluated) for each in result[name].quality]


# ---- what sinks make of rows


@pytest.mark.parametrize("sink", ["csv", "text", "parquet"])
@pytest.mark.parametrize(
    "check",
    [
        '{ check = in_set, options { column = value, values = [a] }, error_if = "> 50%" }',
        "{ check = length, options { column = value, max = 1 } }",
    ],
)
def test_texts_with_blanks_are_judged_as_they_are(sink: str, check: str, pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(
        f"""
        a {{ source = csv, options {{ path = in.csv, header = false, schema = "value STRING" }}, quality = [{check}] }}
        out {{ sink = {sink}, inputs = [a], options {{ path = out }} }}
        """
    )
    path.with_name("in.csv").write_text("a\n a\n a\n a\n a\n")
    result = run(path, spark)
    assert (told(result)[0], result.exit_code) == (("failed", 4, 5), 4)
    assert not path.with_name("out").exists()


@pytest.mark.parametrize("sink", ["csv", "orc"])
def test_keys_are_counted_as_they_are(sink: str, pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(
        f"""
        a {{ source = csv, options {{ path = in.csv, schema = "key STRING" }},
             quality = [{{ check = unique, options {{ columns = [key] }} }}] }}
        out {{ sink = {sink}, inputs = [a], options {{ path = out }} }}
        """
    )
    path.with_name("in.csv").write_text("key\na\n a\n")
    assert told(run(path, spark)) == [("passed", 0, 2)]


@pytest.mark.parametrize("sink", ["csv", "parquet"])
@pytest.mark.parametrize("more", ["", "partition_by = [part]"])
def test_an_empty_text_is_not_null(sink: str, more: str, pipeline: WritePipeline, spark: SparkSession) -> None:
    check = '{ check = query, options { sql = "SELECT * FROM this WHERE part IS NULL" } }'
    source = f'source = json, options {{ path = in.json, schema = "id INT, part STRING" }}, quality = [{check}]'
    path = pipeline(f"a {{ {source} }}\nout {{ sink = {sink}, inputs = [a], options {{ path = out, {more} }} }}")
    path.with_name("in.json").write_text('{"id": 1, "part": ""}\n{"id": 2, "part": "01"}\n')
    result = run(path, spark)
    assert [(each.status, each.message) for each in result["a"].quality if each.status != "passed"] == []
