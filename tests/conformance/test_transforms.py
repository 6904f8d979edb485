"""What holds for every transform, for those of ppf-transforms in the sets of options that matter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar

from ppf_testing import TransformConformance
from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class Case:
    """A transform with options. inputs: alias → what is selected of the rows. is_any: it may keep any of the rows."""

    name: str
    options: Mapping[str, Any]
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"rows": ("*",)})
    is_any: bool = False
    rows_of_nothing: int = 0


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


class OfCase(TransformConformance):
    """The transform of one case."""

    case: ClassVar[Case]
    refused: ClassVar = ({"nobody_knows": 1},)

    def options(self, folder: Path) -> Mapping[str, Any]:
        return self.case.options

    def inputs(self, spark: SparkSession) -> Mapping[str, DataFrame]:
        rows = spark.sql(ROWS)
        return {alias: rows.selectExpr(*selected) for alias, selected in self.case.inputs.items()}


for number, case in enumerate(CASES):
    name = f"Test_{number:02}_{case.name}"
    own = {"case": case, "plugin": PLUGINS[case.name].load(), "is_any": case.is_any, "rows_of_nothing": case.rows_of_nothing}
    globals()[name] = type(name, (OfCase,), {**own, "__module__": __name__})


def test_every_transform_of_the_distribution_has_a_case() -> None:
    assert {case.name for case in CASES} == PLUGINS.keys()
