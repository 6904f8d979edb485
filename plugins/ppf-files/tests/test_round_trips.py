"""What the CSV sink writes, every other program reads as it was; and the CSV source reads what other programs write."""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow.csv as arrow  # type: ignore[import-untyped]
import pytest
from ppf_files.sinks import CsvSink
from ppf_files.sources import CsvSource
from pyspark.sql import SparkSession

from ppf_core.errors import ConfigError
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


DIALECT = {"encoding": "ISO-8859-1", "date_format": "dd.MM.yyyy", "timestamp_format": "dd.MM.yyyy 'um' HH:mm"}
TIMES = "name STRING, day DATE, at TIMESTAMP, wall TIMESTAMP_NTZ"


def test_the_dialect_of_a_file_is_said_beside_its_path(spark: SparkSession, tmp_path: Path) -> None:
    line = "Zoë,31.12.1899,01.02.2024 um 03:04,01.02.2024 um 03:04\n"
    (tmp_path / "in.csv").write_text(f'name,day,at,wall\n# not a row\n{line}"two\nlines",,,\n', encoding="ISO-8859-1")
    frame = build(CsvSource, tmp_path, path="in.csv", schema=TIMES, comment="#", multiline=True, **DIALECT).read(context(spark))
    day, moment = date(1899, 12, 31), datetime(2024, 2, 1, 3, 4)
    assert [tuple(row) for row in frame.collect()] == [("Zoë", day, moment, moment), ("two\nlines", None, None, None)]
    build(CsvSink, tmp_path, path="out", coalesce=1, **DIALECT).write(context(spark), frame.limit(1))
    (written,) = (tmp_path / "out").glob("part-*")
    assert written.read_bytes() == f"name,day,at,wall\n{line}".encode("ISO-8859-1")


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"encoding": "UTF-8", "reader": {"charset": "UTF-8"}}, "reader.charset"),
        ({"multiline": True, "reader": {"multiLine": True}}, "reader.multiLine"),
        ({"comment": "//"}, "comment"),
        ({"encoding": "UTF-16"}, "encoding"),
    ],
)
def test_a_dialect_that_cannot_be_is_located(options: dict[str, Any], where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(CsvSource, path="x", **options)
    assert [problem.path for problem in caught.value.problems] == [where]


def test_a_text_with_nul_is_not_published(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.createDataFrame([(1, "a\0b")], "n INT, `a.b` STRING")
    with pytest.raises(Exception, match=r"The column 'a\.b' holds the character NUL, which CSV cannot"):
        build(CsvSink, tmp_path, path="out").write(context(spark), frame)
    assert not (tmp_path / "out").exists()
