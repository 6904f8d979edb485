"""Rows of any format that Spark knows, as a table and as a stream."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, Schema, SchemaContract, Source, StreamingSource
from ppf_spark.format_options import FormatReadOptions, SparkReadOptions
from ppf_spark.formats import explained
from ppf_spark.spark_component import SparkComponent
from ppf_spark.spark_options import as_text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

R = TypeVar("R", bound=FormatReadOptions)


class _Read(SparkComponent[R]):
    @property
    def output_schema(self) -> Schema | None:
        """As the file has it."""
        return self.options.schema

    def frame(self, context: Context, reader: Any) -> "DataFrame":
        """What one of Spark's two readers makes of the options."""
        given = self.options
        with explained(context.spark, given.format):
            reader = reader.format(given.format).options(**as_text(given.options))
            if given.schema is not None:
                reader = reader.schema(SchemaContract.struct(given.schema, context.spark))
            frame: DataFrame = reader.load() if given.path is None else reader.load(given.path)
            return frame


class SparkSource(_Read[SparkReadOptions], Source[SparkReadOptions]):
    """Reads any format that Spark knows."""

    examples: ClassVar[Sequence[str]] = (
        '{ format = binaryFile, path = "in/pictures", repeatable = true }',
        '{ format = avro, path = "in/flights", packages = ["org.apache.spark:spark-avro_{scala}:{spark}"] }',
    )

    @property
    def repeatable(self) -> bool:
        """As the file says."""
        return self.options.repeatable

    def read(self, context: Context) -> "DataFrame":
        """The rows."""
        return self.frame(context, context.spark.read)


class SparkStreamSource(_Read[FormatReadOptions], StreamingSource[FormatReadOptions]):
    """Reads a stream of any format that Spark knows."""

    changeable: ClassVar = frozenset({"packages"})
    examples: ClassVar[Sequence[str]] = ("{ format = rate, options { rowsPerSecond = 5 } }",)

    def read_stream(self, context: Context) -> "DataFrame":
        """The rows, as they come."""
        return self.frame(context, context.spark.readStream)
