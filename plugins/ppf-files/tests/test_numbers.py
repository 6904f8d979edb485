"""Numbers of CSV that are written with other marks, and folders whose names are text."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ppf_files.sources import CsvSource, JsonSource, ParquetSource
from pyspark.sql import SparkSession

from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def read(spark: SparkSession, source: Any, path: Path, **options: Any) -> list[tuple[Any, ...]]:
    made = build(source, path=str(path), **options)
    return [tuple(row) for row in made.read(context(spark, pinned=made.pin(context(spark)))).collect()]


GERMAN = "n;x;d;t\n1.234;1.234,5;-1.234.567,89;a,b\n7;,5;+3,;1.5\n12.34;1,2,3;1.5;c\n;1,5e3;NaN;\n99.999.999.999;NaN;1e40;d\n"
TYPES = "n INT, x DOUBLE, d DECIMAL(9,2), t STRING"
READ = [
    (1234, 1234.5, Decimal("-1234567.89"), "a,b"),
    (7, 0.5, Decimal("3.00"), "1.5"),
    (None, None, None, "c"),
    (None, 1500.0, None, None),
]


@pytest.mark.parametrize("columns", ["same", "by_name"])
def test_numbers_with_other_marks_have_their_values_and_what_is_none_is_null(
    columns: str, spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text(GERMAN)
    options = {"schema": TYPES, "delimiter": ";", "decimal": ",", "thousands": ".", "columns": columns}
    *rows, last = read(spark, CsvSource, tmp_path / "in.csv", **options, file_column="file")
    assert [row[:4] for row in rows] == READ
    assert (last[0], last[2], last[3]) == (None, None, "d")
    assert last[1] != last[1]  # NaN
    assert last[4] == f"file:{tmp_path}/in.csv"


def test_a_record_with_a_wrong_number_is_a_bad_one(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(GERMAN)
    source = build(
        CsvSource,
        path=str(tmp_path / "in.csv"),
        schema=TYPES,
        delimiter=";",
        decimal=",",
        thousands=".",
        bad_records="quarantine",
    )
    rows = source.read(context(spark)).select("t", "_corrupt_record", "_corrupt_reason").collect()
    assert [row[1] for row in rows] == [None, None, "12.34;1,2,3;1.5;c", ";1,5e3;NaN;", "99.999.999.999;NaN;1e40;d"]
    assert rows[-1][2] == "It gives no value for: n, d"


def test_columns_from_names_of_folders_may_stay_text(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "t" / "code=007" / "n=1"
    folder.mkdir(parents=True)
    (folder / "in.csv").write_text("a\n5\n")
    (folder / "in.json").write_text('{"a": "5"}\n')
    spark.sql("SELECT '5' AS a").write.parquet(str(tmp_path / "p/code=007/n=1"))
    csv = {"reader": {"pathGlobFilter": "*.csv"}}
    assert read(spark, CsvSource, tmp_path / "t", **csv) == [("5", 7, 1)]
    assert read(spark, CsvSource, tmp_path / "t", **csv, partition_inference=False) == [("5", "007", "1")]
    assert read(spark, CsvSource, tmp_path / "t", **csv, partition_inference=False, columns="by_name") == [("5", "007", "1")]
    assert read(spark, CsvSource, tmp_path / "t", **csv, partition_inference=False, schema="a INT, n INT") == [(5, "007", 1)]
    bad = read(
        spark, JsonSource, tmp_path / "t", reader={"pathGlobFilter": "*.json"}, partition_inference=False, bad_records="drop"
    )
    assert [row for row in bad if row[0]] == [("5", None, "007", "1", None, None)]
    assert read(spark, ParquetSource, tmp_path / "p", partition_inference=False) == [("5", "007", "1")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"decimal": ","}, "needs to know which columns are numbers"),
        ({"decimal": ",", "thousands": ",", "schema": TYPES}, "is the decimal mark as well"),
        ({"decimal": "1", "schema": TYPES}, "must be one character"),
        ({"thousands": "..", "schema": TYPES}, "must be one character"),
    ],
)
def test_marks_that_make_no_sense_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build(CsvSource, path="in.csv", **options)
