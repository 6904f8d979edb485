"""Columns that are computed over neighbouring rows."""

from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, OptionsError, Transform, option, options
from ppf_transforms.columns import applied, expressions, literal, require_columns
from ppf_transforms.ordering import in_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.window import WindowSpec

_ENDS = ("unbounded", "current")


@options
class WindowOptions:
    """What is computed, and over which rows."""

    columns: dict[str, str] = option(
        'Window functions and aggregates by name, without OVER: "row_number()", "sum(amount)", "lag(amount)".', sql=True
    )
    partition_by: list[str] = option(
        "Columns within whose values rows are neighbours; without any, all rows are.", default_factory=list
    )
    order_by: list[str] = option(
        'What puts rows in order: columns or expressions, each with "DESC" if wanted.', default_factory=list, sql=True
    )
    rows: list[Any] | None = option(
        "The first and the last row of the window, counted from the current one: [-6, 0], [unbounded, current].", default=None
    )
    range: list[Any] | None = option(
        "The same by the distance of the values in `order_by`, which is one number then: [-7, 0].", default=None
    )
    qualify: str | None = option(
        "A condition on the new columns and the others; only rows that meet it stay.", default=None, sql=True
    )

    def __post_init__(self) -> None:
        """A frame has two ends and an order."""
        problems = {} if self.columns else {"columns": "must name at least one."}
        if self.rows is not None and self.range is not None:
            problems["range"] = "cannot be set together with rows; leave one of them out."
        for name in ("rows", "range"):
            problems |= _frame_problems(name, getattr(self, name), has_order=bool(self.order_by))
        if problems:
            raise OptionsError(problems)


class WindowTransform(Transform[WindowOptions]):
    """Adds columns that are computed over neighbouring rows: ranks, running sums, the value before."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = (
        'columns { place = "row_number()" }, partition_by = [carrier], order_by = ["dep_delay DESC"], qualify = "place <= 3"',
        'columns { week = "avg(amount)" }, partition_by = [shop], order_by = [day], rows = [-6, 0]',
    )

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The columns of the input, then the new ones; as in SQL, all rows so far are the window where there is an order."""
        (frame,) = inputs.values()
        require_columns(frame, self.options.partition_by, "partition_by")
        if not self.options.order_by:
            return self._added(frame, {})
        # The order alone first: what is wrong in it is none of the columns' business.
        in_order(frame, self.options.order_by, lambda order: frame.orderBy(*order.values()))
        return in_order(frame, self.options.order_by, lambda order: self._added(frame, order))

    def _added(self, frame: "DataFrame", order: "Mapping[str, Column]") -> "DataFrame":
        window = self._window(frame, order)
        names = {f"columns.{name}": name for name in self.options.columns}
        texts = {option: self.options.columns[name] for option, name in names.items()}
        added = applied(
            frame,
            texts,
            expressions(frame, texts),
            lambda columns: frame.withColumns({names[place]: column.over(window) for place, column in columns.items()}),
        )
        if self.options.qualify is None:
            return added
        condition = {"qualify": self.options.qualify}
        return applied(added, condition, expressions(added, condition), lambda columns: added.filter(columns["qualify"]))

    def _window(self, frame: "DataFrame", order: "Mapping[str, Column]") -> "WindowSpec":
        from pyspark.sql import Window

        window = Window.partitionBy(*[literal(frame, name) for name in self.options.partition_by]).orderBy(*order.values())
        if self.options.rows is not None:
            return window.rowsBetween(*_ends(self.options.rows))
        return window if self.options.range is None else window.rangeBetween(*_ends(self.options.range))


def _frame_problems(name: str, ends: list[Any] | None, *, has_order: bool) -> dict[str, str]:
    if ends is None:
        return {}
    if len(ends) != 2 or not all(end in _ENDS or (isinstance(end, int) and not isinstance(end, bool)) for end in ends):
        return {name: f'is {ends!r}, but must be two of: a whole number, "unbounded", "current".'}
    if not has_order:
        return {name: "needs order_by: without an order no row is before another."}
    first, last = _ends(ends)
    return {name: f"is {ends!r}, which ends before it begins."} if first > last else {}


def _ends(ends: list[Any]) -> tuple[int, int]:
    from sys import maxsize

    first, last = (0 if end == "current" else end for end in ends)
    return -maxsize if first == "unbounded" else first, maxsize if last == "unbounded" else last
