"""Values between two bounds."""

from datetime import datetime
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Columns, OptionsError, PpfError, RowCheck, option, options
from ppf_quality.bounds import bound_problems
from ppf_quality.columns import FRACTIONS, Found, find
from ppf_quality.values import as_text, literal, moment, number

if TYPE_CHECKING:
    from pyspark.sql import Column

# A guard and not `try_cast`, which Spark 3.5 has only in SQL text; a plain cast would abort the job in ANSI mode.
_NUMBER = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"


@options
class InRangeOptions:
    """The column and its bounds."""

    column: str = option("The column, or a field of a struct such as `address.floor`.")
    min: Any = option(
        'The smallest value that is good: a number, a text, a date like "2024-12-31", a time like "2024-12-31 23:59:59".',
        default=None,
        as_written=True,
    )
    max: Any = option("The largest value that is good.", default=None, as_written=True)

    def __post_init__(self) -> None:
        """The bounds are of one kind, and something lies between them."""
        bounds = {"min": self.min, "max": self.max}
        problems = {name: "must be a number, or a text in quotes." for name, value in bounds.items() if not _is_bound(value)}
        problems = problems or self._pair_problems()
        if problems:
            raise OptionsError(problems)

    def _pair_problems(self) -> dict[str, str]:
        low, high = self.min, self.max
        if low is None or high is None:
            return bound_problems(low, high)
        if isinstance(low, str) and isinstance(high, str):
            return self._text_problems(low, high)
        for name, value in (("min", low), ("max", high)):
            if number(value) is None:
                return {name: f"is {value!r}, but the other bound is a number."}
        return bound_problems(number(low), number(high))

    def _text_problems(self, low: str, high: str) -> dict[str, str]:
        """Whether "10" comes before "9", or noon before 12:00Z, is known only with the column and the session."""
        numbers, times = (number(low), number(high)), _times(low, high)
        if None not in numbers or (times is None and moment(low) and moment(high)):
            return {}
        return bound_problems(*(times or (low, high)))


class InRangeCheck(RowCheck[InRangeOptions]):
    """A column lies between two bounds, which are good themselves. NULL passes, NaN is out of every range.

    Bounds have the column's type. A text column with numbers as bounds is read as numbers; a text that is none is bad.
    """

    null_passes: ClassVar = True
    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("column = dep_delay, min = 0, max = 1440", 'column = flown_on, min = "2013-01-01"')

    def passes(self, columns: Columns) -> "Column":
        """True where the value lies between the bounds, NULL where it is NULL."""
        found = find(columns, self.options.column)
        bounds = [value for value in (self.options.min, self.options.max) if value is not None]
        if found.kind == "string" and any(isinstance(value, int | float) for value in bounds):
            return self._as_number(found)
        return self._within(found)

    def _as_number(self, found: Found) -> "Column":
        from pyspark.sql import functions
        from pyspark.sql.types import DoubleType

        within = self._within(Found(found.name, found.column.cast("double"), DoubleType()))
        return functions.when(found.column.rlike(_NUMBER), within).otherwise(found.column.isNull())

    def _within(self, found: Found) -> "Column":
        from pyspark.sql import functions

        low, high = self._bound(found, "min"), self._bound(found, "max")
        self._require_room(found)
        conditions = [] if low is None else [found.column >= low]
        if high is not None:
            conditions.append(found.column <= high)
        elif found.kind in FRACTIONS:
            # To Spark, NaN is larger than any number.
            conditions.append(~functions.isnan(found.column))
        return reduce(and_, conditions)

    def _bound(self, found: Found, option: str) -> "Column | str | int | None":
        value = getattr(self.options, option)
        if found.kind == "boolean":
            raise PpfError(f"Column {found.name!r} is boolean, which has no range. Use in_set.")
        try:
            return None if value is None else literal(value, found, "up" if option == "min" else "down")
        except ValueError as error:
            raise PpfError(f"{option} is {value!r}, and column {found.name!r} is {found.type_name}: it {error}") from error

    def _require_room(self, found: Found) -> None:
        """Only with the column is it known what comes first: to a text column "10" comes before "9"."""
        if self.options.min is None or self.options.max is None:
            return
        low, high = as_text(self.options.min, found, "up"), as_text(self.options.max, found, "down")
        first, last = (number(low), number(high)) if found.is_number else _times(low, high) or (low, high)
        if bound_problems(first, last):
            asked = f"min = {self.options.min!r} and max = {self.options.max!r}"
            raise PpfError(f"No {found.type_name} lies between {asked}, so that no row of {found.name!r} would be good.")


def _is_bound(value: Any) -> bool:
    return value is None or (isinstance(value, str | int | float) and not isinstance(value, bool))


def _times(low: str, high: str) -> tuple[datetime, datetime] | None:
    """Both as times, where both are times that can be compared without knowing the time zone of the session."""
    first, last = moment(low), moment(high)
    if first is None or last is None or (first.tzinfo is None) != (last.tzinfo is None):
        return None
    return first, last
