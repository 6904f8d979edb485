import pytest
from ppf_transforms.union import UnionTransform
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def test_columns_match_by_name_in_any_order_and_duplicates_stay(spark: SparkSession) -> None:
    inputs = {
        "a": spark.createDataFrame([(1, "x")], "id INT, v STRING"),
        "b": spark.createDataFrame([("x", 1)], "V STRING, id INT"),
    }
    frame = build(UnionTransform).transform(context(spark), inputs)
    assert (frame.columns, frame.collect()) == (["id", "v"], [(1, "x"), (1, "x")])


def test_a_missing_column_is_null_if_allowed(spark: SparkSession) -> None:
    inputs = {"a": spark.createDataFrame([(1, "x")], "id INT, v STRING"), "b": spark.createDataFrame([(2,)], "id INT")}
    assert build(UnionTransform, allow_missing=True).transform(context(spark), inputs).collect() == [(1, "x"), (2, None)]


def test_a_missing_column_is_told_with_the_input_that_has_it(spark: SparkSession) -> None:
    inputs = {"a": spark.range(1), "b": spark.range(1).toDF("Idd")}
    with pytest.raises(PpfError, match="only 'a' has 'id', only 'b' has 'Idd'"):
        build(UnionTransform).transform(context(spark), inputs)


def test_a_union_of_nothing_is_refused(spark: SparkSession) -> None:
    with pytest.raises(PpfError, match="The union has no inputs"):
        build(UnionTransform).transform(context(spark), {})


def test_columns_match_by_position_if_wanted(spark: SparkSession) -> None:
    inputs = {"a": spark.range(1), "b": spark.range(1, 2).toDF("number"), "c": spark.range(2, 3)}
    assert build(UnionTransform, by_name=False).transform(context(spark), inputs).collect() == [(0,), (1,), (2,)]


def test_by_position_the_numbers_of_columns_must_agree(spark: SparkSession) -> None:
    inputs = {"a": spark.range(1), "b": spark.createDataFrame([(1, 2)], "x INT, y INT")}
    with pytest.raises(PpfError, match="'a' 1, 'b' 2"):
        build(UnionTransform, by_name=False).transform(context(spark), inputs)


def test_missing_columns_by_position_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="needs by_name"):
        build(UnionTransform, by_name=False, allow_missing=True)
