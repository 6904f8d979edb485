import pytest
from ppf_transforms.filter import FilterTransform
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.testing import build, context


def test_keeps_the_rows_for_which_the_condition_is_true(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1,), (20,), (None,)], "delay INT")
    kept = build(FilterTransform, where="delay > 15").transform(context(spark), {"in": frame})
    assert kept.collect() == [(20,)]


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("dela > 15", "but there is no column 'dela'. Did you mean 'delay'?"),
        ("delay + 1", "Spark does not accept where, which is 'delay + 1': "),
        ("count(*) > 1", "Spark does not accept where, which is 'count(*) > 1': "),
    ],
)
def test_a_wrong_condition_is_told(spark: SparkSession, where: str, told: str) -> None:
    frame = spark.createDataFrame([(1,)], "delay INT")
    with pytest.raises(PpfError) as caught:
        build(FilterTransform, where=where).transform(context(spark), {"in": frame})
    assert told in str(caught.value)
