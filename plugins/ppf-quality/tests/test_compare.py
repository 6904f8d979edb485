from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from ppf_quality.compare import CompareCheck
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError, Verdict
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Judging = Callable[..., Verdict]
SCHEMA = "`the id` INT, day STRING, amount DOUBLE, price DECIMAL(30,18), tags ARRAY<STRING>"
NAN = float("nan")


@pytest.fixture(scope="module")
def ledger(spark: SparkSession) -> DataFrame:
    rows = [(1, "a", 1.5, Decimal("1.1"), ["x"]), (2, "a", NAN, None, None), (None, "b", None, Decimal("2.2"), [])]
    return spark.createDataFrame(rows, SCHEMA)


def compared(judging: Judging, frame: DataFrame, ledger: DataFrame, **options: Any) -> Verdict:
    return judging(build(CompareCheck, **({"with": "ledger", "keys": ["the id", "day"]} | options)), frame, ledger=ledger)


def test_equal_rows_pass_whatever_their_order_and_null_and_nan_are_values(judging: Judging, ledger: DataFrame) -> None:
    other = ledger.select("tags", "price", "amount", "day", "`the id`").orderBy("amount")
    assert compared(judging, ledger, other) == Verdict(True, failed=0, evaluated=3)


def test_every_kind_of_difference_is_counted_and_told(spark: SparkSession, judging: Judging, ledger: DataFrame) -> None:
    rows = [(1, "a", 1.6, Decimal("1.1"), ["y"]), (None, "b", None, Decimal("2.3"), []), (3, "c", 1.0, None, None)]
    found = compared(judging, spark.createDataFrame(rows, SCHEMA), ledger)
    told = (
        "1 keys of 'ledger' are missing; 1 keys are not in 'ledger'; 2 keys have other values (amount: 1, price: 1, tags: 1)."
    )
    assert found == Verdict(False, failed=4, evaluated=4, message=told)


def test_a_key_that_is_there_twice_is_bad(judging: Judging, ledger: DataFrame) -> None:
    for one, other in ((ledger.union(ledger.limit(1)), ledger), (ledger, ledger.union(ledger.limit(1)))):
        found = compared(judging, one, other)
        assert (found.failed, found.evaluated, found.message) == (1, 3, "1 keys are there more than once.")


@pytest.mark.parametrize(
    ("change", "tolerance", "failed"),
    [
        ("amount + 0.005", "0.01", 0),
        ("amount + 0.02", "0.01", 1),
        ("amount", "0", 0),
        ("if(`the id` = 1, NULL, amount)", "0.01", 1),
    ],
)
def test_numbers_may_lie_apart_as_far_as_the_tolerance_says(
    judging: Judging, ledger: DataFrame, change: str, tolerance: str, failed: int
) -> None:
    frame = ledger.selectExpr("`the id`", "day", f"{change} AS amount", "price", "tags")
    assert compared(judging, frame, ledger, tolerance=tolerance).failed == failed


def test_decimals_are_compared_with_all_their_digits(judging: Judging, ledger: DataFrame) -> None:
    frame = ledger.selectExpr(
        "`the id`", "day", "CAST(price + CAST('0.000000000000000002' AS DECIMAL(30,18)) AS DECIMAL(30,18)) AS price"
    )
    assert compared(judging, frame, ledger, columns=["price"], tolerance="0.000000000000000002").failed == 0
    assert compared(judging, frame, ledger, columns=["price"], tolerance="0.000000000000000001").failed == 2


def test_two_empty_frames_are_equal(judging: Judging, ledger: DataFrame) -> None:
    assert compared(judging, ledger.limit(0), ledger.limit(0)) == Verdict(True, failed=0, evaluated=0)
    assert compared(judging, ledger.limit(0), ledger).failed == 3


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"keys": ["id"]}, "There is no column 'id'"),
        ({"columns": ["amont"]}, "Did you mean 'amount'"),
    ],
)
def test_unknown_columns_are_told(judging: Judging, ledger: DataFrame, options: dict[str, Any], told: str) -> None:
    with pytest.raises(KeyError) as caught:
        compared(judging, ledger, ledger, **options)
    assert told in caught.value.args[0]


def test_columns_that_the_other_does_not_have_or_has_in_another_type_are_told(judging: Judging, ledger: DataFrame) -> None:
    with pytest.raises(PpfError, match="columns does not fit 'ledger': There is no column 'tags'"):
        compared(judging, ledger, ledger.drop("tags"))
    with pytest.raises(PpfError, match="Column 'amount' is double, but 'amount' of 'ledger' is string"):
        compared(judging, ledger, ledger.selectExpr("*", "1").withColumn("amount", ledger.amount.cast("string")))
    maps = ledger.selectExpr("`the id`", "day", "map(1, 2) AS m")
    with pytest.raises(PpfError, match="Column 'm' is map<int,int>, which Spark does not compare"):
        compared(judging, maps, maps)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"keys": []}, "must name at least one column"),
        ({"keys": ["a"], "columns": ["a"]}, "which is among keys as well"),
        ({"keys": ["a"], "tolerance": -1}, "a distance is never negative"),
    ],
)
def test_options_that_make_no_sense_are_mistakes(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(CompareCheck, **{"with": "x"}, **options)


def test_whole_numbers_lie_apart_as_they_do_also_beyond_what_a_double_tells(spark: SparkSession, judging: Judging) -> None:
    largest = 2**63 - 1
    frame = spark.createDataFrame([(1, 2**53 + 1), (2, -largest), (3, 5), (4, None)], "id INT, n BIGINT")
    ledger = spark.createDataFrame([(1, 2**53), (2, largest), (3, 6), (4, None)], "id INT, n BIGINT")
    for tolerance, failed in ((0.5, 3), (1, 1)):
        check = build(CompareCheck, **{"with": "ledger"}, keys=["id"], tolerance=tolerance)
        assert judging(check, frame, ledger=ledger).failed == failed
