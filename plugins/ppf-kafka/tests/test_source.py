"""What a batch source gives, and what its pin and its cursor remember."""

import json
from typing import Any

import pytest
from kafka_broker import KafkaBroker, Topics
from ppf_kafka.source import KafkaSource
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.testing import build, context


def source(kafka: KafkaBroker, **options: Any) -> KafkaSource:
    return build(KafkaSource, **{"bootstrap_servers": kafka.address, "value_format": "string", **options})


def values(frame: DataFrame) -> list[Any]:
    return sorted(row.value for row in frame.select("value").collect())


def test_records_become_rows_with_the_columns_that_are_wanted(spark: SparkSession, kafka: KafkaBroker, topics: Topics) -> None:
    topic = topics.create()
    odd = ["no json", "", None, '{"id": "x", "name": "Bob"}', "[1]"]
    topics.send(topic, ['{"id": 1, "name": "Ada", "more": true}', *odd], key="k", headers={"h": b"\x00"}, timestamp=1000)
    topics.send(topic, ['{"id": 2}'], timestamp=2000)
    wanted = ["key", "topic", "partition", "offset", "timestamp", "headers"]
    frame = source(kafka, topics=topic, value_format="json", value_schema="id INT, name STRING", columns=wanted)
    assert frame.output_schema is not None
    rows = frame.read(context(spark))
    told = spark.createDataFrame([], frame.output_schema).schema
    assert [(each.name, each.dataType) for each in rows.schema] == [(each.name, each.dataType) for each in told]
    first, *others = rows.orderBy("offset").collect()
    assert tuple(first)[:7] == (1, "Ada", None, "k", topic, 0, 0)
    assert (first.timestamp.timestamp(), [tuple(each) for each in first.headers]) == (1.0, [("h", bytearray(b"\x00"))])
    assert [tuple(row)[:4] for row in others] == [
        (None, None, "no json", "k"),
        (None, None, "", "k"),
        (None, None, None, "k"),
        (None, "Bob", '{"id": "x", "name": "Bob"}', "k"),
        (None, None, "[1]", "k"),
        (2, None, None, None),
    ]


def test_offsets_and_moments_say_where_to_begin_and_end(spark: SparkSession, kafka: KafkaBroker, topics: Topics) -> None:
    topic = topics.create(2)
    for number in range(4):
        topics.send(topic, [f"a{number}"], partition=0, timestamp=1000 * (number + 1))
    topics.send(topic, ["b0", "b1"], partition=1, timestamp=3000)

    def read(**options: Any) -> list[Any]:
        return values(source(kafka, topics=topic, **options).read(context(spark)))

    assert read() == ["a0", "a1", "a2", "a3", "b0", "b1"]
    assert read(starting_offsets={topic: {"0": 3, "1": "latest"}}) == ["a3"]
    assert read(starting_offsets=json.dumps({topic: {"0": -1, "1": 1}})) == ["b1"]
    assert read(starting_offsets={topic: "latest"}) == []
    assert read(ending_offsets={topic: {"0": 1, "1": 0}}) == ["a0"]
    assert read(starting_timestamp="1970-01-01T00:00:03Z") == ["a2", "a3", "b0", "b1"]
    assert read(starting_timestamp="2000", ending_timestamp="1970-01-01T01:00:03+01:00") == ["a1"]
    assert read(starting_timestamp="2999-01-01T00:00:00Z") == []
    assert read(min_partitions=5) == ["a0", "a1", "a2", "a3", "b0", "b1"]
    for wrong, said in (
        ({"starting_offsets": {topic: {"7": 0}}}, f"starting_offsets names partition 7 of '{topic}'"),
        ({"ending_offsets": {"other": "latest"}}, "ending_offsets names the topic 'other'"),
        ({"ending_offsets": {topic: {"0": 9}}}, "Reading ends at offset 9 of partition 0"),
        ({"starting_offsets": {topic: {"0": 9}}}, "Records are gone: reading begins at offset 9 of partition 0"),
    ):
        with pytest.raises(PpfError, match=said):
            read(**wrong)
