"""The suite finds what a sink does wrong, and nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ppf_testing.samples import SAMPLES, Sample
from ppf_testing.staged_sinks import StagedSinkConformance
from pyspark.sql import DataFrame, SparkSession
from wrong_sinks import Adding, Eager, Forgetful, Once, Renaming, Right, Sweeping, Trimming, Visible

BY_NAME = {sample.name: sample for sample in SAMPLES}


class OfParquet(StagedSinkConformance):
    """A folder `out`, with all that Spark finds in it."""

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "out")}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        reader = spark.read.option("recursiveFileLookup", True)
        return reader.parquet(str(folder / "out")) if (folder / "out").exists() else None


class TestRight(OfParquet):
    plugin = Right
    samples: ClassVar = [BY_NAME["texts"], BY_NAME["structs"]]
    gives_back: ClassVar = ("texts", "structs")


def suite_of(wrong: type[Right]) -> OfParquet:
    suite = OfParquet()
    suite.plugin = wrong  # type: ignore[misc] # of this instance alone
    return suite


@pytest.mark.parametrize(
    ("wrong", "sample"),
    [(Trimming, BY_NAME["texts"]), (Renaming, BY_NAME["booleans"]), (Once, Sample("twice", {"c": "1, 1"}))],
)
def test_a_stage_of_other_rows_names_or_counts_is_found(
    wrong: type[Right], sample: Sample, spark: SparkSession, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError):
        suite_of(wrong).test_what_is_staged_is_exactly_what_was_given_or_none(sample, spark, tmp_path)


def test_a_stage_that_readers_see_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="unseen"):
        suite_of(Visible).test_no_reader_sees_a_stage(spark, tmp_path)


def test_a_publish_that_adds_again_is_found(spark: SparkSession, tmp_path: Path) -> None:
    suite = suite_of(Adding)
    suite.adds = True  # type: ignore[misc] # of this instance alone
    with pytest.raises(AssertionError, match="one"):
        suite.test_publishing_again_changes_nothing(spark, tmp_path)


def test_a_stage_that_stays_without_its_ticket_is_found(spark: SparkSession, tmp_path: Path) -> None:
    suite_of(Forgetful).test_discard_removes_all_that_was_staged(False, spark, tmp_path / "known")
    with pytest.raises(AssertionError, match=r"\.out"):
        suite_of(Forgetful).test_discard_removes_all_that_was_staged(True, spark, tmp_path / "lost")
    with pytest.raises(AssertionError, match=r"\.out"):
        suite_of(Forgetful).test_discard_removes_what_a_failed_stage_left(spark, tmp_path / "failed")


def test_a_stage_that_takes_the_old_rows_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        suite_of(Eager).test_discard_removes_what_a_failed_stage_left(spark, tmp_path)


def test_a_discard_of_what_others_staged_is_found(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        suite_of(Sweeping).test_discard_leaves_what_others_have_staged(spark, tmp_path)


def test_a_sink_that_refuses_what_it_should_take_is_found(spark: SparkSession, tmp_path: Path) -> None:
    suite = suite_of(Right)
    suite.may_refuse = ()  # type: ignore[misc] # of this instance alone
    with pytest.raises(Exception, match="INTERVAL"):
        suite.test_what_is_staged_is_exactly_what_was_given_or_none(BY_NAME["spans of a calendar"], spark, tmp_path)
