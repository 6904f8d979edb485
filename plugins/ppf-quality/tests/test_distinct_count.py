from collections.abc import Callable
from typing import Any

import pytest
from ppf_quality.distinct_count import DistinctCountCheck
from pyspark.sql import SparkSession

from ppf_core import Columns, PpfError, Verdict
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Judging = Callable[..., Verdict]


def test_different_values_are_counted_without_null(spark: SparkSession, judging: Judging) -> None:
    frame = spark.createDataFrame([("a",), ("b",), ("a",), (None,)], "`a b` STRING")
    assert judging(build(DistinctCountCheck, column="a b", min=2, max=2), frame) == Verdict(passed=True, value=2.0)
    found = judging(build(DistinctCountCheck, column="a b", min=3), frame)
    assert found.message == "The number of different values of 'a b' is 2; wanted at least 3."


def test_nan_is_one_value_and_minus_zero_is_zero(spark: SparkSession, judging: Judging) -> None:
    frame = spark.createDataFrame([(float("nan"),), (float("nan"),), (0.0,), (-0.0,)], "x DOUBLE")
    assert judging(build(DistinctCountCheck, column="x", min=0), frame).value == 2


@pytest.mark.parametrize("rsd", [0.01, 0.05, 0.39])
def test_it_is_approximate(spark: SparkSession, judging: Judging, rsd: float) -> None:
    value = judging(build(DistinctCountCheck, column="id", min=0, rsd=rsd), spark.range(50_000)).value
    assert value == pytest.approx(50_000, rel=4 * rsd)


def test_an_empty_frame_has_no_values_and_is_judged_by_that(spark: SparkSession, judging: Judging) -> None:
    assert judging(build(DistinctCountCheck, column="id", max=5), spark.range(0)) == Verdict(passed=True, value=0.0)
    assert not judging(build(DistinctCountCheck, column="id", min=1), spark.range(0)).passed


def test_maps_cannot_be_told_apart(spark: SparkSession) -> None:
    frame = spark.sql("SELECT map('a', 1) AS m")
    with pytest.raises(PpfError, match="Column 'm' is map<string,int>"):
        build(DistinctCountCheck, column="m", min=1).metrics(Columns(frame))


@pytest.mark.parametrize("values", [{}, {"distinct": None}])
def test_a_count_that_did_not_arrive_never_passes(values: dict[str, Any]) -> None:
    assert not build(DistinctCountCheck, column="x", max=5).judge(values).passed


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "Set at least one of them"),
        ({"min": 1, "rsd": 0.4}, "is 0.4, but must be from 0.01 to 0.39"),
        ({"min": 1, "rsd": 0}, "is 0, but must be"),
        ({"min": 2, "max": 1}, "nothing lies between"),
    ],
)
def test_options_that_make_no_sense_are_a_mistake(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(DistinctCountCheck, column="x", **options)
