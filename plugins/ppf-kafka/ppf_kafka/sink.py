"""Rows as records of a topic."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Dataset, Requirements, Sink
from ppf_kafka.connection import PING_SECONDS, cluster_of, datasets_of, hide_secrets, requirements_for, spark_options
from ppf_kafka.encoding import encoded
from ppf_kafka.failures import too_large
from ppf_kafka.options import WriteOptions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class KafkaSink(Sink[WriteOptions]):
    """Writes rows as records of a Kafka topic, at least once, each with an id that tells a repeated one."""

    examples: ClassVar[Sequence[str]] = (
        '{ bootstrap_servers = "localhost:9092", topic = orders, key = id }',
        '{ bootstrap_servers = "localhost:9092", topic_column = target, value_format = string, value = [text] }',
    )

    @classmethod
    def requirements(cls, options: WriteOptions | None) -> Requirements:
        """Spark's connector, and Avro where it is used."""
        return requirements_for([options.value_format, options.key_format] if options is not None else [])

    def datasets(self) -> Sequence[Dataset]:
        """The topic, where it is one."""
        return datasets_of(self.options, [self.options.topic] if self.options.topic is not None else [])

    def ping(self, context: Context) -> None:
        """Whether the brokers answer, know us, and have the topic."""
        with cluster_of(context.spark, self.options, seconds=PING_SECONDS) as cluster:
            cluster.answers()
            if self.options.topic is not None:
                cluster.there([self.options.topic])

    def write(self, context: Context, frame: "DataFrame") -> None:
        """Sends all records; Kafka has them for good when it returns."""
        hide_secrets(frame.sparkSession)
        records = encoded(context, self.options, frame)
        writer = records.write.format("kafka").options(**spark_options(self.options.settings(), self.options.producer))
        if self.options.topic is not None:
            writer = writer.option("topic", self.options.topic)
        try:
            writer.save()
        except Exception as error:
            known = too_large(error)
            if known is None:
                raise
            raise known from error
