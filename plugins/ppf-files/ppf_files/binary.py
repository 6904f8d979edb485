"""Whole files as rows: pictures, documents, whatever Spark does not look into."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, Schema, options
from ppf_files.listing import Listing
from ppf_files.options import ReadOptions
from ppf_files.sources import FileSource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@options
class BinaryReadOptions(ReadOptions):
    """What the source of whole files understands."""

    format: ClassVar[str] = "binaryFile"

    def __post_init__(self) -> None:
        ReadOptions.__post_init__(self)
        if self.schema is not None:
            raise OptionsError({"schema": "cannot be given: the columns are always path, modificationTime, length and content"})


class BinarySource(FileSource[BinaryReadOptions]):
    """Reads each file as one row, with its path, time, length and content."""

    format = "binaryFile"
    examples: ClassVar[Sequence[str]] = ('{ path = "in/pictures/*.png" }',)

    @property
    def output_schema(self) -> Schema:
        """Always the same, and the columns of folders."""
        return "path STRING, modificationTime TIMESTAMP, length BIGINT, content BINARY"

    def examined(self, context: Context, frame: "DataFrame", listing: Listing) -> "DataFrame":
        """The frame, with a warning of the files that Spark skips."""
        empty = [path for path, size, _ in listing.files if size == 0]
        if empty:
            context.logger.warning(
                "Spark gives no row of %s files without content, the first of which is %s.", len(empty), empty[0]
            )
        return self.with_file(frame)
