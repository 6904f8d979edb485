"""The suites of streams find what a source or a sink does wrong, and nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ppf_testing.streaming_sinks import NativeSinkConformance, StagedStreamConformance, StreamingSinkConformance
from ppf_testing.streaming_sources import StreamingSourceConformance
from pyspark.sql import DataFrame, SparkSession
from wrong_streams import (
    AddingStaged,
    Appending,
    ByNumber,
    ByScope,
    CarelessSink,
    CarelessSource,
    ClosingOnce,
    Doubling,
    Eager,
    Elsewhere,
    Emptying,
    HonestlyAppending,
    Lying,
    Remembering,
    RightNative,
    RightSink,
    RightSource,
    RightStaged,
    Static,
    StuckStaged,
    Taking,
    Tidying,
    Unsteady,
)


class OfText(StreamingSourceConformance):
    """A folder `in`, with a file for each value."""

    plugin: ClassVar[Any] = RightSource
    refused: ClassVar = [{"path": "what?"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "in")}

    def prepare(self, spark: SparkSession, folder: Path) -> None:
        (folder / "in").mkdir()

    def feed(self, spark: SparkSession, folder: Path, value: str) -> None:
        (folder / "in" / value).write_text(value)


class OfParquet:
    """A folder `out`, with a folder in it for each batch."""

    refused: ClassVar = [{"path": "what?"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "out")}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        reader = spark.read.option("recursiveFileLookup", not (folder / "out" / "_spark_metadata").exists())
        return reader.parquet(str(folder / "out")) if (folder / "out").exists() else None


class TestRightSource(OfText): ...


class TestRightSink(OfParquet, StreamingSinkConformance):
    plugin = RightSink


class TestHonestlyAppending(OfParquet, StreamingSinkConformance):
    plugin = HonestlyAppending
    again: ClassVar = "twice"


class TestRightStaged(OfParquet, StagedStreamConformance):
    plugin = RightStaged


class TestRightNative(OfParquet, NativeSinkConformance):
    plugin = RightNative


class OfStaged(OfParquet, StagedStreamConformance):
    """For those that are not right."""


def reading(wrong: type[Any]) -> OfText:
    suite = OfText()
    suite.plugin = wrong  # type: ignore[misc] # of this instance alone
    return suite


def writing(wrong: type[Any]) -> OfStaged:
    suite = OfStaged()
    suite.plugin = wrong  # type: ignore[misc] # of this instance alone
    return suite


@pytest.mark.parametrize("wrong", [Static, Lying, Eager])
def test_a_source_that_is_no_stream_lies_or_runs_jobs_is_found(wrong: type[Any], spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        reading(wrong).test_it_gives_a_stream_of_the_schema_that_it_tells_and_runs_no_job(spark, tmp_path)


def test_a_source_that_gives_rows_twice_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="row 0"):
        reading(Doubling).test_each_row_comes_once_however_often_it_starts_again(spark, tmp_path)


def test_a_source_that_gives_other_rows_when_asked_again_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="second"):
        reading(Unsteady).test_a_batch_that_failed_comes_again_as_it_was(spark, tmp_path)


def test_a_source_that_takes_rows_from_other_streams_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        reading(Taking).test_two_streams_read_all_of_it_each(spark, tmp_path)


def test_a_source_that_cannot_be_closed_twice_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="It is closed"):
        reading(ClosingOnce).test_it_can_be_closed_after_its_use(spark, tmp_path)


def test_options_that_take_anything_are_found(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        reading(CarelessSource).test_options_with_a_mistake_are_refused(tmp_path)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        writing(CarelessSink).test_options_with_a_mistake_are_refused(tmp_path)


@pytest.mark.parametrize("wrong", [ByScope, Tidying, Elsewhere])
def test_a_sink_that_loses_batches_or_starts_elsewhere_is_found(wrong: type[Any], spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        writing(wrong).test_every_batch_is_shown_also_after_another_start(spark, tmp_path)


def test_a_sink_that_takes_no_rows_for_the_end_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        writing(Emptying).test_a_batch_without_rows_takes_none_away(spark, tmp_path)


def test_a_sink_that_knows_a_batch_by_its_number_alone_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        writing(ByNumber).test_streams_of_their_own_do_not_take_each_others_batches(spark, tmp_path)


@pytest.mark.parametrize("wrong", [Appending, Remembering, AddingStaged])
def test_a_sink_that_adds_a_batch_again_is_found(wrong: type[Any], spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        writing(wrong).test_a_batch_that_is_tried_again_is_there_as_often_as_is_said(spark, tmp_path)


def test_a_sink_that_says_of_itself_what_is_not_so_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        writing(HonestlyAppending).test_it_says_whether_writing_twice_is_writing_once(tmp_path)


def test_a_staged_sink_that_minds_what_was_left_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        writing(AddingStaged).test_a_staged_batch_is_there_once_wherever_it_was_cut_short("published", spark, tmp_path / "a")
    with pytest.raises(Exception, match=r"(?i)exists"):
        writing(StuckStaged).test_a_staged_batch_is_there_once_wherever_it_was_cut_short("staged", spark, tmp_path / "b")
