"""Inputs one below the other."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class UnionOptions:
    """Options of `union`."""

    by_name: bool = option("Match columns by name; false matches them by position.", default=True)
    allow_missing: bool = option("With by_name: a column that an input does not have is NULL there.", default=False)


class UnionTransform(Transform[UnionOptions]):
    """Puts the rows of all inputs into one frame; duplicates stay."""

    expects: ClassVar = None
    examples: ClassVar = ("", "allow_missing = true")

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The new frame."""
        raise NotImplementedError
