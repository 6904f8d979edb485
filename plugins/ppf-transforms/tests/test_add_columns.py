import pytest
from ppf_transforms.add_columns import AddColumnsTransform
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.testing import build, context


def test_new_columns_come_last_and_old_names_are_replaced_where_they_stand(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, 2)], ["a", "b"])
    transform = build(AddColumnsTransform, columns={"a": "a + 10", "s.um": "a + b"})
    added = transform.transform(context(spark), {"in": frame})
    assert (added.columns, added.collect()) == (["a", "b", "s.um"], [(11, 2, 3)])


def test_a_new_column_may_use_one_above_it_but_a_replaced_one_is_the_inputs(spark: SparkSession) -> None:
    transform = build(AddColumnsTransform, columns={"id": "id + 10", "n": "id + 1", "twice": "n * 2"})
    assert transform.transform(context(spark), {"in": spark.range(1)}).collect() == [(10, 1, 2)]


def test_the_option_that_is_to_blame_is_named(spark: SparkSession) -> None:
    transform = build(AddColumnsTransform, columns={"good": "id + 1", "bad": "upper(nam)"})
    with pytest.raises(PpfError, match=r"columns\.bad is 'upper\(nam\)', but there is no column 'nam'"):
        transform.transform(context(spark), {"in": spark.range(1)})
