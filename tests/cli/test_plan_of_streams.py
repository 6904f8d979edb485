"""What `ppf plan` says of a stream: its queries, where they are cut, and what readers may rely on. Without Spark."""

from pathlib import Path

import pytest
from command_line import Ppf
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner

STREAM = """
name = ticks
mode = streaming
components {
  numbers { source = rate, options { rows_per_batch = 10 } }
  even    { transform = filter, inputs = [numbers], options { where = "value % 2 = 0" },
            quality = [ { check = in_range, options { column = value, max = 20 }, action = drop } ] }
  named   { transform = select, inputs = [even], options { columns = ["value AS even"] } }
  first   { sink = parquet, inputs = [named], options { path = "first" }, trigger = 1 s }
  second  { sink = parquet, inputs = [even], options { path = "second" }, trigger = 1 s }
  seen    { sink = console, inputs = [numbers], trigger = available_now }
  kept    { sink = memory, inputs = [numbers], query = kept, options { table = kept } }
}
"""


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    path = tmp_path / "ticks.conf"
    path.write_text(STREAM)
    return path


def test_the_document_has_each_query_with_its_cut_and_what_its_sinks_promise(ppf: Ppf, stream: Path) -> None:
    document = ppf("plan", stream, "--json").document
    even, numbers, kept = document["queries"]
    assert (even["name"], even["input"], even["trigger"], even["output_mode"]) == ("even", "even", "1 s", "append")
    assert even["batch"] == ["named"]
    assert [(sink["name"], sink["guarantee"]) for sink in even["sinks"]] == [
        ("first", "exactly once"),
        ("second", "exactly once"),
    ]
    assert even["atomic"] is False
    assert even["cut"] == "Its checks judge each batch."
    assert (numbers["trigger"], numbers["sinks"][0]["guarantee"]) == ("available_now", "at least once")
    assert (kept["name"], kept["cut"]) == ("kept", "Spark's own writer reads it.")


def test_the_text_tells_which_sinks_publish_together_and_why_not_more(ppf: Ppf, stream: Path) -> None:
    out = ppf("plan", stream).out
    assert "Query even: first, second publish each batch together, one after the other" in out
    assert "It is neither staged nor idempotent: a replayed batch is written again." in out
    assert "Steps:" not in out


def test_nothing_above_a_cut_is_said_to_be_computed_once_and_no_warning_is_one_of_a_batch_run(ppf: Ppf, stream: Path) -> None:
    document = ppf("plan", stream, "--json").document
    numbers, even = document["components"][:2]
    assert (numbers["persist"], numbers["pinned"], numbers["carrier"]) == ("none", None, None)
    assert (even["persist"], even["carrier"]) == ("auto", "one materialisation")
    assert document["warnings"] == []


def test_pictures_draw_a_box_around_what_is_done_for_each_batch(ppf: Ppf, stream: Path) -> None:
    mermaid = ppf("plan", stream, "--format", "mermaid").out
    assert '    subgraph q0["query even, 1 s, append"]\n        c2\n        c3\n        c4\n    end\n' in mermaid
    dot = ppf("plan", stream, "--format", "dot").out
    assert '    subgraph cluster_1 { label="query numbers, available_now, append"; "seen"; }\n' in dot


def test_spark_adds_the_schemas_and_leaves_to_each_batch_what_is_computed_once(stream: Path, spark: SparkSession) -> None:
    analyzed = PipelineRunner.from_file(stream).analyze(spark=spark)
    assert analyzed.plan["even"].persist == "auto"
    assert "timestamp" in analyzed.schemas["even"]
    assert [query.name for query in analyzed.plan.queries] == ["even", "numbers", "kept"]
