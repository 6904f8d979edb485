"""How old the newest row is."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import AggregateCheck, Columns, PpfError, Verdict, option, options
from ppf_quality.bounds import missing
from ppf_quality.columns import find

if TYPE_CHECKING:
    from pyspark.sql import Column

_TIMES = frozenset({"date", "timestamp", "timestamp_ntz"})
_MICROSECONDS = 1_000_000


@options
class FreshnessOptions:
    """The column with the time, and how old its newest value may be."""

    column: str = option("A column of dates or times, or such a field of a struct.")
    max_age: timedelta = option('How old the newest value may be: "1 day", "90 minutes", a number of seconds.')


class FreshnessCheck(AggregateCheck[FreshnessOptions]):
    """The newest date or time of a column is not too old. A column without values or an empty frame fails.

    A date begins at midnight; dates, and times without a zone, are those of Spark's session time zone.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ('column = updated_at, max_age = "1 hour"', 'column = day, max_age = "2 days"')

    def metrics(self, columns: Columns) -> "Mapping[str, Column]":
        """The newest value and the time of the query, in microseconds since 1970; the latter is NULL without rows."""
        from pyspark.sql import functions

        found = find(columns, self.options.column)
        if found.kind not in _TIMES:
            raise PpfError(f"Column {found.name!r} is {found.type_name}; freshness wants dates or times. Cast it before.")
        newest = functions.unix_micros(functions.max(found.column).cast("timestamp"))
        now = functions.max(functions.unix_micros(functions.current_timestamp()))
        return {"newest": newest, "now": now, "values": functions.count(found.column)}

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        """Whether the newest value is young enough; its age in seconds is the `value`."""
        if values.get("values") == 0:
            return Verdict(passed=False, message=f"Nothing is fresh: {self.options.column!r} has no values.")
        absent = missing(values, "values", "newest", "now")
        if absent:
            return absent
        age = (values["now"] - values["newest"]) / _MICROSECONDS
        passed = age <= self.options.max_age.total_seconds()
        told = f"The newest value of {self.options.column!r} is {_shown(age)} old; wanted {self.options.max_age} at most."
        return Verdict(passed, value=age, message="" if passed else told)


def _shown(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
