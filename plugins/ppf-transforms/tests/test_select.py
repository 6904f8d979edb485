import pytest
from ppf_transforms.select import SelectTransform
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def test_keeps_names_and_expressions_in_their_order(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, "a")], "id INT, name STRING")
    selected = build(SelectTransform, columns=["upper(name) AS name", "id"]).transform(context(spark), {"in": frame})
    assert (selected.columns, selected.collect()) == (["name", "id"], [("A", 1)])


def test_a_name_with_dots_spaces_and_backticks_is_a_name(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, 2, 3)], ["a.b", "c d", "e`f"])
    selected = build(SelectTransform, columns=["e`f", "a.b", "c d"]).transform(context(spark), {"in": frame})
    assert (selected.columns, selected.collect()) == (["e`f", "a.b", "c d"], [(3, 1, 2)])


def test_a_star_and_a_field_of_a_struct_are_expressions(spark: SparkSession) -> None:
    frame = spark.createDataFrame([((1,),)], "s STRUCT<x: INT>")
    assert build(SelectTransform, columns=["*", "s.x"]).transform(context(spark), {"in": frame}).columns == ["s", "x"]


def test_an_unknown_column_is_told_with_its_option_and_the_near_miss(spark: SparkSession) -> None:
    transform = build(SelectTransform, columns=["id", "idd * 2 AS twice"])
    with pytest.raises(
        PpfError, match=r"columns\[1\] is 'idd \* 2 AS twice', but there is no column 'idd'\. Did you mean 'id'\?"
    ):
        transform.transform(context(spark), {"in": spark.range(1)})


def test_a_syntax_error_is_told_with_its_option(spark: SparkSession) -> None:
    with pytest.raises(PpfError, match=r"does not accept columns\[0\], which is 'id \+': .*Syntax error"):
        build(SelectTransform, columns=["id +"]).transform(context(spark), {"in": spark.range(1)})


def test_a_selection_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="must name at least one column"):
        build(SelectTransform, columns=[])


def test_two_columns_of_one_name_are_refused(spark: SparkSession) -> None:
    with pytest.raises(PpfError, match="columns of one name: 'id', 'ID'"):
        build(SelectTransform, columns=["id", "id + 1 AS ID"]).transform(context(spark), {"in": spark.range(1)})
