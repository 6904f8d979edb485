"""The rows that meet a condition."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options
from ppf_transforms.columns import applied, expression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class FilterOptions:
    """Options of `filter`."""

    where: str = option('The condition, a SQL expression: "dep_delay > 15".')


class FilterTransform(Transform[FilterOptions]):
    """Keeps the rows for which the condition is true."""

    expects: ClassVar = 1
    examples: ClassVar = ('where = "dep_delay > 15 AND carrier IS NOT NULL"',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The rows for which the condition is true, neither false nor NULL."""
        (frame,) = inputs.values()
        condition = expression(frame, self.options.where, "where")
        return applied(frame, lambda: frame.filter(condition), {"where": self.options.where})
