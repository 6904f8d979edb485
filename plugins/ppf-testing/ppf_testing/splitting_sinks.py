"""What a sink promises that writes good and bad rows in one pass, as a suite of tests like the one for all staged sinks.

    class TestParquet(SplitConformance):
        plugin = ParquetSink
        splits = ("texts", "numbers")

        def options(self, folder): …
        def shown(self, spark, folder): …

A sink passes when each row is in one place, exactly as it was given; when readers see good rows alone, and these only once they
are published; when bad rows can be read until then, and nothing of them stays afterwards, nor after `discard`.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pyspark.sql import functions as F

from ppf_core import Context, StagedSink
from ppf_core.testing import context
from ppf_testing.samples import SAMPLES, Sample, content, named_samples
from ppf_testing.staged_sinks import Reading

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Odd, since any name may be given that no other column has.
MASK = "Is bad? a.b`=%"
IS_BAD = "`Is bad? a.b``=%`"


def masked(frame: "DataFrame", is_bad: str) -> "DataFrame":
    """With the column that tells bad rows."""
    return frame.withColumn(MASK, F.expr(is_bad))


def part(frame: "DataFrame", *, bad: bool) -> "DataFrame":
    """The good or the bad rows of a frame with that column."""
    return frame.where(IS_BAD if bad else f"NOT {IS_BAD}").drop(MASK)


def split(sink: StagedSink[Any], here: Context, frame: "DataFrame") -> "tuple[dict[str, str], DataFrame]":
    """What was staged, by a sink that can."""
    assert sink.can_split
    found = sink.stage_split(here, frame, MASK)
    assert found is not None, "The sink did not split these rows."
    ticket, apart = found
    return dict(ticket), apart


class SplitConformance(Reading):
    """The suite."""

    samples: ClassVar[Sequence[Sample | str]] = SAMPLES
    """What the sink is given: samples, or the names of some."""
    splits: ClassVar[Collection[str]] = ()
    """Names of samples that the sink is known to split; any other one it may refuse by giving None."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each sample."""
        if "sample" in metafunc.fixturenames:
            metafunc.parametrize("sample", named_samples(self.samples), ids=str)

    def test_each_row_lies_in_one_place_exactly_as_it_was_given(
        self, sample: Sample, session: "SparkSession", tmp_path: Path
    ) -> None:
        sink, here = self.made(tmp_path), context(session)
        frame = masked(self.given(sample.frame(session)), "monotonically_increasing_id() % 2 = 0")
        before, found = self.traces(session, tmp_path), sink.stage_split(here, frame, MASK)
        if found is None:
            assert sample.name not in self.splits, f"The rows of {sample.name} are not split."
            assert self.traces(session, tmp_path) == before
            return
        ticket, apart = found
        good = sink.staged(here, ticket)
        assert good is not None
        assert content(good) == content(part(frame, bad=False))
        assert content(apart) == content(part(frame, bad=True))
        sink.discard(here, ticket)
        sink.close()

    @pytest.mark.parametrize(
        ("values", "is_bad"),
        [("abbc", "false"), ("abbc", "true"), ("abbc", "value = 'b'"), ("", "value = 'b'")],
        ids=["all_good", "all_bad", "some_bad", "no_rows"],
    )
    def test_any_part_may_be_empty(self, values: str, is_bad: str, session: "SparkSession", tmp_path: Path) -> None:
        frame = masked(self.rows(session, *(values or ("a",))), is_bad)
        frame = frame if values else frame.where("false")
        sink, here = self.made(tmp_path), context(session)
        ticket, apart = split(sink, here, frame)
        good = sink.staged(here, ticket)
        assert good is not None
        assert (content(good), content(apart)) == tuple(content(part(frame, bad=bad)) for bad in (False, True))
        sink.publish(here, ticket)
        sink.close()
        assert self.texts(session, tmp_path) == sorted(row["value"] for row in part(frame, bad=False).collect())

    def test_all_rows_are_computed_once_and_counted(self, session: "SparkSession", tmp_path: Path) -> None:
        """A frame that gives other rows each time: two passes would lose some and have others twice."""
        told: list[int | None] = []
        here = dataclasses.replace(context(session), _report=lambda rows, _metrics: told.append(rows))
        rows = session.range(0, 200, 1, 3).selectExpr(
            "id", "CAST(id AS STRING) AS value", "reflect('java.util.UUID', 'randomUUID') AS chance"
        )
        sink = self.made(tmp_path)
        ticket, apart = split(sink, here, masked(self.given(rows), "crc32(chance) % 2 = 0"))
        good = sink.staged(here, ticket)
        assert good is not None
        places = {bad: [(row["id"], row["bad"]) for row in each.selectExpr("id", "crc32(chance) % 2 = 0 AS bad").collect()]
                  for bad, each in ((False, good), (True, apart))}  # fmt: skip
        assert all(is_bad is bad for bad, found in places.items() for _, is_bad in found)
        assert Counter(number for found in places.values() for number, _ in found) == Counter(range(200))
        assert told[-1:] in ([200], [None])
        sink.discard(here, ticket)
        sink.close()

    def test_readers_see_good_rows_once_they_are_published(self, session: "SparkSession", tmp_path: Path) -> None:
        """Also when another process publishes, and does it twice."""
        self.write(session, tmp_path, "old")
        sink, here = self.made(tmp_path), context(session)
        ticket, apart = split(sink, here, masked(self.rows(session, "a", "b", "b", "c"), "value = 'b'"))
        assert self.texts(session, tmp_path) == ["old"]
        for _ in range(2):
            assert [row["value"] for row in apart.collect()] == ["b", "b"]
        sink.close()
        for _ in range(2):
            again = self.made(tmp_path)
            again.publish(here, json.loads(json.dumps(ticket)))
            again.close()
            assert self.texts(session, tmp_path) == ["a", "c", *(["old"] if self.adds else [])]

    def test_nothing_of_the_bad_rows_stays_once_it_is_published(self, session: "SparkSession", tmp_path: Path) -> None:
        """Neither rows nor folders: the same is there as if there had been no bad ones."""
        found = []
        for name, values in {"with": ("a", "b"), "without": ("a",)}.items():
            folder = tmp_path / name
            folder.mkdir(parents=True)
            sink, here = self.made(folder), context(session)
            ticket, _ = split(sink, here, masked(self.rows(session, *values), "value = 'b'"))
            sink.publish(here, ticket)
            sink.close()
            found.append(Counter(Path(trace).suffix if "part-" in trace else trace for trace in self.traces(session, folder)))
        assert found[0] == found[1]

    @pytest.mark.parametrize("is_lost", [False, True], ids=["with_its_ticket", "without_its_ticket"])
    def test_discard_removes_good_and_bad_rows(self, is_lost: bool, session: "SparkSession", tmp_path: Path) -> None:
        """In another process, which may have no ticket."""
        self.write(session, tmp_path, "old")
        before, here, staging = self.traces(session, tmp_path), context(session), self.made(tmp_path)
        ticket, _ = split(staging, here, masked(self.rows(session, "a", "b"), "value = 'b'"))
        staging.close()
        for _ in range(2):
            sink = self.made(tmp_path)
            sink.discard(here, None if is_lost else json.loads(json.dumps(ticket)))
            sink.close()
            assert self.traces(session, tmp_path) == before
        assert self.texts(session, tmp_path) == ["old"]

    def test_discard_removes_what_a_failed_split_left(self, session: "SparkSession", tmp_path: Path) -> None:
        """Some rows were written when a task failed; another attempt is not disturbed by them."""
        self.write(session, tmp_path, "old")
        before, here, sink = self.traces(session, tmp_path), context(session), self.made(tmp_path)
        frame = masked(
            self.rows(session, "a", "b", "c"), "IF(value = 'c', CAST(raise_error('bad luck') AS BOOLEAN), value = 'b')"
        )
        with pytest.raises(Exception, match="bad luck"):
            sink.stage_split(here, frame, MASK)
        sink.discard(here, None)
        assert (self.traces(session, tmp_path), self.texts(session, tmp_path)) == (before, ["old"])
        ticket, apart = split(sink, here, masked(self.rows(session, "a", "b"), "value = 'b'"))
        assert [row["value"] for row in apart.collect()] == ["b"]
        sink.discard(here, ticket)
        sink.close()

    def test_where_it_does_not_split_it_can_still_stage(self, session: "SparkSession", tmp_path: Path) -> None:
        """Nothing that it did stands in the way."""
        for sample in (each for each in named_samples(self.samples) if each.name not in self.splits and not each.is_empty):
            sink, here = self.made(tmp_path), context(session, run_id=str(sample))
            if sink.stage_split(here, masked(self.given(sample.frame(session)), "false"), MASK) is None:
                sink.discard(here, sink.stage(here, self.rows(session, "a")))
            else:
                sink.discard(here, None)
            sink.close()
