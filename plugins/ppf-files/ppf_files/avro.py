"""Avro, with the package of Spark that knows it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Requirements, options
from ppf_files import layout
from ppf_files.file_sink import FileSink
from ppf_files.listing import Listing
from ppf_files.options import ReadOptions, WriteOptions
from ppf_files.sources import FileSource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import DataType, StructField, StructType

_NEEDS = Requirements(packages=("org.apache.spark:spark-avro_{scala}:{spark}",))


@options
class AvroReadOptions(ReadOptions):
    """What the Avro source understands."""

    format: ClassVar[str] = "avro"


@options
class AvroWriteOptions(WriteOptions):
    """What the Avro sink understands."""

    format: ClassVar[str] = "avro"


class AvroSource(FileSource[AvroReadOptions]):
    """Reads Avro files."""

    format = "avro"
    examples: ClassVar[Sequence[str]] = ('{ path = "data/events", reader { avroSchemaUrl = "events.avsc" } }',)

    @classmethod
    def requirements(cls, options: AvroReadOptions | None) -> Requirements:
        """The package that knows it."""
        return _NEEDS

    def examined(self, context: Context, frame: "DataFrame", listing: Listing) -> "DataFrame":
        """The frame, unless a file that is called one of Avro has nothing in it."""
        self.require_content(listing)
        return self.with_file(frame)


class AvroSink(FileSink[AvroWriteOptions]):
    """Writes Avro files."""

    format = "avro"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/events", mode = append, compression = zstandard }',)

    @classmethod
    def requirements(cls, options: AvroWriteOptions | None) -> Requirements:
        """The package that knows it."""
        return _NEEDS

    def require_fitting(self, target: str, found: "StructType", given: "list[StructField]") -> None:
        """Avro has types, but none for small numbers."""
        layout.require_same_columns(target, found, [_stored(field) for field in given])


def _stored(field: "StructField") -> "StructField":
    from pyspark.sql.types import StructField

    return StructField(field.name, _stored_type(field.dataType))


def _stored_type(kind: "DataType") -> "DataType":
    """What a type is once it was written."""
    from pyspark.sql.types import ArrayType, ByteType, IntegerType, MapType, ShortType, StructType

    match kind:
        case ByteType() | ShortType():
            return IntegerType()
        case ArrayType():
            return ArrayType(_stored_type(kind.elementType))
        case MapType():
            return MapType(_stored_type(kind.keyType), _stored_type(kind.valueType))
        case StructType():
            return StructType([_stored(field) for field in kind])
    return kind
