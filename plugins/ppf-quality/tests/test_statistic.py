from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from ppf_quality.statistic import StatisticCheck
from pyspark.sql import SparkSession

from ppf_core import Columns, PpfError, Verdict
from ppf_core.errors import ConfigError
from ppf_core.testing import build

NAN, INFINITY = float("nan"), float("inf")
FUNCTIONS = ["mean", "min", "max", "sum", "stddev"]
Judging = Callable[..., Verdict]


def verdict(spark: SparkSession, judging: Judging, type_name: str, values: list[Any], **options: Any) -> Verdict:
    frame = spark.createDataFrame([(value,) for value in values], f"`the column` {type_name}")
    return judging(build(StatisticCheck, column="the column", **options), frame)


@pytest.mark.parametrize(("function", "value"), [("mean", 2.5), ("min", 1.0), ("max", 4.0), ("sum", 10.0)])
@pytest.mark.parametrize("type_name", ["INT", "BIGINT", "DOUBLE", "DECIMAL(9,3)"])
def test_null_does_not_count(ansi: SparkSession, judging: Judging, type_name: str, function: str, value: float) -> None:
    convert = {"DOUBLE": float, "DECIMAL(9,3)": Decimal}.get(type_name, int)
    values = [*map(convert, [1, 2, 3, 4]), None]
    found = verdict(ansi, judging, type_name, values, function=function, min=value, max=value)
    assert (found.passed, found.value, found.message) == (True, value, "")


def test_the_standard_deviation_is_that_of_a_sample(spark: SparkSession, judging: Judging) -> None:
    assert verdict(spark, judging, "INT", [1, 3], function="stddev", max=2).value == pytest.approx(2**0.5)


def test_what_is_out_of_bounds_is_told(spark: SparkSession, judging: Judging) -> None:
    found = verdict(spark, judging, "INT", [1, 2], function="mean", min=2, max=30)
    assert found == Verdict(passed=False, value=1.5, message="The mean of 'the column' is 1.5; wanted 2 to 30.")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nan_fails(spark: SparkSession, judging: Judging, function: str) -> None:
    found = verdict(spark, judging, "DOUBLE", [1.0, NAN, 2.0], function=function, min=-100)
    assert (found.passed, found.value) == (False, None)
    assert "there are NaN among the values" in found.message


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("values", [[], [None, None]])
def test_without_values_it_fails(spark: SparkSession, judging: Judging, function: str, values: list[Any]) -> None:
    found = verdict(spark, judging, "DECIMAL(9,2)", values, function=function, min=-100)
    assert (found.passed, found.value) == (False, None)
    assert "there are no values" in found.message


def test_one_value_has_no_standard_deviation(spark: SparkSession, judging: Judging) -> None:
    found = verdict(spark, judging, "DOUBLE", [1.0, None], function="stddev", min=0)
    assert (found.passed, found.value) == (False, None)
    assert "it takes two values, and there is one" in found.message


@pytest.mark.parametrize("type_name", ["BIGINT", "DECIMAL(38,0)"])
def test_a_sum_that_its_type_cannot_hold_is_still_judged(ansi: SparkSession, judging: Judging, type_name: str) -> None:
    large = 2**63 - 1 if type_name == "BIGINT" else Decimal("9" * 38)
    found = verdict(ansi, judging, type_name, [large] * 3, function="sum", min=0)
    assert (found.passed, found.value) == (True, pytest.approx(float(large) * 3))
    assert not verdict(ansi, judging, type_name, [large] * 3, function="sum", max=0).passed


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_overflows(ansi: SparkSession, judging: Judging, function: str) -> None:
    values = [Decimal("9" * 38), Decimal("-" + "9" * 38), Decimal("9" * 38)]
    assert verdict(ansi, judging, "DECIMAL(38,0)", values, function=function, min="-1e39", max="1e39").passed


def test_infinity_is_judged_but_is_no_value_of_a_document(spark: SparkSession, judging: Judging) -> None:
    found = verdict(spark, judging, "DOUBLE", [1e308, 1e308], function="sum", max=1)
    assert found == Verdict(passed=False, message="The sum of 'the column' is inf; wanted at most 1.")
    assert verdict(spark, judging, "DOUBLE", [1.0, INFINITY], function="max", min=1).passed


def test_a_bound_is_exact(spark: SparkSession, judging: Judging) -> None:
    tenths = [Decimal("0.1"), Decimal("0.2")]
    assert verdict(spark, judging, "DECIMAL(3,1)", tenths, function="min", min=0.1).passed
    assert verdict(spark, judging, "DOUBLE", [0.1, 0.2], function="min", min=0.1, max=0.1).passed
    assert not verdict(spark, judging, "BIGINT", [2**53], function="max", min=2**53 + 1).passed


def test_what_is_no_number_has_no_statistic(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], "d DATE")
    with pytest.raises(PpfError, match="Column 'd' is date; a statistic wants numbers"):
        build(StatisticCheck, column="d", function="min", min=1).metrics(Columns(frame))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("values", [{}, {"values": None, "statistic": 1}, {"values": 3}, {"values": 3, "statistic": None}])
def test_a_number_that_did_not_arrive_never_passes(function: str, values: dict[str, Any]) -> None:
    assert not build(StatisticCheck, column="x", function=function, min=-5).judge(values).passed


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"function": "mean"}, "Set at least one of them"),
        ({"function": "mean", "min": 2, "max": 1}, "nothing lies between"),
        ({"function": "median", "min": 2}, "median"),
        ({"function": "mean", "min": "abc"}, "decimal number"),
    ],
)
def test_options_that_make_no_sense_are_a_mistake(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(StatisticCheck, column="x", **options)
