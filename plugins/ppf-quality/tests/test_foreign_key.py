from collections.abc import Callable
from typing import Any

import pytest
from ppf_quality.foreign_key import ForeignKeyCheck
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError, Verdict
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Judging = Callable[..., Verdict]


@pytest.fixture(scope="module")
def planes(spark: SparkSession) -> DataFrame:
    """Keys, one of them twice and one of them NULL."""
    rows = [("N1", 1), ("N2", 2), ("N2", 2), (None, None)]
    return spark.createDataFrame(rows, "`tail num` STRING, n BIGINT")


def check(columns: list[str], reference_columns: list[str]) -> ForeignKeyCheck:
    return build(ForeignKeyCheck, columns=columns, references="planes", reference_columns=reference_columns)


def test_rows_whose_key_is_unknown_are_bad_and_null_passes(spark: SparkSession, judging: Judging, planes: DataFrame) -> None:
    flights = spark.createDataFrame([("N1",), ("N2",), ("N2",), ("N9",), ("N9",), ("n1",), (None,)], "`the tail` STRING")
    told = "3 of 7 rows have a key (the tail) that 'planes' does not have."
    found = judging(check(["the tail"], ["tail num"]), flights, planes=planes)
    assert found == Verdict(False, failed=3, evaluated=7, message=told)


def test_a_key_of_several_columns_is_known_only_as_a_whole(spark: SparkSession, judging: Judging, planes: DataFrame) -> None:
    flights = spark.createDataFrame([("N1", 1), ("N1", 2), ("N1", None), (None, 9)], "tail STRING, n INT")
    found = judging(check(["tail", "n"], ["tail num", "n"]), flights, planes=planes)
    assert (found.failed, found.evaluated) == (1, 4)


def test_an_empty_frame_passes(spark: SparkSession, judging: Judging, planes: DataFrame) -> None:
    flights = spark.createDataFrame([], "tail STRING")
    assert judging(check(["tail"], ["tail num"]), flights, planes=planes) == Verdict(True, failed=0, evaluated=0)


def test_without_known_keys_only_null_passes(spark: SparkSession, judging: Judging, planes: DataFrame) -> None:
    flights = spark.createDataFrame([("N1",), (None,)], "tail STRING")
    assert judging(check(["tail"], ["tail num"]), flights, planes=planes.limit(0)).failed == 1


def test_a_frame_may_reference_itself(spark: SparkSession, judging: Judging) -> None:
    staff = spark.createDataFrame([(1, None), (2, 1), (3, 7)], "id INT, boss INT")
    assert judging(check(["boss"], ["id"]), staff, planes=staff).failed == 1


def test_fields_of_structs_are_keys(spark: SparkSession, judging: Judging) -> None:
    here = spark.createDataFrame([((1,),), ((2,),), ((None,),), (None,)], "s STRUCT<id: INT>")
    there = spark.createDataFrame([(((1,),),)], "a STRUCT<b: STRUCT<`c`: INT>>")
    assert judging(check(["s.id"], ["a.b.c"]), here, planes=there).failed == 1


def test_nan_equals_nan_and_minus_zero_is_zero(spark: SparkSession, judging: Judging) -> None:
    here = spark.createDataFrame([(float("nan"),), (-0.0,), (1.0,)], "x DOUBLE")
    there = spark.createDataFrame([(float("nan"),), (0.0,)], "x DOUBLE")
    assert judging(check(["x"], ["x"]), here, planes=there).failed == 1


@pytest.mark.parametrize("type_name", ["TINYINT", "INT", "DECIMAL(20,2)"])
def test_whole_numbers_and_decimals_are_compared(
    ansi: SparkSession, judging: Judging, planes: DataFrame, type_name: str
) -> None:
    here = ansi.sql("SELECT explode(array(1, 2, 9, NULL)) AS n").selectExpr(f"CAST(n AS {type_name}) AS n")
    assert judging(check(["n"], ["n"]), here, planes=ansi.sql("SELECT explode(array(1L, 2L)) AS n")).failed == 1


@pytest.mark.parametrize("type_name", ["STRING", "DOUBLE", "DATE", "BOOLEAN"])
def test_types_that_cannot_be_compared_are_refused(
    spark: SparkSession, judging: Judging, planes: DataFrame, type_name: str
) -> None:
    here = spark.createDataFrame([], f"n {type_name}")
    with pytest.raises(PpfError, match=f"Column 'n' is {type_name.lower()}, but 'n' of 'planes' is bigint"):
        judging(check(["n"], ["n"]), here, planes=planes)


def test_an_unknown_column_there_is_told(spark: SparkSession, judging: Judging, planes: DataFrame) -> None:
    here = spark.createDataFrame([], "tail STRING")
    with pytest.raises(PpfError, match=r"reference_columns does not fit 'planes': .*Did you mean 'tail num'"):
        judging(check(["tail"], ["tailnum"]), here, planes=planes)


def test_it_is_one_action(spark: SparkSession, judging: Judging, planes: DataFrame) -> None:
    flights = spark.createDataFrame([("N1",)], "tail STRING")
    spark.sparkContext.setJobGroup("foreign key", "one action of a foreign key")
    judging(check(["tail"], ["tail num"]), flights, planes=planes)
    executions = spark._jsparkSession.sharedState().statusStore().executionsList()  # type: ignore[attr-defined]
    described = [executions.apply(at).description() for at in range(executions.size())]
    spark.sparkContext.setJobGroup("", "")
    assert described.count("one action of a foreign key") == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"columns": ["a", "b"], "reference_columns": ["c"]}, "names 1 column, but columns names 2"),
        ({"columns": [], "reference_columns": []}, "must name at least one column"),
        ({"columns": ["a", "b"], "reference_columns": ["c", "c"]}, "is 'c' again"),
    ],
)
def test_columns_that_do_not_fit_are_a_mistake(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(ForeignKeyCheck, references="planes", **options)


@pytest.mark.parametrize(("null_safe", "there", "failed"), [(False, [1], 1), (True, [1], 2), (True, [1, None], 1)])
def test_null_must_be_there_as_well_where_that_is_wanted(
    spark: SparkSession, judging: Judging, null_safe: bool, there: list[int | None], failed: int
) -> None:
    frame, known = (spark.createDataFrame([(each,) for each in rows], "n INT") for rows in ([1, 2, None], there))
    made = build(ForeignKeyCheck, columns=["n"], references="known", reference_columns=["n"], null_safe=null_safe)
    assert judging(made, frame, known=known).failed == failed
