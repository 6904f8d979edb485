from datetime import datetime
from pathlib import Path

import pytest
from ppf_rate.rate import RateSource
from pyspark.sql import Row, SparkSession

from ppf_core.errors import ConfigError
from ppf_core.testing import build, context, stream_batches


def test_each_batch_has_the_rows_that_are_wanted_and_goes_on_counting(spark: SparkSession, tmp_path: Path) -> None:
    source = build(RateSource, rows_per_batch=2)
    batches = [stream_batches(source.read_stream(context(spark)), tmp_path / "checkpoint") for _ in range(2)]
    first, second = datetime(1970, 1, 1, 0, 0, 0), datetime(1970, 1, 1, 0, 0, 1)
    assert batches == [
        [[Row(timestamp=first, value=0), Row(timestamp=first, value=1)]],
        [[Row(timestamp=second, value=2), Row(timestamp=second, value=3)]],
    ]


def test_a_checkpoint_makes_up_for_the_seconds_between(spark: SparkSession, tmp_path: Path) -> None:
    source = build(RateSource, rows_per_second=3, partitions=1)
    values: list[int] = []
    while len(values) < 6:
        for batch in stream_batches(source.read_stream(context(spark)), tmp_path / "checkpoint"):
            values += [row.value for row in batch]
    assert values == list(range(len(values)))


@pytest.mark.parametrize("options", [{}, {"rows_per_batch": 5}])
def test_the_schema_is_known_before_it_runs(options: dict[str, int], spark: SparkSession) -> None:
    source = build(RateSource, **options)
    frame = source.read_stream(context(spark))
    assert (frame.isStreaming, frame.dtypes) == (True, spark.createDataFrame([], source.output_schema).dtypes)


def test_rows_are_spread_over_the_partitions_that_are_wanted(spark: SparkSession, tmp_path: Path) -> None:
    source = build(RateSource, rows_per_batch=6, partitions=3)
    frame = source.read_stream(context(spark)).selectExpr("spark_partition_id() AS number").distinct()
    assert sorted(row.number for row in stream_batches(frame, tmp_path)[0]) == [0, 1, 2]


@pytest.mark.parametrize("name", ["rows_per_second", "rows_per_batch", "partitions"])
def test_a_number_below_1_is_a_mistake(name: str) -> None:
    with pytest.raises(ConfigError, match="must be at least 1, not 0"):
        build(RateSource, **{name: 0})


def test_two_rates_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="cannot be set together with rows_per_second"):
        build(RateSource, rows_per_second=5, rows_per_batch=5)
