"""What a batch source gives, and what its pin and its cursor remember."""

import json
from pathlib import Path
from threading import Event, Thread
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
    followed = [
        '{"id": 3} junk',
        '{"id": 3} }',
        '{"id": 3}{"id": 4}',
        '{"id": 3}, {"id": 4}',
        '{"id": 3}] junk',
        '{"id": 3},0] junk',
        '{"id": 3}\n{"id": 4}',
    ]
    whole = [' {"id": 5, "name": "]} junk"} \n', '{"id": 6, "name": NaN}']
    topics.send(topic, ['{"id": 1, "name": "Ada", "more": true}', *odd], key="k", headers={"h": b"\x00"}, timestamp=1000)
    topics.send(topic, ['{"id": 2}', *followed, *whole], timestamp=2000)
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
        *((3, None, text, None) for text in followed),
        (5, "]} junk", None, None),
        (6, '"NaN"', None, None),
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


def test_records_that_come_meanwhile_disturb_nothing(spark: SparkSession, kafka: KafkaBroker, topics: Topics) -> None:
    topic, sent, enough = topics.create(2), list[str](), Event()

    def send() -> None:
        while not enough.is_set():
            lot = [f"{len(sent) + each:07}" for each in range(20)]
            topics.send(topic, lot)
            sent.extend(lot)

    sender = Thread(target=send)
    sender.start()
    try:
        cursor, read = dict[str, str](), list[Any]()
        for _ in range(4):
            for options in ({"starting_offsets": "latest"}, {"starting_timestamp": "2999-01-01T00:00:00Z"}):
                for lost in (True, False):
                    pin = json.loads(source(kafka, topics=topic, fail_on_data_loss=lost, **options).pin(context(spark)))
                    assert pin["start"] == pin["end"]
            here = context(spark, state=cursor)
            read += values(source(kafka, topics=topic, incremental=True).read(here))
            cursor = dict(here.state)
    finally:
        enough.set()
        sender.join()
    read += values(source(kafka, topics=topic, incremental=True).read(context(spark, state=cursor)))
    assert sorted(read) == sent
    assert len(sent) > 100


def test_a_cursor_knows_topics_that_are_left_out_gone_or_made_anew(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = topics.create(), topics.create()
    cursor = dict[str, str]()

    def read(**options: Any) -> list[Any]:
        here = context(spark, state=cursor)
        found = values(source(kafka, incremental=True, **options).read(here))
        cursor.update(here.state)
        return found

    for topic in (one, other):
        topics.send(topic, [f"{topic} a", f"{topic} b"])
    assert len(read(topics=[one, other])) == 4
    topics.send(one, ["c"])
    topics.send(other, ["d"])
    assert (read(topics=one), read(topics=[one, other])) == (["c"], ["d"])
    pinned = source(kafka, topics=one).pin(context(spark))
    topics.delete(one)
    with pytest.raises(PpfError, match=f"have no topic '{one}'"):
        source(kafka, topics=one).read(context(spark, pinned=pinned))
    either = {"topic_pattern": f"{one}|{other}"}
    with pytest.raises(PpfError, match=f"the topic '{one}' is not there any more, of which earlier runs have read"):
        read(**either)
    topics.send(topics.create(name=one), ["n0", "n1", "n2", "n3"])
    for lost in (True, False):
        with pytest.raises(PpfError, match=f"topic '{one}' is another one than at the beginning .*: begin a new one"):
            source(kafka, topics=one, fail_on_data_loss=lost).read(context(spark, pinned=pinned))
    with pytest.raises(PpfError, match=rf"topic '{one}' is another one than in earlier runs.*fail_on_data_loss = false"):
        read(topics=[one, other])
    assert read(topics=[one, other], fail_on_data_loss=False) == ["n0", "n1", "n2", "n3"]
    assert f"'{one}' is another one than in earlier runs" in caplog.text
    topics.delete(one)
    assert read(**either, fail_on_data_loss=False) == []
    assert f"'{one}' is not there any more" in caplog.text
    assert read(**either) == []
    assert one not in str(cursor)


def test_a_pin_gives_the_same_records_until_they_are_gone(spark: SparkSession, kafka: KafkaBroker, topics: Topics) -> None:
    topic = topics.create()
    topics.send(topic, ["a", "b"])
    pinned = source(kafka, topics=topic).pin(context(spark))
    topics.send(topic, ["c"])
    topics.grow(topic, 2)
    again = source(kafka, topics=topic)
    assert values(again.read(context(spark, pinned=pinned))) == ["a", "b"]
    topics.delete_before(topic, 1)
    with pytest.raises(PpfError, match=r"Records are gone: reading begins at offset 0 of partition 0 .* from 1 to 3"):
        again.read(context(spark, pinned=pinned))
    assert values(source(kafka, topics=topic, fail_on_data_loss=False).read(context(spark, pinned=pinned))) == ["b"]


def test_a_run_reads_no_more_than_it_may_and_the_next_one_goes_on(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics
) -> None:
    topic = topics.create(2)
    topics.send(topic, [f"a{number}" for number in range(6)], partition=0)
    topics.send(topic, ["b0"], partition=1)
    limited, cursor, read = (
        source(kafka, topics=topic, incremental=True, max_offsets_per_trigger=3),
        dict[str, str](),
        list[Any](),
    )
    for wanted in (3, 3, 1, 0):
        here = context(spark, state=cursor)
        found = values(limited.read(here))
        assert (len(found), "b0" in found) == (wanted, read == [])  # the short backlog has its turn beside the long one
        read, cursor = read + found, dict(here.state)
    assert sorted(read) == ["a0", "a1", "a2", "a3", "a4", "a5", "b0"]


def test_avro_becomes_columns_and_what_does_not_parse_is_kept(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path
) -> None:
    topic, number, text = topics.create(), {"name": "id", "type": ["null", "int"]}, {"name": "name", "type": ["null", "string"]}
    schema = {"type": "record", "name": "R", "namespace": "x", "fields": [number, text]}
    (tmp_path / "r.avsc").write_text(json.dumps(schema))
    # A union is the number of its branch, then its value; numbers are doubled.
    topics.send(topic, [b"\x02\x0e\x02\x06Ada", b"\x00\x00", b"\x02\x0e\x02\x80", b"\x09", None], key=b"\x08")
    options: dict[str, Any] = {"value_format": "avro", "value_schema_file": "r.avsc", "columns": ["key"]}
    options |= {"bootstrap_servers": kafka.address, "topics": topic, "key_format": "avro", "key_schema": '"int"'}
    rows = build(KafkaSource, tmp_path, **options).read(context(spark))
    assert rows.columns == ["id", "name", "_corrupt_value", "key", "_corrupt_key"]
    assert [tuple(row) for row in rows.collect()] == [
        (7, "Ada", None, 4, None),
        (None, None, None, 4, None),
        (None, None, bytearray(b"\x02\x0e\x02\x80"), 4, None),
        (None, None, bytearray(b"\x09"), 4, None),
        (None, None, None, 4, None),
    ]
    json_keys = {"key_format": "json", "key_schema": "k INT", "value_format": "binary", "column_prefix": "_"}
    topics.send(topic, [b"v"], key='{"k": 1}')
    rows = source(kafka, topics=topic, columns=["key"], starting_offsets={topic: {"0": 4}}, **json_keys).read(context(spark))
    assert [(row.value, row._key and row._key.k, row._corrupt_key) for row in rows.collect()] == [
        (None, None, "\x08"),
        (bytearray(b"v"), 1, None),
    ]
    (tmp_path / "bad").write_text('"int"')
    for name, said in (
        ("none", "no file '.*none' with a schema. Check value_schema_file"),
        ("bad", "must be a record"),
    ):
        with pytest.raises(PpfError, match=said):
            build(KafkaSource, tmp_path, **{**options, "value_schema_file": name}).read(context(spark))


def test_records_of_transactions_that_were_given_up_can_be_left_out(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics
) -> None:
    topic = topics.create()
    topics.send_in_transactions(topic, {"kept": True, "given up": False})
    assert values(source(kafka, topics=topic).read(context(spark))) == ["given up", "kept"]
    committed = source(kafka, topics=topic, isolation_level="read_committed")
    assert values(committed.read(context(spark))) == ["kept"]
