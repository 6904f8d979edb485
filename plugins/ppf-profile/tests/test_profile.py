"""`ppf profile` as a user meets it."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from ppf_core.cli.main import main

Ppf = Callable[..., Any]

PIPELINE = """
name = shop
components {
  numbers { source = range, options { end = 12 } }
  orders { transform = sql, inputs = [numbers], options {
    query = "select id, if(id % 2 = 0, 'é', '日😀') `a b`, if(id < 3, null, id / 8) price from numbers" } }
  out { sink = parquet, inputs = [orders], options { path = out, mode = overwrite } }
}
"""
BLOCK = """\
# Holds for all 12 rows of the frame.
quality = [
  { check = schema, options { schema = "id bigint, `a b` string, price double", strict = true } },
  { check = row_count, options { min = 1 } },
  { check = not_null, options { columns = [id, "a b"] } },
  { check = in_range, options { column = id, min = 0, max = 11 } },
  { check = in_set, options { column = "a b", values = ["é", "日😀"] } },
  { check = completeness, options { column = price, min_ratio = 0.75 } },
  { check = in_range, options { column = price, min = 0.375, max = 1.375 } },
  { check = unique, options { columns = [id] } }
]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: SparkSession) -> Path:
    """The current folder, with the pipeline in it."""
    (tmp_path / "shop.conf").write_text(PIPELINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_block_is_the_answer_and_the_table_stands_beside_it(home: Path, ppf: Ppf) -> None:
    answer = ppf("profile", "shop.conf", "--component", "orders")
    assert answer.code == 0
    assert answer.out == BLOCK
    assert answer.err.splitlines() == [
        "COLUMN  TYPE    NULLS      NANS  MIN    MAX    LENGTH  DISTINCT  UNIQUE",
        "id      bigint  0          -     0      11     -       12        yes",
        "a b     string  0          -     -      -      1 to 2  2         no",
        "price   double  3 (25.0%)  0     0.375  1.375  -       9         no",
        "12 rows.",
    ]


def test_it_leaves_nothing_behind(home: Path, ppf: Ppf) -> None:
    ppf("profile", "shop.conf", "--component", "orders")
    assert [each.name for each in home.iterdir()] == ["shop.conf"]


def test_the_block_can_be_included_where_it_belongs(home: Path, ppf: Ppf) -> None:
    (home / "quality.conf").write_text(ppf("profile", "shop.conf", "--component", "orders").out)
    (home / "shop.conf").write_text(PIPELINE.replace("orders {", 'orders { include required("quality.conf"),'))
    answer = ppf("run", "shop.conf", "--json")
    checks = next(each for each in answer.document["components"] if each["name"] == "orders")["quality"]
    assert [each["status"] for each in checks] == ["passed"] * 8
    assert answer.code == 0


def test_the_document_has_the_numbers_the_checks_and_the_block(home: Path, ppf: Ppf) -> None:
    document = ppf("profile", "shop.conf", "--component", "orders", "--json").document
    assert list(document) == [
        "ppf",
        "ok",
        "pipeline",
        "component",
        "rows",
        "sampled",
        "columns",
        "quality",
        "block",
        "problems",
    ]
    assert (document["pipeline"], document["component"], document["rows"], document["sampled"]) == ("shop", "orders", 12, False)
    texts = {"nulls": 0, "nans": None, "min": None, "max": None, "shortest": 1, "longest": 2}
    values = {"distinct": 2, "exact": True, "values": ["é", "日😀"], "unique": False}
    assert document["columns"][1] == {"name": "a b", "type": "string", **texts, **values}
    assert document["quality"][2] == {"check": "not_null", "options": {"columns": ["id", "a b"]}}
    assert document["block"] + "\n" == BLOCK


def test_a_sample_is_called_one(home: Path, ppf: Ppf) -> None:
    answer = ppf("profile", "shop.conf", "--component", "orders", "--limit", "11")
    assert answer.out.startswith("# Holds for a sample of 11 rows")
    assert answer.err.endswith("11 rows of a sample.\n")


def test_an_unknown_component_has_a_near_miss(home: Path, ppf: Ppf) -> None:
    answer = ppf("profile", "shop.conf", "--component", "order")
    assert answer.code == 2
    assert "Did you mean 'orders'?" in answer.err


def test_a_sink_has_no_rows_to_profile(home: Path, ppf: Ppf) -> None:
    document = ppf("profile", "shop.conf", "--component", "out", "--json").document
    assert not document["ok"]
    assert document["problems"][0]["message"] == "The component 'out' is a sink: it gives no rows."
    assert document["problems"][0]["hint"] == "Look at what feeds it: orders."


def test_a_stream_that_cannot_hold_all_characters_gets_escapes_that_hocon_has(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    assert main(["profile", "shop.conf", "--component", "orders"]) == 0
    assert rb'values = ["\u00e9", "\u65e5\ud83d\ude00"]' in written.getvalue()
    assert json.loads(rb'["\u00e9", "\u65e5\ud83d\ude00"]') == ["é", "日😀"]
