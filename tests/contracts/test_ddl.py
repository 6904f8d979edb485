"""Schemas written as DDL, and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from ppf_core.contracts.ddl import SchemaType, parse_ddl, write_ddl
from ppf_core.validation.schema import SchemaContract

NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8) | st.sampled_from(
    (
        "a.b",
        "a`b",
        "``",
        "not",
        "comment",
        "struct",
        "select",
        "a b",
        "A",
        "1",
        "_",
        "日本",
        "a\nb",
        "--",
        "/*",
        "'",
        '"',
        "<>",
        "array<int>",
    )
)
SIMPLE = st.sampled_from(
    (
        "int",
        "string",
        "decimal(38,18)",
        "timestamp_ntz",
        "interval day to second",
        "interval year",
        "interval",
        "void",
        "time(3)",
    )
).map(SchemaType)


def structs(types: st.SearchStrategy[SchemaType], fewest: int = 0) -> st.SearchStrategy[SchemaType]:
    fields = st.lists(st.tuples(NAMES, types), min_size=fewest, max_size=4, unique_by=lambda field: field[0].lower())
    return fields.map(lambda parts: SchemaType("struct", tuple(parts)))


TYPES = st.recursive(
    SIMPLE,
    lambda inner: (
        inner.map(lambda element: SchemaType("array", (("element", element),)))
        | st.tuples(inner, inner).map(lambda pair: SchemaType("map", (("key", pair[0]), ("value", pair[1]))))
        | structs(inner)
    ),
    max_leaves=6,
)


@given(structs(TYPES, fewest=1))
def test_what_is_written_is_read_back(schema: SchemaType) -> None:
    assert parse_ddl(write_ddl(schema)) == schema


def test_only_names_that_need_them_stand_in_backticks() -> None:
    schema = parse_ddl("id bigint, `a.b` struct<x:int,`y ``z`:array<map<string,date>>>")
    assert write_ddl(schema) == "id bigint, `a.b` struct<x: int, `y ``z`: array<map<string, date>>>"


@pytest.mark.parametrize("name", ["id", "a.b", "a`b", "a b", "select", "struct", "日本", "1", "--", "a'b", 'a"b'])
def test_spark_reads_it_in_the_same_way(spark: SparkSession, name: str) -> None:
    inner = T.StructType().add(name, T.DecimalType(12, 2)).add("other", T.MapType(T.StringType(), T.TimestampNTZType()))
    schema = T.StructType().add(name, "string").add("nested", T.ArrayType(inner))
    assert spark.createDataFrame([], write_ddl(SchemaContract.of(schema).type)).schema == schema
