"""Columns without NULL."""

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Columns, RowCheck, option, options
from ppf_quality.columns import find, require_names

if TYPE_CHECKING:
    from pyspark.sql import Column


@options
class NotNullOptions:
    """Which columns."""

    columns: list[str] = option("The columns, or fields of structs such as `address.city`, that must have a value.")

    def __post_init__(self) -> None:
        """There are some."""
        require_names(self.columns)


class NotNullCheck(RowCheck[NotNullOptions]):
    """Every named column has a value. NaN and an empty text are values."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("columns = [carrier]", 'columns = [id, "address.city"]')

    def passes(self, columns: Columns) -> "Column":
        """True where none of them is NULL."""
        return reduce(and_, [find(columns, name).column.isNotNull() for name in self.options.columns])
