"""The checks of ppf-quality over Spark Connect, on a real server that Spark starts on this machine."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyspark
import pytest

# Nobody skips it unseen: in CI, the environment of the reference version has what it needs.
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("grpc") is None and not (os.environ.get("CI") and pyspark.__version__.startswith("4.1.")),
    reason="needs pyspark[connect]",
)

CONNECTED = """
import json
from pyspark.sql import functions
from ppf_core import AggregateCheck, Columns, FrameCheck
from ppf_core.spark.session import SessionRequest, open_session
from ppf_core.testing import build, context
from ppf_quality.completeness import CompletenessCheck
from ppf_quality.distinct_count import DistinctCountCheck
from ppf_quality.expression import ExpressionCheck
from ppf_quality.foreign_key import ForeignKeyCheck
from ppf_quality.freshness import FreshnessCheck
from ppf_quality.in_range import InRangeCheck
from ppf_quality.in_set import InSetCheck
from ppf_quality.length import LengthCheck
from ppf_quality.matches import MatchesCheck
from ppf_quality.not_null import NotNullCheck
from ppf_quality.query import QueryCheck
from ppf_quality.row_count import RowCountCheck
from ppf_quality.schema import SchemaCheck
from ppf_quality.statistic import StatisticCheck
from ppf_quality.unique import UniqueCheck

session = open_session(SessionRequest(app_name="connected", remote="local[1]"))
spark = session.spark
schema = "id BIGINT, `a name` STRING, x DOUBLE, day DATE"
dates = ["2024-01-01", "2024-06-01", "2023-01-01", None]
rows = [(1, "a", 0.5, dates[0]), (2, "b2", float("nan"), dates[1]), (2, "", 9.0, dates[2]), (None, None, None, None)]
frame = spark.createDataFrame(rows, schema.replace("DATE", "STRING")).withColumn("day", functions.col("day").cast("date"))
known = spark.createDataFrame([(1,)], "id INT")

def passing(check):
    passes = functions.coalesce(check.passes(Columns(frame)), functions.lit(check.null_passes))
    return [row[0] for row in frame.select(passes).collect()]

def judged(check):
    if isinstance(check, FrameCheck):
        return check.judge(context(spark, frames={"known": known}), frame)
    metrics = [column.alias(name) for name, column in check.metrics(Columns(frame)).items()]
    return check.judge(frame.agg(*metrics).first().asDict())

def made(plugin, **options):
    try:
        check = build(plugin, **options)
        if not isinstance(check, (AggregateCheck, FrameCheck)):
            return passing(check)
        verdict = judged(check)
        return [verdict.passed, verdict.failed, verdict.evaluated, verdict.value]
    except Exception as error:
        return f"{type(error).__name__}: {error}"

many = [f"{number} more" for number in range(100_000)]
seen = {
    "not_null": made(NotNullCheck, columns=["id", "a name"]),
    "in_range": made(InRangeCheck, column="x", min=0),
    "in_range of dates": made(InRangeCheck, column="day", min="2024-01-01", max="2024-01-31"),
    "in_range of texts": made(InRangeCheck, column="a name", min=0),
    "in_set": made(InSetCheck, column="a name", values=["a", ""]),
    "in_set of many": made(InSetCheck, column="a name", values=["a", "", *many]),
    "in_set of many numbers": made(InSetCheck, column="id", values=list(range(2, 100_000))),
    "matches": made(MatchesCheck, column="a name", pattern="[0-9]$"),
    "length": made(LengthCheck, column="a name", min=1),
    "expression": made(ExpressionCheck, sql="id = 2 AND `a name` <> ''"),
    "row_count": made(RowCountCheck, max=3),
    "completeness": made(CompletenessCheck, column="id", min_ratio=0.75),
    "statistic": made(StatisticCheck, column="id", function="sum", max=5),
    "distinct_count": made(DistinctCountCheck, column="id", min=2),
    "freshness": made(FreshnessCheck, column="day", max_age=1)[:1],
    "unique": made(UniqueCheck, columns=["id"]),
    "foreign_key": made(ForeignKeyCheck, columns=["id"], references="known", reference_columns=["id"]),
    "schema": made(SchemaCheck, schema=schema),
    "query": made(QueryCheck, sql="SELECT * FROM this WHERE id = 2; -- '{x}'"),
    "unknown column": made(InRangeCheck, column="idd", min=0),
    "bound": made(InRangeCheck, column="day", min="abc"),
    "syntax": made(ExpressionCheck, sql="id >"),
    "no condition": made(ExpressionCheck, sql="id + 1"),
    "aggregate": made(ExpressionCheck, sql="count(*) > 1"),
    "subquery": made(ExpressionCheck, sql="id IN (SELECT 1)"),
    "no table": made(QueryCheck, sql="SELECT * FROM thsi"),
    "command": made(QueryCheck, sql="CREATE TABLE made_by_a_check AS SELECT 1 AS id"),
    "tables": spark.catalog.tableExists("made_by_a_check"),
}
session.close()
print()
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What the checks said to a client of a server that was started for it."""
    folder = tmp_path_factory.mktemp("connected")
    command = [sys.executable, "-c", CONNECTED]
    environment = {**os.environ, "SPARK_TESTING": "1"}  # a free port instead of 15002, where another server may listen
    done = subprocess.run(command, cwd=Path(folder), env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("what", "passed"),
    [
        ("not_null", [True, True, True, False]),
        ("in_range", [True, False, True, True]),
        ("in_range of dates", [True, False, False, True]),
        ("in_range of texts", [False, False, False, True]),
        ("in_set", [True, False, True, True]),
        ("in_set of many", [True, False, True, True]),
        ("in_set of many numbers", [False, True, True, True]),
        ("matches", [False, True, False, True]),
        ("length", [True, True, False, True]),
        ("expression", [False, True, False, False]),
    ],
)
def test_a_row_passes_as_it_does_elsewhere(seen: Mapping[str, Any], what: str, passed: list[bool]) -> None:
    assert seen[what] == passed


@pytest.mark.parametrize(
    ("what", "verdict"),
    [
        ("row_count", [False, None, None, 4.0]),
        ("completeness", [True, 1, 4, 0.75]),
        ("statistic", [True, None, None, 5.0]),
        ("distinct_count", [True, None, None, 2.0]),
        ("freshness", [False]),
        ("unique", [False, 1, 4, None]),
        ("foreign_key", [False, 2, 4, None]),
        ("schema", [True, None, None, 0.0]),
        ("query", [False, 2, 4, None]),
    ],
)
def test_the_verdict_is_the_same_as_elsewhere(seen: Mapping[str, Any], what: str, verdict: list[Any]) -> None:
    assert seen[what] == verdict


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("unknown column", "There is no column 'idd'. Did you mean 'id'?"),
        ("bound", "it is no date"),
        ("syntax", "Spark does not accept sql, which is 'id >': "),
        ("no condition", "which is no condition: it gives bigint, not true or false."),
        ("aggregate", "no aggregates, no window functions, no subqueries"),
        ("subquery", "which holds a subquery"),
        ("no table", "sql reads 'thsi', which is no table"),
        ("command", "Spark does not accept sql"),
    ],
)
def test_a_mistake_is_told_as_elsewhere(seen: Mapping[str, Any], what: str, told: str) -> None:
    assert told in seen[what]


def test_a_statement_with_effects_does_not_run(seen: Mapping[str, Any]) -> None:
    assert seen["tables"] is False
