"""What checks look for in a frame, and what counting it gives, as values; and the columns of rows that are set apart."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ppf_core.contracts.checks import AggregateCheck, Columns, RowCheck

if TYPE_CHECKING:
    from pyspark.sql import Column

FAILED_CHECKS = "_ppf_failed_checks"
"""The column of set-apart rows that names the rules which found them bad: an array of strings."""

EVALUATED = "evaluated"
RUN_ID = "_ppf_run_id"
CHECKED_AT = "_ppf_checked_at"
BATCH = "ppf_batch"
"""In the quarantine of a stream: the number of the batch, a folder for each."""
OWN_COLUMNS = (FAILED_CHECKS, RUN_ID, CHECKED_AT, BATCH)
"""What set-apart rows have beside their own columns."""


def quarantines_own(names: Iterable[str]) -> list[str]:
    """Those of the columns that quarantine would overwrite with its own."""
    return [name for name in names if name.lower() in OWN_COLUMNS]


RowRule: TypeAlias = "Callable[[Columns, int, int], Column]"
ValueRule: TypeAlias = "Callable[[Columns], Mapping[str, Column]]"


@dataclass(frozen=True)
class Rules:
    """What is counted, each rule under a number.

    rows: columns, what to give where a row is bad, and what else → one of the two. values: columns → aggregates by name.
    """

    rows: Mapping[int, RowRule]
    values: Mapping[int, ValueRule]

    @classmethod
    def of(cls, checks: "Mapping[int, RowCheck[Any] | AggregateCheck[Any]]", where: Mapping[int, str]) -> "Rules":
        """The rules of these checks. where: of row checks, which rows they judge; how many these are is the value EVALUATED."""
        rows = {key: _row_rule(check, where.get(key)) for key, check in checks.items() if isinstance(check, RowCheck)}
        values = {key: _value_rule(check) for key, check in checks.items() if isinstance(check, AggregateCheck)}
        return cls(rows, values | {key: partial(_evaluated, where[key]) for key in rows if key in where})

    def without(self, keys: Collection[int]) -> "Rules":
        """The others."""
        return Rules(
            {key: rule for key, rule in self.rows.items() if key not in keys},
            {key: rule for key, rule in self.values.items() if key not in keys},
        )

    def only(self, *keys: int) -> "Rules":
        """These alone."""
        return self.without((self.rows.keys() | self.values.keys()) - set(keys))


@dataclass(frozen=True)
class Summary:
    """What one look at all rows gives. masks: which rules found a bad row at all. values: by rule and name.

    apart: rows that are set apart. routed: how many of these go to which place. failed: bad rows by rule, where they were
    counted at once. A value that is not there did not arrive; one that is None is SQL's NULL.
    """

    rows: int
    apart: int
    routed: Mapping[int, int]
    masks: tuple[int, ...]
    values: Mapping[int, Mapping[str, Any]]
    failed: Mapping[int, int] | None = None


@dataclass(frozen=True)
class Counts:
    """Bad rows by row rule, and values by value rule, of this many rows. apart, routed: as in a summary."""

    rows: int
    apart: int
    routed: Mapping[int, int]
    failed: Mapping[int, int]
    values: Mapping[int, Mapping[str, Any]]


def _row_rule(check: "RowCheck[Any]", where: str | None) -> RowRule:
    def chosen(columns: Columns, bad: int, good: int) -> "Column":
        from pyspark.sql import functions as F

        passes = check.passes(columns)
        found = F.when(~passes, bad).otherwise(good) if check.null_passes else F.when(passes, good).otherwise(bad)
        return found if where is None else F.when(F.expr(where), found).otherwise(good)

    return chosen


def _evaluated(where: str, _columns: Columns) -> "Mapping[str, Column]":
    from pyspark.sql import functions as F

    return {EVALUATED: F.count_if(F.expr(where))}


def _value_rule(check: "AggregateCheck[Any]") -> ValueRule:
    return check.metrics
