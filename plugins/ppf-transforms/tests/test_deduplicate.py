from typing import Any

import pytest
from ppf_transforms.deduplicate import DeduplicateTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def versions(spark: SparkSession) -> DataFrame:
    rows = [(1, 10, "a"), (1, 30, "b"), (1, None, "c"), (2, 5, "d"), (None, 1, "e"), (None, 2, "f")]
    return spark.createDataFrame(rows, "`the.key` INT, at INT, value STRING")


def kept(spark: SparkSession, frame: DataFrame, **options: Any) -> list[str]:
    frame = build(DeduplicateTransform, keys=["the.key"], **options).transform(context(spark), {"in": frame})
    assert frame.columns == ["the.key", "at", "value"]
    return sorted(row.value for row in frame.collect())


def test_the_last_row_of_the_order_stays(spark: SparkSession, versions: DataFrame) -> None:
    assert kept(spark, versions, order_by=["at"]) == ["b", "d", "f"]


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        ("at", ["c", "d", "e"]),
        ("at DESC", ["b", "d", "f"]),
        ("at asc nulls last", ["a", "d", "e"]),
        ("-at", ["c", "d", "f"]),
        ("coalesce(at, 100) desc", ["c", "d", "f"]),
    ],
)
def test_the_first_row_of_an_order_stays(spark: SparkSession, versions: DataFrame, entry: str, values: list[str]) -> None:
    assert kept(spark, versions, order_by=[entry], keep="first") == values


def test_the_last_of_an_order_is_the_first_of_its_reverse(spark: SparkSession, versions: DataFrame) -> None:
    assert kept(spark, versions, order_by=["at DESC NULLS FIRST"]) == kept(
        spark, versions, order_by=["at ASC NULLS LAST"], keep="first"
    )


def test_equal_rows_of_the_order_are_told_apart_by_the_other_columns(spark: SparkSession, versions: DataFrame) -> None:
    shuffled = versions.orderBy("value").repartition(5, "value")
    assert kept(spark, versions, order_by=["1"]) == kept(spark, shuffled, order_by=["1"])


def test_without_an_order_one_row_of_each_key_stays(spark: SparkSession, versions: DataFrame) -> None:
    assert len(kept(spark, versions)) == 3


def test_maps_do_not_stand_in_the_way(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, 1, {"a": 1}), (1, 2, {"b": 2})], "id INT, at INT, m MAP<STRING, INT>")
    last = build(DeduplicateTransform, keys=["id"], order_by=["at"]).transform(context(spark), {"in": frame})
    assert last.collect() == [(1, 2, {"b": 2})]


def test_an_unknown_key_gets_the_near_miss(spark: SparkSession, versions: DataFrame) -> None:
    with pytest.raises(PpfError, match=r"keys names 'valu', .*Did you mean 'value'\?"):
        build(DeduplicateTransform, keys=["valu"]).transform(context(spark), {"in": versions})


def test_an_unknown_column_in_the_order_is_told(spark: SparkSession, versions: DataFrame) -> None:
    with pytest.raises(PpfError, match=r"order_by\[1\] is 'att', but there is no column 'att'"):
        kept(spark, versions, order_by=["at", "att DESC"])


def test_no_keys_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="at least one column"):
        build(DeduplicateTransform, keys=[])
