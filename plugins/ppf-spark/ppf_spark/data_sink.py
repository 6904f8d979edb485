"""Rows into a data source that is written in Python, of tables and of streams."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar

from ppf_core import Context, Sink, StreamingSink
from ppf_spark.class_component import ClassComponent
from ppf_spark.class_options import ClassStreamWriteOptions, ClassWriteOptions
from ppf_spark.spark_options import as_text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.streaming.readwriter import DataStreamWriter

W = TypeVar("W", bound=ClassWriteOptions)


class _Writing(ClassComponent[W]):
    @property
    def idempotent(self) -> bool:
        """As the file says."""
        return self.options.idempotent


class _BatchWriter(_Writing[W], Sink[W]):
    def write(self, context: Context, frame: "DataFrame") -> None:
        """Writes with the writer of the class, which commits or aborts."""
        given = self.options
        writer = frame.write.format(self.user_class.register(frame.sparkSession)).mode(given.mode)
        with self.user_class.told():
            writer.options(**as_text(given.options)).save()


class DataSourceSink(_BatchWriter[ClassWriteOptions]):
    """Writes with a class of yours that derives from pyspark.sql.datasource.DataSource."""

    examples: ClassVar[Sequence[str]] = ('{ class = "shop.orders:Orders", options { url = "https://shop/orders" } }',)


class DataSourceBatchSink(_BatchWriter[ClassStreamWriteOptions]):
    """Writes each batch of a stream with the writer that a class of yours has for batch runs."""


class DataSourceStreamSink(_Writing[ClassStreamWriteOptions], StreamingSink[ClassStreamWriteOptions]):
    """Writes a stream with a class of yours that derives from pyspark.sql.datasource.DataSource."""

    examples: ClassVar[Sequence[str]] = ('{ class = "shop.orders:Orders", options { url = "https://shop/orders" } }',)

    @classmethod
    def per_batch(cls, options: ClassStreamWriteOptions) -> type[Sink[ClassStreamWriteOptions]] | None:
        """With `per_batch = true` the writer that the class has for batch runs."""
        return DataSourceBatchSink if options.per_batch else None

    def write_stream(self, context: Context, frame: "DataFrame") -> "DataStreamWriter":
        """The writer that the class has for streams."""
        name = self.user_class.register(frame.sparkSession)
        return frame.writeStream.format(name).options(**as_text(self.options.options))
