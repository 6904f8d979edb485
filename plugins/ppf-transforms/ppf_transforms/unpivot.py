"""Columns as rows."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, PpfError, Transform, option, options
from ppf_transforms.columns import analysed, literal, refused, require_columns, require_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame


@options
class UnpivotOptions:
    """Which columns stay, and which become rows."""

    ids: list[str] = option("Columns that stay, and are repeated in each row.")
    columns: list[str] = option("Columns that become rows; without any, all that are no ids.", default_factory=list)
    variable: str = option("The column for the name of the column that a row comes from.", default="variable")
    value: str = option("The column for its value.", default="value")
    nulls: bool = option("Keep rows whose value is NULL.", default=True)

    def __post_init__(self) -> None:
        """A column is one of the two."""
        both = [name for name in self.columns if name in self.ids]
        if both:
            raise OptionsError({"columns": f"names {both[0]!r}, which is among ids as well."})


class UnpivotTransform(Transform[UnpivotOptions]):
    """Makes a row of each of several columns; their types must be of one kind."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ("ids = [year], columns = [q1, q2, q3, q4], variable = quarter, value = amount",)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The ids, the name of a column, and its value."""
        from pyspark.errors import AnalysisException

        (frame,) = inputs.values()
        options = self.options
        require_columns(frame, options.ids, "ids")
        require_columns(frame, options.columns, "columns")
        columns = options.columns or [name for name in frame.columns if name not in options.ids]
        if not columns:
            raise PpfError("All columns are ids, so that none is left to become rows.", hint="Take one out of ids.")
        ids: list[Column | str] = [literal(frame, name) for name in options.ids]
        values: list[Column | str] = [literal(frame, name) for name in columns]
        try:
            rows = analysed(frame.unpivot(ids, values, options.variable, options.value))
        except AnalysisException as error:
            raise refused(error, frame.columns, ", ".join(columns), "columns") from error
        rows = require_distinct(rows, "Set `variable` and `value` to names that no id has.")
        return rows if options.nulls else rows.filter(literal(rows, options.value).isNotNull())
