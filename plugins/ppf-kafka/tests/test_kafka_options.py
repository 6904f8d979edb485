"""Mistakes that are told when the file is read, each at its option."""

from typing import Any

import pytest
from ppf_kafka.sink import KafkaSink
from ppf_kafka.source import KafkaSource
from ppf_kafka.stream_source import KafkaStreamSource

from ppf_core.errors import ConfigError, PluginError
from ppf_core.jvm.requirements import merge_requirements
from ppf_core.testing import build

READ = {"bootstrap_servers": "host:9092", "topics": "orders", "value_schema": "id INT"}
AVRO = '{"type": "record", "name": "R", "fields": [{"name": "id", "type": "int"}]}'
SASL = {"protocol": "SASL_SSL", "mechanism": "PLAIN", "username": "ada", "password": "secret"}


@pytest.mark.parametrize(
    ("options", "where", "said"),
    [
        ({"bootstrap_servers": "host"}, "bootstrap_servers", "must be host:port, or several of these, not 'host'"),
        ({"topic_pattern": "o.*"}, "topic_pattern", "topics"),
        ({"topics": []}, "topics", "must name at least one topic"),
        ({"value_schema": None}, "value_schema", "is needed with value_format = json: a DDL text"),
        ({"value_schema": "id INTT"}, "value_schema", "Did you mean 'int'"),
        ({"value_format": "string"}, "value_schema", "has no meaning with value_format = string"),
        ({"value_format": "avro", "value_schema": "id INT"}, "value_schema", "is no JSON"),
        ({"value_format": "avro", "value_schema": '"string"'}, "value_schema", "must be a record"),
        ({"value_schema_file": "orders.ddl"}, "value_schema_file", "says the same as value_schema"),
        ({"value_schema": "id INT, _Corrupt_Value STRING"}, "value_schema", "is where values are kept that do not parse"),
        ({"value_schema": "Key INT", "columns": ["key"]}, "columns", "has 'key', which values have as well; set column_prefix"),
        ({"columns": ["offset", "offset"]}, "columns", "has a name twice"),
        ({"columns": ["ofset"]}, "columns[0]", "offset"),
        ({"key_schema": "id INT"}, "key_schema", "no key is read"),
        ({"columns": ["key"], "key_format": "json"}, "key_schema", "is needed with key_format = json"),
        ({"max_offsets_per_trigger": 5}, "max_offsets_per_trigger", "needs incremental = true in a batch run"),
        ({"min_partitions": 0}, "min_partitions", "must be at least 1, not 0"),
        ({"starting_offsets": "first"}, "starting_offsets", "is 'first', but must be earliest, latest"),
        ({"starting_offsets": {"orders": {"0": "soon"}}}, "starting_offsets", "has 'soon' where a number"),
        ({"starting_offsets": {"orders": {"0": -3}}}, "starting_offsets", "has the offset -3"),
        ({"starting_offsets": "{"}, "starting_offsets", "is no JSON"),
        ({"starting_timestamp": "2025-01-01T00:00:00"}, "starting_timestamp", "has no time zone"),
        ({"starting_timestamp": "yesterday"}, "starting_timestamp", "must be a time such as"),
        ({"starting_timestamp": "5", "starting_offsets": "latest"}, "starting_timestamp", "cannot be set together"),
        ({"starting_offsets": {"a": {"b": {"0": 5}}}}, "starting_offsets", 'between quotes: { "a.b" { 0 = 23 } }'),
        ({"starting_offsets": {"orders": {"-1": 5}}}, "starting_offsets", "has the partition -1 of 'orders'"),
        ({"starting_offsets": {"orders": {"0": [5]}}}, "starting_offsets", "has [5] where a number"),
        ({"ending_offsets": "earliest"}, "ending_offsets", "names earliest, where nothing would be read"),
        ({"ending_offsets": {"orders": {"0": "earliest"}}}, "ending_offsets", "names earliest"),
        ({"ending_offsets": 7}, "ending_offsets", "is 7, but must be"),
        ({"consumer": {"sasl.jaas.config": "x"}}, "consumer.sasl.jaas.config", "belongs to the block security"),
        ({"consumer": {"bootstrap.servers": "x"}}, "consumer.bootstrap.servers", "is said by the option bootstrap_servers"),
        ({"consumer": {"kafka.fetch.min.bytes": 1}}, "consumer.kafka.fetch.min.bytes", "is called 'fetch.min.bytes' here"),
        ({"consumer": {"enable.auto.commit": True}}, "consumer.enable.auto.commit", "is set by Spark"),
        ({"consumer": {"Fetch.min.bytes": 1}}, "consumer.Fetch.min.bytes", "must be written 'fetch.min.bytes'"),
        ({"consumer": {"SASL.jaas.config": "x"}}, "consumer.SASL.jaas.config", "must be written 'sasl.jaas.config'"),
        ({"consumer": {"isolation": {"level": "x"}}}, "consumer.isolation.level", "is said by the option isolation_level"),
        ({"consumer": {"interceptor.classes": "x.Y"}}, "consumer.interceptor.classes", "names a program"),
        ({"consumer": {"fetch": {"min": {"bytes": [1]}}}}, "consumer.fetch.min.bytes", "must be text, a number or a boolean"),
        ({"security": {"protocol": "SASL_SSL"}}, "security.password", "is needed with protocol = SASL_SSL"),
        ({"security": {"protocol": "SSL", "username": "ada"}}, "security.username", "a login needs SASL_SSL"),
        ({"security": {"protocol": "PLAINTEXT", "truststore": "x"}}, "security.truststore", "which has no TLS"),
        ({"security": {"protocol": "SSL", "certificate": "c.pem"}}, "security.private_key", "is needed with certificate"),
        ({"security": {**SASL, "ca_certificate": "a", "truststore": "b"}}, "security.truststore", "the same as ca_certificate"),
        ({"security": {"protocol": "SSL", "ca_certificate": "s3://b/ca.pem"}}, "security.ca_certificate", "not a local file"),
    ],
)
def test_a_mistake_of_a_source_is_told_where_it_is(options: dict[str, Any], where: str, said: str) -> None:
    assert_told(KafkaSource, {**READ, **options}, where, said)


@pytest.mark.parametrize(
    ("options", "where", "said"),
    [
        ({"topic_column": "t"}, "topic_column", "topic"),
        ({"key_format": "avro"}, "key_format", "has no meaning without a key"),
        ({"value_schema": "id INT"}, "value_schema", "has no meaning here"),
        ({"value_format": "string", "value": ["a", "b"]}, "value", "must be one column with value_format = string, not 2"),
        ({"value": []}, "value", "must name at least one column"),
        ({"producer": {"acks": 1}}, "producer.acks", "is 1, but must be all"),
        ({"producer": {"acks": -1, "retries": 0}}, "producer.retries", "is 0, which loses records"),
        ({"producer": {"transactional.id": "x"}}, "producer.transactional.id", "cannot be set"),
        ({"producer": {"acks": "all", "partitioner.class": "x"}}, "producer.partitioner.class", "names a program"),
    ],
)
def test_a_mistake_of_a_sink_is_told_where_it_is(options: dict[str, Any], where: str, said: str) -> None:
    assert_told(KafkaSink, {"bootstrap_servers": "host:9092", "topic": "orders", **options}, where, said)


def test_a_batch_of_a_stream_has_at_least_one_record() -> None:
    assert_told(KafkaStreamSource, {**READ, "max_offsets_per_trigger": 0}, "max_offsets_per_trigger", "at least 1")


def test_the_jars_are_those_of_the_installed_spark_unless_the_file_names_others() -> None:
    wants = KafkaSource.requirements(build(KafkaSource, **{**READ, "value_format": "avro", "value_schema": AVRO}).options)
    merged = merge_requirements([("kafka", wants)], conf={}, packages=(), spark_version="4.0.1")
    assert [each.rpartition(":")[2] for each in merged.conf["spark.jars.packages"].split(",")] == ["4.0.1", "4.0.1"]
    own = "org.apache.spark:spark-sql-kafka-0-10_2.13:4.0.0"
    merged = merge_requirements([("kafka", KafkaSource.requirements(None))], conf={}, packages=[own], spark_version="4.0.1")
    assert merged.conf["spark.jars.packages"] == merged.required["spark.jars.packages"] == own
    merged = merge_requirements([("kafka", wants)], conf={}, packages=(), spark_version="3.5.7")
    assert [each.rpartition(":")[2] for each in merged.conf["spark.jars.packages"].split(",")] == ["3.5.7", "3.5.7"]
    for version in ("3.4.4", "5.0.0"):
        with pytest.raises(PluginError, match=rf"Plugin 'kafka' needs Spark >=3.5,<5; installed is {version}") as caught:
            merge_requirements([("kafka", wants)], conf={}, packages=(), spark_version=version)
        assert caught.value.exit_code == 3


def assert_told(plugin: type[Any], options: dict[str, Any], where: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(plugin, **options)
    found = {str(problem.path): problem.message for problem in caught.value.problems}
    assert where in found, found
    assert said in found[where]
