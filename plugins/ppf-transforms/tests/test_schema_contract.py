import pytest
from ppf_transforms.schema_contract import SchemaContractTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("7", "x", 1)], "ID STRING, name STRING, `ex.tra` INT")


def held(spark: SparkSession, frame: DataFrame, schema: str, mode: str = "strict") -> DataFrame:
    return build(SchemaContractTransform, schema=schema, mode=mode).transform(context(spark), {"in": frame})


def test_a_frame_as_promised_gets_the_order_and_spelling_of_the_schema(spark: SparkSession, frame: DataFrame) -> None:
    found = held(spark, frame, "`ex.tra` INT, Name STRING NOT NULL, id STRING")
    assert (found.columns, found.collect()) == (["ex.tra", "Name", "id"], [(1, "x", "7")])


def test_strict_lists_all_differences(spark: SparkSession, frame: DataFrame) -> None:
    with pytest.raises(PpfError) as caught:
        held(spark, frame, "id INT, nme STRING, `ex.tra` INT, day DATE")
    assert str(caught.value).splitlines()[1:] == [
        "Field 'id' is string; wanted int.",
        "Field 'nme' is missing; wanted string. The input has 'name'.",
        "Field 'day' is missing; wanted date.",
        "Field 'name' is string; the schema does not have it.",
    ]


def test_coerce_casts_and_drops_further_columns(spark: SparkSession, frame: DataFrame) -> None:
    found = held(spark, frame, "id INT, `ex.tra` DOUBLE", "coerce")
    assert (found.dtypes, found.collect()) == ([("id", "int"), ("ex.tra", "double")], [(7, 1.0)])


def test_coerce_cannot_cast_what_is_not_there(spark: SparkSession, frame: DataFrame) -> None:
    with pytest.raises(PpfError, match="Field 'day' is missing; wanted date"):
        held(spark, frame, "id INT, day DATE", "coerce")


def test_a_cast_that_spark_does_not_know_is_told(spark: SparkSession, frame: DataFrame) -> None:
    with pytest.raises(PpfError, match="does not accept schema, column name, which is 'array<int>'"):
        held(spark, frame, "id INT, name ARRAY<INT>", "coerce")


def test_evolve_lets_further_columns_pass(spark: SparkSession, frame: DataFrame) -> None:
    assert held(spark, frame, "name STRING", "evolve").columns == ["name", "ID", "ex.tra"]


def test_evolve_holds_the_promised_columns_to_their_types(spark: SparkSession, frame: DataFrame) -> None:
    with pytest.raises(PpfError, match="Field 'name' is string; wanted int"):
        held(spark, frame, "name INT", "evolve")


def test_nested_types_are_compared(spark: SparkSession) -> None:
    nested = spark.createDataFrame([((1,),)], "s STRUCT<x: INT>")
    with pytest.raises(PpfError, match="Field 's' is struct<x:int>; wanted struct<x:bigint>"):
        held(spark, nested, "s STRUCT<x: BIGINT>")


def test_limited_texts_are_strings(spark: SparkSession, frame: DataFrame) -> None:
    assert held(spark, frame, "name VARCHAR(3)", "evolve").dtypes[0] == ("name", "string")


def test_a_text_that_is_no_schema_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'int'"):
        build(SchemaContractTransform, schema="id INTT")


def test_the_schema_is_a_promise_to_the_planner() -> None:
    assert build(SchemaContractTransform, schema="id INT").output_schema == "id INT"
