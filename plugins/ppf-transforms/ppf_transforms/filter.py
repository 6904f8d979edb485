"""The rows that meet a condition."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options
from ppf_transforms.columns import applied, expressions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class FilterOptions:
    """Which rows stay."""

    where: str = option('The condition, a SQL expression: "dep_delay > 15".', sql=True)


class FilterTransform(Transform[FilterOptions]):
    """Keeps the rows for which the condition is true."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ('where = "dep_delay > 15 AND carrier IS NOT NULL"',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The rows for which the condition is true, neither false nor NULL."""
        (frame,) = inputs.values()
        texts = {"where": self.options.where}
        return applied(frame, texts, expressions(frame, texts), lambda columns: frame.filter(columns["where"]))
