"""Rows in an order."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, Transform, option, options
from ppf_transforms.ordering import in_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class SortOptions:
    """The order, and how far it goes."""

    order_by: list[str] = option(
        'Columns or expressions, each with "DESC" or "NULLS LAST" if wanted. NULL comes first, with DESC last.', sql=True
    )
    within_partitions: bool = option("Sort each of Spark's partitions by itself, without moving rows.", default=False)

    def __post_init__(self) -> None:
        """There is an order."""
        if not self.order_by:
            raise OptionsError({"order_by": "must name at least one column."})


class SortTransform(Transform[SortOptions]):
    """Puts rows in order. Transforms that move rows, such as a join, do not keep it."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ('order_by = [carrier, "dep_delay DESC NULLS LAST"]', "order_by = [id], within_partitions = true")

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The same rows in this order."""
        (frame,) = inputs.values()
        sort = frame.sortWithinPartitions if self.options.within_partitions else frame.orderBy
        return in_order(frame, self.options.order_by, lambda order: sort(*order.values()))
