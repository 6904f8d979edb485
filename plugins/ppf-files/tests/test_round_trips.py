"""What the CSV sink writes, every other program reads as it was; and the CSV source reads what other programs write."""

import csv
from pathlib import Path

import pyarrow.csv as arrow  # type: ignore[import-untyped]
import pytest
from ppf_files.sinks import CsvSink
from ppf_files.sources import CsvSource
from pyspark.sql import SparkSession

from ppf_core.testing import build, context

TEXTS = [
    *(
        "a",
        "",
        " lead",
        "trail ",
        "\ttab\t",
        "a,b",
        'a"b',
        '"',
        '""',
        '"a"',
        "a\\",
        "\\",
        '\\"',
        "\\n",
        "line\nbreak",
        "'",
        "#",
        "ä☃",
    ),
    *('"",', ',"', 'a\\",b', "NULL", "null", "NaN", " ", '" "', "-", "1.10"),
]


def written(spark: SparkSession, folder: Path, **options: object) -> Path:
    frame = spark.createDataFrame([(number, text, text) for number, text in enumerate(TEXTS)], "n INT, a STRING, b STRING")
    build(CsvSink, folder, path="out", coalesce=1, **options).write(context(spark), frame)
    (file,) = (folder / "out").glob("part-*")
    return file


def test_other_programs_read_every_text_as_it_was(spark: SparkSession, tmp_path: Path) -> None:
    file = written(spark, tmp_path)
    with file.open(newline="", encoding="utf-8") as text:
        assert [(row["a"], row["b"]) for row in csv.DictReader(text)] == [(text, text) for text in TEXTS]
    strings = arrow.ConvertOptions(column_types={"a": "string", "b": "string"}, strings_can_be_null=False)
    table = arrow.read_csv(file, parse_options=arrow.ParseOptions(newlines_in_values=True), convert_options=strings)
    assert table.column("a").to_pylist() == TEXTS


def test_every_text_comes_back(spark: SparkSession, tmp_path: Path) -> None:
    written(spark, tmp_path)
    source = build(CsvSource, tmp_path, path="out", schema="n INT, a STRING, b STRING", reader={"multiLine": True})
    found = sorted(tuple(row) for row in source.read(context(spark)).collect())
    assert [row[1:] for row in found] == [(text, text) for text in TEXTS]


def test_an_empty_text_and_null_are_told_apart(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.createDataFrame([(1, ""), (2, None)], "n INT, a STRING")
    build(CsvSink, tmp_path, path="out").write(context(spark), frame)
    source = build(CsvSource, tmp_path, path="out", schema="n INT, a STRING")
    assert sorted(tuple(row) for row in source.read(context(spark)).collect()) == [(1, ""), (2, None)]


def test_nothing_in_quotes_is_no_number(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('"n","a","x"\n"","","y"\n,,z\n"1","2",""\n')
    options = {"path": "in.csv", "schema": "n INT, a STRING, x STRING"}
    for reader, texts in (({}, ("", None, "2")), ({"mode": "FAILFAST"}, (None, None, "2"))):
        source = build(CsvSource, tmp_path, reader=reader, **options)
        found = {row.n: row.a for row in source.read(context(spark)).filter("x <> 'z' OR x IS NULL").collect()}
        assert found == {None: texts[0], 1: texts[2]}
    inferred = build(CsvSource, tmp_path, path="in.csv", infer_schema=True).read(context(spark))
    assert inferred.dtypes == [("n", "int"), ("a", "int"), ("x", "string")]


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_what_python_writes_is_read_as_it_was(quoting: int, spark: SparkSession, tmp_path: Path) -> None:
    with (tmp_path / "in.csv").open("w", newline="", encoding="utf-8") as text:
        writer = csv.writer(text, quoting=quoting)  # type: ignore[arg-type]  # one of its own numbers
        writer.writerows([("n", "a", "b"), *((number, text, text) for number, text in enumerate(TEXTS) if text)])
    source = build(CsvSource, tmp_path, path="in.csv", schema="n INT, a STRING, b STRING", reader={"multiLine": True})
    found = sorted(tuple(row) for row in source.read(context(spark)).collect())
    assert [row[1:] for row in found] == [(text, text) for text in TEXTS if text]


def test_quotes_as_spark_has_them_can_be_had(spark: SparkSession, tmp_path: Path) -> None:
    text = written(spark, tmp_path, quoting="spark").read_text()
    assert 'a\\"b' in text
    assert "\n2,lead,lead\n" in text
    source = build(CsvSource, tmp_path, path="in.csv", quoting="spark", header=False)
    (tmp_path / "in.csv").write_text('"a\\"b",1\n')
    assert [tuple(row) for row in source.read(context(spark)).collect()] == [('a"b', "1")]
