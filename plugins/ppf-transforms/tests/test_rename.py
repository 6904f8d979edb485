import pytest
from ppf_transforms.rename import RenameTransform
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.testing import build, context


def test_columns_keep_their_place_and_may_swap_names(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, 2, 3)], ["a", "b", "c.d"])
    renamed = build(RenameTransform, columns={"a": "b", "b": "a", "c.d": "e"}).transform(context(spark), {"in": frame})
    assert (renamed.columns, renamed.collect()) == (["b", "a", "e"], [(1, 2, 3)])


def test_an_unknown_column_gets_the_near_miss(spark: SparkSession) -> None:
    with pytest.raises(PpfError, match=r"columns names 'idd', which is no column of the input\. Did you mean 'id'\?"):
        build(RenameTransform, columns={"idd": "x"}).transform(context(spark), {"in": spark.range(1)})


def test_a_new_name_that_is_there_already_is_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, 2)], ["a", "b"])
    with pytest.raises(PpfError, match="columns of one name: 'b', 'b'"):
        build(RenameTransform, columns={"a": "b"}).transform(context(spark), {"in": frame})
