"""One row a key."""

import re
from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, OptionsError, Transform, option, options
from ppf_transforms.columns import applied, expression, literal, require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

_SORT = re.compile(r"(?:\s+(?P<direction>asc|desc))?(?:\s+nulls\s+(?P<nulls>first|last))?\s*$", re.IGNORECASE)


@options
class DeduplicateOptions:
    """Options of `deduplicate`."""

    keys: list[str] = option("The columns that make a row the same.")
    order_by: list[str] = option(
        'What puts the rows of one key in order: columns or expressions, each with "DESC" if wanted. Without it any row stays.',
        default_factory=list,
    )
    keep: Literal["first", "last"] = option("Which row of that order stays.", default="last")

    def __post_init__(self) -> None:
        """Without a key all rows would be the same."""
        if not self.keys:
            raise OptionsError({"keys": "must name at least one column."})


class DeduplicateTransform(Transform[DeduplicateOptions]):
    """Keeps one row of each key."""

    expects: ClassVar = 1
    examples: ClassVar = ("keys = [id], order_by = [updated_at]",)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """One row of each key; rows whose keys are all NULL in the same places have the same key."""
        (frame,) = inputs.values()
        require_columns(frame, self.options.keys, "keys")
        if not self.options.order_by:
            return frame.dropDuplicates(self.options.keys)
        return self._first_of_each(frame)

    def _first_of_each(self, frame: "DataFrame") -> "DataFrame":
        from pyspark.sql import Window, functions

        texts = {f"order_by[{index}]": text for index, text in enumerate(self.options.order_by)}
        order = [_ordered(frame, option, text, backwards=self.options.keep == "last") for option, text in texts.items()]
        # Rows that are equal in `order_by` would be chosen anew in each attempt; the other columns decide then.
        ties = [literal(frame, field.name) for field in frame.schema if _is_orderable(field.dataType)]
        window = Window.partitionBy(*[literal(frame, name) for name in self.options.keys]).orderBy(*order, *ties)
        place = _new_name(frame)
        bare = {option: _SORT.sub("", text) for option, text in texts.items()}
        numbered = applied(frame, lambda: frame.withColumn(place, functions.row_number().over(window)), bare)
        return numbered.filter(literal(numbered, place) == 1).drop(place)


def _ordered(frame: "DataFrame", option: str, text: str, *, backwards: bool) -> "Column":
    """One entry of `order_by` as a sort order, turned round when the last row is wanted."""
    direction = _SORT.search(text)
    column = expression(frame, _SORT.sub("", text), option)
    down = direction is not None and (direction["direction"] or "").lower() == "desc"
    # Spark's rule: NULL comes first when ascending, last when descending.
    nulls_first = not down if direction is None or direction["nulls"] is None else direction["nulls"].lower() == "first"
    if backwards:
        down, nulls_first = not down, not nulls_first
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
