from typing import Any

import pytest
from ppf_transforms.flatten import FlattenTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def nested(spark: SparkSession) -> DataFrame:
    rows = [(1, ("x", ((2,),)), (3,), [(4,)]), (5, None, None, None)]
    schema = "id INT, a STRUCT<`b.c`: STRING, d: STRUCT<e: STRUCT<f: INT>>>, g STRUCT<h: INT>, l ARRAY<STRUCT<m: INT>>"
    return spark.createDataFrame(rows, schema)


def flat(spark: SparkSession, frame: DataFrame, **options: Any) -> DataFrame:
    return build(FlattenTransform, **options).transform(context(spark), {"in": frame})


def test_all_structs_become_their_fields_and_arrays_stay(spark: SparkSession, nested: DataFrame) -> None:
    frame = flat(spark, nested)
    assert frame.columns == ["id", "a_b.c", "a_d_e_f", "g_h", "l"]
    assert frame.collect() == [(1, "x", 2, 3, [(4,)]), (5, None, None, None, None)]


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({"depth": 1}, ["id", "a_b.c", "a_d", "g_h", "l"]),
        ({"depth": 2, "separator": "."}, ["id", "a.b.c", "a.d.e", "g.h", "l"]),
        ({"columns": ["g"]}, ["id", "a", "g_h", "l"]),
        ({"columns": ["g"], "separator": ""}, ["id", "a", "gh", "l"]),
    ],
)
def test_columns_depth_and_names_can_be_chosen(
    spark: SparkSession, nested: DataFrame, options: dict[str, Any], columns: list[str]
) -> None:
    assert flat(spark, nested, **options).columns == columns


def test_what_cannot_be_flattened_is_told(spark: SparkSession, nested: DataFrame) -> None:
    with pytest.raises(PpfError, match="columns names 'id', which is int and no struct"):
        flat(spark, nested, columns=["id"])
    with pytest.raises(PpfError, match="columns of one name: 'g_h', 'g_h'"):
        flat(spark, nested.withColumnRenamed("id", "g_h"))
    with pytest.raises(ConfigError, match="at least one level"):
        build(FlattenTransform, depth=0)
