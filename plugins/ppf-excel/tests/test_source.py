"""What a sheet holds is read as it is, and what cannot be read is told with its place."""

import os
import re
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from ppf_excel.source import ExcelSource
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def saved(path: Path, rows: list[list[Any]], title: str = "Prices", **formats: str) -> None:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for place, shown in formats.items():
        book.active[place].number_format = shown
    book.create_sheet("Other").append(["other"])
    book.save(path)


def read(spark: SparkSession, folder: Path, **options: Any) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    source = build(ExcelSource, folder, path="in.xlsx", **options)
    frame = source.read(context(spark, pinned=source.pin(context(spark))))
    return frame.dtypes, [tuple(row) for row in frame.collect()]


def test_cells_tell_their_types(spark: SparkSession, tmp_path: Path) -> None:
    moment = datetime(2024, 2, 29, 1, 2, 3, 5000)
    head = ["text", "whole", "number", "yes", "day", "moment", "span", "clock", "mixed", "empty"]
    first = ["a", 1, 1.5, True, date(2024, 2, 29), moment, timedelta(hours=30), time(8, 30), 1, None]
    saved(
        tmp_path / "in.xlsx", [head, first, [None] * 10, ["=", 2, 2, False, date(1900, 1, 1), None, None, None, "x", None], []]
    )
    kinds, rows = read(spark, tmp_path)
    assert dict(kinds) == {
        "text": "string",
        "whole": "bigint",
        "number": "double",
        "yes": "boolean",
        "day": "date",
        "moment": "timestamp_ntz",
        "span": "interval day to second",
        "clock": "string",
        "mixed": "string",
        "empty": "string",
    }
    assert rows == [
        ("a", 1, 1.5, True, date(2024, 2, 29), moment, timedelta(hours=30), "08:30:00", "1", None),
        (None,) * 10,
        ("=", 2, 2.0, False, date(1900, 1, 1), None, None, None, "x", None),
    ]


def test_a_schema_decides_what_cells_become(spark: SparkSession, tmp_path: Path) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    head = ["Price", "left out", "n", "day", "at", "s", "b"]
    saved(
        tmp_path / "in.xlsx",
        [
            head,
            [1.005, 0, "7", "2024-02-29", datetime(2024, 1, 1, 12), 2.0, "TRUE"],
            [0.1 + 0.2, 0, 8.0, date(2024, 1, 1), None, date(2024, 1, 2), False],
        ],
    )
    schema = "s STRING, price DECIMAL(9,2), n INT, day DATE, at TIMESTAMP, b BOOLEAN"
    source = build(ExcelSource, tmp_path, path="in.xlsx", schema=schema)
    frame = source.read(context(session)).selectExpr("s", "price", "n", "day", "CAST(at AS STRING)", "b")
    assert [tuple(row) for row in frame.collect()] == [
        ("2", Decimal("1.01"), 7, date(2024, 2, 29), "2024-01-01 12:00:00", True),
        ("2024-01-02", Decimal("0.30"), 8, date(2024, 1, 1), None, False),
    ]


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("DOUBLE", "on demand", "'Prices'!B3 .* holds 'on demand', which is no DOUBLE for 'v'"),
        ("INT", 1.5, "is no INT"),
        ("TINYINT", 128, "is no TINYINT"),
        ("INT", True, "is no INT"),
        ("DECIMAL(3,2)", 12.3, r"is no DECIMAL\(3,2\)"),
        ("BOOLEAN", 1, "is no BOOLEAN"),
        ("DATE", datetime(2024, 1, 1, 1), "is no DATE"),
        ("TIMESTAMP", "soon", "is no TIMESTAMP"),
        ("BINARY", "x", "cannot be read as BINARY"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_cell(
    kind: str, value: Any, told: str, spark: SparkSession, tmp_path: Path
) -> None:
    saved(tmp_path / "in.xlsx", [["k", "v"], ["a", None], ["b", value]])
    with pytest.raises(PpfError, match=told):
        read(spark, tmp_path, schema=f"v {kind}")


def test_a_part_of_a_sheet_is_read(spark: SparkSession, tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["A report"],
        [],
        [None, "x", "y", None],
        [None, 1, 2, None],
        [None, 3, 4, "note"],
        [None, "sum", 6],
    ]
    saved(tmp_path / "in.xlsx", rows)
    assert read(spark, tmp_path, range="B3:C5")[1] == [(1, 2), (3, 4)]
    assert read(spark, tmp_path, range="b3:c5", header=False, schema="a STRING, b STRING")[1][0] == ("x", "y")
    assert read(spark, tmp_path, range="B1:C", skip_rows=2)[1] == [("1", 2), ("3", 4), ("sum", 6)]
    assert read(spark, tmp_path, sheet="Other", header=False) == ([("_c0", "string")], [("other",)])
    with pytest.raises(PpfError, match=r"'Prices'!D5 .* stands in a column without a name"):
        read(spark, tmp_path, skip_rows=2)


def formulas(path: Path, *, computed: str, of_type: str = "", prefix: str = "") -> None:
    """A formula whose value is stored as the program that computes it would."""
    saved(path, [["n", "twice"], [2, "=A2*2"]])
    whole = path.with_suffix(".part")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(whole, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith("sheet1.xml"):
                assert b"<v></v>" in content or b"<v />" in content
                content = content.replace(b"<v></v>", computed.encode()).replace(b"<v />", computed.encode())
                content = content.replace(b'<c r="B2"', f'<c r="B2"{of_type}'.encode())
                if prefix:
                    content = re.sub(rb"<(/?)(\w)", rf"<\1{prefix}:\2".encode(), content)
                    content = content.replace(b" xmlns=", f" xmlns:{prefix}=".encode())
            copy.writestr(name, content)
    whole.replace(path)


def test_formulas_have_the_value_that_was_computed(spark: SparkSession, tmp_path: Path) -> None:
    formulas(tmp_path / "in.xlsx", computed="<v>4</v>")
    assert read(spark, tmp_path)[1] == [(2, 4)]
    formulas(tmp_path / "in.xlsx", computed="<v></v>")
    with pytest.raises(PpfError, match=r"The formula '=A2\*2' in the cell 'Prices'!B2 .* has no value"):
        read(spark, tmp_path)
    formulas(tmp_path / "in.xlsx", computed="<v></v>", prefix="x")
    with pytest.raises(PpfError, match=r"The formula .* has no value"):
        read(spark, tmp_path)
    formulas(tmp_path / "in.xlsx", computed="<v></v>", of_type=' t="str"')
    assert read(spark, tmp_path)[1] == [(2, None)]


def test_errors_in_cells_fail_or_are_null(spark: SparkSession, tmp_path: Path) -> None:
    saved(tmp_path / "in.xlsx", [["n"], [1], ["#DIV/0!"]])
    with pytest.raises(PpfError, match=r"'Prices'!A3 .* holds the error #DIV/0!"):
        read(spark, tmp_path)
    assert read(spark, tmp_path, error_cells="null") == ([("n", "bigint")], [(1,), (None,)])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"sheet": "Price"}, r"has no sheet 'Price'"),
        ({"max_bytes": 100}, "bytes, and max_bytes is 100"),
        ({"max_rows": 2}, "has more than 2 rows"),
        ({"schema": "nam STRING"}, "has no column 'nam'"),
        ({"header": False, "schema": "a INT"}, "has 2 columns, and the schema 1"),
        ({"range": "F1:G"}, "has no header"),
        ({"range": "F1:G", "header": False}, "has no cells"),
    ],
)
def test_what_is_not_there_is_told(options: dict[str, Any], told: str, spark: SparkSession, tmp_path: Path) -> None:
    saved(tmp_path / "in.xlsx", [["name", "n"], ["a", 1], ["b", 2], ["c", 3]])
    with pytest.raises(PpfError, match=told):
        read(spark, tmp_path, **options)


def test_two_columns_of_one_name_are_told(spark: SparkSession, tmp_path: Path) -> None:
    saved(tmp_path / "in.xlsx", [["n", "N"], [1, 2]])
    with pytest.raises(PpfError, match=r"Two columns of .* are called 'N', in 'Prices'!A1 and 'Prices'!B1"):
        read(spark, tmp_path)


def test_what_is_no_workbook_is_told(spark: SparkSession, tmp_path: Path) -> None:
    for content, told in (
        (b"a,b\n1,2\n", "is no Excel workbook"),
        (b"", "is no Excel workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, r"old format \.xls, or one with a password"),
    ):
        (tmp_path / "in.xlsx").write_bytes(content)
        with pytest.raises(PpfError, match=told):
            read(spark, tmp_path)
    saved(tmp_path / "in.xlsx", [["n"], [1]])
    whole = (tmp_path / "in.xlsx").read_bytes()
    (tmp_path / "in.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PpfError, match="is no Excel workbook, or a broken one"):
        read(spark, tmp_path)
    with zipfile.ZipFile(tmp_path / "in.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 10_000_000)
    with pytest.raises(PpfError, match="unpacks to 10000000 bytes"):
        read(spark, tmp_path, max_bytes=100_000)


def test_a_workbook_that_changes_is_not_read(spark: SparkSession, tmp_path: Path) -> None:
    saved(tmp_path / "in.xlsx", [["n"], [1]])
    source = build(ExcelSource, tmp_path, path="in.xlsx")
    pinned = source.pin(context(spark))
    os.utime(tmp_path / "in.xlsx", (1, 1))
    with pytest.raises(PpfError, match="changed while the run was reading it"):
        source.read(context(spark, pinned=pinned))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"range": "3B"}, 'must be cells such as "B3:F20"'),
        ({"range": "C3:B9"}, "ends before it begins"),
        ({"path": "s3a://bucket/x.xlsx"}, "is not a local file"),
        ({"schema": "a NUMBER"}, "NUMBER"),
        ({"max_rows": 0}, "must be at least 1"),
    ],
)
def test_options_that_cannot_be_are_mistakes(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(ExcelSource, **{"path": "in.xlsx", **options})
