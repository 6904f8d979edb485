"""Options of Spark that are passed through: one option under two names, paths among them, and what Spark does not know."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from connectors import fits_spark
from ppf_files.options import CsvReadOptions, CsvWriteOptions, OrcReadOptions, ParquetReadOptions
from ppf_files.pass_through import KNOWN, one_name
from ppf_files.sinks import CsvSink
from ppf_files.sources import CsvSource, ParquetSource, TextSource
from pyspark.sql import SparkSession

from ppf_core.config.binding import bind
from ppf_core.errors import ConfigError
from ppf_core.hocon.tree import WrittenNumber
from ppf_core.testing import build, context

CATALYST = "org.apache.spark.sql.catalyst"
SOURCES = "org.apache.spark.sql.execution.datasources"
COMPANIONS = {
    "csv": f"{CATALYST}.csv.CSVOptions",
    "json": f"{CATALYST}.json.JSONOptions",
    "parquet": f"{SOURCES}.parquet.ParquetOptions",
    "orc": f"{SOURCES}.orc.OrcOptions",
    "text": f"{SOURCES}.text.TextOptions",
}
if fits_spark():
    COMPANIONS |= {"xml": f"{CATALYST}.xml.XmlOptions", "avro": "org.apache.spark.sql.avro.AvroOptions"}


def companion(spark: SparkSession, name: str) -> Any:
    found: Any = spark._jvm
    for part in name.split("."):
        found = getattr(found, part)
    return found


def names_in(scala_set: Any) -> set[str]:
    iterator, found = scala_set.iterator(), set()
    while iterator.hasNext():
        found.add(str(iterator.next()))
    return found


@pytest.mark.parametrize("format_name", sorted(COMPANIONS))
def test_every_option_of_the_installed_spark_is_known(format_name: str, spark: SparkSession) -> None:
    options = companion(spark, COMPANIONS[format_name])
    names = names_in(options.getAllOptions())
    assert names - KNOWN[format_name] == set()
    of_all = names_in(companion(spark, f"{SOURCES}.FileIndexOptions").getAllOptions())
    assert {name.lower() for name in of_all} - {name.lower() for name in KNOWN[format_name]} == set()
    for name in names:
        other = options.getAlternativeOption(name)
        assert not other.isDefined() or one_name(str(other.get())) == one_name(name)


@pytest.mark.parametrize("name", ["delimiter", "sep", "SEP", "Delimiter"])
def test_a_delimiter_under_any_name_wins_over_our_default(name: str, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a;b\n1;2\n")
    frame = build(CsvSource, tmp_path, path="in.csv", reader={name: ";"}).read(context(spark))
    assert [tuple(row) for row in frame.collect()] == [("1", "2")]
    sink = build(CsvSink, tmp_path, path="out", coalesce=1, writer={name: "|", "HEADER": False})
    sink.write(context(spark), frame)
    (written,) = (tmp_path / "out").glob("part-*")
    assert written.read_text() == "1|2\n"


@pytest.mark.parametrize(
    "extra", [{"sep": ";", "delimiter": "|"}, {"encoding": "UTF-8", "CharSet": "UTF-8"}, {"sep": ";", "Sep": "|"}]
)
def test_one_option_under_two_names_is_a_mistake(extra: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=f"is the same option as '{next(iter(extra))}'"):
        build(CsvSource, path="x", reader=extra)
    with pytest.raises(ConfigError, match="leave one of them out"):
        build(CsvSink, path="x", writer=extra)


@pytest.mark.parametrize(
    ("options_class", "block", "name", "near"),
    [
        (CsvReadOptions, "reader", "multiline_", "multiLine"),
        (CsvWriteOptions, "writer", "qoute", "quote"),
        (ParquetReadOptions, "reader", "mergeShema", "mergeSchema"),
        (OrcReadOptions, "reader", "compresion", "compression"),
    ],
)
def test_an_option_that_spark_does_not_know_is_a_warning_with_a_near_miss(
    options_class: type[Any], block: str, name: str, near: str, tmp_path: Path
) -> None:
    bound = bind(options_class, {"path": "x", block: {name: "1"}}, folder=tmp_path)
    assert (bound.faults, [warning.path for warning in bound.warnings]) == ((), [(block, name)])
    assert f"Did you mean '{near}'?" in bound.warnings[0].message


def test_known_options_in_any_case_and_settings_of_hadoop_are_no_warning(tmp_path: Path) -> None:
    reader = {"multiline": True, "MODE": "FAILFAST", "parquet.read.support": "x", "basePath": "h", "recursiveFileLookup": True}
    assert bind(CsvReadOptions, {"path": "x", "reader": reader}, folder=tmp_path).warnings == ()


@pytest.mark.parametrize("name", ["basePath", "BASEPATH"])
def test_a_path_among_the_options_is_relative_to_the_file(name: str, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "h" / "day=1").mkdir(parents=True)
    spark.range(1).write.parquet(str(tmp_path / "h" / "day=1" / "x"))
    frame = build(ParquetSource, tmp_path, path="h/day=1/x", reader={name: "h"}).read(context(spark))
    assert [tuple(row) for row in frame.collect()] == [(0, 1)]


def test_an_option_keeps_the_digits_of_the_file(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1.10,1.1\n")
    bound = bind(CsvReadOptions, {"path": "in.csv", "reader": {"nullValue": WrittenNumber("1.10")}}, folder=tmp_path)
    assert [tuple(row) for row in CsvSource(bound.options).read(context(spark)).collect()] == [(None, "1.1")]
    assert Decimal(str(bound.options.reader["nullValue"])).as_tuple().exponent == -2


@pytest.mark.parametrize("encoding", ["UTF-16", "utf_16", "UTF-16LE", "UTF-32"])
def test_an_encoding_that_spark_reads_wrong_line_by_line_needs_multiline(
    encoding: str, spark: SparkSession, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=f"reader.charset': is '{encoding}', which Spark reads right only with multiLine"):
        build(CsvSource, path="x", reader={"charset": encoding})
    (tmp_path / "in.csv").write_text("a,b\n1,ä\n", encoding=encoding)
    made = build(CsvSource, tmp_path, path="in.csv", reader={"encoding": encoding.replace("_", "-"), "multiLine": True})
    assert [tuple(row) for row in made.read(context(spark)).collect()] == [("1", "ä")]


def test_a_text_file_in_another_encoding_is_refused_since_spark_would_not_decode_it() -> None:
    with pytest.raises(ConfigError, match="Spark's text reader knows UTF-8 only"):
        build(TextSource, path="x", reader={"encoding": "ISO-8859-1"})
