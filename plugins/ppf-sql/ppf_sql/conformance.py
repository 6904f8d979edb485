"""A case for `ppf plugins test`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_sql.sql import SqlTransform

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Query:
    """A query of two inputs, one with an odd name, and a parameter."""

    plugin = SqlTransform
    refused: ClassVar = ({"query": ""},)

    def options(self, folder: Path) -> Mapping[str, Any]:
        """What is in both, and more than a number."""
        query = "SELECT id, count(*) AS n FROM rows JOIN `other-rows` USING (id) WHERE id > :least GROUP BY id"
        return {"query": query, "params": {"least": 2}}

    def inputs(self, spark: "SparkSession") -> "Mapping[str, DataFrame]":
        """Numbers."""
        return {"rows": spark.range(10), "other-rows": spark.range(0, 10, 3)}
