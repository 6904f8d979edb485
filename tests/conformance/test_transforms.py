"""What holds for every transform: no job while it plans, the same rows however they come, the same columns without rows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from ppf_core import Transform
from ppf_core.testing import build, context


@dataclass(frozen=True)
class Case:
    """A transform with options. inputs: alias → what is selected of the rows. is_any: it may keep any of the rows."""

    name: str
    options: Mapping[str, Any]
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"rows": ("*",)})
    is_any: bool = False
    rows_of_nothing: int = 0

    def __str__(self) -> str:
        return self.name


BOTH = {"rows": ("*",), "table": ("`the.group`", "number AS n")}
ONCE = {"rows": ("*",), "table": ("`the.group`", "upper(`the.group`) AS large")}
CASES = [
    Case("add_columns", {"columns": {"twice": "number * 2"}}),
    Case("aggregate", {"group_by": ["the.group"], "metrics": {"n": "count(*)"}}),
    Case("cast", {"columns": {"number": "STRING"}}),
    Case("deduplicate", {"keys": ["the.group"], "order_by": ["number"]}),
    Case("drop", {"columns": ["number"]}),
    Case("explode", {"column": "items", "outer": True}),
    Case("fill", {"previous": ["number"], "order_by": ["id"], "values": {"the.group": "none"}}),
    Case("filter", {"where": "number > 1"}),
    Case("flatten", {}),
    Case("hash_key", {"columns": ["the.group", "number"]}),
    Case("join", {"left": "rows", "right": "table", "on": ["the.group"]}, BOTH),
    Case("limit", {"rows": 3, "order_by": ["number"]}),
    Case("limit", {"rows": 3}, is_any=True),
    Case("lookup", {"table": "table", "on": ["the.group"], "found": "ok", "duplicates": "first"}, ONCE),
    Case("mask", {"columns": {"the.group": "hash", "number": "partial"}}),
    Case("pivot", {"group_by": ["the.group"], "column": "number", "values": [1, 2], "metrics": {"n": "count(*)"}}),
    Case("rename", {"columns": {"number": "n.r"}}),
    Case("sample", {"fraction": 0.5}),
    Case("sample", {"fraction": 1.5, "with_replacement": True}),
    Case("schema_contract", {"schema": "id BIGINT, number INT", "mode": "coerce"}),
    Case("select", {"columns": ["the.group", "number + 1 AS next"]}),
    Case("sort", {"order_by": ["the.group DESC"]}),
    Case("union", {"allow_missing": True}, BOTH),
    Case("unpivot", {"ids": ["the.group"], "columns": ["id", "number"]}),
    Case("window", {"columns": {"sum": "sum(number)"}, "partition_by": ["the.group"]}),
]
PLUGINS = {entry.name: entry for entry in entry_points(group="ppf.transforms") if entry.value.startswith("ppf_transforms.")}
ROWS = """
    SELECT id, CAST(id % 7 AS INT) AS number, element_at(array('a', 'b', NULL), CAST(id % 3 + 1 AS INT)) AS `the.group`,
           array(id, NULL) AS items, named_struct('x', id, 'y.z', named_struct('w', 'text')) AS s, map('k', id) AS m
    FROM range(40)
"""


def made(case: Case, rows: DataFrame) -> DataFrame:
    spark = rows.sparkSession
    plugin: type[Transform[Any]] = PLUGINS[case.name].load()
    inputs = {alias: rows.selectExpr(*selected) for alias, selected in case.inputs.items()}
    return build(plugin, **case.options).transform(context(spark), inputs)


def contents(frame: DataFrame) -> Counter[str]:
    return Counter(map(str, frame.collect()))


def test_every_transform_of_the_distribution_has_a_case() -> None:
    assert {case.name for case in CASES} == PLUGINS.keys()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_job_runs_while_a_transform_plans(case: Case, spark: SparkSession) -> None:
    spark.sparkContext.setJobGroup(f"planning {case}", "planning")
    made(case, spark.sql(ROWS))
    assert list(spark.sparkContext.statusTracker().getJobIdsForGroup(f"planning {case}")) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rows_are_the_same_however_they_come(case: Case, spark: SparkSession) -> None:
    one, other = spark.sql(ROWS), spark.sql(ROWS).repartition(5, "number").sortWithinPartitions("id", ascending=False)
    first, second = made(case, one), made(case, other)
    assert first.schema == second.schema
    assert first.count() > 0
    assert (contents(first) == contents(second)) or (case.is_any and first.count() == second.count())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_without_rows_the_columns_are_the_same(case: Case, spark: SparkSession) -> None:
    nothing = made(case, spark.sql(ROWS).filter("false"))
    assert (nothing.dtypes, nothing.count()) == (made(case, spark.sql(ROWS)).dtypes, case.rows_of_nothing)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_schema_that_is_promised_is_the_one_that_comes(case: Case, spark: SparkSession) -> None:
    plugin: type[Transform[Any]] = PLUGINS[case.name].load()
    promised = build(plugin, **case.options).output_schema
    if promised is not None:
        assert spark.createDataFrame([], promised).dtypes == made(case, spark.sql(ROWS)).dtypes
