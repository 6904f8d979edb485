from typing import Any

import pytest
from ppf_transforms.sort import SortTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def numbers(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(2, "a"), (None, "b"), (1, "c"), (2, "d")], "`a.n` INT, x STRING").repartition(3, "x")


def letters(spark: SparkSession, frame: DataFrame, *order: str, **options: Any) -> str:
    made = build(SortTransform, order_by=list(order), **options).transform(context(spark), {"in": frame})
    return "".join(row.x for row in made.collect())


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (("a.n", "x"), "bcad"),
        (("a.n DESC", "x desc"), "dacb"),
        (("a.n NULLS LAST", "x"), "cadb"),
        (("`a.n` % 2 desc nulls first", "x"), "bcad"),
        (("x",), "abcd"),
    ],
)
def test_rows_come_in_this_order(spark: SparkSession, numbers: DataFrame, order: tuple[str, ...], found: str) -> None:
    assert letters(spark, numbers, *order) == found


def test_partitions_can_be_sorted_each_by_itself(spark: SparkSession, numbers: DataFrame) -> None:
    made = build(SortTransform, order_by=["x DESC"], within_partitions=True).transform(context(spark), {"in": numbers})
    parts = made.rdd.glom().collect()
    assert made.rdd.getNumPartitions() == numbers.rdd.getNumPartitions()
    assert all([row.x for row in part] == sorted((row.x for row in part), reverse=True) for part in parts)


def test_what_is_wrong_is_told(spark: SparkSession, numbers: DataFrame) -> None:
    with pytest.raises(PpfError, match=r"order_by\[1\] is 'y', but there is no column 'y'"):
        letters(spark, numbers, "x", "y DESC")
    with pytest.raises(ConfigError, match="at least one column"):
        build(SortTransform, order_by=[])
