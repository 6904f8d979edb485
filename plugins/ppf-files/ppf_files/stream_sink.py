"""A stream into a folder of files, batch by batch, so that every reader sees each row once."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, Dataset, Requirements, StagedSink, Ticket
from ppf_files.file_sink import FileSink
from ppf_files.sinks import CsvSink, JsonSink, OrcSink, ParquetSink, TextSink
from ppf_files.stream_options import StreamWriteOptions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SINKS: dict[str, type[FileSink[Any]]] = {each.format: each for each in (CsvSink, JsonSink, OrcSink, ParquetSink, TextSink)}


class FilesSink(StagedSink[StreamWriteOptions]):
    """Writes each batch of a stream as files of one format, as the sink of that format writes a batch run."""

    examples: ClassVar[Sequence[str]] = (
        '{ path = "out/late", partition_by = [carrier] }',
        '{ path = "out/late", format = csv, writer { header = false } }',
        '{ path = "out/totals", mode = overwrite }',
    )

    @classmethod
    def requirements(cls, options: StreamWriteOptions | None) -> Requirements:
        """As the sink of the format."""
        return Requirements() if options is None else _SINKS[options.format].requirements(options.batch)

    @cached_property
    def _sink(self) -> FileSink[Any]:
        """Who does all the work."""
        return _SINKS[self.options.format](self.options.batch)

    @property
    def atomic(self) -> bool | None:
        """As the sink of the format."""
        return self._sink.atomic

    @property
    def idempotent(self) -> bool:
        """The files of a batch carry its id, so that writing them again replaces them."""
        return self._sink.idempotent

    @property
    def exclusive(self) -> bool:
        """As the sink of the format."""
        return self._sink.exclusive

    @property
    def can_split(self) -> bool:
        """As the sink of the format."""
        return self._sink.can_split

    def datasets(self) -> Sequence[Dataset]:
        """The folder."""
        return self._sink.datasets()

    def holds_rows(self, context: Context) -> bool:
        """As the sink of the format."""
        return self._sink.holds_rows(context)

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes into a hidden folder beside the target."""
        return self._sink.stage(context, frame)

    def stage_split(self, context: Context, frame: "DataFrame", mask: str) -> "tuple[Ticket, DataFrame] | None":
        """As `stage`, with the bad rows beside it; None for formats that do not give back what they are given."""
        return self._sink.stage_split(context, frame, mask)

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Shows what was staged."""
        self._sink.publish(context, ticket)

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Removes what was staged."""
        self._sink.discard(context, ticket)

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        """The staged files as a frame, where they are exactly the rows that were given."""
        return self._sink.staged(context, ticket)

    def close(self) -> None:
        """Gives no more signs of life."""
        self._sink.close()
