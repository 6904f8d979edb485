import pytest
from ppf_transforms.drop import DropTransform
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.testing import build, context


def test_removes_columns_by_their_exact_names(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, 2, 3)], ["a", "a.b", "c d"])
    assert build(DropTransform, columns=["a.b", "c d"]).transform(context(spark), {"in": frame}).columns == ["a"]


def test_an_unknown_column_gets_the_near_miss(spark: SparkSession) -> None:
    with pytest.raises(PpfError, match=r"'idd', which is no column of the input\. Did you mean 'id'\?"):
        build(DropTransform, columns=["idd"]).transform(context(spark), {"in": spark.range(1)})


def test_a_frame_without_columns_is_refused(spark: SparkSession) -> None:
    with pytest.raises(PpfError, match="would leave no column"):
        build(DropTransform, columns=["id"]).transform(context(spark), {"in": spark.range(1)})
