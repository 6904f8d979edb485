"""XML: one element a row."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, Requirements, option, options
from ppf_files import layout, marked
from ppf_files.file_sink import FileSink
from ppf_files.listing import Listing
from ppf_files.options import WHOLE_TIMES, RecordReadOptions, WriteOptions
from ppf_files.pass_through import given
from ppf_files.sources import RecordSource
from ppf_files.writing import without_nul

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructField, StructType

_NEEDS = Requirements(spark=">=4.0")  # earlier it was a package of somebody else's, with options of its own


@options
class XmlReadOptions(RecordReadOptions):
    """What the XML source understands."""

    format: ClassVar[str] = "xml"
    row_tag: str = option("Name of the elements that are rows.")


@options
class XmlWriteOptions(WriteOptions):
    """What the XML sink understands."""

    format: ClassVar[str] = "xml"
    row_tag: str = option("Name of the element of each row.", default="ROW")
    root_tag: str = option("Name of the element of each file.", default="ROWS")


class XmlSource(RecordSource[XmlReadOptions]):
    """Reads XML files, one element a row. Attributes are columns whose names begin with an underscore."""

    format = "xml"
    examples: ClassVar[Sequence[str]] = ('{ path = "in/orders", row_tag = order, schema = "_id INT, item STRING" }',)

    @classmethod
    def requirements(cls, options: XmlReadOptions | None) -> Requirements:
        """Spark has it since 4.0."""
        return _NEEDS

    def own_options(self) -> dict[str, Any]:
        """The element."""
        return {"rowTag": self.options.row_tag}

    def examined(self, context: Context, frame: "DataFrame", listing: Listing) -> "DataFrame":
        """The frame, unless no element can be read: then Spark would give its text as the one column."""
        self.require_records(frame.columns, str(given(self.options.reader).get("columnnameofcorruptrecord", marked.RECORD)))
        return self.with_file(frame)

    @property
    def unreadable(self) -> str:
        """What is no XML, or an element that nobody closes."""
        return "Check the option 'path', and whether each element is closed."


class XmlSink(FileSink[XmlWriteOptions]):
    """Writes XML files, one element a row."""

    format = "xml"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/orders", mode = overwrite, row_tag = order, root_tag = orders }',)

    @classmethod
    def requirements(cls, options: XmlWriteOptions | None) -> Requirements:
        """Spark has it since 4.0."""
        return _NEEDS

    def own_options(self) -> dict[str, Any]:
        """The elements, and times with all their digits."""
        return {**WHOLE_TIMES, "rowTag": self.options.row_tag, "rootTag": self.options.root_tag}

    def storable(self, frame: "DataFrame") -> "DataFrame":
        """A text with the character NUL fails."""
        return without_nul(frame, "XML")

    def require_fitting(self, target: str, found: "StructType", given: "list[StructField]") -> None:
        """XML has no types, and leaves out what is NULL."""
        layout.require_known_names(target, found.names, [field.name for field in given])
