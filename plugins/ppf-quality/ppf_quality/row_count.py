"""How many rows there are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import AggregateCheck, Columns, Verdict, option, options
from ppf_quality.bounds import judged, missing, require_count_bounds

if TYPE_CHECKING:
    from pyspark.sql import Column


@options
class RowCountOptions:
    """How many rows are right."""

    min: int | None = option("The fewest rows that are right.", default=None)
    max: int | None = option("The most rows that are right.", default=None)

    def __post_init__(self) -> None:
        """There is a number between the bounds."""
        require_count_bounds(self.min, self.max)


class RowCountCheck(AggregateCheck[RowCountOptions]):
    """The number of rows is within bounds. An empty frame has 0 rows, and is judged by them."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("min = 1", "min = 1000, max = 2000000")

    def metrics(self, columns: Columns) -> "Mapping[str, Column]":
        """The number of rows."""
        from pyspark.sql import functions

        return {"rows": functions.count(functions.lit(1))}

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        """Whether the number is within the bounds; it is the `value`."""
        return missing(values, "rows") or judged(values["rows"], self.options.min, self.options.max, "The number of rows")
