"""A frame without some of its columns."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, PpfError, Transform, option, options
from ppf_transforms.columns import require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class DropOptions:
    """Which columns go."""

    columns: list[str] = option("Names of the columns to remove.")


class DropTransform(Transform[DropOptions]):
    """Removes columns."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ("columns = [tailnum, time_hour]",)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The frame without these columns."""
        (frame,) = inputs.values()
        require_columns(frame, self.options.columns, "columns")
        if set(self.options.columns) >= set(frame.columns):
            raise PpfError("drop would leave no column.", hint="Name fewer columns.")
        return frame.drop(*self.options.columns)
