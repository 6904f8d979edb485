"""Columns in another type."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options
from ppf_transforms.columns import explained, literal, require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class CastOptions:
    """Options of `cast`."""

    columns: dict[str, str] = option('Types by column: "INT", "DECIMAL(10,2)", "ARRAY<STRING>".')


class CastTransform(Transform[CastOptions]):
    """Gives columns another type; the rest stays as it is."""

    expects: ClassVar = 1
    examples: ClassVar = ('columns { dep_delay = INT, price = "DECIMAL(10,2)" }',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The same columns in the same order. What a value that does not fit becomes is Spark's: an error in ANSI mode, else NULL."""
        (frame,) = inputs.values()
        require_columns(frame, self.options.columns, "columns")
        for name, type_name in self.options.columns.items():
            frame = _cast(frame, name, type_name)
        return frame


def _cast(frame: "DataFrame", name: str, type_name: str) -> "DataFrame":
    from pyspark.errors import AnalysisException

    try:
        return frame.withColumn(name, literal(frame, name).cast(type_name))
    except AnalysisException as error:
        raise explained(error, frame.columns, type_name, f"columns.{name}") from error
