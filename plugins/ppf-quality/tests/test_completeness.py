from collections.abc import Callable
from typing import Any

import pytest
from ppf_quality.completeness import CompletenessCheck
from pyspark.sql import SparkSession

from ppf_core import Columns, Verdict
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Judging = Callable[..., Verdict]


@pytest.mark.parametrize(("min_ratio", "passed"), [(0, True), (0.5, True), (0.75, True), (0.76, False), (1, False)])
def test_rows_with_a_value_are_counted(spark: SparkSession, judging: Judging, min_ratio: float, passed: bool) -> None:
    frame = spark.createDataFrame([(1.0,), (float("nan"),), (None,), (0.0,)], "`a b` DOUBLE")
    verdict = judging(build(CompletenessCheck, column="a b", min_ratio=min_ratio), frame)
    assert (verdict.passed, verdict.failed, verdict.evaluated, verdict.value) == (passed, 1, 4, 0.75)
    assert verdict.message == ("" if passed else f"3 of 4 rows have a value in 'a b'; wanted {min_ratio:g} of them.")


def test_a_ratio_that_is_just_reached_is_reached(spark: SparkSession, judging: Judging) -> None:
    frame = spark.range(10).selectExpr("nullif(id, 0) AS x")
    assert judging(build(CompletenessCheck, column="x", min_ratio="0.9"), frame).passed


def test_an_empty_frame_passes(spark: SparkSession, judging: Judging) -> None:
    verdict = judging(build(CompletenessCheck, column="id", min_ratio=1), spark.range(0))
    assert verdict == Verdict(passed=True, failed=0, evaluated=0, value=1.0)


def test_a_field_of_a_struct_may_be_missing_with_its_struct(spark: SparkSession, judging: Judging) -> None:
    frame = spark.createDataFrame([(("x",),), ((None,),), (None,)], "s STRUCT<x: STRING>")
    assert judging(build(CompletenessCheck, column="s.x", min_ratio=0.5), frame).failed == 2


def test_an_unknown_column_gets_a_near_miss(spark: SparkSession) -> None:
    with pytest.raises(KeyError, match="Did you mean 'id'"):
        build(CompletenessCheck, column="idd", min_ratio=1).metrics(Columns(spark.range(1)))


@pytest.mark.parametrize(
    "values", [{}, {"rows": 3}, {"filled": 3}, {"rows": None, "filled": None}, {"rows": 3, "filled": None}]
)
def test_a_number_that_did_not_arrive_never_passes(values: dict[str, Any]) -> None:
    verdict = build(CompletenessCheck, column="x", min_ratio=0).judge(values)
    assert (verdict.passed, verdict.failed, verdict.value) == (False, None, None)


@pytest.mark.parametrize("min_ratio", [95, -0.1, "95%"])
def test_what_is_no_ratio_is_a_mistake(min_ratio: Any) -> None:
    with pytest.raises(ConfigError, match="min_ratio"):
        build(CompletenessCheck, column="x", min_ratio=min_ratio)
