import pytest
from ppf_inline.range import RangeSource
from pyspark.sql import SparkSession

from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def test_counts_up_to_the_end(spark: SparkSession) -> None:
    frame = build(RangeSource, end=3).read(context(spark))
    assert [row.id for row in frame.collect()] == [0, 1, 2]


def test_counts_down_with_a_negative_step(spark: SparkSession) -> None:
    frame = build(RangeSource, start=5, end=0, step=-2).read(context(spark))
    assert [row.id for row in frame.collect()] == [5, 3, 1]


def test_a_step_of_zero_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="must not be 0"):
        build(RangeSource, end=3, step=0)


@pytest.mark.parametrize("name", ["start", "end", "step"])
def test_a_number_that_spark_cannot_count_to_is_a_mistake(name: str) -> None:
    with pytest.raises(ConfigError, match="too large for BIGINT"):
        build(RangeSource, **{"end": 3, name: 2**63})


def test_the_schema_is_known_before_it_runs(spark: SparkSession) -> None:
    source = build(RangeSource, end=1)
    assert source.read(context(spark)).dtypes == spark.createDataFrame([], source.output_schema).dtypes


def test_the_pin_says_which_numbers(spark: SparkSession) -> None:
    assert build(RangeSource, end=3).pin(context(spark)) == "0 to 3 by 1"
