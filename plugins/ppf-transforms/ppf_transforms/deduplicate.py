"""One row a key."""

from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, Transform, option, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class DeduplicateOptions:
    """Options of `deduplicate`."""

    keys: list[str] = option("The columns that make a row the same.")
    order_by: list[str] = option(
        'What puts the rows of one key in order: columns or expressions, each with "DESC" if wanted. Without it any row stays.',
        default_factory=list,
    )
    keep: Literal["first", "last"] = option("Which row of that order stays.", default="last")


class DeduplicateTransform(Transform[DeduplicateOptions]):
    """Keeps one row of each key."""

    expects: ClassVar = 1
    examples: ClassVar = ("keys = [id], order_by = [updated_at]",)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The new frame."""
        raise NotImplementedError
