"""Reads a Delta table as a stream."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, StreamingSource
from ppf_delta.errors import told
from ppf_delta.guards import require_readable
from ppf_delta.log import Log
from ppf_delta.names import OfTable
from ppf_delta.stream_options import StreamReadOptions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class DeltaStreamSource(OfTable, StreamingSource[StreamReadOptions]):
    """Reads the rows of a Delta table, and those that come, or its changes."""

    _identity: str | None = None
    changeable: ClassVar = frozenset(
        {"max_files_per_trigger", "max_bytes_per_trigger", "ignore_changes", "skip_change_commits", "ignore_deletes"}
    )
    examples: ClassVar[Sequence[str]] = (
        '{ path = "lake/events" }',
        '{ table = "shop.customers", starting_version = latest, changes = true }',
        '{ path = "lake/events", skip_change_commits = true, max_files_per_trigger = 100 }',
    )

    def ping(self, context: Context) -> None:
        """Whether there is such a table."""
        log = Log.of(context.spark, self.options.path, self.options.table)
        with told(log.name):
            require_readable(log, log.newest())

    def read_stream(self, context: Context) -> "DataFrame":
        """The table as a streaming frame; without a start, all that is there comes first."""
        log = Log.of(context.spark, self.options.path, self.options.table)
        with told(log.name):
            require_readable(log, log.newest())
            reader = context.spark.readStream.format("delta").options(**self.options.reader)
            for key, value in self._told():
                reader = reader.option(key, value)
            return reader.table(log.table) if log.table is not None else reader.load(log.location)

    def recognise(self, context: Context, known: str | None) -> str:
        """By the identity of the table. A new stream is told at once when the log does not reach back to its beginning."""
        if known is not None and known == self._identity:  # Delta itself looks at it for each batch
            return known
        log = Log.of(context.spark, self.options.path, self.options.table)
        with told(log.name):
            newest, start = log.newest(), self.options.starting_version or ""
            require_readable(log, newest)
            if known is not None:
                log.require_same(newest, known, "Begin anew with --fresh and the name of the query.")
            elif start.isdecimal():
                log.require_commits_from(int(start), newest)
            self._identity = str(newest.metadata["id"])
        return self._identity

    def _told(self) -> Iterator[tuple[str, str]]:
        given = self.options
        options = {
            "startingVersion": given.starting_version,
            "startingTimestamp": given.starting_timestamp.replace("T", " ") if given.starting_timestamp else None,
            "readChangeFeed": given.changes,
            "ignoreChanges": given.ignore_changes,
            "skipChangeCommits": given.skip_change_commits,
            "ignoreDeletes": given.ignore_deletes,
            "maxFilesPerTrigger": given.max_files_per_trigger,
            "maxBytesPerTrigger": given.max_bytes_per_trigger,
        }
        told = ((key, value) for key, value in options.items() if value is not None and value is not False)
        return ((key, "true" if value is True else str(value)) for key, value in told)
