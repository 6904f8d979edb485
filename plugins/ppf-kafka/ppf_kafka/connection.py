"""What all parts of the plugin have in common: the jars, the brokers, and how Spark is told of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ppf_core import Dataset, PpfError, Requirements
from ppf_kafka.client_settings import client_settings
from ppf_kafka.cluster import Cluster
from ppf_kafka.options import ConnectionOptions, ReadOptions

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# The connector comes out with each version of Spark, under its number.
_CONNECTOR = "org.apache.spark:spark-sql-kafka-0-10_{scala}:{spark}"
_AVRO = "org.apache.spark:spark-avro_{scala}:{spark}"
_SPARK = ">=3.5,<5"

PING_SECONDS = 9.0
"""How long a ping takes at most, so that it has told what is wrong within 10 seconds."""

_MASKED, _SECRET = "spark.sql.redaction.options.regex", r"kafka\.(?:sasl\.jaas\.config|ssl\.keystore\.key)"


def requirements_for(formats: Sequence[str]) -> Requirements:
    """The jars, in the version of the installed Spark; `spark.packages` of the file may name another."""
    return Requirements(packages=[_CONNECTOR, *([_AVRO] if "avro" in formats else [])], spark=_SPARK)


def datasets_of(options: ConnectionOptions, topics: Sequence[str]) -> Sequence[Dataset]:
    """Topics, as OpenLineage names them."""
    place = f"kafka://{options.address.partition(',')[0]}"
    return [Dataset(place, topic) for topic in topics]


@contextmanager
def cluster_of(spark: "SparkSession", options: ConnectionOptions, *, seconds: float | None = None) -> Iterator[Cluster]:
    """The brokers, to the end of the block. seconds: how long all that they are asked may take."""
    committed = isinstance(options, ReadOptions) and options.isolation_level == "read_committed"
    cluster = Cluster(spark, options.settings(), committed=committed, seconds=seconds)
    try:
        yield cluster
    finally:
        cluster.close()


def spark_options(settings: Mapping[str, str], extra: Mapping[str, object]) -> dict[str, str]:
    """Settings of Kafka's client as Spark takes them; what the file passes on stands behind what the plugin says."""
    return {f"kafka.{name}": value for name, value in {**client_settings(extra), **settings}.items()}


def hide_secrets(spark: "SparkSession") -> None:
    """Lets Spark mask what its pages and logs show of a write; a private key it would not know by its name."""
    known = str(spark.conf.get(_MASKED))
    if _SECRET not in known:
        spark.conf.set(_MASKED, f"{known}|{_SECRET}" if known else _SECRET)


def reader_options(options: ReadOptions) -> dict[str, str]:
    """What Spark is told of every read."""
    found = spark_options(options.settings(), options.consumer)
    found["kafka.isolation.level"] = options.isolation_level
    flags = {"failOnDataLoss": options.fail_on_data_loss, "includeHeaders": "headers" in options.columns}
    found |= {name: str(flag).lower() for name, flag in flags.items()}
    return found if options.min_partitions is None else {**found, "minPartitions": str(options.min_partitions)}


def topics_of(cluster: Cluster, options: ReadOptions) -> list[str]:
    """The topics that are meant, as they are now."""
    if options.topic_pattern is None:
        return options.topic_names
    found = cluster.fitting(options.topic_pattern, cluster.topics())
    if not found:
        raise PpfError(
            f"No topic of the Kafka brokers {options.address} fits the pattern {options.topic_pattern!r}.",
            hint="Correct topic_pattern: it is a regular expression of Java, and has to fit the whole name.",
        )
    return found
