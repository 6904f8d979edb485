"""What a frame's plan tells: whether its rows are the same each time, and also when it is read in part."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ppf_core.spark.frames import (
    depends_on_columns,
    is_repeatable,
    keep_frame,
    keep_when_read,
    planned_anew,
    release_frame,
    why_keep,
)

LINES = {
    "csv": "1,2\n3\n4,x\n",
    "json": '{"a": 1, "b": 2}\n{"a": 3, "b": "x"}\n{"a": 4, "b": \n',
    "xml": "<rows><row><a>1</a><b>2</b></row><row><a>3</a><b>x</b></row></rows>",
}
TEXTS, NUMBERS, NOTED = "a STRING, b STRING", "a INT, b INT", "a STRING, b STRING, _corrupt_record STRING"


def read(spark: SparkSession, folder: Path, kind: str, schema: str, **options: Any) -> DataFrame:
    (folder / f"in.{kind}").write_text(LINES[kind])
    return spark.read.format(kind).options(rowTag="row", **options).schema(schema).load(str(folder / f"in.{kind}"))


@pytest.mark.parametrize(
    ("kind", "schema", "options"),
    [
        ("csv", TEXTS, {"mode": "dropMalformed"}),
        ("csv", NUMBERS, {"mode": "DROPMALFORMED", "columnPruning": False}),
        ("csv", NUMBERS, {"mode": "FAILFAST"}),
        ("csv", NOTED, {"columnPruning": False}),
        ("csv", TEXTS.replace("b ", "why "), {"columnNameOfCorruptRecord": "why"}),
        ("csv", TEXTS, {"escape": '"'}),
        ("json", TEXTS, {"Mode": "DROPMALFORMED"}),
        ("json", NUMBERS, {"mode": "FAILFAST"}),
        ("json", NOTED, {}),
    ],
)
def test_text_that_is_read_in_part_gives_other_rows(
    kind: str, schema: str, options: dict[str, Any], spark: SparkSession, tmp_path: Path
) -> None:
    frame = read(spark, tmp_path, kind, schema, **options).where("a IS NOT NULL").withColumn("c", F.lit(1))
    reason = depends_on_columns(frame)
    assert reason == f"{kind.upper()} of which other rows are read when fewer columns are"
    assert (why_keep(frame), is_repeatable(frame)) == (reason, False)


@pytest.mark.parametrize(
    ("kind", "schema", "options"),
    [
        ("csv", NUMBERS, {}),
        ("csv", TEXTS, {"mode": "DROPMALFORMED", "columnPruning": False}),
        ("csv", TEXTS, {"escape": '"', "columnPruning": False}),
        ("json", NUMBERS, {}),
        ("json", NUMBERS, {"mode": "whatever"}),
    ],
)
def test_text_whose_rows_are_always_the_same_need_not_be_kept(
    kind: str, schema: str, options: dict[str, Any], spark: SparkSession, tmp_path: Path
) -> None:
    frame = read(spark, tmp_path, kind, schema, **options)
    assert (depends_on_columns(frame), why_keep(frame), is_repeatable(frame)) == (None, None, True)
    assert [row.a for row in frame.select("a").collect()] == [row.a for row in frame.collect()]
    assert frame.count() == len(frame.collect())


def test_xml_depends_on_the_columns_as_json_does(spark: SparkSession, tmp_path: Path) -> None:
    if spark.version < "4":
        pytest.skip("This Spark reads no XML.")
    assert depends_on_columns(read(spark, tmp_path, "xml", NUMBERS, mode="DROPMALFORMED")) is not None
    assert depends_on_columns(read(spark, tmp_path, "xml", NOTED)) is not None
    assert depends_on_columns(read(spark, tmp_path, "xml", NUMBERS)) is None


def test_json_whose_broken_lines_are_not_read_in_part_either(spark: SparkSession, tmp_path: Path) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.json.enablePartialResults", "false")
    assert depends_on_columns(read(session, tmp_path, "json", NUMBERS)) is not None


def test_a_column_in_which_a_session_notes_broken_lines_is_known(spark: SparkSession, tmp_path: Path) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.columnNameOfCorruptRecord", "why")
    assert depends_on_columns(read(session, tmp_path, "json", "a INT, why STRING")) is not None
    assert depends_on_columns(read(session, tmp_path, "json", NOTED)) is None


def test_a_frame_that_is_kept_whole_depends_on_nothing(spark: SparkSession, tmp_path: Path) -> None:
    frame = read(spark, tmp_path, "json", NOTED)
    kept = keep_frame(frame, "memory")
    assert (depends_on_columns(kept), why_keep(kept), is_repeatable(kept)) == (None, None, True)
    assert kept.where("_corrupt_record IS NOT NULL").count() == 1
    release_frame(frame)
    assert depends_on_columns(frame) is not None


def test_a_kept_frame_stays_when_somebody_drops_a_view_of_it(spark: SparkSession) -> None:
    frame = spark.range(3).withColumn("number", F.rand())
    kept = keep_when_read(frame, "memory")
    rows = sorted(kept.collect())
    for given in (kept, planned_anew(frame)):
        assert sorted(spark.sql("SELECT * FROM {given}", given=given).collect()) == rows
        given.createOrReplaceTempView("seen")
        spark.catalog.dropTempView("seen")
    assert sorted(planned_anew(frame).collect()) == rows
    release_frame(frame)
