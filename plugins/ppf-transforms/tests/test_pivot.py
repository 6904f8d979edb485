from typing import Any

import pytest
from ppf_transforms.pivot import PivotTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def sales(spark: SparkSession) -> DataFrame:
    rows = [(2024, 1, "a", 10), (2024, 1, "a", 5), (2024, 2, None, 7), (2025, 2, "b", 1), (2025, 9, "b", 100)]
    return spark.createDataFrame(rows, "year INT, quarter BIGINT, `sh.op` STRING, amount INT").withColumn(
        "price", priced("1.10")
    )


def priced(text: str) -> Any:
    from pyspark.sql import functions

    return functions.lit(text).cast("decimal(5,2)")


def pivoted(spark: SparkSession, frame: DataFrame, **options: Any) -> DataFrame:
    return build(PivotTransform, **options).transform(context(spark), {"in": frame})


def test_one_metric_gives_columns_called_as_the_values(spark: SparkSession, sales: DataFrame) -> None:
    frame = pivoted(
        spark, sales, group_by=["year"], column="quarter", values=[2, 1, 3], metrics={"amount": "sum(amount)"}
    ).orderBy("year")
    assert frame.columns == ["year", "2", "1", "3"]
    assert frame.collect() == [(2024, 7, 15, None), (2025, 1, None, None)]


def test_several_metrics_give_columns_for_each_value(spark: SparkSession, sales: DataFrame) -> None:
    metrics = {"n": "count(*)", "sum": "sum(amount) / 1"}
    frame = pivoted(spark, sales, group_by=[], column="sh.op", values=["a", None], metrics=metrics)
    assert (frame.columns, frame.collect()) == (["a_n", "a_sum", "null_n", "null_sum"], [(2, 15.0, 1, 7.0)])


def test_values_have_the_type_of_the_column(spark: SparkSession, sales: DataFrame) -> None:
    frame = pivoted(spark, sales, group_by=["year + 1 AS next"], column="price", values=[1.1], metrics={"n": "count(*)"})
    assert sorted(frame.collect()) == [(2025, 3), (2026, 2)]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"values": ["x"]}, "values[0] is 'x', which is no bigint"),
        ({"column": "quartr"}, "Did you mean 'quarter'?"),
        ({"metrics": {"m": "sum(amont)"}}, "metrics.m is 'sum(amont)', but there is no column 'amont'"),
        ({"group_by": ["yer"]}, "group_by[0] is 'yer', but there is no column 'yer'"),
        ({"group_by": ["year", "quarter AS `1`"]}, "columns of one name"),
    ],
)
def test_what_does_not_fit_the_input_is_told(spark: SparkSession, sales: DataFrame, options: dict[str, Any], told: str) -> None:
    given = {"group_by": ["year"], "column": "quarter", "values": [1], "metrics": {"m": "sum(amount)"}} | options
    with pytest.raises(PpfError) as caught:
        pivoted(spark, sales, **given)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("values", "metrics", "told"),
    [([], {"m": "count(*)"}, "at least one value"), ([1, 1], {"m": "count(*)"}, "is 1 again"), ([1], {}, "at least one")],
)
def test_options_that_make_no_sense_are_mistakes(values: list[Any], metrics: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(PivotTransform, group_by=[], column="x", values=values, metrics=metrics)
