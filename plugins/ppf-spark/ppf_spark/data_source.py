"""Rows of a data source that is written in Python, as a table and as a stream."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, Schema, SchemaContract, Source, StreamingSource
from ppf_spark.class_component import ClassComponent
from ppf_spark.class_options import ClassReadOptions, ClassStreamReadOptions
from ppf_spark.spark_options import as_text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

R = TypeVar("R", bound=ClassStreamReadOptions)


class _Read(ClassComponent[R]):
    @property
    def output_schema(self) -> Schema | None:
        """As the file has it."""
        return self.options.schema

    def frame(self, context: Context, reader: Any) -> "DataFrame":
        """What one of Spark's two readers makes of the class."""
        given = self.options
        reader = reader.format(self.user_class.register(context.spark)).options(**as_text(given.options))
        if given.schema is not None:
            reader = reader.schema(SchemaContract.struct(given.schema, context.spark))
        with self.user_class.told():
            frame: DataFrame = reader.load()
            return frame


class DataSourceSource(_Read[ClassReadOptions], Source[ClassReadOptions]):
    """Reads with a class of yours that derives from pyspark.sql.datasource.DataSource."""

    examples: ClassVar[Sequence[str]] = ('{ class = "shop.orders:Orders", options { url = "https://shop/orders" } }',)

    @property
    def repeatable(self) -> bool:
        """As the file says."""
        return self.options.repeatable

    def read(self, context: Context) -> "DataFrame":
        """The rows of its reader."""
        return self.frame(context, context.spark.read)


class DataSourceStreamSource(_Read[ClassStreamReadOptions], StreamingSource[ClassStreamReadOptions]):
    """Reads a stream with a class of yours that derives from pyspark.sql.datasource.DataSource."""

    examples: ClassVar[Sequence[str]] = ('{ class = "shop.orders:Orders", options { url = "https://shop/orders" } }',)

    def read_stream(self, context: Context) -> "DataFrame":
        """The rows of its reader of streams, as they come."""
        return self.frame(context, context.spark.readStream)
