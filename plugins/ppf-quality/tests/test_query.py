from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from ppf_quality.query import QueryCheck
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError, Verdict
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context

Judging = Callable[..., Verdict]


@pytest.fixture
def frame(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("a", 1), ("a", 2), ("b", 3), (None, None)], "`the key` STRING, n INT")


def test_every_row_that_comes_is_a_violation(judging: Judging, frame: DataFrame) -> None:
    found = judging(build(QueryCheck, sql="SELECT * FROM this WHERE n > 1"), frame)
    assert found == Verdict(False, failed=2, evaluated=4, message="The query returned 2 rows.")
    assert judging(build(QueryCheck, sql="SELECT * FROM THIS WHERE n > 5"), frame) == Verdict(True, failed=0, evaluated=4)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT `the key` FROM this GROUP BY `the key` HAVING count(*) > 1",
        "WITH n AS (SELECT * FROM this) SELECT * FROM n WHERE n = 1;",
        "SELECT a.n FROM this a JOIN this b ON a.n = b.n + 2 -- the last word",
        "TABLE this LIMIT 1",
        "SELECT '{n}' AS text FROM this WHERE n = 1 ;\n-- the end\n",
        "SELECT n FROM this WHERE n = (SELECT max(n) FROM this)",
        "SELECT 1 AS x, 2 AS x FROM this WHERE n = 1",
    ],
)
def test_any_query_will_do(judging: Judging, frame: DataFrame, sql: str) -> None:
    assert judging(build(QueryCheck, sql=sql), frame).failed == 1


def test_an_empty_frame_passes(judging: Judging, frame: DataFrame) -> None:
    assert judging(build(QueryCheck, sql="SELECT * FROM this WHERE n > 0"), frame.limit(0)).passed


def test_a_view_called_this_stays_what_it_was_and_no_view_is_left(
    spark: SparkSession, judging: Judging, frame: DataFrame
) -> None:
    session = spark.newSession()
    session.range(7).createOrReplaceTempView("this")
    mine = session.createDataFrame([(1,)], "n INT")
    assert build(QueryCheck, sql="SELECT * FROM this").judge(context(session), mine).failed == 1
    assert session.table("this").count() == 7
    assert [table.name for table in session.catalog.listTables() if table.isTemporary] == ["this"]


def test_several_at_once_do_not_see_each_other(spark: SparkSession, judging: Judging) -> None:
    frames = [spark.range(size) for size in range(8)]
    check = build(QueryCheck, sql="SELECT * FROM this")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda frame: judging(check, frame).failed, frames))
    assert found == list(range(8))


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT * FROM thsi", "sql reads 'thsi', which is no table. The checked rows are visible as `this`."),
        ("SELECT nn FROM this", "but there is no column 'nn'. Did you mean 'n'?"),
        ("SELECT * FRM this WHERE", "Spark does not accept sql, which is 'SELECT * FRM this WHERE': "),
        ("DROP TABLE this", "Spark does not accept sql"),
        ("CREATE TABLE made_by_a_check AS SELECT 1 AS x", "Spark does not accept sql"),
        ("SELECT 1) SELECT (2", "Spark does not accept sql"),
    ],
)
def test_what_is_no_query_over_the_rows_is_told_and_does_nothing(
    spark: SparkSession, judging: Judging, frame: DataFrame, sql: str, told: str
) -> None:
    with pytest.raises(PpfError) as caught:
        judging(build(QueryCheck, sql=sql), frame)
    assert told in str(caught.value)
    assert not spark.catalog.tableExists("made_by_a_check")


def test_an_empty_query_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="is empty"):
        build(QueryCheck, sql=" ")


def test_further_components_are_tables_under_their_names(judging: Judging, frame: DataFrame) -> None:
    sql = "SELECT n FROM this EXCEPT SELECT n FROM `the-ledger` WHERE (SELECT count(*) FROM {other}) > 0".replace(
        "{other}", "that"
    )
    made = build(QueryCheck, sql=sql, components=["the-ledger", "that"])
    found = judging(made, frame, **{"the-ledger": frame.filter("n < 3"), "that": frame})
    assert (found.failed, found.evaluated) == (2, 4)


def test_a_component_that_is_not_listed_is_no_table_and_this_is_taken(judging: Judging, frame: DataFrame) -> None:
    with pytest.raises(PpfError, match="sql reads 'ledger', which is no table") as caught:
        judging(build(QueryCheck, sql="SELECT * FROM ledger"), frame, ledger=frame)
    assert "`components`" in str(caught.value.hint)
    with pytest.raises(ConfigError, match="what the checked rows are called"):
        build(QueryCheck, sql="SELECT 1", components=["This"])
