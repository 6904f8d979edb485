"""File sources: what their options mean, and that a pin holds."""

import json
from pathlib import Path
from typing import Any

import pytest
from ppf_files.listing import Listing, _each, _file, _files
from ppf_files.sinks import ParquetSink
from ppf_files.sources import CsvSource, JsonSource, OrcSource, ParquetSource, TextSource
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
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


@pytest.mark.parametrize("is_pinned", [True, False])
def test_a_file_that_arrives_after_the_pin_is_not_read(is_pinned: bool, spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "day=1"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("one\n")
    source = build(TextSource, path=str(tmp_path / "in"))
    pinned = source.pin(context(spark)) if is_pinned else None
    (folder / "b [x]#.txt").write_text("two\n")
    rows = sorted(tuple(row) for row in source.read(context(spark, pinned=pinned)).collect())
    assert rows == [("one", 1)] + ([] if is_pinned else [("two", 1)])


def test_what_was_empty_when_it_was_pinned_stays_empty(spark: SparkSession, tmp_path: Path) -> None:
    source = build(JsonSource, path=str(tmp_path), schema="a INT")
    pinned = source.pin(context(spark))
    (tmp_path / "late.json").write_text('{"a": 1}')
    assert source.read(context(spark, pinned=pinned)).collect() == []


@pytest.mark.parametrize("happened", ["changed", "went away"])
def test_a_pinned_file_that_is_no_longer_the_same_is_named(happened: str, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n")
    (tmp_path / "b.txt").write_text("one\n")
    source = build(TextSource, path=str(tmp_path))
    pinned = source.pin(context(spark))
    (tmp_path / "b.txt").write_text("longer\n") if happened == "changed" else (tmp_path / "b.txt").unlink()
    with pytest.raises(PpfError, match=rf"b\.txt' {happened} while the run was reading it"):
        source.read(context(spark, pinned=pinned))


def test_a_pin_names_files_with_sizes_and_times(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "in" / "a b#%.txt"
    file.parent.mkdir()
    file.write_text("one\n")
    (tmp_path / "in" / "_hidden").write_text("no\n")
    pinned = json.loads(str(build(TextSource, path=str(tmp_path / "in")).pin(context(spark))))
    assert pinned == {"base": None, "files": [[f"file:{file}", 4, file.stat().st_mtime_ns // 10**6]]}


@pytest.mark.parametrize(
    "name", ["a b.txt", "a; isDirectory=false; length=7; b.txt", "a\nmodification_time=7; b}.txt", "ä{}%20.txt"]
)
def test_what_files_print_at_once_is_what_each_of_them_says(name: str, spark: SparkSession, tmp_path: Path) -> None:
    for each in (name, "plain.txt"):
        (tmp_path / each).write_text("x\n" * len(each))
    frame = spark.read.text(str(tmp_path))
    statuses = frame._jdf.queryExecution().analyzed().relation().location().allFiles()
    asked = sorted(_file(status) for status in _each(statuses))
    assert ([*Listing.of(frame).files], len(asked)) == (asked, 2)


def test_files_of_another_make_are_asked_one_by_one(spark: SparkSession) -> None:
    java: Any = spark._jvm
    hadoop, found = java.org.apache.hadoop.fs, java.java.util.ArrayList()
    found.add(hadoop.FileStatus(2, True, 1, 1, 7, hadoop.Path("/prints/itself/otherwise")))
    found.add(hadoop.FileStatus(3, False, 1, 1, 8, hadoop.Path("/b")))
    statuses = java.org.apache.spark.api.python.PythonUtils.toSeq(found)
    assert [*_files(statuses)] == [("/prints/itself/otherwise", 2, 7), ("/b", 3, 8)]


def test_pinning_and_reading_run_no_job_that_the_format_does_not_need(spark: SparkSession, tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.csv").write_text("a\n1\n")
    spark.sparkContext.setJobGroup("reading", "reading")
    source = build(CsvSource, path=str(tmp_path), schema="a INT")
    source.read(context(spark, pinned=source.pin(context(spark))))
    assert list(spark.sparkContext.statusTracker().getJobIdsForGroup("reading")) == []


def test_what_is_staged_beside_the_files_is_not_read(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(3).write.parquet(str(tmp_path / "there"))
    build(ParquetSink, path=str(tmp_path / "out")).stage(context(spark), spark.range(5))
    assert len(read(spark, ParquetSource, path=str(tmp_path / "*"))) == 3


def test_several_paths_and_globs_are_read_together(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("a1", "a2", "b"):
        (tmp_path / f"{name}.txt").write_text(f"{name}\n")
    paths = [str(tmp_path / "a*.txt"), str(tmp_path / "b.txt")]
    assert read(spark, TextSource, path=paths) == [("a1",), ("a2",), ("b",)]


@pytest.mark.parametrize("name", ["br[a]ck", "{a,b}", "st*r", "wh?t"])
def test_what_is_there_under_its_very_name_is_no_glob(name: str, spark: SparkSession, tmp_path: Path) -> None:
    for folder in (name, "brack", "a", "strr", "what"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.txt").write_text(f"{folder}\n")
        (tmp_path / folder / "more.log").write_text("no\n")
    for path in (f"{name}/{name}.txt", f"{name}/*.txt"):
        assert read(spark, TextSource, path=f"file://{tmp_path}/{path}") == [(name,)]


@pytest.mark.parametrize("name", ["none", "none*", "n o#ne"])
@pytest.mark.parametrize("pin", [True, False])
def test_a_missing_path_is_named(name: str, pin: bool, spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(PpfError, match="There is no file or folder") as caught:
        read(spark, ParquetSource, path=str(tmp_path / name), pin=pin)
    assert str(tmp_path / name) in str(caught.value)


def test_a_folder_without_files_is_named_unless_the_schema_is_given(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(PpfError, match=f"There is no csv file in '{tmp_path}'"):
        read(spark, CsvSource, path=str(tmp_path))
    assert read(spark, CsvSource, path=str(tmp_path), schema="a INT") == []


def test_a_header_that_is_not_the_schema_is_an_error_not_another_column(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(Exception, match="CSV header does not conform to the schema"):
        read(spark, CsvSource, path=str(tmp_path / "x.csv"), schema="b INT, a INT")


def test_reader_options_are_passed_on(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("# said\na\n1\n")
    assert read(spark, CsvSource, path=str(tmp_path / "x.csv"), reader={"comment": "#"}) == [("1",)]


BROKEN = "a,b\n1,2\n3\n4,x\n"


@pytest.mark.parametrize(
    ("schema", "reader", "counted", "ones"),
    [
        ("a STRING, b STRING", {"mode": "dropMalformed"}, 2, ["1", "4"]),
        ("a STRING, b STRING", {"mode": "DROPMALFORMED", "ColumnPruning": True}, 3, ["1", "3", "4"]),
        ("a STRING, b STRING", {}, 3, ["1", "3", "4"]),
    ],
)
def test_a_line_that_is_too_short_is_dropped_whatever_is_asked_for_unless_pruning_is_wanted(
    schema: str, reader: dict[str, Any], counted: int, ones: list[str], spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text(BROKEN)
    frame = build(CsvSource, path=str(tmp_path / "in.csv"), schema=schema, reader=reader).read(context(spark))
    assert (frame.count(), [row.a for row in frame.select("a").collect()]) == (counted, ones)


def test_a_broken_line_is_noted_whatever_else_is_asked_for(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(BROKEN)
    for name in ("_corrupt_record", "why"):
        source = build(
            CsvSource,
            path=str(tmp_path / "in.csv"),
            schema=f"a STRING, b STRING, {name} STRING",
            reader={} if name == "_corrupt_record" else {"columnNameOfCorruptRecord": "why"},
        )
        found = source.read(context(spark)).select("a", name).collect()
        assert [tuple(row) for row in found] == [("1", None), ("3", "3"), ("4", None)]


def test_quotes_in_the_wrong_place_give_a_column_the_same_values_whatever_is_asked_for(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text('a,b,c\nNaN,\\",\\"\n"",ü,"\n')
    reader = {"escape": '"', "mode": "PERMISSIVE"}
    source = build(CsvSource, path=str(tmp_path / "in.csv"), schema="a STRING, b STRING, c STRING", reader=reader)
    frame = source.read(context(spark))
    for name in frame.columns:
        assert [row[name] for row in frame.select(name).collect()] == [row[name] for row in frame.collect()]


def test_a_source_says_what_it_reads_and_which_schema_it_gives(tmp_path: Path) -> None:
    source = build(CsvSource, path=str(tmp_path / "in.csv"), schema="a INT")
    assert [dataset.name for dataset in source.datasets()] == [str(tmp_path / "in.csv")]
    assert source.output_schema == "a INT"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"path": []}, "must name at least one file"),
        ({"path": "x", "schema": "a INT", "infer_schema": True}, "has no meaning when schema gives the types"),
        ({"path": "x", "schema": "a INTT"}, "'INTT' is where a type should be. Did you mean 'int'"),
        ({"path": "x", "schema": ""}, "is no DDL"),
        ({"path": "x", "delimiter": ""}, "must be at least one character"),
        ({"path": "x", "reader": {"mode": ["a"]}}, "must be text, a number or a boolean"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build(CsvSource, **options)


def test_a_file_from_which_no_columns_can_be_taken_is_looked_for_by_its_path(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(1000).coalesce(1).write.orc(str(tmp_path / "rows"))
    (file,) = (tmp_path / "rows").glob("part-*")
    file.write_bytes(file.read_bytes()[:100])
    file.with_name(f".{file.name}.crc").unlink()
    source = build(OrcSource, tmp_path, path="rows")
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- ORC has many errors of its own
        source.read(context(spark))
    assert caught.value.__notes__ == [f"looking for the columns in file:{tmp_path}/rows"]
