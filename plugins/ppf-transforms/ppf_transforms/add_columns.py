"""Computed columns."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options
from ppf_transforms.columns import applied, expressions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class AddColumnsOptions:
    """Which columns are computed, and how."""

    columns: dict[str, str] = option(
        "SQL expressions by name. Each sees the columns of the input, and the new ones above it that replace none.", sql=True
    )


class AddColumnsTransform(Transform[AddColumnsOptions]):
    """Adds columns, or replaces those of the same name."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ('columns { hours = "dep_delay / 60", late = "dep_delay > 15" }',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The columns of the input, each replaced where it stands, then the new ones."""
        (frame,) = inputs.values()
        names = {f"columns.{name}": name for name in self.options.columns}
        texts = {option: self.options.columns[name] for option, name in names.items()}
        return applied(
            frame,
            texts,
            expressions(frame, texts),
            lambda columns: frame.withColumns({names[option]: column for option, column in columns.items()}),
        )
