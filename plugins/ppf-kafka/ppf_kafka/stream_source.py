"""The records of topics, as they come."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, StreamingSource
from ppf_kafka.cluster import Cluster, ids_of, partitions_of
from ppf_kafka.connection import PING_SECONDS, cluster_of, reader_options
from ppf_kafka.decoding import decoded
from ppf_kafka.offsets import Moment, for_spark, require_known, to_json
from ppf_kafka.options import StreamReadOptions
from ppf_kafka.topic_ids import followed
from ppf_kafka.topic_reader import TopicReader

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_DISABLED = "spark.sql.streaming.disabledV2MicroBatchReaders"
# Brokers that start again do not end a stream, which asks them once a batch.
_PATIENCE_SECONDS = 60
_PROVIDER = "org.apache.spark.sql.kafka010.KafkaSourceProvider"


class KafkaStreamSource(TopicReader, StreamingSource[StreamReadOptions]):
    """Reads the records of Kafka topics as they come."""

    _cluster: Cluster | None = None
    # Brokers move and passwords change while the records stay the same.
    changeable: ClassVar = frozenset(
        {"bootstrap_servers", "consumer", "fail_on_data_loss", "max_offsets_per_trigger", "min_partitions", "security"}
    )
    examples: ClassVar[Sequence[str]] = (
        '{ bootstrap_servers = "localhost:9092", topics = orders, value_schema = "id INT, amount DOUBLE" }',
        '{ bootstrap_servers = "localhost:9092", topic_pattern = "orders\\\\..*", value_format = string, columns = [key, topic]'
        ", starting_offsets = earliest, max_offsets_per_trigger = 10000 }",
    )

    def ping(self, context: Context) -> None:
        """Whether the brokers answer, know us, and have the topics. Topics that a pattern fits may come later."""
        with cluster_of(context.spark, self.options, seconds=PING_SECONDS) as cluster:
            cluster.answers()
            cluster.there(self._topics(cluster))

    def read_stream(self, context: Context) -> "DataFrame":
        """The records; a checkpoint knows how far they were read."""
        given = self.options
        _go_on_after_an_unfinished_batch(context.spark)
        reader = context.spark.readStream.format("kafka").options(**reader_options(given), **self._start(context))
        if given.topic_pattern is not None:
            reader = reader.option("subscribePattern", given.topic_pattern)
        else:
            reader = reader.option("subscribe", ",".join(given.topic_names))
        if given.max_offsets_per_trigger is not None:
            reader = reader.option("maxOffsetsPerTrigger", given.max_offsets_per_trigger)
        return decoded(context, given, reader.load())

    def recognise(self, context: Context, known: str | None) -> str:
        """By the ids of the topics: one that was made anew may have grown past the offsets of the checkpoint."""
        if self._cluster is None:
            self._cluster = Cluster(context.spark, self.options.settings(), patience=_PATIENCE_SECONDS)
        before: dict[str, str] = json.loads(known) if known is not None else {}
        now = ids_of(self._cluster.there(self._topics(self._cluster)))
        may_lose = not self.options.fail_on_data_loss
        return json.dumps(followed(before, now, may_lose=may_lose, logger=context.logger), sort_keys=True)

    def close(self) -> None:
        """Lets go of the brokers."""
        if self._cluster is not None:
            self._cluster.close()

    def _start(self, context: Context) -> dict[str, str]:
        """Where a stream without a checkpoint begins."""
        start = self.options.start
        if isinstance(start.of_rest, Moment):
            # After the last record there is none yet: what comes is read.
            return {"startingTimestamp": str(start.of_rest.milliseconds), "startingOffsetsByTimestampStrategy": "latest"}
        if start.is_one:
            return {"startingOffsets": start.of_rest}
        with cluster_of(context.spark, self.options) as cluster:
            partitions = partitions_of(cluster.there(self._topics(cluster)))
        require_known("starting_offsets", start, partitions)
        # Spark wants to be told of each partition.
        return {"startingOffsets": to_json({each: for_spark(start.of(each)) for each in partitions})}

    def _topics(self, cluster: Cluster) -> list[str]:
        pattern = self.options.topic_pattern
        return self.options.topic_names if pattern is None else cluster.fitting(pattern, cluster.topics())


def _go_on_after_an_unfinished_batch(spark: "SparkSession") -> None:
    """Takes Spark's older reader: since 4.1 the newer one fails after a batch that was cut off and done again (SPARK-55271)."""
    if tuple(map(int, spark.version.split(".")[:2])) < (4, 1):
        return
    disabled = [each for each in (spark.conf.get(_DISABLED, "") or "").split(",") if each]
    spark.conf.set(_DISABLED, ",".join(dict.fromkeys([*disabled, _PROVIDER])))
