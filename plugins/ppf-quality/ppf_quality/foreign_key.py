"""Keys that another component has."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Columns, Context, FrameCheck, OptionsError, Verdict, option, options
from ppf_quality.columns import Found, find, found_in, frame_of, name_problems, require_comparable
from ppf_quality.keys import counted, key_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@options
class ForeignKeyOptions:
    """The key here, and where it must be there."""

    columns: list[str] = option("The columns, or fields of structs such as `address.id`, that make the key together.")
    references: str = option("The component that has the keys.", component=True)
    reference_columns: list[str] = option("Its columns, in the same order.")
    null_safe: bool = option("NULL in a key must be there as well; false: a key with NULL passes, as in SQL.", default=False)

    def __post_init__(self) -> None:
        """Both sides have as many columns."""
        problems = name_problems(self.columns) | name_problems(self.reference_columns, "reference_columns")
        here, there = len(self.columns), len(self.reference_columns)
        if not problems and here != there:
            told = f"names {there} column{'s' if there != 1 else ''}, but columns names {here}. They are compared one by one."
            problems = {"reference_columns": told}
        if problems:
            raise OptionsError(problems)


class ForeignKeyCheck(FrameCheck[ForeignKeyOptions]):
    """Every key is among those of another component. Rows whose key is not are bad.

    A key with NULL passes, as in SQL, unless `null_safe` is set; NaN equals NaN. An empty frame passes. Needs one Spark action.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("columns = [tailnum], references = planes, reference_columns = [tailnum]",)

    @property
    def identity(self) -> object:
        """The pairs of columns, whatever their order, and where the keys are looked up."""
        pairs = zip(self.options.columns, self.options.reference_columns, strict=True)
        return self.options.references, frozenset(pairs), self.options.null_safe

    def judge(self, context: Context, frame: "DataFrame") -> Verdict:
        """How many rows have a key that the other component does not have."""
        from pyspark.sql import functions

        here = [find(Columns(frame), name) for name in self.options.columns]
        reference = self._reference(context)
        there = self._reference_columns(reference)
        for one, other in zip(here, there, strict=True):
            require_comparable(one, other, self.options.references)
        key, known = key_of(here), key_of(there, "known")
        known_keys = known.values(reference).distinct().withColumn("is_known", functions.lit(True))
        pairs = zip(key.names, known.names, strict=True)
        sides = [(functions.col(name), functions.col(known_name)) for name, known_name in pairs]
        on = [one.eqNullSafe(other) if self.options.null_safe else one == other for one, other in sides]
        joined = key.rows(frame).join(known_keys, on, "left")
        counts_at_all = functions.lit(True) if self.options.null_safe else key.is_complete
        orphans = functions.when(counts_at_all & functions.col("is_known").isNull(), functions.col("rows"))
        rows, failed = counted(joined.agg(functions.sum("rows").alias("rows"), functions.sum(orphans).alias("orphans")))
        named = ", ".join(self.options.columns)
        told = f"{failed:,} of {rows:,} rows have a key ({named}) that {self.options.references!r} does not have."
        return Verdict(failed == 0, failed=failed, evaluated=rows, message=told if failed else "")

    def _reference(self, context: Context) -> "DataFrame":
        return frame_of(context, self.options.references, "references")

    def _reference_columns(self, reference: "DataFrame") -> list[Found]:
        return found_in(reference, self.options.reference_columns, "reference_columns", self.options.references)
