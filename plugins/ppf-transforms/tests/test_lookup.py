from typing import Any

import pytest
from ppf_transforms.lookup import LookupTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def flights(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(1, "AA"), (2, "ZZ"), (3, None)], "id INT, `the.carrier` STRING")


@pytest.fixture(scope="module")
def airlines(spark: SparkSession) -> DataFrame:
    rows = [("AA", "American", 1), ("BB", None, 2), (None, "Nobody", 3)]
    return spark.createDataFrame(rows, "`the.carrier` STRING, name STRING, id INT")


def looked_up(rows: DataFrame, table: DataFrame, **options: Any) -> DataFrame:
    given = {"on": ["the.carrier"], "columns": ["name"]} | options
    return build(
        LookupTransform, table="airlines", **{key: value for key, value in given.items() if value is not None}
    ).transform(context(rows.sparkSession), {"flights": rows, "airlines": table})


def found(frame: DataFrame) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in frame.collect())


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({}, [(1, "AA", "American"), (2, "ZZ", None), (3, None, None)]),
        ({"null_safe": True}, [(1, "AA", "American"), (2, "ZZ", None), (3, None, "Nobody")]),
        ({"misses": "drop"}, [(1, "AA", "American")]),
        ({"found": "is.known"}, [(1, "AA", "American", True), (2, "ZZ", None, False), (3, None, None, False)]),
        ({"broadcast": False, "duplicates": "all"}, [(1, "AA", "American"), (2, "ZZ", None), (3, None, None)]),
        ({"columns": [], "prefix": "airline_"}, [(1, "AA", "American", 1), (2, "ZZ", None, None), (3, None, None, None)]),
    ],
)
def test_columns_are_looked_up_and_misses_reported(
    flights: DataFrame, airlines: DataFrame, options: dict[str, Any], rows: list[tuple[Any, ...]]
) -> None:
    assert found(looked_up(flights, airlines, **options)) == rows


def test_keys_may_have_other_names_in_the_table_and_a_found_null_is_no_miss(flights: DataFrame, airlines: DataFrame) -> None:
    table = airlines.withColumnRenamed("the.carrier", "code")
    rows = flights.selectExpr("id", "'BB' AS `the.carrier`").limit(1)
    frame = looked_up(rows, table, on=None, keys={"the.carrier": "code"}, found="ok")
    assert (frame.columns, found(frame)) == (["id", "the.carrier", "name", "ok"], [(1, "BB", None, True)])


def test_the_table_is_broadcast_unless_that_is_not_wanted(
    flights: DataFrame, airlines: DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    for broadcast, word in ((True, "BroadcastHashJoin"), (False, "SortMergeJoin")):
        spark = flights.sparkSession
        spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
        try:
            looked_up(flights, airlines, broadcast=broadcast).explain()
        finally:
            spark.conf.unset("spark.sql.autoBroadcastJoinThreshold")
        assert word in capsys.readouterr().out


def test_a_miss_that_must_not_be_fails_the_run_and_names_the_key(flights: DataFrame, airlines: DataFrame) -> None:
    with pytest.raises(Exception, match=r"The lookup in 'airlines' finds no \(the\.carrier\) = \((ZZ|NULL)\)\."):
        looked_up(flights, airlines, misses="fail").collect()
    with pytest.raises(Exception, match="The lookup in 'airlines' finds no"):
        looked_up(flights, airlines, misses="fail").select("name").collect()
    assert found(looked_up(flights.limit(1), airlines, misses="fail")) == [(1, "AA", "American")]


def test_a_key_that_is_there_twice_never_multiplies_rows_unasked(flights: DataFrame, airlines: DataFrame) -> None:
    twice = airlines.union(airlines.selectExpr("`the.carrier`", "concat('Other ', name)", "id"))
    with pytest.raises(Exception, match=r"The table 'airlines' has more than one row for the key \(the\.carrier\) = \("):
        looked_up(flights, twice).collect()
    assert found(looked_up(flights, twice, duplicates="first"))[0] == (1, "AA", "American")
    assert len(found(looked_up(flights, twice, duplicates="all"))) == 4


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"on": ["carrier"]}, "on names 'carrier', which is no column of the rows. Did you mean 'the.carrier'?"),
        ({"columns": ["nam"]}, "columns names 'nam', which is no column of 'airlines'. Did you mean 'name'?"),
        ({"columns": ["id"]}, "columns of one name"),
    ],
)
def test_what_does_not_fit_the_inputs_is_told(
    flights: DataFrame, airlines: DataFrame, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(PpfError) as caught:
        looked_up(flights, airlines, **options)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [({"on": None}, "exactly one|on.*keys"), ({"misses": "drop", "found": "x"}, "would be true in all rows")],
)
def test_options_that_make_no_sense_are_mistakes(
    flights: DataFrame, airlines: DataFrame, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        looked_up(flights, airlines, **options)
