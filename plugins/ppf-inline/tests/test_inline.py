import datetime
from decimal import Decimal
from typing import Any

import pytest
from ppf_inline.inline import InlineSource
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def tokyo(spark: SparkSession) -> SparkSession:
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    return session


def read(spark: SparkSession, schema: str, *rows: dict[str, Any]) -> DataFrame:
    return build(InlineSource, schema=schema, rows=list(rows)).read(context(spark))


def mistakes(schema: str, *rows: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        build(InlineSource, schema=schema, rows=list(rows))
    return str(caught.value)


def test_rows_get_the_types_of_the_schema(spark: SparkSession) -> None:
    schema = "id INT, big BIGINT, price DECIMAL(6,2), share DOUBLE, ok BOOLEAN, name STRING, day DATE, raw BINARY"
    row = {"id": "7", "big": 2**40, "price": 0.1, "share": 1, "ok": "true", "name": 12, "day": "2024-02-29", "raw": "é"}
    assert read(spark, schema, row).collect() == [
        (7, 2**40, Decimal("0.10"), 1.0, True, "12", datetime.date(2024, 2, 29), bytearray("é".encode()))
    ]


def test_a_decimal_keeps_all_its_digits(spark: SparkSession) -> None:
    text = "12345678901234567890.123456789012345678"
    assert read(spark, "v DECIMAL(38,18)", {"v": text}).head() == (Decimal(text),)


def test_a_column_that_is_left_out_is_null(spark: SparkSession) -> None:
    assert read(spark, "id INT, name STRING", {"id": 1}).collect() == [(1, None)]


def test_no_rows_give_an_empty_frame_with_the_schema(spark: SparkSession) -> None:
    frame = read(spark, "id INT, at TIMESTAMP")
    assert (frame.count(), frame.dtypes) == (0, [("id", "int"), ("at", "timestamp")])


def test_timestamps_are_of_the_time_zone_of_the_session_unless_they_name_one(tokyo: SparkSession) -> None:
    frame = read(tokyo, "at TIMESTAMP", {"at": "2024-03-01 09:00:00"}, {"at": "2024-03-01T00:00:00Z"})
    assert [row[0] for row in frame.selectExpr("unix_seconds(at)").collect()] == [1709251200, 1709251200]


def test_local_timestamps_keep_what_is_written(tokyo: SparkSession) -> None:
    frame = read(tokyo, "at TIMESTAMP_NTZ", {"at": "2024-03-01 09:00:00.5"})
    assert frame.selectExpr("string(at)").head() == ("2024-03-01 09:00:00.5",)


def test_nested_values_are_converted_too(spark: SparkSession) -> None:
    schema = "place STRUCT<city: STRING, since: TIMESTAMP>, tags ARRAY<INT>, ranks MAP<STRING, DATE>"
    row = {"place": {"city": "Oslo", "since": "2024-01-01"}, "tags": ["1", 2, None], "ranks": {"a": "2024-01-02"}}
    found = read(spark, schema, row).selectExpr("place.city", "date(place.since)", "tags", "ranks").head()
    assert found == ("Oslo", datetime.date(2024, 1, 1), [1, 2, None], {"a": datetime.date(2024, 1, 2)})


def test_names_are_taken_literally(spark: SparkSession) -> None:
    frame = read(spark, "`a.b` TIMESTAMP, `c``d` INT", {"a.b": "2024-01-01", "c`d": 1})
    assert frame.columns == ["a.b", "c`d"]


def test_types_that_python_does_not_have_are_cast_by_spark(spark: SparkSession) -> None:
    frame = read(spark, "age INTERVAL YEAR TO MONTH", {"age": "2-6"})
    assert frame.selectExpr("extract(MONTH FROM age)").head() == (6,)


def test_no_job_runs(spark: SparkSession) -> None:
    spark.sparkContext.setJobGroup("inline-test", "")
    read(spark, "id INT, at TIMESTAMP", {"id": 1, "at": "2024-01-01"})
    assert spark.sparkContext.statusTracker().getJobIdsForGroup("inline-test") == []


def test_limited_texts_are_strings(spark: SparkSession) -> None:
    assert read(spark, "code VARCHAR(3), unit CHAR( 2 )", {"code": "JFK", "unit": "km"}).collect() == [("JFK", "km")]


def test_null_in_a_column_that_is_not_null_is_refused(spark: SparkSession) -> None:
    with pytest.raises(PpfError, match=r"rows\[1\] has no 'id', which is NOT NULL"):
        read(spark, "id INT NOT NULL, name STRING", {"id": 1}, {"name": "Ada"})


def test_an_unknown_column_gets_the_near_miss() -> None:
    assert "'rows[1].nmae': is not in the schema. Did you mean 'name'?" in mistakes(
        "id INT, name STRING", {"id": 1}, {"nmae": "Ada"}
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("INT", 1.5),
        ("INT", True),
        ("TINYINT", 128),
        ("BIGINT", "many"),
        ("BIGINT", "1e999999999"),
        ("BIGINT", "1_000"),
        ("BIGINT", "\u0667"),
        ("DOUBLE", "much"),
        ("DOUBLE", "1_000.5"),
        ("DOUBLE", "1e999"),
        ("FLOAT", 3.5e38),
        ("DECIMAL(3,2)", 0.125),
        ("DECIMAL(3,2)", 10),
        ("BOOLEAN", "yes"),
        ("DATE", "2024-02-30"),
        ("TIMESTAMP", "noon"),
        ("TIMESTAMP_NTZ", "2024-01-01T00:00:00Z"),
        ("STRING", [1]),
        ("ARRAY<INT>", 1),
        ("STRUCT<a: INT>", 1),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_place(kind: str, value: object) -> None:
    assert f"'rows[0].v': is {value!r}, " in mistakes(f"v {kind}", {"v": value})


def test_all_mistakes_are_told_together() -> None:
    with pytest.raises(ConfigError) as caught:
        build(
            InlineSource,
            schema="a INT, b ARRAY<DATE>, `c.d` DATE",
            rows=[{"a": "x"}, {"b": ["2024-01-01", "never"], "c.d": "."}],
        )
    assert [problem.path for problem in caught.value.problems] == ["rows[0].a", "rows[1].b[1]", 'rows[1]."c.d"']


def test_a_text_that_is_no_schema_is_a_mistake() -> None:
    assert "Did you mean 'int'?" in mistakes("id INTT", {"id": 1})


def test_the_pin_changes_with_the_rows(spark: SparkSession) -> None:
    pins = {build(InlineSource, schema="id INT", rows=[{"id": number}]).pin(context(spark)) for number in (1, 1, 2)}
    assert len(pins) == 2
