import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from ppf_core import Schema, SchemaContract
from ppf_core.validation.schema import SchemaMismatch

EVERY_TYPE = {
    "a_binary binary": T.BinaryType(),
    "a_boolean BOOLEAN": T.BooleanType(),
    "a_tinyint byte": T.ByteType(),
    "a_smallint short": T.ShortType(),
    "an_int integer": T.IntegerType(),
    "a_bigint long": T.LongType(),
    "a_float real": T.FloatType(),
    "a_double double": T.DoubleType(),
    "a_decimal decimal(12, 2)": T.DecimalType(12, 2),
    "a_short_decimal dec(5)": T.DecimalType(5, 0),
    "a_bare_decimal numeric": T.DecimalType(10, 0),
    "a_date date": T.DateType(),
    "a_timestamp timestamp": T.TimestampType(),
    "a_local_timestamp timestamp_ltz": T.TimestampType(),
    "a_plain_timestamp timestamp_ntz": T.TimestampNTZType(),
    "a_void void": T.NullType(),
    "a_char char(3)": T.CharType(3),
    "a_varchar varchar(5)": T.StringType(),
    "a_collated string collate UTF8_LCASE": T.StringType(),
    "a_day_interval interval day to second": T.DayTimeIntervalType(),
    "an_hour_interval interval hour": T.DayTimeIntervalType(1, 1),
    "an_array array<string>": T.ArrayType(T.StringType()),
    "a_map map<string, array<int>>": T.MapType(T.StringType(), T.ArrayType(T.IntegerType())),
    "a_struct struct<x: int, `y z`: struct<>>": T.StructType().add("x", "integer").add("y z", T.StructType()),
}
if hasattr(T, "VariantType"):
    EVERY_TYPE["a_variant variant"] = T.VariantType()
if hasattr(T, "YearMonthIntervalType"):
    EVERY_TYPE["a_month_interval interval year to month"] = T.YearMonthIntervalType()


def differences(wanted: Schema, found: Schema) -> tuple[SchemaMismatch, ...]:
    return SchemaContract.of(wanted).differences(SchemaContract.of(found))


@pytest.mark.parametrize("column", EVERY_TYPE, ids=str)
def test_ddl_and_spark_type_say_the_same(column: str) -> None:
    found = T.StructType().add(column.split()[0], EVERY_TYPE[column])
    assert SchemaContract.of(column) == SchemaContract.of(found)


def test_spark_reads_the_ddl_in_the_same_way(spark: SparkSession) -> None:
    ddl = (
        "id bigint NOT NULL COMMENT 'the; key, `x`', `odd ``name` array<struct<a: int, b: decimal(5)>>, m map<int,date> -- end"
    )
    assert SchemaContract.of(ddl) == SchemaContract.of(spark.createDataFrame([], ddl).schema)


@pytest.mark.parametrize(
    "ddl", ["a: int, b: string", "struct<a:int,b:string>", "A int,\n  b /* text */ string", "`a` int, b string"]
)
def test_the_forms_of_ddl_mean_the_same(ddl: str) -> None:
    assert not differences("a int, b string", ddl)


def test_words_of_the_grammar_are_names_as_well() -> None:
    assert not differences("`struct` int, `date` date, `not` int", "struct int, date date, not int not null")


def test_a_missing_field_is_named_with_the_wanted_type() -> None:
    (mismatch,) = differences("id bigint, name string", "id bigint")
    assert mismatch == SchemaMismatch("name", "string", None)
    assert str(mismatch) == "Field 'name' is missing; wanted string."


def test_a_field_of_another_type_is_named_with_both_types() -> None:
    (mismatch,) = differences("id bigint", "id int")
    assert str(mismatch) == "Field 'id' is int; wanted bigint."


def test_nested_fields_have_dotted_names() -> None:
    wanted = "a struct<b: array<struct<c: int>>>, m map<string, int>"
    found = "a struct<b: array<struct<c: string>>>, m map<string, bigint>"
    assert [(each.field, each.wanted, each.found) for each in differences(wanted, found)] == [
        ("a.b.element.c", "int", "string"),
        ("m.value", "int", "bigint"),
    ]


def test_another_kind_of_type_is_one_mismatch() -> None:
    assert [str(each) for each in differences("a array<int>", "a struct<x: int>")] == [
        "Field 'a' is struct<x:int>; wanted array<int>."
    ]


def test_precision_and_scale_count() -> None:
    assert [each.found for each in differences("a decimal(12,2)", "a decimal(12,3)")] == ["decimal(12,3)"]


def test_further_fields_order_case_and_nullability_do_not_matter() -> None:
    assert not differences("b string, A int", "z date, a int not null, B string")


def test_the_field_of_the_very_name_is_preferred() -> None:
    found = T.StructType().add("ID", "string").add("id", "long")
    assert not differences("id bigint", found)
    assert not differences("ID string", found)


@pytest.mark.parametrize(
    ("ddl", "complaint"),
    [
        ("a strnig", "'strnig' is where a type should be. Did you mean 'string'?"),
        ("a", "It ends where a type should be."),
        ("", "It ends where the name of a field should be."),
        ("a int,", "It ends where the name of a field should be."),
        ("a int b int", "'b' is where ',' should be."),
        ("a array<int", "It ends where '>' should be."),
        ("a array", "It ends where '<' after 'array' should be."),
        ("a decimal(x)", "'x' is where a number should be."),
        ("a int; drop table t", "';' is where a name, a type or a comma should be."),
        ("a interval day to dawn", "'dawn' is where 'hour' or 'minute' or 'second' after 'day to' should be."),
        ("a int not important", "'important' is where NULL should be."),
        ("a int, a string", "has the field 'a' twice"),
        ("a " + "array<" * 5000 + "int", "nested too deeply"),
    ],
    ids=lambda text: text[:30],
)
def test_text_that_is_no_ddl_says_where_and_what(ddl: str, complaint: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the text is compared below
        SchemaContract.of(ddl)
    assert complaint in str(caught.value)
