"""What checks promise, as suites of tests: subclass one once for each set of options that matters.

    class TestEven(RowCheckConformance):
        plugin = EvenCheck
        schema = "number INT"

        def options(self, folder):
            return {"column": "number"}

        def is_good(self, row):
            return row.number is None or row.number % 2 == 0

A check passes when Spark counts what plain Python counts, on rows of every odd value that the types have, NULL and NaN among
them, and on no rows at all.
"""

import datetime
import decimal
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pyspark.sql import functions as F

from ppf_core import AggregateCheck, Columns, FrameCheck, RowCheck
from ppf_core.testing import context
from ppf_testing.plugins import PluginConformance

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

ROWS = 300
_INFINITE = float("inf")
VALUES: dict[str, Sequence[Any]] = {
    "boolean": (True, False),
    "int": (0, 1, -1, 2, 7, 10, 99, 100, 2**31 - 1, -(2**31)),
    "bigint": (0, 1, -1, 10, 2**63 - 1, -(2**63)),
    "float": (0.0, -0.0, 1.0, -1.5, 100.0, float("nan"), _INFINITE, -_INFINITE),
    "double": (0.0, -0.0, 1.0, -1.5, 0.1, 100.0, 1e300, float("nan"), _INFINITE, -_INFINITE),
    "string": ("", " ", "a", "A", " a ", "a.b", "1", "01", "-1.5", "NaN", "null", "é", "💥", "x" * 300, "2024-02-29", "a\nb"),
    "date": (datetime.date(1970, 1, 1), datetime.date(2024, 2, 29), datetime.date(1900, 1, 1), datetime.date(9999, 12, 31)),
    "timestamp": (datetime.datetime(1970, 1, 1), datetime.datetime(2024, 2, 29, 23, 59, 59), datetime.datetime(2999, 1, 1)),
}
"""What columns of a type are given, besides NULL; a decimal is given what fits it."""


class _OnRows(PluginConformance):
    """Rows of odd values."""

    schema: ClassVar[str]
    """Columns and types, as DDL; more than one row has each value of a column."""

    values: ClassVar[Mapping[str, Sequence[Any]]] = {}
    """Column → what it is given besides NULL, where the usual odd values of its type say too little."""

    def rows(self, spark: "SparkSession", count: int = ROWS) -> "DataFrame":
        """Random rows, the same ones each time."""
        fields = spark.createDataFrame([], self.schema).schema.fields
        chance = random.Random(count)  # noqa: S311 -- tests, not keys
        pools = [(None, *(self.values.get(field.name) or _pool(field.dataType.simpleString()))) for field in fields]
        return spark.createDataFrame([tuple(map(chance.choice, pools)) for _ in range(count)], self.schema).repartition(3)


class RowCheckConformance(_OnRows):
    """What every check on rows promises."""

    plugin: ClassVar[type[RowCheck[Any]]]

    def is_good(self, row: "Row") -> bool:
        """Whether a row is good, in plain Python."""
        raise NotImplementedError

    def test_it_finds_the_rows_that_plain_python_finds(self, spark: "SparkSession", tmp_path: Path) -> None:
        """Row by row, so that two mistakes do not make up for each other."""
        check, frame = self.made(tmp_path), self.rows(spark)
        passes = F.coalesce(check.passes(Columns(frame)), F.lit(check.null_passes))
        found = frame.select(F.struct(*(f"`{name}`" for name in frame.columns)).alias("row"), passes.alias("is_good")).collect()
        wrong = [row.row for row in found if row.is_good != self.is_good(row.row)]
        assert wrong == []
        assert {row.is_good for row in found} == {True, False}, "Give columns in which there are good and bad rows."

    def test_it_runs_no_job(self, spark: "SparkSession", tmp_path: Path) -> None:
        """It only says what is good; the kernel asks all checks of a frame in one pass."""
        frame = self.rows(spark, 10)
        spark.sparkContext.setJobGroup(str(tmp_path), "planning")
        self.made(tmp_path).passes(Columns(frame))
        assert list(spark.sparkContext.statusTracker().getJobIdsForGroup(str(tmp_path))) == []


class AggregateCheckConformance(_OnRows):
    """What every check on aggregates promises."""

    plugin: ClassVar[type[AggregateCheck[Any]]]

    def is_good(self, rows: "Sequence[Row]") -> bool:
        """Whether rows pass, in plain Python."""
        raise NotImplementedError

    def test_it_judges_as_plain_python_does(self, spark: "SparkSession", tmp_path: Path) -> None:
        """On none, on one and on many rows."""
        check = self.made(tmp_path)
        for count in (0, 1, 10, ROWS):
            frame = self.rows(spark, count) if count else self.rows(spark).where("false")
            row = frame.agg(*(column.alias(name) for name, column in check.metrics(Columns(frame)).items())).first()
            assert row is not None
            assert check.judge(row.asDict()).passed == self.is_good(frame.collect()), f"{count} rows"


class FrameCheckConformance(_OnRows):
    """What every check on frames promises."""

    plugin: ClassVar[type[FrameCheck[Any]]]

    def frames(self, spark: "SparkSession") -> "Mapping[str, DataFrame]":
        """Of the components that its options name."""
        return {}

    def bad(self, rows: "Sequence[Row]") -> int | None:
        """How many rows are bad, in plain Python; None for a check that counts none."""
        raise NotImplementedError

    def is_good(self, rows: "Sequence[Row]") -> bool:
        """Whether rows pass, in plain Python, where no threshold is set."""
        return not self.bad(rows)

    def looked_at(self, rows: "Sequence[Row]") -> int:
        """How many it has looked at, if it tells: rows, or keys where it compares these."""
        return len(rows)

    def test_it_judges_as_plain_python_does(self, spark: "SparkSession", tmp_path: Path) -> None:
        """On none, on one and on many rows, these in different partitions; and counts as it does."""
        check, here = self.made(tmp_path), context(spark, frames=self.frames(spark))
        for count in (0, 1, 10, ROWS):
            frame = self.rows(spark, count) if count else self.rows(spark).where("false")
            rows = frame.collect()
            for turned in (frame, frame.coalesce(1), frame.repartition(5)) if count == ROWS else (frame,):
                verdict = check.judge(here, turned)
                assert (verdict.passed, verdict.failed) == (self.is_good(rows), self.bad(rows)), f"{count} rows: {verdict}"
                assert verdict.evaluated in (None, self.looked_at(rows)), (
                    f"{count} rows: it says that it looked at {verdict.evaluated}."
                )
                assert verdict.passed or verdict.message, f"{count} rows: it does not say what is bad."

    def test_those_with_one_identity_judge_alike(self, tmp_path: Path) -> None:
        """The first of them judges for all; so instances of the same options have the same, and it can be compared."""
        assert self.made(tmp_path).identity == self.made(tmp_path).identity


def _pool(kind: str) -> Sequence[Any]:
    if kind.startswith("decimal"):
        _, scale = (int(part) for part in kind[8:-1].split(","))
        return tuple(decimal.Decimal(text).quantize(decimal.Decimal(1).scaleb(-scale)) for text in ("0", "1", "-1", "9"))
    if kind not in VALUES:
        raise ValueError(f"The kit has no values for the type {kind!r}. Use {', '.join(VALUES)} or a decimal in `schema`.")
    return VALUES[kind]
