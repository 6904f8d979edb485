"""One row a key."""

from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, OptionsError, Transform, option, options
from ppf_transforms.columns import applied, expressions, literal, require_columns
from ppf_transforms.ordering import Order, new_name, ties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame


@options
class DeduplicateOptions:
    """What makes rows the same, and which of them stays."""

    keys: list[str] = option("The columns that make a row the same.")
    order_by: list[str] = option(
        'What puts the rows of one key in order: columns or expressions, each with "DESC" if wanted. Without it any row stays.',
        default_factory=list,
        sql=True,
    )
    keep: Literal["first", "last"] = option("Which row of that order stays.", default="last")

    def __post_init__(self) -> None:
        """Without a key all rows would be the same."""
        if not self.keys:
            raise OptionsError({"keys": "must name at least one column."})


class DeduplicateTransform(Transform[DeduplicateOptions]):
    """Keeps one row of each key."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ("keys = [id], order_by = [updated_at]",)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """One row of each key; NULL in a key equals NULL, as in GROUP BY."""
        (frame,) = inputs.values()
        require_columns(frame, self.options.keys, "keys")
        if not self.options.order_by:
            return frame.dropDuplicates(self.options.keys)
        return self._first_of_each(frame)

    def _first_of_each(self, frame: "DataFrame") -> "DataFrame":
        from pyspark.sql import Window, functions

        orders = {f"order_by[{index}]": Order.of(text, frame.columns) for index, text in enumerate(self.options.order_by)}
        texts = {option: order.text for option, order in orders.items()}
        keys = Window.partitionBy(*[literal(frame, name) for name in self.options.keys])
        place = new_name(frame)

        def numbered(columns: "Mapping[str, Column]") -> "DataFrame":
            wanted = [orders[option].sorted(column, reverse=self.options.keep == "last") for option, column in columns.items()]
            return frame.withColumn(place, functions.row_number().over(keys.orderBy(*wanted, *ties(frame))))

        rows = applied(frame, texts, expressions(frame, texts), numbered)
        return rows.filter(literal(rows, place) == 1).drop(place)
