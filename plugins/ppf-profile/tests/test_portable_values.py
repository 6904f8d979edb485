"""Values of a column, from the texts that Spark makes of them."""

import math

import pytest
from ppf_profile.portable_values import Value, kind_of, text_of, value_of, value_of_text
from pyspark.sql import SparkSession, functions


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("decimal(10,2)", "decimal"),
        ("array<int>", "array"),
        ("string", "string"),
        ("string collate UNICODE", "string collate UNICODE"),
    ],
)
def test_the_kind_is_the_type_without_its_parameters(type_: str, kind: str) -> None:
    assert kind_of(type_) == kind


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        ("-128Y", "tinyint", -128),
        ("9223372036854775807", "bigint", 2**63 - 1),
        ("false", "boolean", False),
        ("5e-324D", "double", 5e-324),
        ("cast(16777216 as float)", "float", 16777216.0),
        ("cast(3.4028235e38 as float)", "float", 3.4028235e38),
        ("double('-Infinity')", "double", -math.inf),
        ("1.10BD", "decimal", "1.10"),
        ("date'2024-02-29'", "date", "2024-02-29"),
        ("timestamp'1969-12-31 23:59:59.999999Z'", "timestamp", "1969-12-31 23:59:59.999999+00:00"),
        ("timestamp_ntz'2024-01-01 00:00:00.1'", "timestamp_ntz", "2024-01-01 00:00:00.100000"),
        ("' 1 '", "string", " 1 "),
    ],
)
def test_a_value_survives_its_way_as_a_text(spark: SparkSession, expression: str, kind: str, value: Value) -> None:
    (row,) = spark.range(1).select(text_of(functions.expr(expression), kind)).collect()
    assert (value_of_text(row[0], kind), type(value_of_text(row[0], kind))) == (value, type(value))


@pytest.mark.parametrize("digits", range(1, 60, 7))
def test_a_float_gets_the_fewest_digits_that_mean_it(spark: SparkSession, digits: int) -> None:
    (row,) = spark.sql(f"select cast({1 / digits} as float)").collect()
    value = value_of(row[0], "float")
    (again,) = spark.sql(f"select cast('{value}' as float)").collect()
    assert again[0] == row[0]
    assert len(str(value)) <= 12


@pytest.mark.parametrize(
    ("text", "kind"), [("+10000-01-01", "date"), ("-0044-03-15 00:00:00", "timestamp_ntz"), (str(2**62), "timestamp")]
)
def test_a_time_out_of_the_calendar_cannot_be_written(text: str, kind: str) -> None:
    assert value_of_text(text, kind) is None
