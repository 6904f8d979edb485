"""Files as people have them: other columns in each, empty ones, documents over several lines, odd names."""

import bz2
import csv
import gzip
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ppf_files.sinks import CsvSink
from ppf_files.sources import CsvSource, JsonSource, TextSource
from ppf_files.xml import XmlSource
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.jvm.errors import describe_error
from ppf_core.testing import build, context

FIRST, OTHER_ORDER, MORE = "a,b\n1,2\n", "b,a\n20,10\n", "a,b,c\n100,200,300\n"


def folder(at: Path, *texts: str) -> Path:
    for number, text in enumerate(texts):
        (at / f"{number}.csv").write_text(text)
    return at


def rows(spark: SparkSession, source: Any, *, pin: bool = True, **options: Any) -> list[tuple[Any, ...]]:
    made = build(source, **options)
    here = context(spark, pinned=made.pin(context(spark)) if pin else None)
    return sorted((tuple(row) for row in made.read(here).collect()), key=str)


def as_python_says(at: Path) -> list[tuple[Any, ...]]:
    read = [row for file in sorted(at.glob("*.csv")) for row in csv.DictReader(file.read_text().splitlines())]
    names = list(dict.fromkeys(name for row in read for name in row))
    return sorted((tuple(row.get(name) for name in names) for row in read), key=str)


@pytest.mark.parametrize("infer", [False, True])
@pytest.mark.parametrize("second", [OTHER_ORDER, MORE, "a\n1\n", "a,B2\n1,2\n"])
def test_files_with_other_columns_are_refused_at_the_source(
    second: str, infer: bool, spark: SparkSession, tmp_path: Path
) -> None:
    folder(tmp_path, FIRST, FIRST, second)
    with pytest.raises(PpfError, match=r"different columns: 'file:.*/0.csv' has a, b, '.*/2.csv' has") as caught:
        rows(spark, CsvSource, path=str(tmp_path), infer_schema=infer)
    assert "by_name" in str(caught.value.hint)


def test_files_without_names_are_refused_when_they_differ_in_the_number_of_columns(spark: SparkSession, tmp_path: Path) -> None:
    folder(tmp_path, "1,2\n", "3,4\n", "5,6,7\n")
    with pytest.raises(PpfError, match=r"has 2 in its first line, '.*' has 3 in its first line"):
        rows(spark, CsvSource, path=str(tmp_path), header=False)


def test_columns_are_taken_by_position_where_that_is_wanted(spark: SparkSession, tmp_path: Path) -> None:
    folder(tmp_path, FIRST, OTHER_ORDER)
    assert rows(spark, CsvSource, path=str(tmp_path), columns="by_position") == [("1", "2"), ("20", "10")]
    assert rows(spark, CsvSource, path=str(tmp_path), columns="by_position", schema="x INT, y INT") == [(1, 2), (20, 10)]


@pytest.mark.parametrize("pin", [True, False])
def test_columns_by_name_are_those_that_python_finds(pin: bool, spark: SparkSession, tmp_path: Path) -> None:
    folder(tmp_path, FIRST, OTHER_ORDER, MORE, "c,a\n3000,1000\n", "")
    found = rows(spark, CsvSource, path=str(tmp_path), columns="by_name", pin=pin)
    assert found == as_python_says(tmp_path)
    assert found[0] == ("1", "2", None)


def test_columns_by_name_have_the_types_of_the_schema_and_those_of_folders(spark: SparkSession, tmp_path: Path) -> None:
    for day, text in ((1, FIRST), (2, OTHER_ORDER), (3, MORE)):
        (tmp_path / f"day={day}").mkdir()
        folder(tmp_path / f"day={day}", text)
    options = {"path": str(tmp_path), "columns": "by_name"}
    schema = "b INT, a BIGINT, z DATE"
    assert rows(spark, CsvSource, schema=schema, **options) == [(2, 1, None, 1), (20, 10, None, 2), (200, 100, None, 3)]
    assert rows(spark, CsvSource, **options)[0] == ("1", "2", None, 1)


def test_a_broken_line_is_noted_by_name_too(spark: SparkSession, tmp_path: Path) -> None:
    folder(tmp_path, "a,b\n1,2\nx,3\n", "b,a\n5,y\n")
    found = rows(spark, CsvSource, path=str(tmp_path), columns="by_name", schema="a INT, b INT, _corrupt_record STRING")
    assert found == [(1, 2, None), (None, 3, "x,3"), (None, 5, "5,y")]


@pytest.mark.parametrize(
    "options",
    [{"header": False, "columns": "by_name"}, {"columns": "by_name", "infer_schema": True}],
)
def test_by_name_needs_names_and_types(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="by_name"):
        build(CsvSource, path="x", **options)


def test_a_name_that_a_file_has_twice_is_refused_by_name_only(spark: SparkSession, tmp_path: Path) -> None:
    folder(tmp_path, "a,a\n1,2\n", "a,a\n3,4\n")
    assert rows(spark, CsvSource, path=str(tmp_path)) == [("1", "2"), ("3", "4")]
    with pytest.raises(PpfError, match="has two columns 'a'"):
        rows(spark, CsvSource, path=str(tmp_path), columns="by_name")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_headers_are_found_in_archives(pack: Callable[[bytes], bytes], spark: SparkSession, tmp_path: Path) -> None:
    suffix = {gzip.compress: "gz", bz2.compress: "bz2"}[pack]
    for name, text in (("1", FIRST), ("2", OTHER_ORDER)):
        (tmp_path / f"{name}.csv.{suffix}").write_bytes(pack(text.encode()))
    with pytest.raises(PpfError, match="different columns"):
        rows(spark, CsvSource, path=str(tmp_path))
    assert rows(spark, CsvSource, path=str(tmp_path), columns="by_name") == [("1", "2"), ("10", "20")]


def test_a_glob_may_hold_archives_of_every_kind_and_plain_files(spark: SparkSession, tmp_path: Path) -> None:
    folder(tmp_path, FIRST)
    (tmp_path / "1.csv.gz").write_bytes(gzip.compress(b"a,b\n3,4\n"))
    (tmp_path / "2.csv.bz2").write_bytes(bz2.compress(b"a,b\n5,6\n"))
    frame = spark.createDataFrame([("a,b",), ("7,8",)], "value STRING").coalesce(1)
    for name, compression in (("deflate", "deflate"), ("lz4", "lz4")):
        frame.write.text(str(tmp_path / name), compression=name)
        next((tmp_path / name).glob("part-*")).rename(tmp_path / f"3.csv.{compression}")
    wanted = [("1", "2"), ("3", "4"), ("5", "6"), *[("7", "8")] * 2]
    assert rows(spark, CsvSource, path=str(tmp_path / "*.csv*")) == wanted
    (tmp_path / "4.csv.gz").write_bytes(gzip.compress(OTHER_ORDER.encode()))
    with pytest.raises(PpfError, match=r"/0.csv' has a, b, '.*/4.csv.gz' has b, a"):
        rows(spark, CsvSource, path=str(tmp_path / "*.csv*"))
    assert rows(spark, CsvSource, path=str(tmp_path / "*.csv.gz"), columns="by_name") == [("10", "20"), ("3", "4")]


def test_headers_are_found_in_archives_that_only_hadoop_knows(spark: SparkSession, tmp_path: Path) -> None:
    for name, text in (("1", FIRST), ("2", OTHER_ORDER)):
        frame = spark.createDataFrame([(line,) for line in text.splitlines()], "value STRING").coalesce(1)
        frame.write.text(str(tmp_path / name), compression="deflate")
    with pytest.raises(PpfError, match="different columns"):
        rows(spark, CsvSource, path=str(tmp_path / "*"))


def test_a_torn_archive_is_named(spark: SparkSession, tmp_path: Path) -> None:
    packed = gzip.compress(FIRST.encode() * 1000)
    (tmp_path / "1.csv").write_text(FIRST)
    (tmp_path / "2.csv.gz").write_bytes(packed[:12])
    with pytest.raises(PpfError, match=r"The file '.*/2.csv.gz' cannot be read: .* whole"):
        rows(spark, CsvSource, path=str(tmp_path), schema="a INT, b INT", columns="by_name")


@pytest.mark.parametrize(
    ("texts", "reader"),
    [
        (("# x\n\na;b\n1;2\n", "a;b\n1;2\n"), {"sep": ";", "comment": "#"}),
        (("a\tb\n1\t2\n",) * 2, {"sep": "\\t"}),
        (("a::b\n1::2\n",) * 2, {"sep": "::"}),
        (('"a",b\n1,2\n', "a,b\n1,2\n"), {}),
        (("\ufeffa,b\n1,2\n", "a,b\n1,2\n"), {}),
        (("a,b\r\n1,2\r\n", "a,b\n1,2\n", "A,b \n1,2\n"), {}),
        (("a,b|1,2|", "a,b|1,2|"), {"lineSep": "|"}),
        ((",b\n1,2\n",) * 2, {}),
    ],
)
def test_the_same_columns_written_in_other_ways_are_the_same(
    texts: tuple[str, ...], reader: dict[str, str], spark: SparkSession, tmp_path: Path
) -> None:
    assert rows(spark, CsvSource, path=str(folder(tmp_path, *texts)), reader=reader) == [("1", "2")] * len(texts)


@pytest.mark.parametrize(("source", "name"), [(CsvSource, "in.csv"), (JsonSource, "in.json")])
def test_an_empty_file_fails_at_the_source_unless_the_schema_is_given(
    source: Any, name: str, spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "day=1").mkdir()
    (tmp_path / "day=1" / name).write_text("")
    for pin in (True, False):
        with pytest.raises(PpfError, match="have no columns: they are empty"):
            rows(spark, source, path=str(tmp_path), pin=pin)
    assert rows(spark, source, path=str(tmp_path), schema="a INT") == []


@pytest.mark.parametrize("schema", [None, "a INT, b STRING"])
@pytest.mark.parametrize(
    "text",
    [json.dumps([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], indent=2), '[{\n"a": 1, "b": "x"},\n{"a": 2, "b": "y"}]\n'],
)
def test_a_document_over_several_lines_fails_at_the_source_and_says_what_to_do(
    text: str, schema: str | None, spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "in.json").write_text(text)
    options: dict[str, Any] = {"path": str(tmp_path / "in.json"), "schema": schema}
    with pytest.raises(PpfError, match="holds a JSON document over several lines") as caught:
        rows(spark, JsonSource, **options)
    assert "multiLine = true" in str(caught.value.hint)
    assert rows(spark, JsonSource, reader={"multiLine": True}, **options) == [(1, "x"), (2, "y")]


@pytest.mark.parametrize(
    "text", ['{"a": 1}\n{"a": 2}\n', '[{"a": 1}, {"a": 2}]\n', '{"a": 1}\n{"a": \n{"a": 2}\n', '\n\n{"a": 1}\n']
)
def test_lines_of_documents_are_read_also_when_some_are_broken(text: str, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(text)
    assert (1,) in rows(spark, JsonSource, path=str(tmp_path), schema="a INT")


@pytest.mark.parametrize("bad_records", [None, "drop"])
@pytest.mark.parametrize(
    ("source", "text", "hint"),
    [
        (JsonSource, '{\n  "a":\n  1\n}\n', "reader { multiLine = true }"),
        (JsonSource, '"a"\n', "Check the option 'path'"),
        (XmlSource, "<x><r><a>1</r></x>", "is closed"),
        (XmlSource, "no XML", "is closed"),
    ],
)
def test_files_without_a_readable_record_are_told_at_the_source(
    source: Any, text: str, hint: str, bad_records: str | None, spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "in.txt").write_text(text)
    further = {"row_tag": "r"} if source is XmlSource else {}
    with pytest.raises(PpfError) as caught:
        rows(spark, source, path=str(tmp_path), bad_records=bad_records, **further)
    assert hint in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize(("source", "text"), [(CsvSource, "a,b\n1,2\n"), (JsonSource, '{"a": 1}\n')])
def test_a_file_in_utf_16_says_so_itself(source: Any, text: str, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(text, encoding="UTF-16")
    with pytest.raises(PpfError, match="is in UTF-16, as its first bytes say"):
        rows(spark, source, path=str(tmp_path / "in.txt"))
    reader = {"encoding": "UTF-16", "multiLine": True}
    assert len(rows(spark, source, path=str(tmp_path / "in.txt"), reader=reader)) == 1


@pytest.mark.parametrize("source", [CsvSource, JsonSource, TextSource])
@pytest.mark.parametrize("pin", [True, False])
def test_a_file_with_a_colon_in_its_name_is_named(source: Any, pin: bool, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "12:30.csv").write_text("{}\n")
    with pytest.raises(PpfError, match=r"'file:.*/12:30.csv' has a colon in its name"):
        rows(spark, source, path=str(tmp_path), pin=pin)


@pytest.mark.parametrize("options", [{"path": "o:p"}, {"path": ["in", "s3a:bucket/in"]}])
def test_a_path_with_a_colon_is_no_address_and_says_how_to_write_it(options: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a name with a colon begins with ./: './(o:p|s3a:bucket/in)'"):
        build(CsvSource, tmp_path, **options)
    assert build(CsvSink, tmp_path, path="./o:p").options.path == f"file:{tmp_path}/o:p"
    with pytest.raises(ConfigError, match="'o:p'"):
        build(CsvSink, tmp_path, path="o:p")


def test_a_glob_that_meets_a_colon_says_which_name_it_is(spark: SparkSession, tmp_path: Path) -> None:
    folder(tmp_path, "a\n1\n")
    (tmp_path / "12:30.csv").write_text("a\n2\n")
    with pytest.raises(Exception, match="URISyntaxException") as caught:
        rows(spark, CsvSource, path=f"{tmp_path}/0*.csv")
    assert "The name '12:30.csv' has a colon" in describe_error(caught.value).message
    assert rows(spark, CsvSource, path=f"{tmp_path}/0.csv") == [("1",)]


def test_a_decimal_comma_that_spark_reads_as_null_is_warned_of(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "in.csv").write_text("a;b\n1,5;1,5\n")
    options = {"path": str(tmp_path), "delimiter": ";", "schema": "a DOUBLE, b DECIMAL(5,2)"}
    with caplog.at_level(logging.WARNING):
        rows(spark, CsvSource, reader={"locale": "en-GB"}, **options)
        assert caplog.messages == []
        assert rows(spark, CsvSource, reader={"locale": "de"}, **options)[0][0] is None
    assert "NULL in 'a': Spark reads the commas of reader.locale = de only as DECIMAL" in caplog.messages[0]


@pytest.mark.parametrize(
    "schema", ["id: INT, name: VARCHAR(10)", "struct<id: INT, name: CHAR(3)>", "id INT, name STRING NOT NULL"]
)
def test_every_schema_that_is_accepted_can_be_read(schema: str, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,name\n1,Ada\n")
    assert rows(spark, CsvSource, path=str(tmp_path), schema=schema) == [(1, "Ada")]


def test_fields_that_differ_in_their_case_are_read_where_spark_tells_them_apart(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,ID\n1,2\n")
    session = spark.newSession()
    session.conf.set("spark.sql.caseSensitive", "true")
    source = build(CsvSource, path=str(tmp_path), schema="id INT, ID INT")
    assert [tuple(row) for row in source.read(context(session)).collect()] == [(1, 2)]
    assert "only with spark.sql.caseSensitive = true" in source.options.warnings()["schema"]
