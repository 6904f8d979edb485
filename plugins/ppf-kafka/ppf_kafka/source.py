"""The records of topics, as they are when a run begins."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Source
from ppf_kafka.connection import PING_SECONDS, cluster_of, reader_options, topics_of
from ppf_kafka.decoding import decoded
from ppf_kafka.offsets import from_json, partitions_json, to_json
from ppf_kafka.options import BatchReadOptions
from ppf_kafka.slices import Cursor, Slice, require_kept, slice_now
from ppf_kafka.topic_reader import TopicReader

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_OFFSETS, _IDS = "offsets", "topic_ids"


class KafkaSource(TopicReader, Source[BatchReadOptions]):
    """Reads the records of Kafka topics, all of them or what is new since the last run."""

    examples: ClassVar[Sequence[str]] = (
        '{ bootstrap_servers = "localhost:9092", topics = orders, value_schema = "id INT, amount DOUBLE" }',
        '{ bootstrap_servers = "localhost:9092", topics = [orders, returns], value_format = string, columns = [key, timestamp]'
        ", incremental = true }",
    )

    def ping(self, context: Context) -> None:
        """Whether the brokers answer, know us, and have the topics."""
        with cluster_of(context.spark, self.options, seconds=PING_SECONDS) as cluster:
            cluster.answers()
            cluster.there(topics_of(cluster, self.options))

    def pin(self, context: Context) -> str:
        """The first and the last offset of each partition."""
        return self._slice_now(context).text

    def read(self, context: Context) -> "DataFrame":
        """The records of the pinned offsets; the cursor moves to their end."""
        wanted = self._slice(context)
        if self.options.incremental:
            context.advance(_OFFSETS, to_json(wanted.cursor.offsets))
            context.advance(_IDS, json.dumps(wanted.cursor.ids))
        offsets = {
            "assign": partitions_json(wanted.start),
            "startingOffsets": to_json(wanted.start),
            "endingOffsets": to_json(wanted.end),
        }
        reader = context.spark.read.format("kafka").options(**reader_options(self.options), **offsets)
        return decoded(context, self.options, reader.load())

    def _slice(self, context: Context) -> Slice:
        if context.pinned is None:
            return self._slice_now(context)
        wanted = Slice.of(context.pinned)
        with cluster_of(context.spark, self.options) as cluster:
            require_kept(cluster, self.options, wanted)
        return wanted

    def _slice_now(self, context: Context) -> Slice:
        cursor = None
        if self.options.incremental and _OFFSETS in context.state:
            cursor = Cursor(from_json(context.state[_OFFSETS]), json.loads(context.state.get(_IDS, "{}")))
        with cluster_of(context.spark, self.options) as cluster:
            return slice_now(cluster, self.options, topics_of(cluster, self.options), cursor, context.logger)
