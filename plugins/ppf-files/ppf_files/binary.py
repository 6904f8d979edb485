"""Whole files as rows: pictures, documents, whatever Spark does not look into."""

from collections.abc import Sequence
from typing import ClassVar

from ppf_core import OptionsError, Schema, options
from ppf_files.options import ReadOptions
from ppf_files.sources import FileSource


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
