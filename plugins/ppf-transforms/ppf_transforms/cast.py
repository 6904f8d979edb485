"""Columns in another type."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options
from ppf_transforms.columns import applied, literal, refused, require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame


@options
class CastOptions:
    """Which columns get which types."""

    columns: dict[str, str] = option('Types by column: "INT", "DECIMAL(10,2)", "ARRAY<STRING>".')


class CastTransform(Transform[CastOptions]):
    """Gives columns another type; the rest stays as it is."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ('columns { dep_delay = INT, price = "DECIMAL(10,2)" }',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The same columns in the same order. A value that does not fit is an error in ANSI mode, else NULL."""
        (frame,) = inputs.values()
        require_columns(frame, self.options.columns, "columns")
        names = {f"columns.{name}": name for name in self.options.columns}
        texts = {option: self.options.columns[name] for option, name in names.items()}
        return applied(
            frame,
            texts,
            {option: _cast(frame, name, texts[option], option) for option, name in names.items()},
            lambda columns: frame.withColumns({names[option]: column for option, column in columns.items()}),
        )


def _cast(frame: "DataFrame", name: str, type_name: str, option: str) -> "Column":
    from pyspark.errors import ParseException

    try:
        return literal(frame, name).cast(type_name)
    except ParseException as error:
        raise refused(error, frame.columns, type_name, option) from error
