from collections.abc import Callable

import pytest
from ppf_quality.not_null import NotNullCheck
from pyspark.sql import SparkSession

from ppf_core.errors import ConfigError
from ppf_core.testing import build

HOSTILE = ["select", "two words", "a.b", "back`tick", "quo'te", 'dou"ble', "naïve ☃", "x; DROP TABLE t --", "${v}", "a`.`b"]


def test_null_in_any_of_the_columns_is_bad(spark: SparkSession, passing: Callable[..., list[bool]]) -> None:
    frame = spark.createDataFrame([(1, "x", None), (None, "x", 1), (1, None, 1), (None, None, 1)], "a INT, b STRING, c INT")
    assert passing(build(NotNullCheck, columns=["a", "b"]), frame) == [True, False, False, False]


def test_nan_and_an_empty_text_are_values(spark: SparkSession, passing: Callable[..., list[bool]]) -> None:
    frame = spark.createDataFrame([(float("nan"), "")], "a DOUBLE, b STRING")
    assert passing(build(NotNullCheck, columns=["a", "b"]), frame) == [True]


def test_a_field_of_a_struct_is_named_by_its_path(spark: SparkSession, passing: Callable[..., list[bool]]) -> None:
    frame = spark.createDataFrame([((("x",),),), (((None,),),), ((None,),), (None,)], "s STRUCT<In: STRUCT<x: STRING>>")
    assert passing(build(NotNullCheck, columns=["s.in.x"]), frame) == [True, False, False, False]


def test_a_name_is_taken_literally_before_it_is_taken_as_a_path(
    spark: SparkSession, passing: Callable[..., list[bool]]
) -> None:
    frame = spark.createDataFrame([((None,), 1), ((1,), None)], "s STRUCT<x: INT>, `s.x` INT")
    assert passing(build(NotNullCheck, columns=["s.x"]), frame) == [True, False]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_may_have_any_characters(spark: SparkSession, passing: Callable[..., list[bool]], name: str) -> None:
    frame = spark.createDataFrame([(1,), (None,)], ["x"]).withColumnRenamed("x", name)
    assert passing(build(NotNullCheck, columns=[name]), frame) == [True, False]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nam", "There is no column 'nam'. Did you mean 'name'?"),
        ("home.ctiy", "There is no column 'home.ctiy'. Did you mean 'home.city'?"),
        ("hom.city", "There is no column 'hom.city'."),
        ("name.city", "There is no column 'name.city': 'name' is string, which has no fields."),
    ],
)
def test_an_unknown_column_gets_a_near_miss(
    spark: SparkSession, passing: Callable[..., list[bool]], name: str, told: str
) -> None:
    frame = spark.createDataFrame([], "name STRING, home STRUCT<city: STRING>")
    with pytest.raises(KeyError) as caught:
        passing(build(NotNullCheck, columns=[name]), frame)
    assert caught.value.args[0].startswith(told)


@pytest.mark.parametrize(("columns", "told"), [([], "must name at least one column"), (["a", "b", "a"], "is 'a' again")])
def test_a_list_of_columns_that_makes_no_sense_is_a_mistake(columns: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(NotNullCheck, columns=columns)
