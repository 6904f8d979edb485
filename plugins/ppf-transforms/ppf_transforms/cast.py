"""Columns in another type."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options

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
        """The new frame."""
        raise NotImplementedError
