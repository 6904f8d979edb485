"""A share of the rows, chosen by chance but always the same."""

import math
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Columns, Context, OptionsError, PpfError, Transform, option, options
from ppf_transforms.columns import found, literal, require_columns
from ppf_transforms.constants import constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame

_LEAST = 1e-12  # a number of copies that is less likely than this never comes


@options
class SampleOptions:
    """How many rows, and by which chance."""

    fraction: float | None = option("The share of rows, 0 to 1; with replacement the mean number of copies.", default=None)
    seed: int = option("Another seed gives other rows; the same gives the same ones.", default=0)
    by: list[str] = option(
        "Rows that are equal in these columns are all chosen or all not: customers, say.", default_factory=list
    )
    with_replacement: bool = option("A row may be chosen several times.", default=False)
    column: str | None = option("The column whose values have shares of their own in `fractions`.", default=None)
    fractions: dict[str, float] = option(
        "Shares by value of `column`; other values have `fraction`, or none.", default_factory=dict
    )

    def __post_init__(self) -> None:
        """Shares are shares."""
        problems = {}
        shares = {"fraction": self.fraction} | {f"fractions.{value}": share for value, share in self.fractions.items()}
        for name, share in shares.items():
            if share is not None and (share < 0 or (share > 1 and not self.with_replacement)):
                problems[name] = f"is {share}, but must be {'at least 0' if self.with_replacement else 'between 0 and 1'}."
        if self.fraction is None and not self.fractions:
            problems["fraction"] = "is missing, and so is fractions. Set at least one of them."
        if bool(self.fractions) != (self.column is not None):
            problems["column"] = "and fractions go together; set both, or none."
        if problems:
            raise OptionsError(problems)


class SampleTransform(Transform[SampleOptions]):
    """Chooses rows by chance. The chance of a row comes from its values, so each attempt and each resume chooses the same ones.

    Rows that are equal in all columns are all chosen or all not. Spark's own sample depends on the order in which rows come.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = (
        "fraction = 0.1, seed = 7",
        "fraction = 0.05, by = [customer]",
        "column = country, fractions { CH = 1.0, DE = 0.2 }, fraction = 0.01",
    )

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The chosen rows, with all their columns."""
        from pyspark.sql import functions

        (frame,) = inputs.values()
        share = self._share(frame)
        chance = self._chance(frame)
        if not self.options.with_replacement:
            return frame.filter(chance < share)
        largest = max([self.options.fraction or 0.0, *self.options.fractions.values()])
        copies = functions.array_repeat(functions.lit(0), _copies(chance, share, largest))
        every = [literal(frame, name) for name in frame.columns]
        copied = frame.select(*every, functions.explode(copies))
        return copied.select(*[literal(copied, name) for name in frame.columns])

    def _share(self, frame: "DataFrame") -> "Column":
        from pyspark.sql import functions

        share = functions.lit(float(self.options.fraction or 0.0))
        if self.options.column is None:
            return share
        column, type_ = found(Columns(frame), self.options.column, "column")
        for value, own in self.options.fractions.items():
            is_it = column == constant(value, type_, f"fractions.{value}")
            share = functions.when(is_it, functions.lit(float(own))).otherwise(share)
        return share

    def _chance(self, frame: "DataFrame") -> "Column":
        """From 0 to 1, evenly, of the values of a row and the seed."""
        from pyspark.sql import functions

        require_columns(frame, self.options.by, "by")
        names = self.options.by or [field.name for field in frame.schema if _can_be_hashed(field.dataType.simpleString())]
        for field in frame.schema:
            if field.name in self.options.by and not _can_be_hashed(field.dataType.simpleString()):
                raise PpfError(f"by names {field.name!r}, which is {field.dataType.simpleString()}: Spark makes no hash of it.")
        hashed = functions.xxhash64(functions.lit(self.options.seed), *[literal(frame, name) for name in names])
        return functions.shiftrightunsigned(hashed, 11) / functions.lit(float(2**53))


def _copies(chance: "Column", mean: "Column", largest: float) -> "Column":
    """How often a row comes: as Poisson has it, which is what choosing with replacement gives."""
    from pyspark.sql import functions

    below, term = functions.exp(-mean), functions.exp(-mean)
    copies = functions.lit(0)
    count, likely = 0, math.exp(-largest)
    while likely > _LEAST or count <= largest:
        copies = copies + functions.when(chance >= below, 1).otherwise(0)
        count += 1
        likely *= largest / count
        term = term * mean / count
        below = below + term
    return copies


def _can_be_hashed(type_name: str) -> bool:
    return "map<" not in type_name and "variant" not in type_name
