"""What a sink writes, and what its records can be told apart by."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message
from kafka_broker import MOST_BYTES, KafkaBroker, Topics
from ppf_kafka.sink import KafkaSink
from ppf_kafka.source import KafkaSource
from pyspark.sql import DataFrame, Row, SparkSession

from ppf_core import PpfError
from ppf_core.testing import build, context, memory_stream, write_stream

AVRO = json.dumps(
    {"type": "record", "name": "R", "fields": [{"name": "id", "type": "int"}, {"name": "name", "type": ["string", "null"]}]}
)


def write(spark: SparkSession, kafka: KafkaBroker, frame: DataFrame, **options: Any) -> None:
    build(KafkaSink, **{"bootstrap_servers": kafka.address, **options}).write(context(spark), frame)


def headers(message: Message) -> dict[str, bytes]:
    return dict(message.headers() or [])


def test_rows_become_records_with_key_headers_partition_and_topic(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics
) -> None:
    here, there = topics.create(3), topics.create(3)
    frame = spark.sql(
        f"SELECT 1 AS id, 'a' AS name, TIMESTAMP '2025-01-01 00:00:00.123456' AS at, map('h', 'x') AS h, 2 AS p, '{here}' AS t "
        f"UNION ALL SELECT 2, NULL, NULL, NULL, 1, '{there}'"
    )
    write(spark, kafka, frame, topic_column="t", key="id", headers="h", partition="p")
    (first,), (second,) = topics.records(here), topics.records(there)
    assert (first.partition(), first.key(), second.partition(), second.key()) == (2, b"1", 1, b"2")
    assert json.loads(first.value()) == {"id": 1, "name": "a", "at": "2025-01-01T00:00:00.123456Z"}
    assert json.loads(second.value()) == {"id": 2, "name": None, "at": None}
    assert (list(headers(first)), list(headers(second))) == (
        ["h", "ppf-write-id", "ppf-record-id"],
        ["ppf-write-id", "ppf-record-id"],
    )
    assert headers(first)["h"] == b"x"


def test_ids_do_not_depend_on_the_host_and_tell_topics_apart(spark: SparkSession, kafka: KafkaBroker, topics: Topics) -> None:
    here, there, target = topics.create(), topics.create(), topics.create()
    frame = spark.createDataFrame([(here,), (there,)], "t STRING").selectExpr("timestamp_seconds(0) AS at", "t")
    zone = spark.conf.get("spark.sql.session.timeZone") or ""
    for name in ("UTC", "Asia/Tokyo"):
        spark.conf.set("spark.sql.session.timeZone", name)
        try:
            write(spark, kafka, frame, topic_column="t")
        finally:
            spark.conf.set("spark.sql.session.timeZone", zone)
    first, again = topics.records(here)
    (other, _) = topics.records(there)
    assert json.loads(first.value()) == {"at": "1970-01-01T00:00:00.000000Z"}
    assert (first.value(), first.headers()) == (again.value(), again.headers())
    assert headers(first)["ppf-record-id"] != headers(other)["ppf-record-id"]
    # Headers that are carried on leave the ids of the first write behind.
    carried = build(KafkaSource, bootstrap_servers=kafka.address, topics=here, value_format="string", columns=["headers"])
    kept = carried.read(context(spark)).selectExpr(
        "value", "concat(headers, array(named_struct('key', 'own', 'value', CAST('x' AS BINARY)))) AS headers"
    )
    sink = build(KafkaSink, bootstrap_servers=kafka.address, topic=target, value_format="string", headers="headers")
    sink.write(context(spark, run_id="second"), kept)
    record = topics.records(target)[0]
    assert [name for name, _ in record.headers() or []] == ["own", "ppf-write-id", "ppf-record-id"]
    assert headers(record)["ppf-write-id"] != headers(first)["ppf-write-id"]


def test_ids_tell_records_that_were_written_again(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path
) -> None:
    topic, stream = topics.create(), memory_stream(spark, "key STRING, value STRING, h MAP<STRING, STRING>")
    rows = [("k", "v", {"a": "b"}), (None, "v", {"a": "b"}), ("k", None, {"a": "b"}), ("k", "v", None), ("kv", "", {})]
    stream.add(rows)
    sink = build(KafkaSink, bootstrap_servers=kafka.address, topic=topic, key="key", headers="h", value_format="string")
    write_stream(sink, stream.frame, tmp_path / "checkpoint")
    shutil.rmtree(tmp_path / "checkpoint" / "commits")
    write_stream(sink, stream.frame, tmp_path / "checkpoint")
    stream.add(rows)
    write_stream(sink, stream.frame, tmp_path / "checkpoint")
    records = topics.records(topic)
    ids = [headers(each)["ppf-record-id"] for each in records]
    assert len(records) == 3 * len(rows)
    assert ids[:5] == ids[5:10]
    assert len(set(ids)) == 2 * len(rows)
    assert all(each.startswith(headers(record)["ppf-write-id"] + b"-") for each, record in zip(ids, records, strict=True))
    assert sorted(records[3].headers()) == sorted(h for h in records[3].headers() if h[0].startswith("ppf-"))
    assert {each.value() for each in records if each.key() == b"k"} == {b"v", None}


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ({"value_format": "json"}, {"value_format": "json", "value_schema": "id INT, name STRING"}),
        ({"value_format": "avro"}, None),
        ({"value_format": "avro", "value_schema": AVRO}, {"value_format": "avro", "value_schema": AVRO}),
    ],
)
def test_what_is_written_can_be_read(
    options: dict[str, Any], read: dict[str, Any] | None, spark: SparkSession, kafka: KafkaBroker, topics: Topics
) -> None:
    topic = topics.create()
    frame = spark.createDataFrame([(1, "Ada"), (2, None)], "id INT, name STRING")
    write(spark, kafka, frame, topic=topic, **options)
    if read is not None:
        rows = build(KafkaSource, bootstrap_servers=kafka.address, topics=topic, **read).read(context(spark))
        assert sorted(rows.select("id", "name").collect()) == [Row(id=1, name="Ada"), Row(id=2, name=None)]


def test_a_frame_that_does_not_fit_the_options_is_refused_before_a_job(spark: SparkSession, kafka: KafkaBroker) -> None:
    frame = spark.createDataFrame([], "id INT, name STRING, tags ARRAY<STRING>, bytes BINARY")
    for options, said in (
        ({"key": "nmae"}, "The option 'key' names the column 'nmae', which is not there. Did you mean 'name'"),
        ({"value_format": "string"}, "wants one column for values; there is: id, name, tags, bytes"),
        ({"value_format": "string", "value": ["tags"]}, "The value is array<string>, which value_format = string cannot hold"),
        ({"value_format": "binary", "value": ["id"]}, "The value is int, and value_format = binary wants BINARY"),
        ({"headers": "tags"}, "The column 'tags' with the headers is array<string>"),
    ):
        with pytest.raises(PpfError, match=re.escape(said)):
            write(spark, kafka, frame, topic="none", **options)


def test_a_record_that_is_too_large_says_which_limit_and_which_option(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics
) -> None:
    topic, frame = topics.create(), spark.sql("SELECT repeat('x', 10000000) AS value")
    with pytest.raises(
        PpfError, match=r"larger than 1048576.*max\.request\.size.*producer \{ \"max\.request\.size\" = "
    ) as caught:
        write(spark, kafka, frame, topic=topic, value_format="string")
    assert "too large for Kafka's producer" in caught.value.message
    with pytest.raises(PpfError, match=r"larger than the brokers take.*Raise max\.message\.bytes of the topic"):
        write(spark, kafka, frame, topic=topic, value_format="string", producer={"max.request.size": 20_000_000})
    large = topics.create(**{"max.message.bytes": "20000000"})
    write(spark, kafka, frame, topic=large, value_format="string", producer={"max.request.size": 20_000_000})
    source = build(KafkaSource, bootstrap_servers=kafka.address, topics=large, value_format="string")
    assert source.read(context(spark)).selectExpr("length(value) AS n").collect() == [Row(n=10_000_000)]
    assert MOST_BYTES < 10_000_000
