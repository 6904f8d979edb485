"""The order of rows: entries of `order_by`, and what decides where these are equal."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppf_transforms.columns import applied, expressions, literal

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

    from ppf_transforms.columns import Change

_DIRECTION = re.compile(r"(?:\s+(?P<direction>asc|desc))?(?:\s+nulls\s+(?P<nulls>first|last))?\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    """One entry of `order_by`: an expression and its direction."""

    text: str
    down: bool = False
    nulls_first: bool = True

    @classmethod
    def of(cls, text: str, columns: Sequence[str]) -> "Order":
        """The entry that a text is; a text that is the name of a column is that column."""
        direction = _DIRECTION.search(text)
        if text in columns or direction is None:
            return cls(text)
        down = (direction["direction"] or "asc").lower() == "desc"
        # Spark's rule: NULL comes first when ascending, last when descending.
        nulls_first = direction["nulls"].lower() == "first" if direction["nulls"] else not down
        return cls(text[: direction.start()], down, nulls_first)

    def sorted(self, column: "Column", *, reverse: bool = False) -> "Column":
        """The column in this order, or in the one turned round."""
        down, nulls_first = (not self.down, not self.nulls_first) if reverse else (self.down, self.nulls_first)
        if down:
            return column.desc_nulls_first() if nulls_first else column.desc_nulls_last()
        return column.asc_nulls_first() if nulls_first else column.asc_nulls_last()


def is_orderable(data_type: "DataType") -> bool:
    """Whether Spark can sort by it."""
    from pyspark.sql.types import ArrayType, AtomicType, StructType

    if isinstance(data_type, StructType):
        return all(is_orderable(field.dataType) for field in data_type)
    if isinstance(data_type, ArrayType):
        return is_orderable(data_type.elementType)
    return isinstance(data_type, AtomicType) and data_type.typeName() != "variant"


def in_order(frame: "DataFrame", entries: Sequence[str], change: "Change", option: str = "order_by") -> "DataFrame":
    """What `change` makes of the entries as sorted columns. When Spark refuses one, the error names it."""
    orders = {f"{option}[{index}]": Order.of(text, frame.columns) for index, text in enumerate(entries)}
    texts = {place: order.text for place, order in orders.items()}

    def changed(columns: "Mapping[str, Column]") -> "DataFrame":
        return change({place: orders[place].sorted(column) for place, column in columns.items()})

    return applied(frame, texts, expressions(frame, texts), changed)


def ties(frame: "DataFrame") -> "list[Column]":
    """What decides among rows that are equal so far: without it, each attempt would choose anew."""
    return [literal(frame, field.name) for field in frame.schema if is_orderable(field.dataType)]


def new_name(frame: "DataFrame") -> str:
    """A name that no column has."""
    name = "_place"
    while name in frame.columns:
        name += "_"
    return name
