from collections.abc import Callable

import pytest
from ppf_quality.expression import ExpressionCheck
from pyspark.sql import SparkSession

from ppf_core import Columns, PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Passing = Callable[..., list[bool]]
ONE_ROW = "no aggregates, no window functions, no subqueries"


def test_a_condition_that_is_false_or_null_is_bad(spark: SparkSession, passing: Passing) -> None:
    frame = spark.createDataFrame([(1, 2), (2, 1), (1, None)], "a INT, `the b` INT")
    assert passing(build(ExpressionCheck, sql="a < `the b`"), frame) == [True, False, False]


def test_a_condition_may_say_that_null_is_good(spark: SparkSession, passing: Passing) -> None:
    frame = spark.createDataFrame([(1,), (None,)], "a INT")
    assert passing(build(ExpressionCheck, sql="a > 0 OR a IS NULL -- unknown is fine"), frame) == [True, True]


@pytest.mark.parametrize(
    "sql",
    [
        "exists(tags, t -> t = 'select')",
        "extract(YEAR FROM at) = 2024",
        "trim(BOTH 'x' FROM s) = 'y' AND `from` = 1",
        "s IN ('x', 'xy')",
        "rand() < 2",
    ],
)
def test_what_only_looks_like_a_query_is_fine(spark: SparkSession, passing: Passing, sql: str) -> None:
    frame = spark.sql("SELECT array('select') AS tags, DATE '2024-01-01' AS at, 'xy' AS s, 1 AS `from`")
    assert passing(build(ExpressionCheck, sql=sql), frame) == [True]


def test_a_function_of_python_may_be_called(spark: SparkSession, passing: Passing) -> None:
    session = spark.newSession()
    session.udf.register("is_even", lambda number: number % 2 == 0, "BOOLEAN")
    assert passing(build(ExpressionCheck, sql="is_even(id)"), session.range(3)) == [True, False, True]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("a >", "Spark does not accept sql, which is 'a >': [PARSE_SYNTAX_ERROR]"),
        ("a > 0; DROP TABLE t", "Spark does not accept sql"),
        ("aa > 0", "sql is 'aa > 0', but there is no column 'aa'. Did you mean 'a'?"),
        ("a + 1", "sql is 'a + 1', which is no condition: it gives int, not true or false."),
        ("*", "Spark does not accept sql"),
        ("explode(array(true))", "Spark does not accept sql"),
        ("no_such_function(a)", "Spark does not accept sql"),
        ("count(*) > 1", ONE_ROW),
        ("a > avg(a)", ONE_ROW),
        ("row_number() OVER (ORDER BY a) > 1", ONE_ROW),
        ("a IN (SELECT 1)", ONE_ROW),
        ("EXISTS (SELECT 1)", ONE_ROW),
        ("a = (WITH t AS (SELECT 1 AS x) SELECT max(x) FROM t)", ONE_ROW),
        ("a = (/* hidden */ select 1)", ONE_ROW),
    ],
)
def test_what_is_no_condition_on_one_row_is_told_before_any_job(spark: SparkSession, sql: str, told: str) -> None:
    frame = spark.createDataFrame([], "a INT, b STRING")
    with pytest.raises(PpfError) as caught:
        build(ExpressionCheck, sql=sql).passes(Columns(frame))
    assert told in str(caught.value)


def test_an_empty_condition_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="is empty"):
        build(ExpressionCheck, sql="  ")
