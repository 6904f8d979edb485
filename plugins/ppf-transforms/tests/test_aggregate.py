import pytest
from ppf_transforms.aggregate import AggregateTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def delays(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("AA", 10), ("AA", 20), ("UA", 5)], "`the carrier` STRING, delay INT")


def test_each_group_is_one_row(spark: SparkSession, delays: DataFrame) -> None:
    transform = build(AggregateTransform, group_by=["the carrier"], metrics={"flights": "count(*)", "mean": "avg(delay)"})
    frame = transform.transform(context(spark), {"in": delays})
    assert frame.columns == ["the carrier", "flights", "mean"]
    assert sorted(frame.collect()) == [("AA", 2, 15.0), ("UA", 1, 5.0)]


def test_groups_may_be_expressions(spark: SparkSession, delays: DataFrame) -> None:
    transform = build(AggregateTransform, group_by=["delay > 7 AS late"], metrics={"n": "count(*)"})
    assert sorted(transform.transform(context(spark), {"in": delays}).collect()) == [(False, 1), (True, 2)]


def test_no_groups_give_one_row(spark: SparkSession, delays: DataFrame) -> None:
    transform = build(AggregateTransform, group_by=[], metrics={"most": "max(delay)"})
    assert transform.transform(context(spark), {"in": delays}).collect() == [(20,)]


@pytest.mark.parametrize(
    ("group_by", "metric", "told"),
    [
        (["carier"], "count(*)", "group_by[0] is 'carier', but there is no column 'carier'"),
        ([], "max(dellay)", "metrics.m is 'max(dellay)', but there is no column 'dellay'. Did you mean 'delay'?"),
        ([], "max(delay", "Spark does not accept metrics.m, which is 'max(delay': "),
        (["the carrier"], "delay", "Spark does not accept metrics.m, which is 'delay': [MISSING_AGGREGATION]"),
    ],
)
def test_the_option_that_is_to_blame_is_named(
    spark: SparkSession, delays: DataFrame, group_by: list[str], metric: str, told: str
) -> None:
    transform = build(AggregateTransform, group_by=group_by, metrics={"sound": "sum(delay)", "m": metric})
    with pytest.raises(PpfError) as caught:
        transform.transform(context(spark), {"in": delays})
    assert told in str(caught.value)


def test_a_metric_with_the_name_of_a_group_is_refused(spark: SparkSession, delays: DataFrame) -> None:
    transform = build(AggregateTransform, group_by=["delay"], metrics={"Delay": "count(*)"})
    with pytest.raises(PpfError, match="columns of one name: 'delay', 'Delay'"):
        transform.transform(context(spark), {"in": delays})


def test_no_metrics_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="at least one"):
        build(AggregateTransform, group_by=["a"], metrics={})
