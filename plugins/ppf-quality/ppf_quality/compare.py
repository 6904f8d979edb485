"""The same rows in two components."""

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Columns, Context, FrameCheck, OptionsError, PpfError, Verdict, option, options
from ppf_quality.columns import FRACTIONS, WHOLE_NUMBERS, Found, find, found_in, frame_of, name_problems, require_comparable
from ppf_quality.keys import counted, key_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


@options
class CompareOptions:
    """With what the rows are compared, and how closely."""

    with_: str = option("The component that has the rows as they should be.", component=True)
    keys: list[str] = option("The columns that say which row is which; both have them.")
    columns: list[str] = option(
        "The columns that must be equal; without any, all that are no keys. Both have them.", default_factory=list
    )
    tolerance: Decimal = option("How far numbers may lie apart.", default=Decimal(0))

    def __post_init__(self) -> None:
        """A column is a key, or is compared."""
        problems = name_problems(self.keys, "keys") | (name_problems(self.columns) if self.columns else {})
        both = [name for name in self.columns if name in self.keys]
        if both:
            problems["columns"] = f"names {both[0]!r}, which is among keys as well."
        if self.tolerance < 0:
            problems["tolerance"] = f"is {self.tolerance}, but a distance is never negative."
        if problems:
            raise OptionsError(problems)


class CompareCheck(FrameCheck[CompareOptions]):
    """Another component has the same rows: each key there is here, and the other way round, with equal values.

    NULL equals NULL, NaN equals NaN. A key that is there twice on one side is bad, too. Needs one Spark action.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = (
        "with = ledger, keys = [id]",
        "with = ledger, keys = [day, account], columns = [amount], tolerance = 0.005",
    )

    def judge(self, context: Context, frame: "DataFrame") -> Verdict:
        """How many keys are missing, too many, twice, or have other values."""
        from pyspark.sql import functions

        name = self.options.with_
        reference = frame_of(context, name, "with")
        here, there = self._sides(frame, reference)
        for one, other in zip(here, there, strict=True):
            require_comparable(one, other, name)
        count = len(self.options.keys)
        left, right = _by_key(frame, here, count, "this"), _by_key(reference, there, count, "that")
        on = [functions.col(f"this_{index}").eqNullSafe(functions.col(f"that_{index}")) for index in range(count)]
        is_here, is_there = functions.col("this_rows").isNotNull(), functions.col("that_rows").isNotNull()
        is_twice = (functions.col("this_rows") > 1) | (functions.col("that_rows") > 1)
        differing = [self._differs(index, here[index]) for index in range(count, len(here))]
        other_values = functions.lit(False)
        for each in differing:
            other_values = other_values | each
        kinds = [~is_here, ~is_there, is_twice, other_values]
        kind = functions.lit(0)
        for number, condition in reversed(list(enumerate(kinds, start=1))):
            kind = functions.when(condition, number).otherwise(kind)
        joined = left.join(right, on, "full").withColumn("kind", kind)
        numbers = [functions.count_if(functions.col("kind") == number) for number in range(1, len(kinds) + 1)]
        columns = [functions.count_if((functions.col("kind") == len(kinds)) & each) for each in differing]
        keys, *found = counted(joined.agg(functions.count(functions.lit(1)), *numbers, *columns))
        failed = sum(found[: len(kinds)])
        return Verdict(failed == 0, failed=failed, evaluated=keys, message=self._told(found, here[count:]) if failed else "")

    def _sides(self, frame: "DataFrame", reference: "DataFrame") -> tuple[list[Found], list[Found]]:
        compared = self.options.columns or [name for name in frame.columns if name not in self.options.keys]
        columns = Columns(frame)
        here = [find(columns, name) for name in (*self.options.keys, *compared)]
        keys = found_in(reference, self.options.keys, "keys", self.options.with_)
        others = found_in(reference, compared, "columns", self.options.with_)
        for each in here[len(keys) :]:
            if "map<" in each.type_name or "variant" in each.type_name:
                told = f"Column {each.name!r} is {each.type_name}, which Spark does not compare."
                raise PpfError(told, hint="Leave it out of columns.")
        return here, [*keys, *others]

    def _differs(self, index: int, found: Found) -> "Column":
        from pyspark.sql import functions

        one, other = functions.col(f"this_{index}"), functions.col(f"that_{index}")
        if not self.options.tolerance or not found.is_number:
            return ~one.eqNullSafe(other)
        limit = functions.lit(str(self.options.tolerance)).cast("double" if found.kind in FRACTIONS else "decimal(38,18)")
        if found.kind in FRACTIONS:
            one, other = one.cast("double"), other.cast("double")
        elif found.kind in WHOLE_NUMBERS:
            one = one.cast("decimal(20,0)")  # a difference of two BIGINT may be none
        is_near = functions.abs(one - other) <= limit
        return ~(one.eqNullSafe(other) | functions.coalesce(is_near, functions.lit(False)))

    def _told(self, found: list[int], compared: list[Found]) -> str:
        missing, further, twice, differing, *columns = found
        name = self.options.with_
        told = [f"{missing:,} keys of {name!r} are missing"] if missing else []
        told += [f"{further:,} keys are not in {name!r}"] if further else []
        told += [f"{twice:,} keys are there more than once"] if twice else []
        if differing:
            shown = ", ".join(f"{each.name}: {number:,}" for each, number in zip(compared, columns, strict=True) if number)
            told.append(f"{differing:,} keys have other values ({shown})")
        return "; ".join(told) + "."


def _by_key(frame: "DataFrame", found: list[Found], count: int, side: str) -> "DataFrame":
    """One row a key: its columns, its values, and how many rows it has."""
    from pyspark.sql import functions

    key = key_of(found[:count], side)
    named = [each.column.alias(f"{side}_{index}") for index, each in enumerate(found)]
    values = [functions.first(f"{side}_{index}").alias(f"{side}_{index}") for index in range(count, len(found))]
    rows = functions.count(functions.lit(1)).alias(f"{side}_rows")
    return frame.select(*named).groupBy(*key.names).agg(rows, *values)
