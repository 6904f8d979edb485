"""Options of file sources and sinks: which files, which file a row is from, the order and the codec of what is written."""

import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as arrow  # type: ignore[import-untyped]
import pytest
from ppf_files.sinks import CsvSink, ParquetSink
from ppf_files.sources import CsvSource, JsonSource, ParquetSource
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def read(spark: SparkSession, source: Any, folder: Path, **options: Any) -> list[tuple[Any, ...]]:
    made = build(source, folder, path="in", **options)
    frame = made.read(context(spark, pinned=made.pin(context(spark))))
    return sorted((tuple(row) for row in frame.collect()), key=str)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "day=1").mkdir(parents=True)
    (tmp_path / "in" / "day=1" / "a b.csv").write_text("x,y\n1,2\n")
    (tmp_path / "in" / "day=1" / "c.csv").write_text("x,y\n3,4\n")
    for name, at in (("a b.csv", 1_700_000_000), ("c.csv", 1_600_000_000)):
        os.utime(tmp_path / "in" / "day=1" / name, (at, at))
    return tmp_path


@pytest.mark.parametrize("columns", ["same", "by_name"])
def test_each_row_says_which_file_it_is_from(columns: str, spark: SparkSession, folder: Path) -> None:
    found = read(spark, CsvSource, folder, file_column="the.file", columns=columns)
    start = f"file:{folder}/in/day=1/"
    assert found == [("1", "2", 1, f"{start}a%20b.csv"), ("3", "4", 1, f"{start}c.csv")]


def test_a_column_of_that_name_is_not_replaced(spark: SparkSession, folder: Path) -> None:
    with pytest.raises(PpfError, match="file_column is 'X', but the files have a column of that name"):
        read(spark, CsvSource, folder, file_column="X")


def test_a_folder_without_files_has_the_column_as_well(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    made = build(JsonSource, tmp_path, path="in", schema="a INT", file_column="file")
    pinned = made.pin(context(spark))
    (tmp_path / "in" / "late.json").write_text('{"a": 1}')
    frame = made.read(context(spark, pinned=pinned))
    assert (frame.columns, frame.collect()) == (["a", "file"], [])


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ({"modified_after": "2023-01-01T00:00:00"}, ["1"]),
        ({"modified_before": "2023-01-01"}, ["3"]),
        ({"modified_after": "2019-01-01", "modified_before": "2023-01-01"}, ["3"]),
    ],
)
def test_files_are_chosen_by_when_they_were_changed(
    options: dict[str, str], values: list[str], spark: SparkSession, folder: Path
) -> None:
    assert [row[0] for row in read(spark, CsvSource, folder, **options)] == values


@pytest.mark.parametrize(
    ("options", "told"),
    [({"modified_after": "soon"}, "must be a time"), ({"modified_before": "2024-01-01T00:00:00Z"}, "has a time zone")],
)
def test_times_that_are_none_are_mistakes(options: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(ParquetSource, path="x", **options)


@pytest.mark.parametrize(
    ("sort_by", "values"),
    [
        (["n"], [None, 1, 2, 3]),
        (["n DESC"], [3, 2, 1, None]),
        (["n desc nulls first"], [None, 3, 2, 1]),
        (["n NULLS LAST"], [1, 2, 3, None]),
        (["x DESC", "n"], [1, 3, None, 2]),
    ],
)
def test_files_are_sorted_in_any_direction(
    sort_by: list[str], values: list[int | None], spark: SparkSession, tmp_path: Path
) -> None:
    frame = spark.createDataFrame([(2, "a"), (None, "a"), (3, "b"), (1, "b")], "n INT, x STRING")
    build(ParquetSink, tmp_path, path="out", coalesce=1, sort_by=sort_by).write(context(spark), frame)
    (file,) = (tmp_path / "out").glob("part-*")
    assert arrow.read_table(file).column("n").to_pylist() == values


def test_what_sort_by_names_must_be_there(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(PpfError, match="There is no column 'm', which sort_by names"):
        build(ParquetSink, tmp_path, path="out", sort_by=["m DESC"]).write(context(spark), spark.range(1))


def test_files_have_the_codec_that_is_asked_for(spark: SparkSession, tmp_path: Path) -> None:
    build(CsvSink, tmp_path, path="csv", coalesce=1, compression="gzip").write(context(spark), spark.range(1))
    assert [file.suffix for file in (tmp_path / "csv").glob("part-*")] == [".gz"]
    build(ParquetSink, tmp_path, path="parquet", coalesce=1, compression="ZSTD").write(context(spark), spark.range(1))
    (file,) = (tmp_path / "parquet").glob("part-*")
    assert arrow.ParquetFile(file).metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_codec_that_the_format_does_not_have_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match=r"is 'gzipp'. Did you mean 'gzip'"):
        build(CsvSink, path="x", compression="gzipp")
    with pytest.raises(ConfigError, match="There is: none, uncompressed"):
        build(ParquetSink, path="x", compression="bzip2")


def test_a_single_file_has_the_name_that_is_asked_for(spark: SparkSession, tmp_path: Path) -> None:
    for sink, name, more in (
        (CsvSink, "report.csv", {"sort_by": ["id DESC"]}),
        (CsvSink, "report.csv.gz", {"compression": "gzip"}),
        (ParquetSink, "report", {}),
    ):
        for rows in (3, 0):
            made = build(sink, tmp_path, path="out", mode="overwrite", single_file=name, **more)
            made.write(context(spark, run_id=f"{name}-{rows}"), spark.range(0, rows, 1, 2))
            assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["_SUCCESS", name]
            if name == "report.csv":
                assert (tmp_path / "out" / name).read_text().split() == (["id", "2", "1", "0"] if rows else ["id"])
    assert spark.read.parquet(str(tmp_path / "out" / "report")).count() == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"single_file": "a/b.csv"}, "must be a name"),
        ({"single_file": "_b.csv"}, "does not begin with"),
        ({"single_file": "b.csv", "mode": "append"}, "cannot be added"),
        ({"single_file": "b.csv", "partition_by": ["a"]}, "together with partition_by"),
        ({"single_file": "b.csv", "compression": "gzip"}, r"by the ending '\.gz'"),
    ],
)
def test_a_single_file_that_cannot_be_is_a_mistake(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build(CsvSink, path="x", **options)
