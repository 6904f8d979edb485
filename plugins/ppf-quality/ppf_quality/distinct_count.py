"""How many different values there are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import AggregateCheck, Columns, OptionsError, PpfError, Verdict, option, options
from ppf_quality.bounds import judged, missing, require_count_bounds
from ppf_quality.columns import find

if TYPE_CHECKING:
    from pyspark.sql import Column

_SMALLEST_RSD, _LARGEST_RSD = 0.01, 0.39


@options
class DistinctCountOptions:
    """The column and how many different values are right."""

    column: str = option("The column, or a field of a struct such as `address.country`.")
    min: int | None = option("The fewest different values that are right.", default=None)
    max: int | None = option("The most different values that are right.", default=None)
    rsd: float = option(
        "How far off the count may be: its relative standard deviation, from 0.01 to 0.39. Smaller needs more memory.",
        default=0.05,
    )

    def __post_init__(self) -> None:
        """Spark can count with that precision, and there is a number between the bounds."""
        if not _SMALLEST_RSD <= self.rsd <= _LARGEST_RSD:
            raise OptionsError({"rsd": f"is {self.rsd:g}, but must be from {_SMALLEST_RSD} to {_LARGEST_RSD}."})
        require_count_bounds(self.min, self.max)


class DistinctCountCheck(AggregateCheck[DistinctCountOptions]):
    """The number of different values of a column is within bounds. It is approximate; leave the bounds some room.

    NULL does not count, NaN is one value. An empty frame has 0 values, and is judged by the bounds.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("column = carrier, min = 10, max = 20", "column = user_id, min = 100000, rsd = 0.01")

    def metrics(self, columns: Columns) -> "Mapping[str, Column]":
        """The approximate number of different values."""
        from pyspark.sql import functions

        found = find(columns, self.options.column)
        if found.kind in ("map", "variant"):
            raise PpfError(f"Column {found.name!r} is {found.type_name}, of which Spark cannot tell the values apart.")
        return {"distinct": functions.approx_count_distinct(found.column, self.options.rsd)}

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        """Whether the number is within the bounds; it is the `value`."""
        what = f"The number of different values of {self.options.column!r}"
        return missing(values, "distinct") or judged(values["distinct"], self.options.min, self.options.max, what)
