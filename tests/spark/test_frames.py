"""What a frame's plan tells: whether its rows are the same each time, and also when it is read in part."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ppf_core.spark.frames import (
    cache_frame,
    cache_when_read,
    depends_on_columns,
    is_deterministic,
    planned_anew,
    release_frame,
    why_cache,
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


def with_the_second_interface(spark: SparkSession) -> SparkSession:
    session = spark.newSession()
    session.conf.set("spark.sql.sources.useV1SourceList", "")
    return session


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
    assert (why_cache(frame), is_deterministic(frame)) == (reason, False)
    other = read(with_the_second_interface(spark), tmp_path, kind, schema, **options)
    assert (depends_on_columns(other), why_cache(other), is_deterministic(other)) == (reason, reason, False)


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
    assert (depends_on_columns(frame), why_cache(frame), is_deterministic(frame)) == (None, None, True)
    assert [row.a for row in frame.select("a").collect()] == [row.a for row in frame.collect()]
    assert frame.count() == len(frame.collect())
    other = read(with_the_second_interface(spark), tmp_path, kind, schema, **options)
    assert (depends_on_columns(other), is_deterministic(other)) == (None, True)
    assert [row.a for row in other.select("a").collect()] == [row.a for row in other.collect()]
    assert other.count() == len(other.collect())


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_tables_and_views_of_text_are_read_as_text_is(kind: str, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / f"in.{kind}").write_text(LINES[kind])
    options = f"OPTIONS (mode 'DROPMALFORMED') LOCATION '{tmp_path}/in.{kind}'"
    spark.sql(f"CREATE TABLE of_text (a INT, b INT) USING {kind} {options}")
    spark.sql("CREATE VIEW seen AS SELECT a, b FROM of_text")
    try:
        for session in (spark, with_the_second_interface(spark)):
            for name in ("of_text", "seen"):
                frame = session.table(name)
                assert frame.count() != len(frame.collect())
                assert depends_on_columns(frame) is not None
    finally:
        spark.sql("DROP VIEW seen")
        spark.sql("DROP TABLE of_text")


def test_files_that_are_left_out_once_they_break_depend_on_how_far_they_are_read(spark: SparkSession, tmp_path: Path) -> None:
    texts = spark.range(0, 20_000, 1, 1).selectExpr("md5(CAST(id AS STRING)) AS a", "sha2(CAST(id AS STRING), 256) AS b")
    texts.write.option("compression", "none").parquet(str(tmp_path / "in"))
    (path,) = (tmp_path / "in").glob("*.parquet")
    path.with_name(f".{path.name}.crc").unlink()
    content = path.read_bytes()
    path.write_bytes(content[:700_000] + b"\xff" * 60_000 + content[760_000:])
    for session in (spark, with_the_second_interface(spark)):
        frame = session.read.option("ignoreCorruptFiles", True).parquet(str(tmp_path / "in"))
        assert frame.count() != len(frame.collect())
        assert (depends_on_columns(frame) is not None, is_deterministic(frame)) == (True, False)
        assert depends_on_columns(session.read.parquet(str(tmp_path / "in"))) is None
    session.conf.set("spark.sql.files.ignoreCorruptFiles", True)
    assert depends_on_columns(session.read.parquet(str(tmp_path / "in"))) is not None


def parsed(spark: SparkSession, schema: str, more: str = "") -> DataFrame:
    lines = spark.createDataFrame([(line,) for line in LINES["json"].splitlines()], "line STRING")
    return lines.selectExpr(f"from_json(line, '{schema}' {more}) AS found").select("found.*")


def test_from_json_notes_what_is_wrong_in_the_fields_that_are_read(spark: SparkSession) -> None:
    frame = parsed(spark, "a INT, b INT, _corrupt_record STRING")
    noted = [row[2] is not None for row in frame.collect()]
    assert [row[0] is not None for row in frame.select("_corrupt_record").collect()] != noted
    assert depends_on_columns(frame) == "from_json, which gives other values when fewer columns are read"
    kept = cache_frame(frame, "memory")
    assert depends_on_columns(kept) is None
    assert [row[0] is not None for row in kept.select("_corrupt_record").collect()] == noted
    release_frame(frame)


@pytest.mark.parametrize(
    ("schema", "more"), [("a INT, b INT", ""), ("a INT, b INT, _corrupt_record STRING", ", map('mode', 'PERMISSIVE')")]
)
def test_from_json_that_looks_at_all_or_notes_nothing_is_always_the_same(schema: str, more: str, spark: SparkSession) -> None:
    frame = parsed(spark, schema, more)
    assert depends_on_columns(frame) is None
    for name in frame.columns:
        assert [row[0] for row in frame.select(name).collect()] == [row[name] for row in frame.collect()]


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
    kept = cache_frame(frame, "memory")
    assert (depends_on_columns(kept), why_cache(kept), is_deterministic(kept)) == (None, None, True)
    assert kept.where("_corrupt_record IS NOT NULL").count() == 1
    release_frame(frame)
    assert depends_on_columns(frame) is not None


def test_a_kept_frame_stays_when_somebody_drops_a_view_of_it(spark: SparkSession) -> None:
    frame = spark.range(3).withColumn("number", F.rand())
    kept = cache_when_read(frame, "memory")
    rows = sorted(kept.collect())
    for given in (kept, planned_anew(frame)):
        assert sorted(spark.sql("SELECT * FROM {given}", given=given).collect()) == rows
        given.createOrReplaceTempView("seen")
        spark.catalog.dropTempView("seen")
    assert sorted(planned_anew(frame).collect()) == rows
    release_frame(frame)
