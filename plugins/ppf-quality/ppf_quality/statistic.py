"""One number about all values of a column."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ppf_core import AggregateCheck, Columns, OptionsError, PpfError, Verdict, option, options
from ppf_quality.bounds import bound_problems, judged, missing
from ppf_quality.columns import FRACTIONS, Found, find

if TYPE_CHECKING:
    from pyspark.sql import Column

_NAMES = {"mean": "mean", "min": "smallest value", "max": "largest value", "sum": "sum", "stddev": "standard deviation"}


@options
class StatisticOptions:
    """The column, the function and its bounds."""

    column: str = option("A column of numbers, or such a field of a struct.")
    function: Literal["mean", "min", "max", "sum", "stddev"] = option(
        "What is computed of its values; `stddev` is the standard deviation of a sample."
    )
    min: Decimal | None = option("The smallest result that is right.", default=None)
    max: Decimal | None = option("The largest result that is right.", default=None)

    def __post_init__(self) -> None:
        """There is a number between the bounds."""
        problems = bound_problems(self.min, self.max)
        if problems:
            raise OptionsError(problems)


class StatisticCheck(AggregateCheck[StatisticOptions]):
    """The mean, smallest, largest, sum or standard deviation of a column is within bounds.

    NULL does not count. A column with NaN, a column without values, an empty frame: the check fails.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("column = dep_delay, function = mean, max = 30", "column = distance, function = min, min = 1")

    def metrics(self, columns: Columns) -> "Mapping[str, Column]":
        """The number of values, the statistic, and what helps to judge it."""
        from pyspark.sql import functions

        found = find(columns, self.options.column)
        if not found.is_number:
            raise PpfError(f"Column {found.name!r} is {found.type_name}; a statistic wants numbers.")
        metrics = {"values": functions.count(found.column), "statistic": self._statistic(found)}
        if found.kind in FRACTIONS:
            # Spark's `min` does not see NaN, since to Spark it is the largest number.
            metrics["has_nan"] = functions.max(functions.isnan(found.column))
        elif self.options.function == "sum":
            metrics["sum_as_double"] = functions.sum(found.column.cast("double"))
        return metrics

    def _statistic(self, found: Found) -> "Column":
        from pyspark.sql import functions

        if self.options.function == "sum":
            # In ANSI mode a sum that its type cannot hold would abort the job; this one is NULL then.
            return functions.sum(found.column) if found.kind in FRACTIONS else functions.try_sum(found.column)
        if self.options.function == "mean":
            return functions.avg(found.column.cast("double"))
        return {"min": functions.min, "max": functions.max, "stddev": functions.stddev}[self.options.function](found.column)

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        """Whether the statistic is within the bounds; it is the `value`."""
        absent = missing(values, "values")
        if absent:
            return absent
        what = f"The {_NAMES[self.options.function]} of {self.options.column!r}"
        if values["values"] == 0:
            return Verdict(passed=False, message=f"{what} is unknown: there are no values.")
        if values["values"] == 1 and self.options.function == "stddev":
            return Verdict(passed=False, message=f"{what} is unknown: it takes two values, and there is one.")
        if values.get("has_nan"):
            return Verdict(passed=False, message=f"{what} is unknown: there are NaN among the values.")
        result = values.get("statistic")
        if result is None:
            result = values.get("sum_as_double")
        if result is None:
            return Verdict(passed=False, message=f"{what} is unknown: Spark gave no value for it.")
        return judged(result, self.options.min, self.options.max, what)
