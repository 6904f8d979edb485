"""File sources: what their options mean, and that a pin holds."""

import json
from pathlib import Path
from typing import Any

import pytest
from ppf_files.sources import CsvSource, JsonSource, OrcSource, ParquetSource, TextSource
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.testing import build, context


def read(spark: SparkSession, source: Any, *, pin: bool = True, **options: Any) -> list[tuple[Any, ...]]:
    made = build(source, **options)
    here = context(spark, pinned=made.pin(context(spark)) if pin else None)
    return sorted(tuple(row) for row in made.read(here).collect())


def test_csv_reads_with_header_delimiter_null_and_schema(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a;b\n1;NA\n2;y\n")
    path = str(tmp_path / "x.csv")
    assert read(spark, CsvSource, path=path, delimiter=";", null_value="NA") == [("1", None), ("2", "y")]
    assert read(spark, CsvSource, path=path, delimiter=";", schema="a INT, b STRING")[1] == (2, "y")
    assert read(spark, CsvSource, path=path, delimiter=";", infer_schema=True)[0][0] == 1
    assert len(read(spark, CsvSource, path=path, header=False)) == 3


@pytest.mark.parametrize(("source", "format_name"), [(ParquetSource, "parquet"), (OrcSource, "orc"), (JsonSource, "json")])
def test_partition_columns_stay_when_files_are_pinned(
    source: Any, format_name: str, spark: SparkSession, tmp_path: Path
) -> None:
    frame = spark.range(4).selectExpr("id", "id % 2 AS half")
    frame.write.format(format_name).partitionBy("half").save(str(tmp_path / "in"))
    assert read(spark, source, path=str(tmp_path / "in")) == [(0, 0), (1, 1), (2, 0), (3, 1)]


def test_a_file_that_arrives_after_the_pin_is_not_read(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one\n")
    source = build(TextSource, path=str(tmp_path / "in"))
    pinned = source.pin(context(spark))
    (tmp_path / "in" / "b.txt").write_text("two\n")
    assert [row.value for row in source.read(context(spark, pinned=pinned)).collect()] == ["one"]


def test_a_pin_names_files_with_sizes_and_times(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a b#.txt").write_text("one\n")
    (tmp_path / "in" / "_hidden").write_text("no\n")
    path = str(tmp_path / "in")
    (files,) = json.loads(build(TextSource, path=path).pin(context(spark))).values()
    assert [Path(file["path"]).name for file in files] == ["a b#.txt"]
    assert files[0]["size"] == 4


def test_several_paths_and_globs_are_read_together(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("a1", "a2", "b"):
        (tmp_path / f"{name}.txt").write_text(f"{name}\n")
    paths = [str(tmp_path / "a*.txt"), str(tmp_path / "b.txt")]
    assert read(spark, TextSource, path=paths) == [("a1",), ("a2",), ("b",)]


def test_a_missing_path_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(PpfError, match="none"):
        read(spark, ParquetSource, path=str(tmp_path / "none"))


def test_reader_options_are_passed_on(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("# said\na\n1\n")
    assert read(spark, CsvSource, path=str(tmp_path / "x.csv"), reader={"comment": "#"}) == [("1",)]


def test_a_source_says_what_it_reads_and_which_schema_it_gives(tmp_path: Path) -> None:
    source = build(CsvSource, path=str(tmp_path / "in.csv"), schema="a INT")
    assert [dataset.name for dataset in source.datasets()] == [str(tmp_path / "in.csv")]
    assert source.output_schema == "a INT"
