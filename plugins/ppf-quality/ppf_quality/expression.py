"""A condition in SQL."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Columns, OptionsError, PpfError, RowCheck, option, options
from ppf_quality.refusals import condition_of, refused
from ppf_quality.subqueries import has_subquery

if TYPE_CHECKING:
    from pyspark.errors import PySparkException
    from pyspark.sql import Column

_ONE_ROW = "A check on rows sees one row at a time: no aggregates, no window functions, no subqueries. Use the check `query`."


@options
class ExpressionOptions:
    """The condition."""

    sql: str = option('A SQL condition on one row, true where the row is good: "arr_time > dep_time OR cancelled".', sql=True)

    def __post_init__(self) -> None:
        """There is a condition."""
        if not self.sql.strip():
            raise OptionsError({"sql": "is empty."})


class ExpressionCheck(RowCheck[ExpressionOptions]):
    """A SQL condition is true. NULL is bad: write `x > 0 OR x IS NULL` where a missing value is good."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ('sql = "arr_delay IS NULL OR arr_delay > -120"',)

    def passes(self, columns: Columns) -> "Column":
        """The condition itself."""
        from pyspark.errors import PySparkException
        from pyspark.sql import functions

        try:
            condition = functions.expr(self.options.sql)
            columns.analyse(condition)
        except PySparkException as error:
            raise self._refused(error, columns) from error
        if has_subquery(condition, self.options.sql, columns):
            raise PpfError(f"sql is {self.options.sql!r}, which holds a subquery.", hint=_ONE_ROW)
        return condition

    def _refused(self, error: "PySparkException", columns: Columns) -> PpfError:
        condition = condition_of(error)
        if condition.endswith("FILTER_NOT_BOOLEAN"):
            type_name = (error.getMessageParameters() or {}).get("type", "something else").strip('"').lower()
            return PpfError(f"sql is {self.options.sql!r}, which is no condition: it gives {type_name}, not true or false.")
        told = refused(error, columns, "sql", self.options.sql)
        # Spark has no name of its own for a window function where rows are filtered.
        is_about_rows = condition.startswith("INVALID_WHERE_CONDITION") or "window function" in str(error)
        return PpfError(told.message, hint=_ONE_ROW) if is_about_rows else told
