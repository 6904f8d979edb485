import pytest
from ppf_console.noop import NoopSink
from pyspark.sql import SparkSession, functions

from ppf_core.testing import build, context


def test_every_row_and_column_is_computed(spark: SparkSession) -> None:
    frame = spark.range(3).select(functions.expr("IF(id = 2, raise_error('row 2 was computed'), id) AS v"))
    # Spark 3.5 does not turn it into an exception of pyspark.
    with pytest.raises(Exception, match="row 2 was computed"):
        build(NoopSink).write(context(spark), frame)


def test_writing_twice_is_writing_once(spark: SparkSession) -> None:
    sink = build(NoopSink)
    sink.write(context(spark), spark.range(3))
    sink.write(context(spark), spark.range(3))
    assert sink.idempotent
