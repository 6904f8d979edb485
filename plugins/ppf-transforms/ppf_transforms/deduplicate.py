"""One row a key."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, OptionsError, Transform, option, options
from ppf_transforms.columns import applied, expressions, literal, require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

_DIRECTION = re.compile(r"(?:\s+(?P<direction>asc|desc))?(?:\s+nulls\s+(?P<nulls>first|last))?\s*$", re.IGNORECASE)


@options
class DeduplicateOptions:
    """What makes rows the same, and which of them stays."""

    keys: list[str] = option("The columns that make a row the same.")
    order_by: list[str] = option(
        'What puts the rows of one key in order: columns or expressions, each with "DESC" if wanted. Without it any row stays.',
        default_factory=list,
        sql=True,
    )
    keep: Literal["first", "last"] = option("Which row of that order stays.", default="last")

    def __post_init__(self) -> None:
        """Without a key all rows would be the same."""
        if not self.keys:
            raise OptionsError({"keys": "must name at least one column."})


class DeduplicateTransform(Transform[DeduplicateOptions]):
    """Keeps one row of each key."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ("keys = [id], order_by = [updated_at]",)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """One row of each key; NULL in a key equals NULL, as in GROUP BY."""
        (frame,) = inputs.values()
        require_columns(frame, self.options.keys, "keys")
        if not self.options.order_by:
            return frame.dropDuplicates(self.options.keys)
        return self._first_of_each(frame)

    def _first_of_each(self, frame: "DataFrame") -> "DataFrame":
        from pyspark.sql import Window, functions

        orders = {f"order_by[{index}]": _Order.of(text, frame.columns) for index, text in enumerate(self.options.order_by)}
        texts = {option: order.text for option, order in orders.items()}
        # Rows that are equal in `order_by` would be chosen anew in each attempt; the other columns decide then.
        ties = [literal(frame, field.name) for field in frame.schema if _is_orderable(field.dataType)]
        keys = Window.partitionBy(*[literal(frame, name) for name in self.options.keys])
        place = _new_name(frame)

        def numbered(columns: "Mapping[str, Column]") -> "DataFrame":
            wanted = [orders[option].sorted(column, self.options.keep) for option, column in columns.items()]
            return frame.withColumn(place, functions.row_number().over(keys.orderBy(*wanted, *ties)))

        rows = applied(frame, texts, expressions(frame, texts), numbered)
        return rows.filter(literal(rows, place) == 1).drop(place)


@dataclass(frozen=True)
class _Order:
    """One entry of `order_by`: an expression and its direction."""

    text: str
    down: bool = False
    nulls_first: bool = True

    @classmethod
    def of(cls, text: str, columns: list[str]) -> "_Order":
        direction = _DIRECTION.search(text)
        if text in columns or direction is None:
            return cls(text)
        down = (direction["direction"] or "asc").lower() == "desc"
        # Spark's rule: NULL comes first when ascending, last when descending.
        nulls_first = direction["nulls"].lower() == "first" if direction["nulls"] else not down
        return cls(text[: direction.start()], down, nulls_first)

    def sorted(self, column: "Column", keep: str) -> "Column":
        """The column in this order, turned round when the last row is wanted."""
        down, nulls_first = (self.down, self.nulls_first) if keep == "first" else (not self.down, not self.nulls_first)
        if down:
            return column.desc_nulls_first() if nulls_first else column.desc_nulls_last()
        return column.asc_nulls_first() if nulls_first else column.asc_nulls_last()


def _is_orderable(data_type: "DataType") -> bool:
    from pyspark.sql.types import ArrayType, AtomicType, StructType

    if isinstance(data_type, StructType):
        return all(_is_orderable(field.dataType) for field in data_type)
    if isinstance(data_type, ArrayType):
        return _is_orderable(data_type.elementType)
    return isinstance(data_type, AtomicType) and data_type.typeName() != "variant"


def _new_name(frame: "DataFrame") -> str:
    name = "_place"
    while name in frame.columns:
        name += "_"
    return name
