"""A workbook is there whole or not at all, and holds what was given."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from ppf_excel.sink import ExcelSink
from ppf_excel.source import ExcelSource
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PipelineRunner, PpfError, TargetMoved
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def sheet(path: Path) -> list[tuple[Any, ...]]:
    return list(load_workbook(path).active.iter_rows(values_only=True))


def write(spark: SparkSession, folder: Path, frame: DataFrame, run_id: str = "run", **options: Any) -> None:
    sink, here = build(ExcelSink, folder, **{"path": "out.xlsx", **options}), context(spark, run_id=run_id)
    try:
        sink.publish(here, sink.stage(here, frame))
    finally:
        sink.discard(here, None)


def test_values_keep_their_types(spark: SparkSession, tmp_path: Path) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    frame = session.sql(
        "SELECT * FROM VALUES (1, 1.5D, 1.10BD, true, '=1+1', '', DATE '2024-02-29', TIMESTAMP '2024-02-29 01:02:03.004', "
        "TIMESTAMP_NTZ '1900-01-01 00:00:00', '#N/A'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x') "
        "AS t(n, `a.b`, d, yes, t, empty, day, at, wall, e)"
    )
    write(session, tmp_path, frame, sheet="Data")
    head, row, nothing = sheet(tmp_path / "out.xlsx")
    assert head == tuple(frame.columns)
    moment = datetime(2024, 2, 29, 1, 2, 3, 4000)
    assert row[:5] == (1, 1.5, 1.1, True, "=1+1")
    assert row[6:] == (datetime(2024, 2, 29), moment, datetime(1900, 1, 1), "#N/A")
    assert nothing == (*(None,) * 9, "x")
    cells = load_workbook(tmp_path / "out.xlsx")["Data"][2]
    assert [cell.data_type for cell in cells[:5]] == ["n", "n", "n", "b", "s"]
    back = build(ExcelSource, tmp_path, path="out.xlsx").read(context(session))
    assert tuple(back.first() or ()) == (
        *(1, 1.5, 1.1, True, "=1+1", None, date(2024, 2, 29), moment),
        *(date(1900, 1, 1) if back.schema["wall"].dataType.typeName() == "date" else datetime(1900, 1, 1), "#N/A"),
    )


def test_no_rows_are_a_header(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path, spark.range(0), mode="overwrite")
    assert sheet(tmp_path / "out.xlsx") == [("id",)]
    write(spark, tmp_path, spark.range(2).coalesce(1), run_id="second", mode="overwrite", header=False)
    assert sheet(tmp_path / "out.xlsx") == [(0,), (1,)]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("12345678901234567", "Row 2 holds in 'v' 12345678901234567: Excel keeps 15 digits"),
        ("CAST('1.2345678901234567' AS DECIMAL(20,16))", "Excel keeps 15 digits"),
        ("double('NaN')", "finite numbers only"),
        ("repeat('a', 32768)", "at most 32767 characters, and this has 32768"),
        ("concat('a', chr(7))", "control characters"),
        ("DATE '1899-12-31'", "begin with 1900-01-01"),
        ("array(1)", "The column 'v' is ARRAY<INT>, which a cell cannot hold"),
        ("X'00'", "The column 'v' is BINARY"),
    ],
)
def test_what_a_cell_cannot_hold_is_refused(value: str, told: str, spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path, spark.range(1), mode="overwrite")
    before = (tmp_path / "out.xlsx").read_bytes()
    frame = spark.range(0, 2, 1, 1).selectExpr(f"IF(id = 1, {value}, NULL) AS v")
    with pytest.raises(PpfError, match=told):
        write(spark, tmp_path, frame, run_id="second", mode="overwrite")
    assert ((tmp_path / "out.xlsx").read_bytes(), len(list(tmp_path.iterdir()))) == (before, 1)


def test_modes_say_what_happens_to_a_workbook_that_exists(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path, spark.range(1))
    with pytest.raises(PpfError, match="exists, and mode is 'error'"):
        write(spark, tmp_path, spark.range(2), run_id="second")
    write(spark, tmp_path, spark.range(2), run_id="third", mode="ignore")
    assert sheet(tmp_path / "out.xlsx") == [("id",), (0,)]
    with pytest.raises(PpfError, match="has more than 2 rows"):
        write(spark, tmp_path, spark.range(3), run_id="fourth", mode="overwrite", max_rows=2)
    assert [each.name for each in tmp_path.iterdir()] == ["out.xlsx"]


@pytest.mark.parametrize("mode", ["error", "overwrite"])
def test_what_somebody_else_wrote_meanwhile_stays(mode: str, spark: SparkSession, tmp_path: Path) -> None:
    sink, here = build(ExcelSink, tmp_path, path="out.xlsx", mode=mode), context(spark)
    ticket = sink.stage(here, spark.range(1))
    (tmp_path / "out.xlsx").write_text("theirs")
    with pytest.raises(TargetMoved, match="was written by somebody else"):
        sink.publish(here, ticket)
    assert (tmp_path / "out.xlsx").read_text() == "theirs"


class Killed(BaseException):
    """The process is no more."""


@pytest.mark.parametrize("mode", ["error", "overwrite"])
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_a_killed_publish_is_completed_by_publishing_again(
    mode: str, is_done: bool, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mode == "overwrite":
        write(spark, tmp_path, spark.range(0), run_id="first")
    sink, here = build(ExcelSink, tmp_path, path="out.xlsx", mode=mode), context(spark)
    ticket = sink.stage(here, spark.range(0, 2, 1, 1))
    from ppf_core.storage import LocalFiles

    owner, name = (Path, "replace") if mode == "overwrite" else (LocalFiles, "rename")
    effect = getattr(owner, name)

    def deadly(*arguments: Any) -> None:
        if is_done:
            effect(*arguments)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, deadly)
        with pytest.raises(Killed):
            sink.publish(here, ticket)
    old = [("id",)] if mode == "overwrite" else None
    new = [("id",), (0,), (1,)]
    assert (sheet(tmp_path / "out.xlsx") if (tmp_path / "out.xlsx").exists() else None) == (new if is_done else old)
    again = build(ExcelSink, tmp_path, path="out.xlsx", mode=mode)
    for _ in range(2):
        again.publish(here, ticket)
        assert sheet(tmp_path / "out.xlsx") == new
    assert [each.name for each in tmp_path.iterdir()] == ["out.xlsx"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"path": "out.xls"}, "must end with .xlsx"),
        ({"sheet": "a/b"}, "must have 1 to 31 characters"),
        ({"max_rows": 1_048_576}, "from 1 to 1048575"),
        ({"path": "hdfs://nodes/out.xlsx"}, "is not a local file"),
    ],
)
def test_options_that_cannot_be_are_mistakes(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(ExcelSink, **{"path": "out.xlsx", **options})


def test_a_workbook_that_was_not_needed_is_published_again(spark: SparkSession, tmp_path: Path) -> None:
    sink, here = build(ExcelSink, tmp_path, path="out.xlsx", mode="ignore"), context(spark)
    ticket = sink.stage(here, spark.range(1))
    (tmp_path / "out.xlsx").write_text("theirs")
    for _ in range(2):
        sink.publish(here, ticket)
        assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("out.xlsx", "theirs")]


def test_checks_count_all_rows_of_a_frame_of_many_parts(spark: SparkSession, tmp_path: Path) -> None:
    quality = [{"check": "in_range", "options": {"column": "n", "max": 90}, "action": "warn"}]
    query = "SELECT id AS n FROM range(0, 100, 1, 50)"
    config: dict[str, Any] = {
        "name": "many",
        "components": {
            "one": {"source": "inline", "options": {"schema": "a INT", "rows": [{"a": 1}]}},
            "rows": {"transform": "sql", "inputs": ["one"], "options": {"query": query}, "quality": quality},
            "out": {"sink": "excel", "inputs": ["rows"], "options": {"path": "out.xlsx"}},
        },
    }
    done = PipelineRunner.from_config(config, tmp_path).run(spark=spark)
    assert done.exit_code == 0, done.problems
    (check,) = next(each for each in done.components if each.name == "rows").quality
    assert (check.evaluated, check.failed) == (100, 9)
    assert len(sheet(tmp_path / "out.xlsx")) == 101
