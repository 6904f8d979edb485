"""What every source promises, as a suite of tests: subclass it once for each set of options that matters.

    class TestCsv(SourceConformance):
        plugin = CsvSource

        def options(self, folder):
            return {"path": str(folder / "in.csv")}

        def prepare(self, spark, folder):
            (folder / "in.csv").write_text("name\\nAda\\n")

        def change(self, spark, folder):
            (folder / "in.csv").write_text("name\\nGrace\\n")

A source passes when it gives a frame, of the schema that it tells, without running a job for it; when a second read has the
same rows; when what is pinned is read as it was, whatever has changed since, or is refused; and when an error names what is
not there.
"""

import dataclasses
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ppf_core import Context, Source
from ppf_core.testing import context
from ppf_testing.plugins import PluginConformance

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class SourceConformance(PluginConformance):
    """The whole suite."""

    plugin: ClassVar[type[Source[Any]]]
    runs_jobs: ClassVar[bool] = False
    """Whether Spark looks into the data for its schema before there is a frame."""
    is_self_made: ClassVar[bool] = False
    """Whether its rows come from its options alone, so that nobody can change them or take them away."""
    missing: ClassVar[Mapping[str, Any] | None] = None
    """Options, put over the right ones, with which nothing is there; their text is in the error."""

    def prepare(self, spark: "SparkSession", folder: Path) -> None:
        """Makes what is read."""

    def change(self, spark: "SparkSession", folder: Path) -> None:
        """Makes what is read another thing."""

    def test_it_gives_a_frame_of_the_schema_that_it_tells(self, spark: "SparkSession", tmp_path: Path) -> None:
        """The plan stands on that schema before anything runs, so no job may run for it."""
        self.prepare(spark, tmp_path)
        source = self.made(tmp_path)
        spark.sparkContext.setJobGroup(str(tmp_path), "reading")
        frame = source.read(context(spark, pinned=source.pin(context(spark))))
        jobs = list(spark.sparkContext.statusTracker().getJobIdsForGroup(str(tmp_path)))
        assert frame.isStreaming is False, "A stream belongs to a StreamingSource."
        assert self.runs_jobs or jobs == [], "It computes rows although nobody asked for them."
        if source.output_schema is not None:
            assert spark.createDataFrame([], source.output_schema).dtypes == frame.dtypes
        source.close()

    def test_a_second_read_has_the_same_rows(self, spark: "SparkSession", tmp_path: Path) -> None:
        """A run may read twice, and a retry does."""
        self.prepare(spark, tmp_path)
        source = self.made(tmp_path)
        pinned = source.pin(context(spark))
        first = _rows(source.read(context(spark, pinned=pinned)))
        assert _rows(source.read(context(spark, pinned=pinned, attempt=2))) == first
        assert _rows(self.made(tmp_path).read(context(spark, pinned=pinned))) == first
        if source.repeatable:
            assert _rows(self.made(tmp_path).read(context(spark))) == first, "Without a pin it is not repeatable."
        assert first, "Nothing was read: `prepare` has to make some rows."

    def test_what_is_pinned_is_read_as_it_was_or_refused(self, spark: "SparkSession", tmp_path: Path) -> None:
        """A resume reads what its run has read, or says that it is gone."""
        self.prepare(spark, tmp_path)
        source = self.made(tmp_path)
        pinned = source.pin(context(spark))
        if pinned is None:
            assert type(source).pin is Source.pin, "It says that it can pin, and does not."
            if source.repeatable:
                return  # then the other test asks it without a pin
            pytest.skip("It pins nothing, and does not say that it is `repeatable`.")
        if type(self).change is SourceConformance.change and not self.is_self_made:
            pytest.skip("Say with `change` how what is read becomes another thing.")
        first = _rows(source.read(context(spark, pinned=pinned)))
        self.change(spark, tmp_path)
        assert _rows_or_refusal(self.made(tmp_path), context(spark, pinned=pinned)) in (first, None)

    def test_what_is_not_there_is_named(self, spark: "SparkSession", tmp_path: Path) -> None:
        """By `ping`, `pin` or `read`, whichever comes first; rows that lie nowhere cannot be missing."""
        if self.is_self_made:
            assert not self.made(tmp_path).datasets(), "It says where its rows lie, so they may be missing."
            return
        if self.missing is None:
            pytest.skip("Say with `missing` with which options nothing is there.")
        source = self.made(tmp_path, **self.missing)
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- any error that says what is missing
            _read_all(source, context(spark))
        assert any(str(value) in str(caught.value) for value in self.missing.values()), str(caught.value)


class IncrementalConformance(SourceConformance):
    """The suite for sources that read what came since the last run, by a cursor."""

    def add(self, spark: "SparkSession", folder: Path) -> None:
        """Adds rows to what is read."""
        raise NotImplementedError

    def run(self, spark: "SparkSession", folder: Path, state: Mapping[str, str]) -> "tuple[Counter[str], Mapping[str, str]]":
        """What a run reads that finds this cursor, and the cursor that it leaves once it has published."""
        here = context(spark, state=state)
        return self._read(here, folder), here.state

    def test_a_run_reads_what_came_since_the_last_one(self, spark: "SparkSession", tmp_path: Path) -> None:
        """All of it and nothing else; where nothing came, nothing."""
        self.prepare(spark, tmp_path)
        first, state = self.run(spark, tmp_path, {})
        self.add(spark, tmp_path)
        second, state = self.run(spark, tmp_path, state)
        everything, _ = self.run(spark, tmp_path, {})
        assert first, "Nothing was read: `prepare` has to make some rows."
        assert second, "Nothing came: `add` has to add some rows."
        assert first + second == everything
        assert self.run(spark, tmp_path, state) == (Counter(), state)

    def test_what_was_not_published_comes_again(self, spark: "SparkSession", tmp_path: Path) -> None:
        """The cursor of a run that failed is not kept, and only the kernel keeps one."""
        self.prepare(spark, tmp_path)
        first, _ = self.run(spark, tmp_path, {})
        assert self.run(spark, tmp_path, {})[0] == first

    def test_another_attempt_reads_no_more_than_the_first(self, spark: "SparkSession", tmp_path: Path) -> None:
        """Other sinks of the run may have the rows of the first one."""
        self.prepare(spark, tmp_path)
        here = context(spark)
        pinned = self.made(tmp_path).pin(here)
        first = _rows(self.made(tmp_path).read(dataclasses.replace(here, pinned=pinned)))
        self.add(spark, tmp_path)
        assert _rows(self.made(tmp_path).read(dataclasses.replace(here, pinned=pinned, attempt=2))) == first

    def _read(self, here: Context, folder: Path) -> "Counter[str]":
        source = self.made(folder)
        return _rows(source.read(dataclasses.replace(here, pinned=source.pin(here))))


def _read_all(source: Source[Any], here: Context) -> None:
    source.ping(here)
    source.read(dataclasses.replace(here, pinned=source.pin(here))).collect()


def _rows_or_refusal(source: Source[Any], here: Context) -> "Counter[str] | None":
    """None for a refusal, which has to say something."""
    try:
        return _rows(source.read(here))
    except (AttributeError, KeyError, NameError, TypeError):
        raise  # a slip, and no refusal
    except Exception as error:
        if not str(error):
            raise AssertionError("The refusal says nothing.") from error
        return None


def _rows(frame: "DataFrame") -> "Counter[str]":
    return Counter(map(str, frame.collect()))
