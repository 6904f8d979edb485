from typing import Any

import pytest
from ppf_transforms.limit import LimitTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def numbers(spark: SparkSession) -> DataFrame:
    return spark.range(100).selectExpr("id % 10 AS n", "id AS x", "map(1, 1) AS m").repartition(5)


def kept(spark: SparkSession, frame: DataFrame, **options: Any) -> list[int]:
    return [row.x for row in build(LimitTransform, **options).transform(context(spark), {"in": frame}).collect()]


def test_some_rows_stay(spark: SparkSession, numbers: DataFrame) -> None:
    assert len(kept(spark, numbers, rows=7)) == 7
    assert kept(spark, numbers, rows=0) == []
    assert len(kept(spark, numbers, rows=1000)) == 100


def test_the_first_of_an_order_stay_and_the_other_columns_decide_among_equals(spark: SparkSession, numbers: DataFrame) -> None:
    assert kept(spark, numbers, rows=3, order_by=["n DESC"]) == [9, 19, 29]
    assert kept(spark, numbers.repartition(2, "x"), rows=3, order_by=["n DESC"], offset=2) == [29, 39, 49]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rows": -1}, "is -1, but is a number of rows"),
        ({"rows": 1, "offset": 1}, "needs order_by"),
        ({"rows": 2**31}, "more than"),
    ],
)
def test_options_that_make_no_sense_are_mistakes(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(LimitTransform, **options)


def test_an_unknown_column_is_told(spark: SparkSession, numbers: DataFrame) -> None:
    with pytest.raises(PpfError, match=r"order_by\[0\] is 'y', but there is no column 'y'"):
        kept(spark, numbers, rows=1, order_by=["y"])
