"""Texts and lists that are neither too short nor too long."""

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Columns, PpfError, RowCheck, option, options
from ppf_quality.bounds import require_count_bounds
from ppf_quality.columns import Found, find

if TYPE_CHECKING:
    from pyspark.sql import Column


@options
class LengthOptions:
    """The column and how long it may be."""

    column: str = option("The column, or a field of a struct such as `address.zip`.")
    min: int | None = option("The fewest characters (bytes of binary, items of an array or map) that are good.", default=None)
    max: int | None = option("The most characters that are good.", default=None)

    def __post_init__(self) -> None:
        """There is a length between the bounds."""
        require_count_bounds(self.min, self.max)


class LengthCheck(RowCheck[LengthOptions]):
    """A text has so many characters, binary so many bytes, an array or map so many items. NULL passes, an empty text has 0."""

    null_passes: ClassVar = True
    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("column = carrier, min = 2, max = 2", "column = tags, max = 10")

    def passes(self, columns: Columns) -> "Column":
        """True where the length is within the bounds, NULL where the value is NULL."""
        from pyspark.sql import functions

        length = _length(find(columns, self.options.column))
        low, high = self.options.min, self.options.max
        conditions = [] if low is None else [length >= functions.lit(low)]
        conditions += [] if high is None else [length <= functions.lit(high)]
        return reduce(and_, conditions)


def _length(found: Found) -> "Column":
    from pyspark.sql import functions

    if found.kind in ("string", "binary"):
        return functions.length(found.column)
    # `size` gives -1 for NULL where ANSI mode is off.
    if found.kind == "array":
        return functions.array_size(found.column)
    if found.kind == "map":
        return functions.array_size(functions.map_keys(found.column))
    raise PpfError(f"Column {found.name!r} is {found.type_name}, which has no length. Name a text, binary, an array or a map.")
