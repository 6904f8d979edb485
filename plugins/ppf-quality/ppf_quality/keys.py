"""The rows of a frame, counted by key."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from ppf_core import PpfError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ppf_quality.columns import Found

_NO_KEYS = re.compile(r"\b(map<|variant\b)|^interval$")


@dataclass(frozen=True)
class Key:
    """The columns of a key under names of ours, since those of the frame may be anything."""

    columns: tuple["Column", ...]
    names: tuple[str, ...]

    @property
    def is_complete(self) -> "Column":
        """Whether no part of the key is NULL, in what `rows` gives."""
        from pyspark.sql import functions

        return reduce(and_, [functions.col(name).isNotNull() for name in self.names])

    def rows(self, frame: "DataFrame") -> "DataFrame":
        """One row a key, with the number of its rows in `rows`."""
        from pyspark.sql import functions

        return self.values(frame).groupBy(*self.names).agg(functions.count(functions.lit(1)).alias("rows"))

    def values(self, frame: "DataFrame") -> "DataFrame":
        """The key of each row."""
        return frame.select(*[column.alias(name) for column, name in zip(self.columns, self.names, strict=True)])


def key_of(found: Sequence["Found"], prefix: str = "key") -> Key:
    """The key that these columns make. Raises PpfError where values of one cannot be compared."""
    for each in found:
        if _NO_KEYS.search(each.type_name):
            raise PpfError(f"Column {each.name!r} is {each.type_name}, of which Spark makes no keys. Name a field of it.")
    return Key(tuple(each.column for each in found), tuple(f"{prefix}_{index}" for index in range(len(found))))


def counted(counts: "DataFrame") -> tuple[int, ...]:
    """The numbers in a frame of one row; NULL, which is the sum of nothing, is 0. One Spark action."""
    (row,) = counts.collect()
    return tuple(number or 0 for number in row)
