"""A check of each row, and one of a number."""

from collections.abc import Mapping
from typing import Any

from pyspark.sql import Column

from ppf_core import AggregateCheck, Columns, RowCheck, Verdict, option, options


@options
class ColumnOptions:
    """Which column."""

    column: str = option("The column.")


class Even(RowCheck[ColumnOptions]):
    """The column is even."""

    def passes(self, columns: Columns) -> Column:
        return columns[self.options.column] % 2 == 0


@options
class AtLeastOptions:
    """How much."""

    column: str = option("The column.")
    total: int = option("The least total.")


class AtLeast(AggregateCheck[AtLeastOptions]):
    """The total of a column is large enough."""

    def metrics(self, columns: Columns) -> Mapping[str, Column]:
        from pyspark.sql import functions as F

        return {"total": F.sum(columns[self.options.column])}

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        total = values["total"] or 0
        return Verdict(passed=total >= self.options.total, value=total, message=f"The total is {total}.")
