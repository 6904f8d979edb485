"""How many rows have a value."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import AggregateCheck, Columns, OptionsError, Verdict, option, options
from ppf_quality.bounds import missing
from ppf_quality.columns import find

if TYPE_CHECKING:
    from pyspark.sql import Column


@options
class CompletenessOptions:
    """The column, and how complete it must be."""

    column: str = option("The column, or a field of a struct such as `address.city`.")
    min_ratio: float = option("The part of the rows that must have a value, from 0 to 1: 0.95 is 95 %.")

    def __post_init__(self) -> None:
        """The ratio is one."""
        if not 0 <= self.min_ratio <= 1:
            raise OptionsError({"min_ratio": f"is {self.min_ratio:g}, but must be from 0 to 1. Write 95 % as 0.95."})


class CompletenessCheck(AggregateCheck[CompletenessOptions]):
    """Enough rows have a value in a column. NULL is no value, NaN and an empty text are. An empty frame passes."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("column = tailnum, min_ratio = 0.95",)

    def metrics(self, columns: Columns) -> "Mapping[str, Column]":
        """The number of rows, and of those with a value."""
        from pyspark.sql import functions

        column = find(columns, self.options.column).column
        return {"rows": functions.count(functions.lit(1)), "filled": functions.count(column)}

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        """Whether the ratio is reached. `failed` are the rows without a value, `value` is the ratio."""
        absent = missing(values, "rows", "filled")
        if absent:
            return absent
        rows, filled = values["rows"], values["filled"]
        ratio = filled / rows if rows else 1.0
        passed = ratio >= self.options.min_ratio
        told = (
            f"{filled:,} of {rows:,} rows have a value in {self.options.column!r}; wanted {self.options.min_ratio:g} of them."
        )
        return Verdict(passed, failed=rows - filled, evaluated=rows, value=ratio, message="" if passed else told)
