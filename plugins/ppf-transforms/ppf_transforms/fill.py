"""Values in the place of NULL."""

from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, OptionsError, Transform, option, options
from ppf_transforms.columns import literal, require_columns
from ppf_transforms.constants import constant
from ppf_transforms.ordering import in_order, ties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.window import WindowSpec


@options
class FillOptions:
    """Which columns are filled, and with what."""

    values: dict[str, Any] = option("Values by column, in its type.", default_factory=dict, as_written=True)
    previous: list[str] = option("Columns that take the last value before them in the order.", default_factory=list)
    next: list[str] = option("Columns that take the first value after them in the order.", default_factory=list)
    partition_by: list[str] = option("Columns within whose values the order holds.", default_factory=list)
    order_by: list[str] = option(
        'What puts rows in order: columns or expressions, each with "DESC" if wanted.', default_factory=list, sql=True
    )
    nan: bool = option("Fill NaN as well.", default=False)

    def __post_init__(self) -> None:
        """Something is filled, and neighbours have an order."""
        problems = {}
        if not (self.values or self.previous or self.next):
            problems["values"] = "is missing, and so are previous and next. Set at least one of them."
        if (self.previous or self.next) and not self.order_by:
            problems["order_by"] = "is missing: without an order no row is before or after another."
        for name in self.previous:
            if name in self.next:
                problems["next"] = f"names {name!r}, which previous names as well."
        for name, value in self.values.items():
            if value is None or isinstance(value, list | dict):
                problems[f"values.{name}"] = "must be a number, a text or a boolean."
        if problems:
            raise OptionsError(problems)


class FillTransform(Transform[FillOptions]):
    """Fills NULL with values, or with those of the rows before or after. Where these have none, `values` comes next."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = (
        'values { carrier = "unknown", dep_delay = 0 }',
        "previous = [price], partition_by = [item], order_by = [day], values { price = 0 }",
    )

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The same columns in the same order, with the same types."""
        (frame,) = inputs.values()
        options = self.options
        for option_name in ("values", "previous", "next", "partition_by"):
            require_columns(frame, getattr(options, option_name), option_name)
        if not options.order_by:
            return self._filled(frame, None)
        return in_order(frame, options.order_by, lambda order: self._filled(frame, order))

    def _filled(self, frame: "DataFrame", order: "Mapping[str, Column] | None") -> "DataFrame":
        from pyspark.sql import functions

        windows = self._windows(frame, order) if order is not None else {}
        types = {field.name: field.dataType for field in frame.schema}
        filled = {}
        for name in dict.fromkeys([*self.options.previous, *self.options.next, *self.options.values]):
            known = self._known(literal(frame, name), types[name].typeName())
            sources = [known]
            if name in self.options.previous:
                sources.append(functions.last(known, ignorenulls=True).over(windows["previous"]))
            if name in self.options.next:
                sources.append(functions.first(known, ignorenulls=True).over(windows["next"]))
            if name in self.options.values:
                sources.append(constant(self.options.values[name], types[name], f"values.{name}"))
            filled[name] = functions.coalesce(*sources, literal(frame, name))
        return frame.withColumns(filled)

    def _known(self, column: "Column", kind: str) -> "Column":
        from pyspark.sql import functions

        is_fraction = self.options.nan and kind in ("float", "double")
        return functions.when(~functions.isnan(column), column) if is_fraction else column

    def _windows(self, frame: "DataFrame", order: "Mapping[str, Column]") -> "dict[str, WindowSpec]":
        from pyspark.sql import Window

        groups = Window.partitionBy(*[literal(frame, name) for name in self.options.partition_by])
        rows = groups.orderBy(*order.values(), *ties(frame))
        return {
            "previous": rows.rowsBetween(Window.unboundedPreceding, Window.currentRow),
            "next": rows.rowsBetween(Window.currentRow, Window.unboundedFollowing),
        }
