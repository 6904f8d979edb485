from ppf_console.noop import NoopSink
from pyspark.sql import SparkSession

from ppf_core.testing import build, context


def test_writing_twice_is_writing_once(spark: SparkSession) -> None:
    sink = build(NoopSink)
    sink.write(context(spark), spark.range(3))
    sink.write(context(spark), spark.range(3))
    assert sink.idempotent
