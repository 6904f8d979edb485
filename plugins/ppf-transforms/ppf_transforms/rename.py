"""Columns under new names."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class RenameOptions:
    """Options of `rename`."""

    columns: dict[str, str] = option("New names by old name.")


class RenameTransform(Transform[RenameOptions]):
    """Gives columns new names; the rest stays as it is."""

    expects: ClassVar = 1
    examples: ClassVar = ("columns { dest = destination }",)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The new frame."""
        raise NotImplementedError
