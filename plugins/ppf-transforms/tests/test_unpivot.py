from typing import Any

import pytest
from ppf_transforms.unpivot import UnpivotTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def wide(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(1, 10, None), (2, 30, 40)], "id INT, `q.1` INT, q2 BIGINT")


def rows(spark: SparkSession, frame: DataFrame, **options: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
    made = build(UnpivotTransform, **options).transform(context(spark), {"in": frame})
    return made.columns, [tuple(row) for row in made.collect()]


def test_columns_become_rows(spark: SparkSession, wide: DataFrame) -> None:
    everything = [(1, "q.1", 10), (1, "q2", None), (2, "q.1", 30), (2, "q2", 40)]
    assert rows(spark, wide, ids=["id"]) == (["id", "variable", "value"], everything)
    chosen = rows(spark, wide, ids=["id"], columns=["q2"], variable="quarter", value="amount", nulls=False)
    assert chosen == (["id", "quarter", "amount"], [(2, "q2", 40)])


def test_what_does_not_fit_the_input_is_told(spark: SparkSession, wide: DataFrame) -> None:
    with pytest.raises(PpfError, match=r"ids names 'idd', which is no column of the input. Did you mean 'id'"):
        rows(spark, wide, ids=["idd"])
    with pytest.raises(PpfError, match="All columns are ids"):
        rows(spark, wide, ids=["id", "q.1", "q2"])
    with pytest.raises(PpfError, match="columns of one name"):
        rows(spark, wide, ids=["id"], value="id")
    with pytest.raises(PpfError, match=r"Spark does not accept columns, which is 'a, b'"):
        rows(spark, spark.sql("SELECT 1 AS a, array(1) AS b"), ids=[])
    with pytest.raises(ConfigError, match="names 'id', which is among ids as well"):
        build(UnpivotTransform, ids=["id"], columns=["id"])
