"""CSV whose files begin with lines that are no data."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from ppf_files.sources import CsvSource
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context

TITLED = 'Report of "May\n\nn,t\n1,x\n2,"a,b"\n\nn,t\n3,\n'
ROWS = [("1", "x"), ("2", "a,b"), ("3", None), ("n", "t")]


def read(spark: SparkSession, path: Path, **options: Any) -> list[tuple[Any, ...]]:
    source = build(CsvSource, **{"path": str(path), "skip_lines": 2, **options})
    frame = source.read(context(spark, pinned=source.pin(context(spark))))
    return sorted((tuple(row) for row in frame.collect()), key=str)


def test_the_first_lines_are_neither_header_nor_data(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(TITLED)
    assert read(spark, tmp_path) == ROWS
    assert read(spark, tmp_path, skip_lines=3, header=False) == ROWS
    assert read(spark, tmp_path, skip_lines=6, header=False, infer_schema=True) == [("3", None), ("n", "t")]
    assert read(spark, tmp_path, skip_lines=7, infer_schema=True) == []
    assert read(spark, tmp_path, schema="n INT, t STRING") == [(1, "x"), (2, "a,b"), (3, None), (None, "t")]
    assert read(spark, tmp_path, skip_lines=99, schema="n INT") == []
    with pytest.raises(PpfError, match="have no columns"):
        read(spark, tmp_path, skip_lines=99)


@pytest.mark.parametrize("end", [".csv", ".csv.gz"])
def test_they_are_those_of_each_file_however_many_and_large_these_are(end: str, spark: SparkSession, tmp_path: Path) -> None:
    pack = gzip.compress if end == ".csv.gz" else bytes
    for number in range(40):
        text = f"title\r\n{number},0\r\nn,i\r\n" + "".join(f"{number},{row}\r\n" for row in range(number))
        (tmp_path / f"{number}{end}").write_bytes(pack(text.encode()))
    session = spark.newSession()
    session.conf.set("spark.sql.files.maxPartitionBytes", "100b")  # which no first lines may be torn by
    session.conf.set("spark.sql.files.maxPartitionNum", "2")
    found = read(session, tmp_path, infer_schema=True)
    assert found == sorted(((number, row) for number in range(40) for row in range(number)), key=str)


def test_pieces_of_a_large_file_lose_no_line(spark: SparkSession, tmp_path: Path) -> None:
    size = 50_000
    (tmp_path / "in.csv").write_text("title\n\nn,text\n" + "".join(f"{row},{'x' * 1000}\n" for row in range(size)))
    session = spark.newSession()
    session.conf.set("spark.sql.files.maxPartitionBytes", "1b")
    source = build(CsvSource, path=str(tmp_path), skip_lines=2, schema="n INT, text STRING")
    frame = source.read(context(session)).selectExpr("n")
    assert frame.rdd.getNumPartitions() > 1
    assert frame.selectExpr("count(n)", "count(DISTINCT n)", "max(n)").first() == (size, size, size - 1)


def test_what_else_can_be_said_of_the_files_holds(spark: SparkSession, tmp_path: Path) -> None:
    for day, text in (("01", "t\n#\nn;x\n# c\n1;1,5ä\n"), ("02", "t\n\n#c\nx;n\n2,5ü;z\n")):
        (tmp_path / f"day={day}").mkdir()
        (tmp_path / f"day={day}" / "in.csv").write_text(text, encoding="latin-1")
    options: dict[str, Any] = {"delimiter": ";", "comment": "#", "encoding": "ISO-8859-1"}
    with pytest.raises(PpfError, match=r"different columns: .* has n, x, .* has x, n"):
        read(spark, tmp_path, **options)
    with pytest.raises(PpfError, match=r"day=02/in.csv' has the columns x, n, but the schema has n, x"):
        read(spark, tmp_path, **options, schema="n STRING, x STRING, day STRING")
    assert read(spark, tmp_path, **options, columns="by_position") == [("1", "1,5ä", 1), ("2,5ü", "z", 2)]
    options |= {"columns": "by_name", "file_column": "file"}
    files = [f"file:{tmp_path}/day={day}/in.csv" for day in ("01", "02")]
    assert read(spark, tmp_path, **options, partition_inference=False) == [
        ("1", "1,5ä", "01", files[0]),
        ("z", "2,5ü", "02", files[1]),
    ]
    assert read(spark, tmp_path, **options, schema="day STRING, n INT, x STRING") == [
        (1, "1,5ä", "01", files[0]),
        (None, "2,5ü", "02", files[1]),
    ]


def test_bad_records_are_those_below(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("of May;1;2;3\n\nn;d\n1;1,5\nx;2\n3;1.5\n4\n")
    options: dict[str, Any] = {"delimiter": ";", "decimal": ",", "schema": "n INT, d DOUBLE"}
    told = read(spark, tmp_path, **options, bad_records="quarantine")
    file = f"file:{tmp_path}/in.csv"
    assert told == [
        (1, 1.5, None, None, None),
        (3, None, "3;1.5", file, "It gives no value for: d"),
        (4, None, "4", file, "It gives no value for: d"),
        (None, 2.0, "x;2", file, "It gives no value for: n"),
    ]
    with pytest.raises(Exception, match="MALFORMED"):
        read(spark, tmp_path, **options, reader={"mode": "FAILFAST"})
    (tmp_path / "in.csv").write_text("of May\n\nn\n1\n")
    assert read(spark, tmp_path, schema="n INT", reader={"mode": "FAILFAST"}) == [(1,)]


def test_runs_read_only_new_files_and_views_find_the_rows(spark: SparkSession, tmp_path: Path) -> None:
    source = build(CsvSource, path=str(tmp_path), skip_lines=1, schema="n INT", incremental=True)
    (tmp_path / "1.csv").write_text("t\nn\n1\n")
    first = context(spark, pinned=source.pin(context(spark)))
    (tmp_path / "2.csv").write_text("t\nn\n2\n")
    frame = source.read(first)
    assert [tuple(row) for row in spark.sql("SELECT * FROM {titled}", titled=frame).collect()] == [(1,)]
    frame.createOrReplaceTempView("titled_rows")
    assert [row.n for row in spark.table("titled_rows").collect()] == [1]
    spark.catalog.dropTempView("titled_rows")
    for wanted in ([(2,)], []):
        then = context(spark, state=first.state)
        again = context(spark, state=first.state, pinned=source.pin(then))
        assert [tuple(row) for row in source.read(again).collect()] == wanted
        first = again


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"skip_lines": -1}, "at least 0"),
        ({"multiline": True}, "multiline = true.*remove these lines"),
        ({"reader": {"MULTILINE": True}}, "multiline = true"),
        ({"reader": {"mode": "dropmalformed"}}, "bad_records = drop"),
        ({"encoding": "UTF-16LE", "reader": {"lineSep": "\n"}}, "UTF-16"),
        ({"incremental": True}, "it must be given"),
    ],
)
def test_what_cannot_be_right_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(CsvSource, **{"path": "in", "skip_lines": 1, **options})
