"""Reads one version of a Delta table, or what changed between versions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Source
from ppf_delta.errors import told
from ppf_delta.guards import require_readable
from ppf_delta.log import Log
from ppf_delta.names import OfTable
from ppf_delta.options import ReadOptions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameReader


class DeltaSource(OfTable, Source[ReadOptions]):
    """Reads a Delta table: its newest version when the run starts, an older one, or its changes."""

    examples: ClassVar[Sequence[str]] = (
        '{ path = "lake/flights" }',
        '{ table = "shop.customers", version = 3 }',
        '{ path = "lake/flights", timestamp = "2025-12-31T12:00:00" }',
        '{ path = "lake/flights", changes { from = 3, to = 7 } }',
    )

    def ping(self, context: Context) -> None:
        """Whether there is such a table, and this version of it."""
        self.pin(context)

    def pin(self, context: Context) -> str:
        """The table's identity and its version: the one that was asked for, else the newest."""
        log = Log.of(context.spark, self.options.path, self.options.table)
        with told(log.name):
            newest = log.newest()
            require_readable(log, newest)
            version = newest.version
            if self.options.version is not None:
                version = log.require_version(self.options.version, newest)
            elif self.options.timestamp is not None:
                version = log.version_at(self.options.timestamp)
            return f"{newest.metadata['id']} {version}"

    def read(self, context: Context) -> "DataFrame":
        """The rows of the pinned version."""
        log = Log.of(context.spark, self.options.path, self.options.table)
        with told(log.name):
            identity, _, version = (context.pinned or self.pin(context)).partition(" ")
            newest = log.newest()
            require_readable(log, newest)
            log.require_same(newest, identity)
            if self.options.changes is None:
                log.require_version(int(version), newest)
            reader = context.spark.read.format("delta").options(**self.options.reader)
            if self.options.changes is not None:
                reader = _changes(reader, self.options.changes, version)
            else:
                reader = reader.option("versionAsOf", version)
            return reader.table(log.table) if log.table is not None else reader.load(log.location)


def _changes(reader: "DataFrameReader", changes: "dict[str, object]", newest: str) -> "DataFrameReader":
    reader = reader.option("readChangeFeed", "true")
    for name, default in (("from", None), ("to", newest)):
        value = str(changes.get(name, default))
        kind = "Version" if value.isdecimal() else "Timestamp"
        reader = reader.option(f"{'starting' if name == 'from' else 'ending'}{kind}", value.replace("T", " "))
    return reader
