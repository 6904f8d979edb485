from collections.abc import Callable
from typing import Any

import pytest
from ppf_quality.not_null import NotNullCheck
from pyspark.sql import SparkSession

from ppf_core import Columns
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
    ("name", "values"),
    [
        ("s.a.b", [1, None]),
        ("s.`a.b`", [1, None]),
        ("`s`.`A.B`", [1, None]),
        ("s.a.c", [None, 2]),
        ("s.x`y", [3, None]),
        ("s.`x``y`", [3, None]),
        ("s.t.d.e.f", [None, 4]),
        ("`p.q`.r.s", [None, 5]),
        ("p.q.r.s", [None, 5]),
        ("m.k", [6, None]),
        ("m.`k.l`", [None, 7]),
        ("l.a.b", [[8], None]),
    ],
)
def test_a_field_whose_name_has_a_dot_is_reached_with_and_without_backticks(
    spark: SparkSession, passing: Callable[..., list[bool]], name: str, values: list[Any]
) -> None:
    schema = """
        s STRUCT<`a.b`: INT, a: STRUCT<b: STRING, c: INT>, `x``y`: INT, t: STRUCT<`d.e`: STRUCT<f: INT>>>,
        `p.q` STRUCT<`r.s`: INT>, m MAP<STRING, INT>, l ARRAY<STRUCT<`a.b`: INT>>
    """
    rows = [
        ((1, ("x", None), 3, ((None,),)), (None,), {"k": 6}, [(8,)]),
        ((None, ("x", 2), None, ((4,),)), (5,), {"k.l": 7}, None),
    ]
    frame = spark.createDataFrame(rows, schema)
    assert [row[0] for row in frame.select(Columns(frame)[name]).collect()] == values
    assert passing(build(NotNullCheck, columns=[name]), frame) == [value is not None for value in values]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nam", "There is no column 'nam'. Did you mean 'name'?"),
        ("home.ctiy", "There is no column 'home.ctiy'. Did you mean 'home.city'?"),
        ("hom.city", "There is no column 'hom.city'."),
        ("name.city", "There is no column 'name.city': 'name' is string, which has no fields."),
        ("home.zip.cod", "There is no column 'home.zip.cod'. Did you mean 'home.`zip.code`'?"),
        ("a.c.`d.f`", "There is no column 'a.c.`d.f`'. Did you mean 'a.c.`d.e`'?"),
    ],
)
def test_an_unknown_column_gets_a_near_miss(
    spark: SparkSession, passing: Callable[..., list[bool]], name: str, told: str
) -> None:
    frame = spark.createDataFrame(
        [], "name STRING, home STRUCT<city: STRING, `zip.code`: INT>, a STRUCT<c: STRUCT<`d.e`: INT>>"
    )
    with pytest.raises(KeyError) as caught:
        passing(build(NotNullCheck, columns=[name]), frame)
    assert caught.value.args[0].startswith(told)


@pytest.mark.parametrize(("columns", "told"), [([], "must name at least one column"), (["a", "b", "a"], "is 'a' again")])
def test_a_list_of_columns_that_makes_no_sense_is_a_mistake(columns: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(NotNullCheck, columns=columns)
