"""Columns under new names."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options
from ppf_transforms.columns import literal, require_columns, require_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class RenameOptions:
    """Which columns get which names."""

    columns: dict[str, str] = option("New names by old name.")


class RenameTransform(Transform[RenameOptions]):
    """Gives columns new names; the rest stays as it is."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ("columns { dest = destination }",)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The same columns in the same order; two may swap their names."""
        (frame,) = inputs.values()
        names = self.options.columns
        require_columns(frame, names, "columns")
        renamed = frame.select(*[literal(frame, name).alias(names.get(name, name)) for name in frame.columns])
        return require_distinct(renamed, "Choose another new name, or rename both.")
