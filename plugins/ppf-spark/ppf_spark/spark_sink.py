"""Rows into any format that Spark knows, of tables and of streams."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, Sink, StreamingSink
from ppf_spark.format_options import FormatWriteOptions, SparkStreamWriteOptions, SparkWriteOptions
from ppf_spark.formats import explained
from ppf_spark.spark_component import SparkComponent
from ppf_spark.spark_options import as_text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.streaming.query import StreamingQuery
    from pyspark.sql.streaming.readwriter import DataStreamWriter

W = TypeVar("W", bound=FormatWriteOptions)


class _Format(SparkComponent[W]):
    @property
    def idempotent(self) -> bool:
        """As the file says."""
        return self.options.idempotent

    @property
    def spark_options(self) -> dict[str, str]:
        """Its options, and its path."""
        path = {} if self.options.path is None else {"path": self.options.path}
        return {**as_text(self.options.options), **path}


class _BatchWriter(_Format[W], Sink[W]):
    def write(self, context: Context, frame: "DataFrame") -> None:
        """Writes the rows where they are seen at once."""
        given: Any = self.options
        with explained(context.spark, given.format):
            frame.write.format(given.format).mode(given.mode).options(**self.spark_options).save()


class SparkSink(_BatchWriter[SparkWriteOptions]):
    """Writes any format that Spark knows, at once and in place."""

    examples: ClassVar[Sequence[str]] = (
        '{ format = avro, path = "out/flights", packages = ["org.apache.spark:spark-avro_{scala}:{spark}"] }',
        '{ format = jdbc, mode = append, options { url = "jdbc:postgresql://db/shop", dbtable = flights } }',
    )


class SparkBatchSink(_BatchWriter[SparkStreamWriteOptions]):
    """Writes each batch of a stream with the writer that a format has for batch runs."""


class SparkStreamSink(_Format[SparkStreamWriteOptions], StreamingSink[SparkStreamWriteOptions]):
    """Writes a stream to any format that Spark knows."""

    examples: ClassVar[Sequence[str]] = (
        "{ format = noop }",
        '{ format = jdbc, per_batch = true, options { url = "jdbc:postgresql://db/shop", dbtable = flights } }',
    )

    @classmethod
    def per_batch(cls, options: SparkStreamWriteOptions) -> type[Sink[SparkStreamWriteOptions]] | None:
        """With `per_batch = true` the writer that the format has for batch runs."""
        return SparkBatchSink if options.per_batch else None

    def write_stream(self, context: Context, frame: "DataFrame") -> "DataStreamWriter":
        """The writer that the format has for streams."""
        return frame.writeStream.format(self.options.format).options(**self.spark_options)

    def start(self, context: Context, writer: "DataStreamWriter") -> "StreamingQuery":
        """Only now Spark looks for the format."""
        with explained(context.spark, self.options.format):
            return super().start(context, writer)
