"""Keys that are there once."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Columns, Context, FrameCheck, Verdict, option, options
from ppf_quality.columns import find, require_names
from ppf_quality.keys import counted, key_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@options
class UniqueOptions:
    """What makes the key."""

    columns: list[str] = option("The columns, or fields of structs such as `address.id`, that make the key together.")
    nulls_distinct: bool = option("A key with NULL equals no other, as in SQL; false: NULL equals NULL.", default=True)

    def __post_init__(self) -> None:
        """There are some."""
        require_names(self.columns)


class UniqueCheck(FrameCheck[UniqueOptions]):
    """No two rows have the same key. Rows beyond the first of a key are bad.

    A key with NULL equals no other, as in SQL, unless `nulls_distinct` is false; NaN equals NaN. An empty frame passes.
    Needs one Spark action.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("columns = [id]", "columns = [carrier, flight, time_hour], nulls_distinct = false")

    @property
    def identity(self) -> object:
        """The key, whatever the order of its columns."""
        return frozenset(self.options.columns), self.options.nulls_distinct

    def judge(self, context: Context, frame: "DataFrame") -> Verdict:
        """How many rows are beyond the first of their key."""
        from pyspark.sql import functions

        columns = Columns(frame)
        keys = [find(columns, name) for name in self.options.columns]
        key = key_of(keys)
        counts_at_all = key.is_complete if self.options.nulls_distinct else functions.lit(True)
        beyond = functions.when(counts_at_all, functions.col("rows") - 1)
        counts = key.rows(frame).agg(functions.sum("rows").alias("rows"), functions.sum(beyond).alias("beyond"))
        rows, failed = counted(counts)
        told = f"{failed:,} of {rows:,} rows repeat the key ({', '.join(self.options.columns)}) of another row."
        return Verdict(failed == 0, failed=failed, evaluated=rows, message=told if failed else "")
