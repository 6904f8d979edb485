from collections.abc import Callable

import pytest
from ppf_quality.unique import UniqueCheck
from pyspark.sql import SparkSession

from ppf_core import PpfError, Verdict
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Judging = Callable[..., Verdict]


def test_rows_beyond_the_first_of_a_key_are_bad(spark: SparkSession, judging: Judging) -> None:
    frame = spark.createDataFrame([(1,), (1,), (1,), (2,), (3,), (3,)], "`the id` INT")
    told = "3 of 6 rows repeat the key (the id) of another row."
    assert judging(build(UniqueCheck, columns=["the id"]), frame) == Verdict(False, failed=3, evaluated=6, message=told)


def test_a_key_with_null_equals_no_other(spark: SparkSession, judging: Judging) -> None:
    frame = spark.createDataFrame([(1, None), (1, None), (None, None), (None, None), (1, 1)], "a INT, b INT")
    assert judging(build(UniqueCheck, columns=["a", "b"]), frame) == Verdict(True, failed=0, evaluated=5)
    assert judging(build(UniqueCheck, columns=["a"]), frame).failed == 2


def test_nan_equals_nan_and_minus_zero_is_zero(spark: SparkSession, judging: Judging) -> None:
    frame = spark.createDataFrame([(float("nan"),), (float("nan"),), (0.0,), (-0.0,)], "x DOUBLE")
    assert judging(build(UniqueCheck, columns=["x"]), frame).failed == 2


def test_an_empty_frame_passes(spark: SparkSession, judging: Judging) -> None:
    assert judging(build(UniqueCheck, columns=["id"]), spark.range(0)) == Verdict(True, failed=0, evaluated=0)


def test_a_key_may_have_any_names_and_be_nested(spark: SparkSession, judging: Judging) -> None:
    frame = spark.sql("SELECT named_struct('x', 1) AS s, 1 AS `rows`, 1 AS `key_0`, 1 AS `a.b` FROM range(2)")
    assert judging(build(UniqueCheck, columns=["s.x", "rows", "key_0", "a.b", "s"]), frame).failed == 1


def test_it_is_one_action(spark: SparkSession, judging: Judging) -> None:
    frame = spark.range(10)
    spark.sparkContext.setJobGroup("unique", "one action")
    judging(build(UniqueCheck, columns=["id"]), frame)
    executions = spark._jsparkSession.sharedState().statusStore().executionsList()  # type: ignore[attr-defined]
    described = [executions.apply(at).description() for at in range(executions.size())]
    spark.sparkContext.setJobGroup("", "")
    assert described.count("one action") == 1


@pytest.mark.parametrize("type_name", ["MAP<STRING, INT>", "STRUCT<m: MAP<STRING, INT>>"])
def test_maps_make_no_keys(spark: SparkSession, judging: Judging, type_name: str) -> None:
    with pytest.raises(PpfError, match="of which Spark makes no keys"):
        judging(build(UniqueCheck, columns=["m"]), spark.createDataFrame([], f"m {type_name}"))


def test_an_unknown_column_gets_a_near_miss(spark: SparkSession, judging: Judging) -> None:
    with pytest.raises(KeyError, match="Did you mean 'id'"):
        judging(build(UniqueCheck, columns=["idd"]), spark.range(1))


@pytest.mark.parametrize("columns", [[], ["a", "a"]])
def test_columns_that_make_no_key_are_a_mistake(columns: list[str]) -> None:
    with pytest.raises(ConfigError):
        build(UniqueCheck, columns=columns)


def test_null_equals_null_where_that_is_wanted(spark: SparkSession, judging: Judging) -> None:
    frame = spark.createDataFrame([(None, 1), (None, 1), (None, None), (1, 1)], "a INT, b INT")
    assert judging(build(UniqueCheck, columns=["a", "b"]), frame).failed == 0
    assert judging(build(UniqueCheck, columns=["a", "b"], nulls_distinct=False), frame).failed == 1
