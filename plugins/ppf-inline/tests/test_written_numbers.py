"""Numbers of a file keep their digits until the type of their column is known; other plugins take them in the same way."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner
from ppf_core.errors import ConfigError

LONG = "1234567890.123456789012345678"


@pytest.fixture
def rows(tmp_path: Path, spark: SparkSession) -> Callable[[str], list[Any]]:
    def made(components: str) -> list[Any]:
        path = tmp_path / "p.conf"
        path.write_text("name = p\ncomponents {\n" + components + "\no { sink = noop, inputs = [a] } }")
        with PipelineRunner.from_file(path).frames(["a"], spark=spark) as frames:
            return [tuple(row) for row in frames["a"].collect()]

    return made


@pytest.mark.parametrize(
    ("type_name", "written", "value"),
    [
        ("DECIMAL(38,18)", LONG, Decimal(LONG)),
        ("DECIMAL(38,18)", f"-{LONG}", Decimal(f"-{LONG}")),
        ("STRING", "1.10", "1.10"),
        ("STRING", "1e5", "1e5"),
        ("STRING", LONG, LONG),
        ("DOUBLE", "1.10", 1.1),
        ("FLOAT", "1.50", 1.5),
        ("INT", "1.0", 1),
        ("ARRAY<STRING>", "[1.10, 2.0]", ["1.10", "2.0"]),
        ("STRUCT<x: DECIMAL(3,2)>", "{ x = 1.10 }", (Decimal("1.10"),)),
        ("MAP<STRING, STRING>", "{ x = 1.10 }", {"x": "1.10"}),
    ],
)
def test_inline_values_are_those_of_the_file(
    type_name: str, written: str, value: Any, rows: Callable[[str], list[Any]]
) -> None:
    assert rows(f'a {{ source = inline, options {{ schema = "x {type_name}", rows = [{{ x = {written} }}] }} }}') == [(value,)]


@pytest.mark.parametrize(
    ("query", "params", "value"),
    [
        ("typeof(:x)", "x = 1.10", "double"),
        (":x", "x = 1.10", 1.1),
        (":x", f"x = {LONG}", Decimal(LONG)),
        (":x[1]", "x = [1.10, 2]", 2.0),
    ],
)
def test_parameters_of_a_query_keep_more_digits_than_a_double_has(
    query: str, params: str, value: Any, rows: Callable[[str], list[Any]]
) -> None:
    assert rows(f'a {{ transform = sql, inputs = [], options {{ query = "SELECT {query}", params {{ {params} }} }} }}') == [
        (value,)
    ]


def test_a_list_of_parameters_with_more_digits_than_a_double_has_is_a_mistake(rows: Callable[[str], list[Any]]) -> None:
    with pytest.raises(ConfigError, match="Write them as texts, and cast them in the query"):
        rows(f'a {{ transform = sql, inputs = [], options {{ query = "SELECT :x", params {{ x = [{LONG}] }} }} }}')


@pytest.mark.parametrize(
    ("schema", "value", "check", "failed"),
    [
        ("DECIMAL(38,18)", LONG, f"check = in_range, options {{ column = x, min = {LONG} }}", 0),
        ("DECIMAL(38,18)", LONG, "check = in_range, options { column = x, max = 1234567890.123456789012345677 }", 1),
        ("DECIMAL(38,18)", LONG, f"check = in_set, options {{ column = x, values = [{LONG}] }}", 0),
        ("DECIMAL(38,18)", LONG, "check = in_set, options { column = x, values = [1234567890.123456789012345677] }", 1),
        ("STRING", "1.10", "check = in_set, options { column = x, values = [1.10, 2.50] }", 0),
        ("STRING", "1.1", "check = in_set, options { column = x, values = [1.10] }", 1),
    ],
)
def test_bounds_and_sets_of_checks_are_those_of_the_file(
    schema: str, value: str, check: str, failed: int, tmp_path: Path, spark: SparkSession
) -> None:
    path = tmp_path / "p.conf"
    path.write_text(
        f"""
        name = p
        components {{
          a {{ source = inline, options {{ schema = "x {schema}", rows = [{{ x = "{value}" }}] }}, quality = [{{ {check} }}] }}
          o {{ sink = noop, inputs = [a] }}
        }}
        """
    )
    (result,) = PipelineRunner.from_file(path).run(spark=spark)["a"].quality
    assert (result.failed, result.evaluated, result.message.startswith("values")) == (failed, 1, False)
