import datetime
from decimal import Decimal
from typing import Any

import pytest
from ppf_transforms.fill import FillTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def filled(spark: SparkSession, frame: DataFrame, **options: Any) -> list[tuple[Any, ...]]:
    made = build(FillTransform, **options).transform(context(spark), {"in": frame})
    assert made.dtypes == frame.dtypes
    return sorted((tuple(row) for row in made.collect()), key=str)


@pytest.mark.parametrize(
    ("type_name", "value", "found"),
    [
        ("STRING", 1.5, "1.5"),
        ("INT", "7", 7),
        ("DECIMAL(5,2)", 1.5, Decimal("1.50")),
        ("DOUBLE", 1, 1.0),
        ("BOOLEAN", True, True),
        ("DATE", "2024-02-29", datetime.date(2024, 2, 29)),
    ],
)
def test_null_becomes_a_value_of_the_type(spark: SparkSession, type_name: str, value: Any, found: Any) -> None:
    frame = spark.createDataFrame([(None,)], f"`a.b` {type_name}")
    assert filled(spark, frame, values={"a.b": value}) == [(found,)]


@pytest.mark.parametrize(
    ("type_name", "value"),
    [("INT", 1.5), ("TINYINT", 200), ("DECIMAL(3,2)", 10), ("DATE", "x"), ("BOOLEAN", "x"), ("ARRAY<INT>", 1), ("INT", "x")],
)
def test_a_value_that_does_not_fit_the_column_is_told_before_the_run(spark: SparkSession, type_name: str, value: Any) -> None:
    with pytest.raises(PpfError, match=r"values\.a is .*, which is no"):
        filled(spark, spark.createDataFrame([], f"a {type_name}"), values={"a": value})


@pytest.fixture(scope="module")
def prices(spark: SparkSession) -> DataFrame:
    rows = [("x", 1, None, 1.0), ("x", 2, 5, float("nan")), ("x", 3, None, None), ("y", 1, None, None), ("y", 2, 7, 2.0)]
    return spark.createDataFrame(rows, "item STRING, day INT, price INT, rate DOUBLE")


def test_neighbours_fill_what_is_missing(spark: SparkSession, prices: DataFrame) -> None:
    frame = prices.drop("rate")
    order: dict[str, Any] = {"partition_by": ["item"], "order_by": ["day"]}
    previous = [("x", 1, None), ("x", 2, 5), ("x", 3, 5), ("y", 1, None), ("y", 2, 7)]
    assert filled(spark, frame, previous=["price"], **order) == sorted(previous, key=str)
    following = [("x", 1, 5), ("x", 2, 5), ("x", 3, None), ("y", 1, 7), ("y", 2, 7)]
    assert filled(spark, frame, next=["price"], **order) == sorted(following, key=str)
    both = filled(spark, frame, previous=["price"], values={"price": 0}, **order)
    assert both == sorted([(*row[:2], 0 if row[2] is None else row[2]) for row in previous], key=str)


def test_the_order_may_go_down(spark: SparkSession, prices: DataFrame) -> None:
    down = filled(spark, prices.drop("rate"), previous=["price"], partition_by=["item"], order_by=["day DESC"])
    assert ("x", 1, 5) in down


def test_nan_is_a_value_unless_it_is_to_be_filled(spark: SparkSession, prices: DataFrame) -> None:
    rates = prices.select("day", "rate").filter("item = 'x'")
    assert [str(row[1]) for row in filled(spark, rates, values={"rate": 9})] == ["1.0", "nan", "9.0"]
    assert [row[1] for row in filled(spark, rates, values={"rate": 9}, nan=True)] == [1.0, 9.0, 9.0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "Set at least one of them"),
        ({"previous": ["a"]}, "without an order no row is before"),
        ({"previous": ["a"], "next": ["a"], "order_by": ["b"]}, "which previous names as well"),
        ({"values": {"a": [1]}}, "must be a number, a text or a boolean"),
    ],
)
def test_options_that_make_no_sense_are_mistakes(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(FillTransform, **options)


def test_unknown_columns_are_told(spark: SparkSession, prices: DataFrame) -> None:
    with pytest.raises(PpfError, match=r"values names 'prize', which is no column of the input. Did you mean 'price'"):
        filled(spark, prices, values={"prize": 1})
    with pytest.raises(PpfError, match=r"order_by\[0\] is 'dai', but there is no column 'dai'"):
        filled(spark, prices, previous=["price"], order_by=["dai"])
