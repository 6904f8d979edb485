from typing import Any

import pytest
from ppf_transforms.explode import ExplodeTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def orders(spark: SparkSession) -> DataFrame:
    rows = [(1, ["a", None], {"k": 1}, (["x"],), "z"), (2, [], {}, ([],), "z"), (3, None, None, None, "z")]
    return spark.createDataFrame(
        rows, "id INT, `the.items` ARRAY<STRING>, tags MAP<STRING, INT>, s STRUCT<`in.side`: ARRAY<STRING>>, z STRING"
    )


def exploded(spark: SparkSession, frame: DataFrame, **options: Any) -> DataFrame:
    return build(ExplodeTransform, **options).transform(context(spark), {"in": frame})


def test_each_element_is_a_row_in_the_place_of_its_array(spark: SparkSession, orders: DataFrame) -> None:
    frame = exploded(spark, orders.drop("tags", "s"), column="the.items")
    assert (frame.columns, frame.collect()) == (["id", "the.items", "z"], [(1, "a", "z"), (1, None, "z")])


def test_rows_without_elements_stay_if_wanted(spark: SparkSession, orders: DataFrame) -> None:
    frame = exploded(spark, orders.drop("tags", "s"), column="the.items", into=["item"], outer=True, position="at")
    assert frame.columns == ["id", "at", "item", "z"]
    assert frame.collect() == [(1, 0, "a", "z"), (1, 1, None, "z"), (2, None, None, "z"), (3, None, None, "z")]


def test_a_map_has_two_parts_and_may_be_kept(spark: SparkSession, orders: DataFrame) -> None:
    assert exploded(spark, orders.select("id", "tags"), column="tags").collect() == [(1, "k", 1)]
    frame = exploded(spark, orders.select("id", "tags"), column="tags", into=["tag", "n"], keep=True)
    assert (frame.columns, frame.collect()) == (["id", "tags", "tag", "n"], [(1, {"k": 1}, "k", 1)])


def test_the_array_in_a_struct_comes_last(spark: SparkSession, orders: DataFrame) -> None:
    frame = exploded(spark, orders.select("s", "id"), column="s.in.side", into=["x"])
    assert (frame.columns, frame.collect()) == (["s", "id", "x"], [((["x"],), 1, "x")])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"column": "idd"}, "column does not fit the input: There is no column 'idd'. Did you mean 'id'?"),
        ({"column": "id"}, "column names 'id', which is int: no array and no map."),
        ({"column": "tags", "into": ["x"]}, "into names 1 columns, but an element of 'tags' has a key and a value."),
        ({"column": "the.items", "into": ["x", "y"]}, "has one part"),
        ({"column": "the.items", "into": ["ID"]}, "The result has columns of one name"),
    ],
)
def test_what_does_not_fit_the_input_is_told(
    spark: SparkSession, orders: DataFrame, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(PpfError) as caught:
        exploded(spark, orders, **options)
    assert told in str(caught.value)


@pytest.mark.parametrize("options", [{"column": "x", "into": ["a", "b", "c"]}, {"column": "x", "keep": True}])
def test_options_that_do_not_go_together_are_mistakes(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="into"):
        build(ExplodeTransform, **options)
