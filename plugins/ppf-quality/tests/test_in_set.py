import datetime
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyspark
import pytest
from ppf_quality.in_set import InSetCheck
from pyspark.sql import DataFrame, SparkSession, functions

from ppf_core import Columns, PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build

NAN = float("nan")
MANY = 100_000
Passing = Callable[..., list[bool]]


def good(spark: SparkSession, passing: Passing, type_name: str, rows: list[Any], values: list[Any]) -> list[Any]:
    """The rows that pass, with the values as they are and padded to very many."""
    frame = spark.createDataFrame([(row,) for row in rows], f"`the column` {type_name}")
    few = passing(build(InSetCheck, column="the column", values=values), frame)
    many = passing(build(InSetCheck, column="the column", values=padded(type_name, values)), frame)
    assert few == many
    return [row for row, is_good in zip(rows, few, strict=True) if is_good]


def padded(type_name: str, values: list[Any]) -> list[Any]:
    """The values among 300 more of their type."""
    if type_name == "BOOLEAN":
        return values * 200
    if "DATE" in type_name or "TIME" in type_name:
        return [*values, *[f"1999-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(300)]]
    numbers = type_name not in ("STRING", "TINYINT")
    return [*values, *[number + 1000 if numbers else f"{number} more" for number in range(300)]] if numbers else values


def test_null_passes_and_what_is_not_listed_is_bad(ansi: SparkSession, passing: Passing) -> None:
    assert good(ansi, passing, "STRING", ["a", "b", "A", " a", "", None], ["a", "", "ü"]) == ["a", "", None]


@pytest.mark.parametrize("type_name", ["SMALLINT", "INT", "BIGINT"])
def test_whole_numbers(ansi: SparkSession, passing: Passing, type_name: str) -> None:
    assert good(ansi, passing, type_name, [1, -2, 3, None], [1, "-2", 4.0]) == [1, -2, None]


def test_the_ends_of_a_long(ansi: SparkSession, passing: Passing) -> None:
    ends = [2**63 - 1, -(2**63)]
    assert good(ansi, passing, "BIGINT", [*ends, 2**53 + 1, 0], [*ends, 2**53]) == ends


@pytest.mark.parametrize("type_name", ["FLOAT", "DOUBLE"])
def test_fractions(ansi: SparkSession, passing: Passing, type_name: str) -> None:
    rows = [0.1, -0.0, 1e38, -1.5, NAN, float("inf"), -float("inf"), None]
    assert good(ansi, passing, type_name, rows, [0.1, 0, "1e38", -1.5]) == [0.1, -0.0, 1e38, -1.5, None]


def test_decimals(ansi: SparkSession, passing: Passing) -> None:
    rows = [Decimal("1.10"), Decimal("-0.01"), Decimal("2.00"), Decimal("3.00"), None]
    wanted = [Decimal("1.10"), Decimal("-0.01"), Decimal("2.00"), None]
    assert good(ansi, passing, "DECIMAL(6,2)", rows, ["1.1", -0.01, 2]) == wanted


def test_the_longest_decimals(ansi: SparkSession, passing: Passing) -> None:
    digits = "12345678901234567890123456789012345678"
    rows = [Decimal(digits), Decimal("-" + digits), Decimal("12345678901234567890123456789012345677")]
    assert good(ansi, passing, "DECIMAL(38,0)", rows, [digits, "-" + digits]) == rows[:2]


def test_dates_and_times(ansi: SparkSession, passing: Passing) -> None:
    dates = [datetime.date(2024, 2, 29), datetime.date(2024, 3, 1), datetime.date(1, 1, 1), None]
    assert good(ansi, passing, "DATE", dates, ["2024-02-29", "0001-01-01"]) == [dates[0], dates[2], None]
    times = [datetime.datetime(2024, 2, 29, 12, 0, 0, 500_000), datetime.datetime(2024, 3, 1), None]
    assert good(ansi, passing, "TIMESTAMP_NTZ", times, ["2024-02-29T12:00:00.5"]) == [times[0], None]


@pytest.mark.parametrize(
    ("zone", "passed"),
    [("UTC", [True, True, False]), ("Asia/Tokyo", [True, False, True])],
)
def test_times_without_a_zone_are_those_of_the_session(
    spark: SparkSession, passing: Passing, zone: str, passed: list[bool]
) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", zone)
    texts = ", ".join(
        f"timestamp '{text}Z'" for text in ("2024-01-01 00:00:00.25", "2024-01-01 12:00:00", "2024-01-01 03:00:00")
    )
    frame = session.sql(f"SELECT explode(array({texts})) AS at")
    values = ["2024-01-01T00:00:00.25Z", "2024-01-01 12:00:00"]
    assert passing(build(InSetCheck, column="at", values=values), frame) == passed
    assert passing(build(InSetCheck, column="at", values=padded("TIMESTAMP", values)), frame) == passed
    moments = [f"2030-01-01T00:00:{second:02}.{tenth}Z" for second in range(60) for tenth in range(10)]
    assert passing(build(InSetCheck, column="at", values=[values[0], *moments]), frame) == [True, False, False]


def test_booleans(ansi: SparkSession, passing: Passing) -> None:
    assert good(ansi, passing, "BOOLEAN", [True, False, None], [True]) == [True, None]


def test_a_number_in_the_list_is_a_text_where_the_column_is_one(spark: SparkSession, passing: Passing) -> None:
    assert good(spark, passing, "STRING", ["1", "01", "true"], [1, True]) == ["1", "true"]


def test_values_are_never_read_as_sql_or_json(spark: SparkSession, passing: Passing) -> None:
    rows = ["x') OR ('1'='1", "it's", 'say "x"', "back\\slash", "a\nb", "☃", "]", "\u0000", "other"]
    frame = spark.createDataFrame([(row,) for row in rows], "c STRING")
    for further in (0, 300):
        values = [*rows[:-1], *[f"{number} more" for number in range(further)]]
        assert passing(build(InSetCheck, column="c", values=values), frame) == [True] * 8 + [False]


@pytest.mark.skipif(pyspark.__version__.startswith("3."), reason="Spark 3.5 has no collations")
def test_texts_of_a_collation_are_equal_as_it_says(spark: SparkSession, passing: Passing) -> None:
    frame = spark.sql("SELECT 'ABC' COLLATE UTF8_LCASE AS c")
    values = ["abc", *[f"{number} more" for number in range(300)]]
    assert passing(build(InSetCheck, column="c", values=values), frame) == [True]


def _planned(frame: DataFrame, check: InSetCheck) -> DataFrame:
    passes = functions.coalesce(check.passes(Columns(frame)), functions.lit(True))
    return frame.select(functions.sum(functions.when(passes, 0).otherwise(1)))


@pytest.mark.parametrize(
    ("column", "values"),
    [("s", [f"v{number}" for number in range(MANY)]), ("id", list(range(MANY))), ("d", [n / 4 for n in range(MANY)])],
)
def test_a_set_of_100_000_values_is_planned_and_run_in_seconds(spark: SparkSession, column: str, values: list[Any]) -> None:
    frame = spark.range(200_000).selectExpr("id", "concat('v', id) AS s", "CAST(id / 4 AS DECIMAL(12,2)) AS d")
    began = time.monotonic()
    rows = _planned(frame, build(InSetCheck, column=column, values=values)).collect()
    assert rows[0][0] == 100_000
    assert time.monotonic() - began < 10  # an IN-list of so many literals took over 20 to build


@pytest.mark.parametrize(
    ("type_name", "values", "told"),
    [
        ("INT", [1, "two", "3.5"], "values[1] is 'two', which is no number. values[2] is '3.5', which is no whole number."),
        ("INT", ["a"] * 9, "So are 4 more."),
        ("INT", [2**40], "does not fit: the column holds -2147483648 to 2147483647"),
        ("DECIMAL(4,2)", ["1.234"], "too many digits after the point"),
        ("DATE", ["2024-13-01"], "is no date"),
        ("BOOLEAN", ["maybe"], "is neither true nor false"),
        ("ARRAY<INT>", [1], "cannot be compared with a column of type array<int>"),
    ],
)
def test_values_of_the_wrong_type_are_told_before_any_job(
    ansi: SparkSession, passing: Passing, type_name: str, values: list[Any], told: str
) -> None:
    frame = ansi.createDataFrame([], f"x {type_name}")
    with pytest.raises((PpfError, ConfigError)) as caught:
        passing(build(InSetCheck, column="x", values=values), frame)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([], "must hold at least one value"),
        ([None], "is null. NULL passes anyway"),
        ([["a"]], "must be a number, a text or a boolean"),
        ([{"a": 1}], "must be a number, a text or a boolean"),
        ([1.5, "abc"], "is 'abc', but other values are numbers"),
    ],
)
def test_values_that_no_column_can_hold_are_a_mistake(values: list[Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(InSetCheck, column="x", values=values)
