from collections import Counter
from typing import Any

import pytest
from ppf_transforms.sample import SampleTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def people(spark: SparkSession) -> DataFrame:
    return spark.range(20_000).selectExpr(
        "id", "id % 100 AS `cust.omer`", "if(id % 2 = 0, 'CH', 'DE') AS country", "map(1, 2) AS m"
    )


def chosen(spark: SparkSession, frame: DataFrame, **options: Any) -> list[int]:
    made = build(SampleTransform, **options).transform(context(spark), {"in": frame})
    assert made.columns == frame.columns
    return sorted(row.id for row in made.collect())


def test_the_share_is_about_right_and_the_rows_are_always_the_same(spark: SparkSession, people: DataFrame) -> None:
    first = chosen(spark, people, fraction=0.1)
    assert 1800 < len(first) < 2200
    assert chosen(spark, people.repartition(7).orderBy("country"), fraction=0.1) == first
    assert chosen(spark, people, fraction=0.1, seed=1) != first
    assert (chosen(spark, people, fraction=0.0), len(chosen(spark, people, fraction=1.0))) == ([], 20_000)


def test_rows_that_belong_together_are_chosen_together(spark: SparkSession, people: DataFrame) -> None:
    counts = Counter(number % 100 for number in chosen(spark, people, fraction=0.3, by=["cust.omer"]))
    assert 15 < len(counts) < 45
    assert set(counts.values()) == {200}


def test_values_may_have_shares_of_their_own(spark: SparkSession, people: DataFrame) -> None:
    found = chosen(spark, people, column="country", fractions={"CH": 1.0}, fraction=0.1)
    assert sum(number % 2 == 0 for number in found) == 10_000
    assert 900 < sum(number % 2 for number in found) < 1100
    assert all(number % 2 for number in chosen(spark, people, column="country", fractions={"DE": 0.5}))


@pytest.mark.parametrize("mean", [0.5, 2.0])
def test_with_replacement_rows_come_as_often_as_poisson_says(spark: SparkSession, people: DataFrame, mean: float) -> None:
    found = chosen(spark, people, fraction=mean, with_replacement=True)
    counts = Counter(found)
    assert abs(len(found) / 20_000 - mean) < 0.05 * mean + 0.01
    variance = sum((counts[number] - mean) ** 2 for number in range(20_000)) / 20_000
    assert abs(variance - mean) < 0.1 * mean
    assert chosen(spark, people.repartition(3), fraction=mean, with_replacement=True) == found


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "Set at least one of them"),
        ({"fraction": 1.5}, "must be between 0 and 1"),
        ({"fraction": -1, "with_replacement": True}, "must be at least 0"),
        ({"fractions": {"a": 0.5}}, "go together"),
        ({"fraction": 0.5, "column": "a"}, "go together"),
    ],
)
def test_options_that_make_no_sense_are_mistakes(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(SampleTransform, **options)


def test_what_does_not_fit_the_input_is_told(spark: SparkSession, people: DataFrame) -> None:
    with pytest.raises(PpfError, match="by names 'm', which is map<int,int>: Spark makes no hash of it"):
        chosen(spark, people, fraction=0.5, by=["m"])
    with pytest.raises(PpfError, match="by names 'customer', which is no column"):
        chosen(spark, people, fraction=0.5, by=["customer"])
    with pytest.raises(PpfError, match=r"fractions\.x is 'x', which is no bigint"):
        chosen(spark, people, column="id", fractions={"x": 0.5})
