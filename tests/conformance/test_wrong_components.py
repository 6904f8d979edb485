"""The suites of sources, transforms, sinks, checks and secrets find what a plugin does wrong, and nothing else."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
import wrong_components as wrong
from ppf_testing import (
    AggregateCheckConformance,
    RowCheckConformance,
    SecretsConformance,
    SinkConformance,
    SourceConformance,
    TransformConformance,
)
from pyspark.sql import DataFrame, Row, SparkSession


class OfLines(SourceConformance):
    """A file with two lines."""

    plugin: ClassVar[Any] = wrong.RightSource
    refused: ClassVar = [{"path": "what?"}]
    missing: ClassVar = {"path": "/nowhere/lines.txt"}

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "lines.txt")}

    def prepare(self, spark: SparkSession, folder: Path) -> None:
        (folder / "lines.txt").write_text("one\ntwo\n")

    def change(self, spark: SparkSession, folder: Path) -> None:
        (folder / "lines.txt").write_text("three\n")


class OfNumbers(TransformConformance):
    """Ten numbers."""

    plugin: ClassVar[Any] = wrong.RightTransform
    refused: ClassVar = [{"column": []}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"column": "id"}

    def inputs(self, spark: SparkSession) -> Mapping[str, DataFrame]:
        return {"rows": spark.range(10)}


class OfFolders(SinkConformance):
    """A folder `out`."""

    plugin: ClassVar[Any] = wrong.RightSink
    refused: ClassVar = [{"path": "what?"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "out")}

    def shown(self, spark: SparkSession, folder: Path) -> Sequence[str]:
        return [line for file in (folder / "out").iterdir() for line in file.read_text().splitlines()]


class OfRows(RowCheckConformance):
    """Doubles."""

    plugin: ClassVar[Any] = wrong.RightCheck
    refused: ClassVar = [{"column": []}]
    schema = "number DOUBLE, text STRING"

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"column": "number"}

    def is_good(self, row: Row) -> bool:
        return row.number is None or (row.number >= 0 and not math.isnan(row.number))


class OfFrames(AggregateCheckConformance):
    """Integers."""

    plugin: ClassVar[Any] = wrong.RightAggregate
    refused: ClassVar = [{"column": []}]
    schema = "number INT"

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"column": "number"}

    def is_good(self, rows: Sequence[Row]) -> bool:
        return not rows or any(row.number is not None for row in rows)


class OfFiles(SecretsConformance):
    """A file with two secrets."""

    plugin: ClassVar[Any] = wrong.RightBackend
    refused: ClassVar = [{"path": "what?"}]
    secrets: ClassVar = {"token": "s3cr3t-one", ("login", "password"): "s3cr3t-two"}

    def options(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "secrets")}

    def prepare(self, folder: Path) -> None:
        (folder / "secrets").write_text('token=s3cr3t-one\nlogin={"password": "s3cr3t-two"}\n')


class TestSource(OfLines): ...


class TestTransform(OfNumbers): ...


class TestSink(OfFolders): ...


class TestRowCheck(OfRows): ...


class TestAggregateCheck(OfFrames): ...


class TestSecrets(OfFiles): ...


FOUND = [
    (OfLines, wrong.Renaming, "test_it_gives_a_frame_of_the_schema_that_it_tells", AssertionError),
    (OfLines, wrong.Counting, "test_it_gives_a_frame_of_the_schema_that_it_tells", AssertionError),
    (OfLines, wrong.Rolling, "test_a_second_read_has_the_same_rows", AssertionError),
    (OfLines, wrong.Drifting, "test_what_is_pinned_is_read_as_it_was_or_refused", AssertionError),
    (OfLines, wrong.Unpinned, "test_what_is_pinned_is_read_as_it_was_or_refused", AssertionError),
    (OfLines, wrong.Speechless, "test_what_is_not_there_is_named", AssertionError),
    (OfNumbers, wrong.Eager, "test_no_job_runs_while_it_plans", AssertionError),
    (OfNumbers, wrong.ByPartition, "test_the_rows_are_the_same_however_they_come", AssertionError),
    (OfNumbers, wrong.Hasty, "test_the_rows_are_the_same_however_they_come", AssertionError),
    (OfNumbers, wrong.Dropping, "test_the_rows_are_the_same_however_they_come", AssertionError),
    (OfNumbers, wrong.Named, "test_without_rows_the_columns_are_the_same", AssertionError),
    (OfNumbers, wrong.Promising, "test_a_schema_that_it_tells_is_the_one_that_comes", AssertionError),
    (OfFolders, wrong.Once, "test_all_rows_arrive", AssertionError),
    (OfFolders, wrong.First, "test_another_write_is_another_one", AssertionError),
    (OfFolders, wrong.Hungry, "test_no_rows_are_no_error", ValueError),
    (OfFolders, wrong.Appending, "test_it_is_idempotent_if_it_says_so_and_only_then", AssertionError),
    (OfFolders, wrong.Modest, "test_it_is_idempotent_if_it_says_so_and_only_then", AssertionError),
    (OfRows, wrong.Blind, "test_it_finds_the_rows_that_plain_python_finds", AssertionError),
    (OfRows, wrong.Looking, "test_it_runs_no_job", AssertionError),
    (OfRows, wrong.Strict, "test_it_finds_the_rows_that_plain_python_finds", AssertionError),
    (OfFrames, wrong.Surprised, "test_it_judges_as_plain_python_does", AssertionError),
]


@pytest.mark.parametrize(("suite", "plugin", "test", "error"), FOUND, ids=lambda each: getattr(each, "__name__", each))
def test_what_is_wrong_is_found_by_the_one_test_that_looks_for_it(
    suite: type[Any], plugin: type[Any], test: str, error: type[Exception], spark: SparkSession, tmp_path: Path
) -> None:
    asking = suite()
    asking.plugin = plugin
    with pytest.raises(error):
        getattr(asking, test)(spark, tmp_path)


OF_SECRETS = [
    (wrong.Chatty, "test_what_is_not_there_is_named_without_any_value", AssertionError),
    (wrong.Vague, "test_what_is_not_there_is_named_without_any_value", RuntimeError),
    (wrong.Keeping, "test_it_shows_no_value_when_it_is_shown", AssertionError),
    (wrong.Unsafe, "test_it_gives_what_is_there_also_to_many_at_once", AssertionError),
]


@pytest.mark.parametrize(("plugin", "test", "error"), OF_SECRETS, ids=lambda each: getattr(each, "__name__", each))
def test_what_a_backend_does_wrong_is_found(plugin: type[Any], test: str, error: type[Exception], tmp_path: Path) -> None:
    asking = OfFiles()
    asking.plugin = plugin  # type: ignore[misc] # of this instance alone
    with pytest.raises(error):
        getattr(asking, test)(tmp_path)


def test_options_that_take_anything_and_a_plugin_that_closes_once_are_found(tmp_path: Path) -> None:
    asking = OfLines()
    asking.plugin = wrong.CarelessSource
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        asking.test_options_with_a_mistake_are_refused(tmp_path)
    asking.plugin = wrong.ClosingOnce
    with pytest.raises(RuntimeError, match="It is closed"):
        asking.test_it_can_be_closed_before_its_first_use(tmp_path)
