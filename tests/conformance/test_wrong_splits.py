"""The suite of sinks that split finds what one does wrong, and nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ppf_testing.samples import SAMPLES
from ppf_testing.splitting_sinks import SplitConformance
from pyspark.sql import DataFrame, SparkSession
from wrong_splits import Flagged, Hasty, Leaking, Littering, Miscounting, RightSplit, Twice, Unprepared

BY_NAME = {sample.name: sample for sample in SAMPLES}


class OfParquet(SplitConformance):
    """A folder `out`, with all that Spark finds in it."""

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "out")}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        reader = spark.read.option("recursiveFileLookup", True)
        return reader.parquet(str(folder / "out")) if (folder / "out").exists() else None


class TestRight(OfParquet):
    plugin = RightSplit
    samples: ClassVar = [BY_NAME["texts"], BY_NAME["structs"]]
    splits: ClassVar = ("texts", "structs")


def suite_of(wrong: type[RightSplit]) -> OfParquet:
    suite = OfParquet()
    suite.plugin = wrong  # type: ignore[misc] # of this instance alone
    return suite


@pytest.mark.parametrize("wrong", [Flagged, Hasty])
def test_other_columns_and_a_refusal_that_leaves_something_are_found(
    wrong: type[RightSplit], spark: SparkSession, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError):
        suite_of(wrong).test_each_row_lies_in_one_place_exactly_as_it_was_given(BY_NAME["booleans"], spark, tmp_path)


@pytest.mark.parametrize("wrong", [Twice, Miscounting])
def test_two_passes_and_another_count_are_found(wrong: type[RightSplit], spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        suite_of(wrong).test_all_rows_are_computed_once_and_counted(spark, tmp_path)


def test_a_sink_that_needs_a_bad_row_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        suite_of(Unprepared).test_any_part_may_be_empty("false", ("a",), spark, tmp_path)


def test_bad_rows_that_are_published_are_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        suite_of(Leaking).test_readers_see_good_rows_once_they_are_published(spark, tmp_path)


def test_bad_rows_that_stay_are_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        suite_of(Littering).test_nothing_of_the_bad_rows_stays_once_it_is_published(spark, tmp_path / "published")
    with pytest.raises(AssertionError):
        suite_of(Littering).test_discard_removes_good_and_bad_rows(False, spark, tmp_path / "discarded")
    with pytest.raises(AssertionError):
        suite_of(Littering).test_discard_removes_what_a_failed_split_left(spark, tmp_path / "failed")
