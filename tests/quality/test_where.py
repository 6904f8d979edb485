"""Checks that judge some rows only: the others are good, and are not counted as evaluated."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.errors import ConfigError

WritePipeline = Callable[[str], Path]
ROWS = "[{ id = 1, c = CH }, { id = 5, c = CH }, { id = 9, c = DE }, { id = 9 }, { c = CH }, { id = 1, c = CH }]"


def run(pipeline: WritePipeline, spark: SparkSession, *checks: str, sink: str = "parquet") -> PipelineResult:
    path = pipeline(
        f"""
        a {{ source = inline, options {{ schema = "id INT, c STRING", rows = {ROWS} }}, quality = [{", ".join(checks)}] }}
        out {{ sink = {sink}, inputs = [a], options {{ path = out }} }}
        """
    )
    return PipelineRunner.from_file(path).run(spark=spark)


def told(result: PipelineResult) -> list[tuple[str, int | None, int | None, float | None]]:
    return [(each.status, each.failed, each.evaluated, each.value) for each in result["a"].quality]


CH = "where = \"c = 'CH'\""


@pytest.mark.parametrize(
    ("check", "found"),
    [
        ("check = in_range, options { column = id, max = 4 }", ("warned", 1, 4, None)),
        ("check = not_null, options { columns = [id] }", ("warned", 1, 4, None)),
        ('check = expression, options { sql = "id < 9" }', ("warned", 1, 4, None)),
        ("check = unique, options { columns = [id] }", ("warned", 1, 4, None)),
        ('check = query, options { sql = "SELECT * FROM this WHERE id = 9" }', ("passed", 0, 4, None)),
        ("check = row_count, options { max = 3 }", ("warned", None, None, 4.0)),
        ("check = completeness, options { column = id, min_ratio = 0.7 }", ("passed", 1, 4, 0.75)),
        ("check = statistic, options { column = id, function = max, max = 5 }", ("passed", None, None, 5.0)),
        ("check = distinct_count, options { column = c, max = 1 }", ("passed", None, None, 1.0)),
    ],
)
def test_only_rows_that_meet_the_condition_are_evaluated(
    check: str, found: tuple[Any, ...], pipeline: WritePipeline, spark: SparkSession
) -> None:
    result = run(pipeline, spark, f"{{ {check}, {CH}, action = warn }}")
    assert (result.exit_code, told(result)) == (0, [found])


def test_checks_with_other_conditions_on_one_frame_are_told_apart(pipeline: WritePipeline, spark: SparkSession) -> None:
    unique = "check = unique, options { columns = [id] }, action = warn"
    result = run(
        pipeline,
        spark,
        f"{{ {unique}, name=all }}",
        f"{{ {unique}, name=some, {CH} }}",
        "{ check = row_count, options { min = 6 } }",
        '{ check = in_range, options { column = id, max = 4 }, action = warn, where = "c IS NULL" }',
    )
    assert [each[1:3] for each in told(result)] == [(2, 6), (1, 4), (None, None), (1, 1)]


@pytest.mark.parametrize("sink", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("action", "error_if", "code"), [("drop", "> 25%", 0), ("quarantine", "> 25%", 0), ("quarantine", "> 24%", 4)]
)
def test_other_rows_are_good_and_a_share_is_one_of_the_evaluated(
    sink: str, action: str, error_if: str, code: int, pipeline: WritePipeline, spark: SparkSession
) -> None:
    check = f'{{ check = in_range, options {{ column = id, max = 4 }}, {CH}, action = {action}, error_if = "{error_if}" }}'
    result = run(pipeline, spark, check, sink=sink)
    assert (result.exit_code, told(result)[0][1:3]) == (code, (1, 4))
    if code == 0:
        assert result["out"].rows_written == 5


def test_a_condition_that_makes_no_sense_is_not_evaluated_or_a_mistake(pipeline: WritePipeline, spark: SparkSession) -> None:
    check = "check = in_range, options { column = id, max = 4 }"
    for wrong in ("cc = 1", "id", "sum(id) > 1"):
        result = run(pipeline, spark, f'{{ {check}, where = "{wrong}" }}')
        assert (result.exit_code, told(result)[0][0]) == (4, "error")
    with pytest.raises(ConfigError, match="where"):
        run(pipeline, spark, f'{{ {check}, where = " " }}')


OTHERS = [
    ("foreign_key, options { columns = [id], references = known, reference_columns = [id] }", (0, 4)),
    ("foreign_key, options { columns = [id], references = known, reference_columns = [id], null_safe = true }", (1, 4)),
    ("unique, options { columns = [id], nulls_distinct = false }", (1, 4)),
    ('query, options { sql = "SELECT id FROM this EXCEPT SELECT id FROM known", components = [known] }', (1, 4)),
    ("compare, options { with = known, keys = [id] }", (2, 3)),
]


def test_checks_beside_another_component_and_beside_a_quarantine_see_the_rows_that_meet_the_condition(
    pipeline: WritePipeline, spark: SparkSession
) -> None:
    checks = [f"{{ check = {check}, name=n{number}, {CH}, action = warn }}" for number, (check, _) in enumerate(OTHERS)]
    apart = f"{{ check = in_range, options {{ column = id, max = 4 }}, {CH}, action = quarantine }}"
    columns = "id INT, c STRING"
    path = pipeline(
        f"""
        a {{ source = inline, options {{ schema = "{columns}", rows = {ROWS} }}, quality = [{", ".join([*checks, apart])}] }}
        known {{ source = inline, options {{ schema = "{columns}", rows = [{{ id = 1, c = CH }}, {{ id = 5, c = CH }}] }} }}
        out {{ sink = parquet, inputs = [a], options {{ path = out }} }}
        """
    )
    result = PipelineRunner.from_file(path).run(spark=spark)
    assert (result.exit_code, result["out"].rows_written) == (0, 5)
    assert [each[1:3] for each in told(result)] == [*(found for _, found in OTHERS), (1, 4)]
