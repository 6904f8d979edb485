"""Cases for `ppf plugins test`: each transform in the sets of options that matter."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_transforms.add_columns import AddColumnsTransform
from ppf_transforms.aggregate import AggregateTransform
from ppf_transforms.cast import CastTransform
from ppf_transforms.deduplicate import DeduplicateTransform
from ppf_transforms.drop import DropTransform
from ppf_transforms.explode import ExplodeTransform
from ppf_transforms.fill import FillTransform
from ppf_transforms.filter import FilterTransform
from ppf_transforms.flatten import FlattenTransform
from ppf_transforms.hash_key import HashKeyTransform
from ppf_transforms.join import JoinTransform
from ppf_transforms.limit import LimitTransform
from ppf_transforms.lookup import LookupTransform
from ppf_transforms.mask import MaskTransform
from ppf_transforms.pivot import PivotTransform
from ppf_transforms.rename import RenameTransform
from ppf_transforms.sample import SampleTransform
from ppf_transforms.schema_contract import SchemaContractTransform
from ppf_transforms.select import SelectTransform
from ppf_transforms.sort import SortTransform
from ppf_transforms.union import UnionTransform
from ppf_transforms.unpivot import UnpivotTransform
from ppf_transforms.window import WindowTransform

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ROWS = """
    SELECT id, CAST(id % 7 AS INT) AS number, element_at(array('a', 'b', NULL), CAST(id % 3 + 1 AS INT)) AS `the.group`,
           array(id, NULL) AS items, named_struct('x', id, 'y.z', named_struct('w', 'text')) AS s, map('k', id) AS m
    FROM range(40)
"""


class _OfRows:
    """A transform of rows with odd names, NULL, and nested values; some have a second input, made of the same rows."""

    chosen: ClassVar[Mapping[str, Any]]
    table: ClassVar[tuple[str, ...]] = ()
    refused: ClassVar = ({"nobody_knows": 1},)

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Those of the case."""
        return self.chosen

    def inputs(self, spark: "SparkSession") -> "Mapping[str, DataFrame]":
        """The rows, and what is selected of them."""
        rows = spark.sql(_ROWS)
        return {"rows": rows, "table": rows.selectExpr(*self.table)} if self.table else {"rows": rows}


class AddColumns(_OfRows):
    """A case of `add_columns`."""

    plugin = AddColumnsTransform
    chosen: ClassVar = {"columns": {"twice": "number * 2"}}


class Aggregate(_OfRows):
    """A case of `aggregate`."""

    plugin = AggregateTransform
    chosen: ClassVar = {"group_by": ["the.group"], "metrics": {"n": "count(*)"}}


class Cast(_OfRows):
    """A case of `cast`."""

    plugin = CastTransform
    chosen: ClassVar = {"columns": {"number": "STRING"}}


class Deduplicate(_OfRows):
    """A case of `deduplicate`."""

    plugin = DeduplicateTransform
    chosen: ClassVar = {"keys": ["the.group"], "order_by": ["number"]}


class Drop(_OfRows):
    """A case of `drop`."""

    plugin = DropTransform
    chosen: ClassVar = {"columns": ["number"]}


class Explode(_OfRows):
    """A case of `explode`."""

    plugin = ExplodeTransform
    chosen: ClassVar = {"column": "items", "outer": True}


class Fill(_OfRows):
    """A case of `fill`."""

    plugin = FillTransform
    chosen: ClassVar = {"previous": ["number"], "order_by": ["id"], "values": {"the.group": "none"}}


class Filter(_OfRows):
    """A case of `filter`."""

    plugin = FilterTransform
    chosen: ClassVar = {"where": "number > 1"}


class Flatten(_OfRows):
    """A case of `flatten`."""

    plugin = FlattenTransform
    chosen: ClassVar = {}


class HashKey(_OfRows):
    """A case of `hash_key`."""

    plugin = HashKeyTransform
    chosen: ClassVar = {"columns": ["the.group", "number"]}


class Join(_OfRows):
    """A case of `join`."""

    plugin = JoinTransform
    chosen: ClassVar = {"left": "rows", "right": "table", "on": ["the.group"]}
    table = ("`the.group`", "number AS n")


class OrderedLimit(_OfRows):
    """The first rows of an order."""

    plugin = LimitTransform
    chosen: ClassVar = {"rows": 3, "order_by": ["number"]}


class Limit(_OfRows):
    """Any rows."""

    plugin = LimitTransform
    chosen: ClassVar = {"rows": 3}
    is_any = True


class Lookup(_OfRows):
    """A case of `lookup`."""

    plugin = LookupTransform
    chosen: ClassVar = {"table": "table", "on": ["the.group"], "found": "ok", "duplicates": "first"}
    table = ("`the.group`", "upper(`the.group`) AS large")


class Mask(_OfRows):
    """A case of `mask`."""

    plugin = MaskTransform
    chosen: ClassVar = {"columns": {"the.group": "hash", "number": "partial"}}


class Pivot(_OfRows):
    """A case of `pivot`."""

    plugin = PivotTransform
    chosen: ClassVar = {"group_by": ["the.group"], "column": "number", "values": [1, 2], "metrics": {"n": "count(*)"}}


class Rename(_OfRows):
    """A case of `rename`."""

    plugin = RenameTransform
    chosen: ClassVar = {"columns": {"number": "n.r"}}


class Sample(_OfRows):
    """A case of `sample`."""

    plugin = SampleTransform
    chosen: ClassVar = {"fraction": 0.5}


class SampleWithReplacement(_OfRows):
    """More rows than there are."""

    plugin = SampleTransform
    chosen: ClassVar = {"fraction": 1.5, "with_replacement": True}


class SchemaContract(_OfRows):
    """A case of `schema_contract`."""

    plugin = SchemaContractTransform
    chosen: ClassVar = {"schema": "id BIGINT, number INT", "mode": "coerce"}


class Select(_OfRows):
    """A case of `select`."""

    plugin = SelectTransform
    chosen: ClassVar = {"columns": ["the.group", "number + 1 AS next"]}


class Sort(_OfRows):
    """A case of `sort`."""

    plugin = SortTransform
    chosen: ClassVar = {"order_by": ["the.group DESC"]}


class Union(_OfRows):
    """A case of `union`."""

    plugin = UnionTransform
    chosen: ClassVar = {"allow_missing": True}
    table = ("`the.group`", "number AS n")


class Unpivot(_OfRows):
    """A case of `unpivot`."""

    plugin = UnpivotTransform
    chosen: ClassVar = {"ids": ["the.group"], "columns": ["id", "number"]}


class Window(_OfRows):
    """A case of `window`."""

    plugin = WindowTransform
    chosen: ClassVar = {"columns": {"sum": "sum(number)"}, "partition_by": ["the.group"]}
