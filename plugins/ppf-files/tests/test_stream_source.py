"""The streaming source: every format, read as the batch source of the format reads it, however files come."""

import os
from pathlib import Path
from typing import Any

import pytest
from ppf_files.sources import CsvSource, JsonSource, OrcSource, ParquetSource, TextSource
from ppf_files.stream_options import StreamReadOptions
from ppf_files.stream_source import FilesSource
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.config.binding import bind
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context, stream_batches

ODD = 'a,b\n1,\n2,NA\n3,"x,y"\n4,""\n5\n'
WEEK = 7 * 24 * 3600

Rows = list[tuple[Any, ...]]


def in_order(rows: list[Any]) -> Rows:
    return sorted((tuple(row) for row in rows), key=str)


def batches(spark: SparkSession, folder: Path, **options: Any) -> list[Rows]:
    """What is new since the last call."""
    source = build(FilesSource, folder, **{"path": "in", "format": "text", **options})
    return [in_order(rows) for rows in stream_batches(source.read_stream(context(spark)), folder / "checkpoint")]


def put(folder: Path, name: str, text: str = "", *, time: int | None = None) -> None:
    """A file that appears as a whole, with its own name as its text unless told."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    hidden = file.with_name(f".{file.name}")
    hidden.write_text(text or name)
    if time is not None:
        os.utime(hidden, (time, time))
    hidden.rename(file)


@pytest.mark.parametrize("source", [CsvSource, JsonSource, OrcSource, ParquetSource, TextSource])
def test_every_format_is_read_as_its_batch_source_reads_it(source: Any, spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.sql("SELECT explode(array('a', '', 'ä, \"b\"', ' NULL', NULL)) AS value")
    frame.write.format(source.format).option("header", True).save(str(tmp_path / "in"))
    plain = build(source, tmp_path, path="in", schema="value STRING").read(context(spark))
    assert batches(spark, tmp_path, format=source.format, schema="value STRING") == [in_order(plain.collect())]


@pytest.mark.parametrize(
    "reader", [{}, {"nullValue": "NA"}, {"header": False}, {"SEP": '"', "quote": ""}, {"mode": "DROPMALFORMED"}]
)
def test_csv_has_the_defaults_of_the_batch_source_and_what_reader_says(
    reader: dict[str, Any], spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "in/odd.csv", ODD.replace("a,b", 'a"b') if "SEP" in reader else ODD)
    plain = build(CsvSource, tmp_path, path="in", schema="a STRING, b STRING", reader=reader).read(context(spark))
    read = batches(spark, tmp_path, format="csv", schema="a STRING, b STRING", reader=reader)
    assert read == [in_order(plain.collect())]


def test_an_empty_value_of_csv_is_null(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "in/x.csv", "a,b\n1,\n")
    assert batches(spark, tmp_path, format="csv", schema="a INT, b STRING") == [[(1, None)]]


def test_a_header_that_is_not_the_schema_is_an_error_not_another_column(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "in/x.csv", "a,b\n1,2\n")
    with pytest.raises(Exception, match="CSV header does not conform to the schema"):
        batches(spark, tmp_path, format="csv", schema="b INT, a INT")


def test_a_file_is_read_once_also_when_the_stream_starts_again(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "in/one")
    assert batches(spark, tmp_path) == [[("in/one",)]]
    put(tmp_path, "in/two")
    assert batches(spark, tmp_path) == [[("in/two",)]]
    assert batches(spark, tmp_path) == []


def test_a_batch_has_as_many_files_as_are_wanted(spark: SparkSession, tmp_path: Path) -> None:
    for number in range(5):
        put(tmp_path, f"in/{number}", time=number)
    read = batches(spark, tmp_path, max_files_per_trigger=2)
    assert read == [[("in/0",), ("in/1",)], [("in/2",), ("in/3",)], [("in/4",)]]


def test_a_file_is_read_however_old_it_is(spark: SparkSession, tmp_path: Path) -> None:
    """Spark alone would pass over it: it is a week older than one that was read."""
    put(tmp_path, "in/new", time=10 * WEEK)
    assert batches(spark, tmp_path) == [[("in/new",)]]
    put(tmp_path, "in/old", time=WEEK)
    put(tmp_path, "in/newer", time=11 * WEEK)
    assert batches(spark, tmp_path) == [[("in/newer",), ("in/old",)]]


def test_hidden_files_and_what_a_sink_stages_are_not_read(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("in/seen", "in/_SUCCESS", "in/.hidden", "in/.out.ppf-w1_0/.stage-1/part-0"):
        put(tmp_path, name)
    assert batches(spark, tmp_path) == [[("in/seen",)]]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("in", {"a": 1}),
        ("br[ack]", {"b": 1}),
        ("in/*", {"a": 1}),
        ("i?", {"a": 1}),
        ("in/day=*/*.json", {"a": 1}),
        ("br[ack]/d*", {"b": 1}),
    ],
)
def test_names_of_folders_become_columns_with_and_without_a_glob(
    path: str, found: dict[str, int], spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "in/day=1/x.json", '{"name": "a"}')
    put(tmp_path, "br[ack]/day=1/x.json", '{"name": "b"}')
    read = batches(spark, tmp_path, path=path, format="json", schema="name STRING, day INT")
    assert read == [list(found.items())]


def test_a_glob_may_find_nothing_yet(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "in/one.log")
    assert batches(spark, tmp_path, path="in/*.txt") == []
    put(tmp_path, "in/two.txt")
    assert batches(spark, tmp_path, path="in/*.txt") == [[("in/two.txt",)]]


@pytest.mark.parametrize("path", ["none", "none/*.csv"])
def test_a_missing_folder_is_named(path: str, spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(PpfError, match=f"There is no folder 'file:{tmp_path}/none'"):
        batches(spark, tmp_path, path=path)


@pytest.mark.parametrize("path", ["in/one", "in/one/*"])
def test_a_file_in_the_place_of_the_folder_is_named(path: str, spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "in/one")
    with pytest.raises(PpfError, match=f"The path 'file:{tmp_path}/in/one' is a file"):
        batches(spark, tmp_path, path=path)


def test_a_relative_path_is_one_of_the_pipeline_file(tmp_path: Path) -> None:
    source = build(FilesSource, tmp_path, path="in", format="text")
    assert [dataset.name for dataset in source.datasets()] == [f"{tmp_path}/in"]


@pytest.mark.parametrize("format_name", ["csv", "json", "orc", "parquet"])
def test_a_missing_schema_says_what_to_give(format_name: str) -> None:
    with pytest.raises(ConfigError, match=rf"is missing: .* those of the {format_name} files as DDL"):
        build(FilesSource, path="in", format=format_name)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"format": "xml"}, "xml"),
        ({"schema": "a INTT"}, "'INTT' is where a type should be. Did you mean 'int'"),
        ({"max_files_per_trigger": 0}, "must be at least 1, not 0"),
        ({"reader": {"mode": ["a"]}}, "must be text, a number or a boolean"),
        ({"reader": {"encoding": "UTF-16"}}, "UTF-16"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build(FilesSource, **{"path": "in", "format": "csv", "schema": "a INT", **options})


def test_an_option_of_spark_that_does_nothing_is_told(tmp_path: Path) -> None:
    reader = {"maxFilesPerTriger": 1, "latestFirst": True, "sep": ";"}
    bound = bind(StreamReadOptions, {"path": "in", "format": "csv", "schema": "a INT", "reader": reader}, folder=tmp_path)
    (warning,) = bound.warnings
    assert "Did you mean 'maxFilesPerTrigger'" in warning.message


@pytest.mark.parametrize(("path", "is_told"), [("in/d=1", True), ("in/*", False)])
def test_a_base_path_that_spark_does_not_take_in_a_stream_is_told(path: str, is_told: bool, tmp_path: Path) -> None:
    options = {"path": path, "format": "csv", "schema": "a INT, d INT", "reader": {"basePath": "in"}}
    warnings = bind(StreamReadOptions, options, folder=tmp_path).warnings
    assert [each.path[-1] for each in warnings] == (["basePath"] if is_told else [])


def test_the_schema_is_known_before_it_runs(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for options in ({"format": "text"}, {"format": "json", "schema": "a INT, b STRUCT<c: DATE>"}):
        source = build(FilesSource, tmp_path, path="in", **options)
        frame = source.read_stream(context(spark))
        assert (frame.isStreaming, frame.dtypes) == (True, spark.createDataFrame([], source.output_schema).dtypes)


def test_numbers_of_other_marks_and_names_of_folders_have_the_types_of_the_schema(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "in/code=007/n=1/x.csv", "a;b\n1.234;1,5\n2;x\n")
    schema = "a INT, b DOUBLE, code STRING, n INT"
    options: dict[str, Any] = {"format": "csv", "decimal": ",", "thousands": ".", "reader": {"sep": ";"}, "schema": schema}
    assert batches(spark, tmp_path, **options) == [[(1234, 1.5, "007", 1), (2, None, "007", 1)]]
    put(tmp_path, "in/code=08/n=2/x.csv", "a;b\n1;1.5\nx;2\n")
    ((bad, word),) = batches(spark, tmp_path, **options, bad_records="quarantine")
    file = f"file://{tmp_path}/in/code=08/n=2/x.csv"
    assert bad[:4] == (1, None, "1;1.5", "08")
    assert word[:4] == (None, 2.0, "x;2", "08")
    assert {row[5].replace("file:///", "file:/") for row in (bad, word)} == {file.replace("file:///", "file:/")}


@pytest.mark.parametrize("options", [{"decimal": ","}, {"thousands": "."}])
def test_only_csv_has_marks_of_numbers(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="has no meaning for json"):
        build(FilesSource, path="in", format="json", schema="a INT", **options)
