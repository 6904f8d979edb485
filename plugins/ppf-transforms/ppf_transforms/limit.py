"""Some of the rows, by their number."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, Transform, option, options
from ppf_transforms.ordering import in_order, ties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class LimitOptions:
    """How many rows, and which."""

    rows: int = option("How many rows stay, at most.")
    offset: int = option("How many rows of the order are left out first.", default=0)
    order_by: list[str] = option(
        'The first of which order: columns or expressions, each with "DESC" if wanted. Without it any rows stay.',
        default_factory=list,
        sql=True,
    )

    def __post_init__(self) -> None:
        """Numbers of rows; an offset needs an order to be one."""
        problems = {name: f"is {value}, but is a number of rows." for name, value in self._numbers.items() if value < 0}
        problems |= {name: f"is {value:,}, more than Spark takes." for name, value in self._numbers.items() if value >= 2**31}
        if self.offset and not self.order_by:
            problems["offset"] = "needs order_by: without an order no row is among the first."
        if problems:
            raise OptionsError(problems)

    @property
    def _numbers(self) -> dict[str, int]:
        return {"rows": self.rows, "offset": self.offset}


class LimitTransform(Transform[LimitOptions]):
    """Keeps a number of rows: with an order the first of it, the same in each attempt; without, any."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ("rows = 1000", 'rows = 10, order_by = ["dep_delay DESC"], offset = 10')

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The rows; where they are equal in the order, the other columns decide."""
        (frame,) = inputs.values()
        if not self.options.order_by:
            return frame.limit(self.options.rows)
        ordered = in_order(frame, self.options.order_by, lambda order: frame.orderBy(*order.values(), *ties(frame)))
        return (ordered.offset(self.options.offset) if self.options.offset else ordered).limit(self.options.rows)
