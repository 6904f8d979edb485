from collections.abc import Mapping
from typing import Any

import pytest
from ppf_transforms.join import JoinTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def inputs(spark: SparkSession) -> Mapping[str, DataFrame]:
    return {
        "flights": spark.createDataFrame([("N1", "JFK"), ("N2", "LGA")], "`tail.num` STRING, dest STRING"),
        "plane-list": spark.createDataFrame([("N1", 4), ("N3", 2)], "`tail.num` STRING, seats INT"),
    }


def joined(spark: SparkSession, inputs: Mapping[str, DataFrame], **options: Any) -> DataFrame:
    return build(JoinTransform, left="flights", right="plane-list", **options).transform(context(spark), inputs)


def test_a_key_column_is_there_once(spark: SparkSession, inputs: Mapping[str, DataFrame]) -> None:
    frame = joined(spark, inputs, on=["tail.num"])
    assert (frame.columns, frame.collect()) == (["tail.num", "dest", "seats"], [("N1", "JFK", 4)])


def test_a_full_join_keeps_the_key_of_either_side(spark: SparkSession, inputs: Mapping[str, DataFrame]) -> None:
    frame = joined(spark, inputs, on="tail.num", how="full")
    assert sorted(row["tail.num"] for row in frame.collect()) == ["N1", "N2", "N3"]


@pytest.mark.parametrize(("how", "rows"), [("left", 2), ("right", 2), ("semi", 1), ("anti", 1), ("outer", 3)])
def test_every_kind_of_join_is_sparks(spark: SparkSession, inputs: Mapping[str, DataFrame], how: str, rows: int) -> None:
    assert joined(spark, inputs, on=["tail.num"], how=how).count() == rows


def test_a_condition_names_columns_by_their_inputs(spark: SparkSession) -> None:
    people = spark.createDataFrame([(1, None), (2, 1)], "id INT, boss INT")
    inputs = {"worker": people, "the-boss": people.toDF("boss_id", "bosses_boss")}
    transform = build(JoinTransform, left="worker", right="the-boss", on="worker.boss = `the-boss`.boss_id")
    assert [row.id for row in transform.transform(context(spark), inputs).collect()] == [2]


def test_a_cross_join_needs_no_condition(spark: SparkSession, inputs: Mapping[str, DataFrame]) -> None:
    right = inputs["plane-list"].select("seats")
    for options in ({}, {"on": ""}, {"on": []}):
        assert joined(spark, {**inputs, "plane-list": right}, how="cross", **options).count() == 4


def test_an_unknown_input_gets_the_near_miss(spark: SparkSession, inputs: Mapping[str, DataFrame]) -> None:
    with pytest.raises(PpfError, match=r"left names 'fligths', .*Did you mean 'flights'\?"):
        build(JoinTransform, left="fligths", right="plane-list", on=["x"]).transform(context(spark), inputs)


def test_a_key_that_one_side_does_not_have_is_told_with_the_side(spark: SparkSession, inputs: Mapping[str, DataFrame]) -> None:
    with pytest.raises(PpfError, match="on names 'dest', which is no column of the input 'plane-list'"):
        joined(spark, inputs, on=["dest"])


def test_an_unknown_column_in_a_condition_is_told(spark: SparkSession, inputs: Mapping[str, DataFrame]) -> None:
    with pytest.raises(PpfError, match=r"there is no column 'flights\.destt'\. Did you mean 'flights\.dest'\?"):
        joined(spark, inputs, on="flights.destt = seats")


def test_columns_that_both_sides_have_are_refused(spark: SparkSession, inputs: Mapping[str, DataFrame]) -> None:
    with pytest.raises(PpfError, match=r"columns of one name: 'tail\.num', 'tail\.num'"):
        joined(spark, inputs, on="dest = string(seats)")


@pytest.mark.parametrize(
    "options", [{}, {"on": ["a"], "how": "cross"}, {"on": ["a"], "right": "flights"}, {"on": ["a"], "how": "lef"}]
)
def test_contradictions_are_mistakes_of_the_file(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        build(JoinTransform, **{"left": "flights", "right": "planes", **options})
