import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from ppf_quality.in_range import InRangeCheck
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build

NAN, INFINITY = float("nan"), float("inf")
Passing = Callable[..., list[bool]]


def good(spark: SparkSession, passing: Passing, type_name: str, values: list[Any], **bounds: Any) -> list[Any]:
    """The values that pass, as they were given."""
    frame = spark.createDataFrame([(value,) for value in values], f"`the column` {type_name}")
    passed = passing(build(InRangeCheck, column="the column", **bounds), frame)
    return [value for value, is_good in zip(values, passed, strict=True) if is_good]


def test_the_bounds_are_good_themselves_and_null_passes(ansi: SparkSession, passing: Passing) -> None:
    assert good(ansi, passing, "INT", [-1, 0, 5, 10, 11, None], min=0, max=10) == [0, 5, 10, None]


def test_one_bound_is_enough(spark: SparkSession, passing: Passing) -> None:
    assert good(spark, passing, "INT", [-1, 0, 5], min=0) == [0, 5]
    assert good(spark, passing, "INT", [-1, 0, 5], max=0) == [-1, 0]


@pytest.mark.parametrize("type_name", ["FLOAT", "DOUBLE"])
@pytest.mark.parametrize("bounds", [{"min": 0}, {"max": 0}, {"min": -5, "max": 5}])
def test_nan_is_out_of_every_range(spark: SparkSession, passing: Passing, type_name: str, bounds: dict[str, int]) -> None:
    assert good(spark, passing, type_name, [NAN, 0.0, None], **bounds) == [0.0, None]


def test_infinity_is_a_number_and_minus_zero_is_zero(spark: SparkSession, passing: Passing) -> None:
    assert good(spark, passing, "DOUBLE", [INFINITY, -INFINITY, -0.0], min=0) == [INFINITY, -0.0]
    assert good(spark, passing, "DOUBLE", [INFINITY, -INFINITY, 0.0], max="-0.0") == [-INFINITY, 0.0]


def test_a_bound_of_short_fractions_is_one_of_them(spark: SparkSession, passing: Passing) -> None:
    assert good(spark, passing, "FLOAT", [0.1, 0.2], min=0.1, max=0.1) == [0.1]


def test_a_bound_between_whole_numbers_moves_to_the_next_inside(ansi: SparkSession, passing: Passing) -> None:
    assert good(ansi, passing, "INT", [-1, 0, 1, 2], min=-0.5, max=1.5) == [0, 1]


def test_a_bound_with_more_digits_than_a_decimal_moves_inside(ansi: SparkSession, passing: Passing) -> None:
    values = [Decimal("0.00"), Decimal("0.01"), Decimal("9.99"), None]
    assert good(ansi, passing, "DECIMAL(5,2)", values, min=0.001, max="9.999") == [Decimal("0.01"), Decimal("9.99"), None]


def test_large_numbers_keep_all_their_digits(spark: SparkSession, passing: Passing) -> None:
    assert good(spark, passing, "BIGINT", [2**53, 2**53 + 1], min=2**53 + 1) == [2**53 + 1]
    digits = "12345678901234567890123456789012345678"
    values = [Decimal(digits), Decimal("12345678901234567890123456789012345677")]
    assert good(spark, passing, "DECIMAL(38,0)", values, min=digits) == [Decimal(digits)]


def test_dates_and_times_are_bounded_by_texts(ansi: SparkSession, passing: Passing) -> None:
    dates = [datetime.date(2023, 12, 31), datetime.date(2024, 1, 1)]
    assert good(ansi, passing, "DATE", dates, min="2024-01-01") == dates[1:]
    times = [datetime.datetime(2024, 1, 1, 11, 59), datetime.datetime(2024, 1, 1, 12)]
    assert good(ansi, passing, "TIMESTAMP_NTZ", times, min="2024-01-01 12:00:00", max="2024-01-01T12:00:00") == times[1:]


@pytest.mark.parametrize(
    ("zone", "bound", "count"),
    [("UTC", "2024-01-01 12:00", 1), ("Asia/Tokyo", "2024-01-01 12:00", 2), ("Asia/Tokyo", "2024-01-01 12:00Z", 1)],
)
def test_a_time_without_a_zone_is_one_of_the_session(
    spark: SparkSession, passing: Passing, zone: str, bound: str, count: int
) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", zone)
    frame = session.sql("SELECT explode(array(timestamp '2024-01-01 03:30:00Z', timestamp '2024-01-01 12:00:00Z')) AS at")
    assert passing(build(InRangeCheck, column="at", min=bound), frame).count(True) == count


def test_texts_are_compared_as_texts_with_bounds_that_are_texts(spark: SparkSession, passing: Passing) -> None:
    assert good(spark, passing, "STRING", ["A", "M", "Z", "10", "é", None], min="10", max="Y") == ["A", "M", "10", None]
    assert good(spark, passing, "STRING", ["10", "9"], min="10", max="9") == ["10", "9"]


def test_texts_are_compared_as_numbers_with_bounds_that_are_numbers(ansi: SparkSession, passing: Passing) -> None:
    values = ["9", "10", " 5.5 ", "1e1", "-1", "ten", "", "NaN", "Infinity", "1d", "0x1", "9" * 400, None]
    assert good(ansi, passing, "STRING", values, min=0, max=10) == ["9", "10", " 5.5 ", "1e1", None]
    assert good(ansi, passing, "STRING", ["9", "-1", "x", None], min=0) == ["9", None]
    assert good(ansi, passing, "STRING", ["9", "-1", "x", None], min=0, max="8") == [None]


def test_a_number_may_be_written_as_a_text(spark: SparkSession, passing: Passing) -> None:
    assert good(spark, passing, "INT", [4, 5], min="5") == [5]


def test_a_field_of_a_struct_has_a_range(spark: SparkSession, passing: Passing) -> None:
    frame = spark.createDataFrame([((1,),), ((9,),), ((None,),), (None,)], "s STRUCT<x: INT>")
    assert passing(build(InRangeCheck, column="s.x", max=5), frame) == [True, False, True, True]


def test_an_empty_frame_has_no_bad_row(spark: SparkSession, passing: Passing) -> None:
    assert good(spark, passing, "INT", [], min=0) == []


@pytest.mark.parametrize(
    ("type_name", "bounds", "told"),
    [
        ("INT", {"min": "abc"}, "min is 'abc', and column 'the column' is int: it is no number."),
        ("INT", {"max": 3_000_000_000}, "it does not fit: the column holds -2147483648 to 2147483647."),
        ("TINYINT", {"min": "1e9999"}, "does not fit"),
        ("DECIMAL(5,2)", {"max": 1000}, "too many digits before the point"),
        ("FLOAT", {"max": 1e300}, "too large"),
        ("DOUBLE", {"max": "1e999"}, "too large"),
        ("DOUBLE", {"max": "NaN"}, "no number"),
        ("DATE", {"min": "abc"}, "it is no date. Write it like"),
        ("DATE", {"min": 5}, "no date"),
        ("DATE", {"min": "2024-02-30"}, "no date"),
        ("TIMESTAMP", {"min": "noon"}, "no time"),
        ("TIMESTAMP_NTZ", {"min": "2024-01-01 00:00Z"}, "has a time zone, which the column does not"),
        ("BOOLEAN", {"min": 0}, "is boolean, which has no range"),
        ("ARRAY<INT>", {"min": 0}, "cannot be compared with a column of type array<int>"),
        ("BINARY", {"min": "a"}, "cannot be compared with a column of type binary"),
        ("INT", {"min": "10", "max": "9"}, "No int lies between min = '10' and max = '9'"),
        ("INT", {"min": 0.2, "max": 0.8}, "No int lies between"),
    ],
)
def test_a_bound_that_the_column_cannot_hold_is_told_before_any_job(
    ansi: SparkSession, passing: Passing, type_name: str, bounds: dict[str, Any], told: str
) -> None:
    with pytest.raises((PpfError, ConfigError)) as caught:
        good(ansi, passing, type_name, [], **bounds)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({}, "Set at least one of them"),
        ({"min": 5, "max": 4}, "is 4, but min is 5: nothing lies between"),
        ({"min": "b", "max": "a"}, "is a, but min is b: nothing lies between"),
        ({"min": "2024-01-02", "max": "2024-01-01"}, "nothing lies between"),
        ({"min": 5, "max": "abc"}, "is 'abc', but the other bound is a number"),
        ({"min": [1]}, "must be a number, or a text in quotes"),
        ({"min": True}, "must be a number, or a text in quotes"),
        ({"min": {"a": 1}}, "must be a number, or a text in quotes"),
    ],
)
def test_bounds_that_make_no_sense_are_a_mistake(bounds: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(InRangeCheck, column="x", **bounds)
