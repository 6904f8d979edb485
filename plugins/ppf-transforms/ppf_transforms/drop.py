"""A frame without some of its columns."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class DropOptions:
    """Options of `drop`."""

    columns: list[str] = option("Names of the columns to remove.")


class DropTransform(Transform[DropOptions]):
    """Removes columns."""

    expects: ClassVar = 1
    examples: ClassVar = ("columns = [tailnum, time_hour]",)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The new frame."""
        raise NotImplementedError
