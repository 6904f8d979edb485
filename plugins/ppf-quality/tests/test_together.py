"""What the kernel does with all checks of a component at once."""

import time
from importlib.metadata import entry_points
from typing import Any

import pytest
from ppf_quality.completeness import CompletenessCheck
from ppf_quality.distinct_count import DistinctCountCheck
from ppf_quality.expression import ExpressionCheck
from ppf_quality.freshness import FreshnessCheck
from ppf_quality.in_range import InRangeCheck
from ppf_quality.in_set import InSetCheck
from ppf_quality.length import LengthCheck
from ppf_quality.matches import MatchesCheck
from ppf_quality.not_null import NotNullCheck
from ppf_quality.row_count import RowCountCheck
from ppf_quality.statistic import StatisticCheck
from pyhocon import ConfigFactory
from pyspark.sql import Observation, SparkSession, functions

from ppf_core import AggregateCheck, Columns, Plugin, RowCheck
from ppf_core.testing import build

CHECKS: list[type[Plugin[Any]]] = [
    entry.load() for entry in entry_points(group="ppf.checks") if entry.dist.name == "ppf-quality"
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_example_can_be_built(check: type[Plugin[Any]]) -> None:
    for example in check.examples:
        build(check, **ConfigFactory.parse_string(example).as_plain_ordered_dict())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_check_works_over_spark_connect(check: type[Plugin[Any]]) -> None:
    assert {"classic", "connect"} == check.supports


def test_the_metrics_of_all_aggregate_checks_can_ride_on_a_write(spark: SparkSession) -> None:
    functions_of = [build(StatisticCheck, column="d", function=each, min=0) for each in ("mean", "min", "max", "sum", "stddev")]
    checks: list[AggregateCheck[Any]] = [
        build(RowCountCheck, min=1),
        build(CompletenessCheck, column="id", min_ratio=1),
        build(DistinctCountCheck, column="id", min=8),
        build(FreshnessCheck, column="at", max_age="1 hour"),
        build(StatisticCheck, column="id", function="sum", min=45, max=45),
        *functions_of,
    ]
    frame = spark.range(10).selectExpr("id", "CAST(id AS DOUBLE) AS d", "now() AS at")
    metrics = {
        f"{index}.{name}": column
        for index, check in enumerate(checks)
        for name, column in check.metrics(Columns(frame)).items()
    }
    observation = Observation()
    frame.observe(observation, *[column.alias(name) for name, column in metrics.items()]).write.format("noop").mode(
        "overwrite"
    ).save()
    found = observation.get
    for index, check in enumerate(checks):
        values = {name.partition(".")[2]: value for name, value in found.items() if name.startswith(f"{index}.")}
        assert check.judge(values).passed


def test_200_row_checks_are_planned_in_a_second_or_two(spark: SparkSession) -> None:
    frame = spark.range(1000).selectExpr("id", "CAST(id AS STRING) AS s", "id / 3 AS d", "current_date() AS day")
    kinds: list[RowCheck[Any]] = [
        build(NotNullCheck, columns=["id", "s"]),
        build(InRangeCheck, column="d", min=0, max=1e9),
        build(InSetCheck, column="s", values=[str(number) for number in range(1000)]),
        build(MatchesCheck, column="s", pattern="^[0-9]+$"),
        build(LengthCheck, column="s", min=1, max=9),
        build(ExpressionCheck, sql="d >= 0"),
        build(InRangeCheck, column="day", min="2020-01-01"),
        build(InRangeCheck, column="s", min=0),
    ]
    began = time.monotonic()
    columns = Columns(frame)
    passes = [kinds[index % len(kinds)].passes(columns) for index in range(200)]
    assert time.monotonic() - began < 10
    bad = [functions.sum(functions.when(functions.coalesce(each, functions.lit(True)), 0).otherwise(1)) for each in passes[:40]]
    assert set(frame.agg(*bad).collect()[0]) == {0}
