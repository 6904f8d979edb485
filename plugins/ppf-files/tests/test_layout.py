"""Appends and dynamic overwrites: what does not fit beside the files that are there is refused, and nothing else is."""

from pathlib import Path
from typing import Any

import pytest
from ppf_files.sinks import CsvSink, JsonSink, OrcSink, ParquetSink, TextSink
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.testing import build, context


def write(spark: SparkSession, sink: Any, target: Path, query: str, run: str, **options: Any) -> None:
    build(sink, path=str(target), **options).write(context(spark, run_id=run), spark.sql(query))


REFUSED = [
    (ParquetSink, "SELECT '1' AS id, 'x' AS name", {}, "'id' is int there and string in the result"),
    (OrcSink, "SELECT 1 AS id", {}, "'name' is string there and no such column in the result"),
    (ParquetSink, "SELECT 1 AS id, 'x' AS name, 2 AS more", {}, "'more' is no such column there and int"),
    (CsvSink, "SELECT 'x' AS name, 1 AS id", {}, "'the header' is id, name there and name, id in the result"),
    (CsvSink, "SELECT 1 AS id", {"header": False}, "'a row' is 2 columns there and 1 columns"),
    (JsonSink, "SELECT 1 AS id", {}, "'name' is text there and no such column"),
    (JsonSink, "SELECT '1' AS id, 'x' AS name", {}, "'id' is a number there and text in the result"),
    (ParquetSink, "SELECT 1 AS id, 'x' AS name", {"partition_by": ["id"]}, r"partitioned by \[\], but partition_by is \[id\]"),
]


@pytest.mark.parametrize(("sink", "query", "options", "words"), REFUSED)
def test_an_append_that_does_not_fit_is_refused(
    sink: Any, query: str, options: dict[str, Any], words: str, spark: SparkSession, tmp_path: Path
) -> None:
    write(spark, sink, tmp_path / "out", "SELECT 1 AS id, 'x' AS name", "one", **{**options, "partition_by": []})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PpfError, match=words):
        write(spark, sink, tmp_path / "out", query, "two", mode="append", **options)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("sink", "first", "second"),
    [
        (ParquetSink, "SELECT 1 AS id, 'x' AS name", "SELECT 'y' AS NAME, 2 AS id"),
        (JsonSink, "SELECT 1 AS id, CAST(NULL AS STRING) AS name", "SELECT 2.5D AS id, 'y' AS name"),
        (CsvSink, "SELECT 1 AS id", "SELECT 'text' AS id"),
        (TextSink, "SELECT 'x' AS line", "SELECT 'y' AS other"),
    ],
)
def test_what_fits_is_added(sink: Any, first: str, second: str, spark: SparkSession, tmp_path: Path) -> None:
    write(spark, sink, tmp_path / "out", first, "one", mode="append")
    write(spark, sink, tmp_path / "out", second, "two", mode="append")
    assert spark.read.format(sink.format).option("header", True).load(str(tmp_path / "out")).count() == 2


def test_files_of_another_format_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, CsvSink, tmp_path / "out", "SELECT 1 AS id", "one")
    with pytest.raises(PpfError, match="cannot be read as parquet"):
        write(spark, ParquetSink, tmp_path / "out", "SELECT 1 AS id", "two", mode="append")


def test_dynamic_overwrite_needs_the_same_partitions(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, ParquetSink, tmp_path / "out", "SELECT 1 AS id, 2 AS a, 3 AS b", "one", partition_by=["a", "b"])
    options = {"mode": "overwrite", "partition_overwrite": "dynamic", "partition_by": ["a"]}
    with pytest.raises(PpfError, match=r"partitioned by \[a, b\], but partition_by is \[a\]"):
        write(spark, ParquetSink, tmp_path / "out", "SELECT 1 AS id, 2 AS a, 3 AS b", "two", **options)


@pytest.mark.parametrize("options", [{"mode": "append"}, {"mode": "overwrite", "partition_overwrite": "dynamic"}])
def test_partition_folders_are_not_spelled_in_two_ways(options: dict[str, Any], spark: SparkSession, tmp_path: Path) -> None:
    write(spark, ParquetSink, tmp_path / "out", "SELECT 1 AS id, 2 AS a", "one", partition_by=["a"])
    with pytest.raises(PpfError, match=r"partitioned by \[a\], but partition_by is \[A\]"):
        write(spark, ParquetSink, tmp_path / "out", "SELECT 1 AS id, 2 AS a", "two", partition_by=["A"], **options)
