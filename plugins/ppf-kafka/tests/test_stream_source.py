"""What every streaming source promises, and where a new stream begins."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from kafka_broker import KafkaBroker, Topics
from ppf_kafka.stream_source import KafkaStreamSource
from ppf_testing import StreamingSourceConformance
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.testing import build, context, stream_batches


class OfKafka(StreamingSourceConformance):
    """A topic of the name of the folder."""

    plugin: ClassVar[Any] = KafkaStreamSource
    more: ClassVar[Mapping[str, Any]]

    @pytest.fixture(autouse=True)
    def _served(self, topics: Topics) -> None:
        self.topics = topics

    def options(self, folder: Path) -> Mapping[str, Any]:
        served = getattr(self, "topics", None)
        address = served.address if served is not None else "host:9092"
        return {"bootstrap_servers": address, "starting_offsets": "earliest", **self.named(folder), **self.more}

    def named(self, folder: Path) -> Mapping[str, Any]:
        return {"topics": folder.name}

    def prepare(self, spark: SparkSession, folder: Path) -> None:
        self.topics.create(2, folder.name)

    def feed(self, spark: SparkSession, folder: Path, value: str) -> None:
        self.topics.send(folder.name, [value])


class TestKafkaOfText(OfKafka):
    more: ClassVar = {"value_format": "string", "columns": ["key", "topic", "partition", "offset", "timestamp", "headers"]}
    refused: ClassVar = [{"value_format": "strin"}, {"max_offsets_per_trigger": 0}, {"consumer": {"group.instance.id": "x"}}]


class TestKafkaOfAPatternOneByOne(OfKafka):
    more: ClassVar = {"value_format": "binary", "max_offsets_per_trigger": 1}
    refused: ClassVar = [{"min_partitions": 0}, {"starting_offsets": "begin"}]

    def named(self, folder: Path) -> Mapping[str, Any]:
        return {"topic_pattern": f"{folder.name}.*"}

    def feed(self, spark: SparkSession, folder: Path, value: str) -> None:
        self.topics.send(folder.name, [value], partition=0)


def test_a_new_stream_begins_where_it_is_told_to(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path
) -> None:
    topic = topics.create(2)
    for number in range(3):
        topics.send(topic, [f"a{number}"], partition=0, timestamp=1000 * (number + 1))
    topics.send(topic, ["b0"], partition=1, timestamp=3000)
    for number, (options, wanted) in enumerate(
        (
            ({}, []),
            ({"starting_offsets": {topic: {"0": 2}}}, ["a2", "b0"]),
            ({"starting_offsets": {topic: "latest"}}, []),
            ({"starting_timestamp": "1970-01-01T00:00:02Z"}, ["a1", "a2", "b0"]),
            ({"starting_timestamp": "2999-01-01T00:00:00Z"}, []),
        )
    ):
        given = {"bootstrap_servers": kafka.address, "topics": topic, "value_format": "string", **options}
        frame = build(KafkaStreamSource, **given).read_stream(context(spark))
        batches = stream_batches(frame, tmp_path / str(number))
        assert sorted(row.value for rows in batches for row in rows) == wanted
    for start, said in (
        ({topic: {"7": 0}}, f"starting_offsets names partition 7 of '{topic}'"),
        ({"nosuch": "latest"}, "the topic 'nosuch'"),
    ):
        given = {"bootstrap_servers": kafka.address, "topics": topic, "value_format": "string", "starting_offsets": start}
        with pytest.raises(PpfError, match=said):
            build(KafkaStreamSource, **given).read_stream(context(spark))
