"""Writes a Delta table: staged where no reader looks, shown with one commit."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, TypeVar

from ppf_core import Context, PpfError, StagedSink, Ticket, rows_written
from ppf_delta import adding, exactness, guards, matching, splitting
from ppf_delta.errors import moved, told
from ppf_delta.log import Log, Snapshot
from ppf_delta.names import OfTable
from ppf_delta.options import WriteOptions
from ppf_delta.stages import Stage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType


W = TypeVar("W", bound=WriteOptions)


class TableSink(OfTable, StagedSink[W]):
    """What the sinks of batches and of streams have in common: all but their options."""

    @property
    def atomic(self) -> bool:
        """A commit is one step."""
        return True

    @property
    def idempotent(self) -> bool:
        """A commit notes the write, and one that is noted is not done again."""
        return True

    @property
    def exclusive(self) -> bool:
        """Only what makes or replaces the whole table leaves no room for another sink."""
        given = self.options
        is_part = given.partition_overwrite == "dynamic" or given.replace_where is not None
        return given.mode in ("error", "ignore") or (given.mode == "overwrite" and not is_part)

    def ping(self, context: Context) -> None:
        """Whether there is a table that can be written, or room for one."""
        log = self._log(context)
        with told(log.name):
            self._require_room(log, log.newest())

    def holds_rows(self, context: Context) -> bool:
        """Whether the table has a file."""
        log = self._log(context)
        with told(log.name):
            return log.newest().has_rows

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes the rows into a folder below the table's, after refusing what could not be published."""
        with self._begun(context, frame.schema) as (stage, snapshot, more):
            if "ignored" in more:
                context.report(rows_written=0)
                return more
            return {**self._write(context, stage, frame, snapshot), **more}

    @property
    def can_split(self) -> bool:
        """Where rows are added, to a table with the columns that it has."""
        return not (self.options.matches or self.options.merge_schema or self.options.overwrite_schema)

    def stage_split(self, context: Context, frame: "DataFrame", mask: str) -> "tuple[Ticket, DataFrame] | None":
        """As `stage`, with the bad rows in a folder of the stage that goes with the publish."""
        schema = frame.drop(mask).schema
        log = self._log(context)
        with told(log.name):
            looked_at = log.newest()
            if not splitting.is_possible(context.spark, schema, self.options, looked_at):
                return None
        with self._begun(context, schema) as (stage, snapshot, more):
            if "ignored" in more or snapshot.version != looked_at.version:
                return None
            write = adding.write(self.options, snapshot)
            good, bad = splitting.stage(stage, frame, mask, self.options, snapshot, write)
            counts = [written.rows for written in (good, bad)]
            context.report(rows_written=None if None in counts else sum(count or 0 for count in counts))
            apart = exactness.read(context.spark, stage.uri, stage.paths(bad.added), schema)
            return {**_ticket(stage, snapshot, schema), "exact": "true", **more}, apart

    @contextmanager
    def _begun(self, context: Context, schema: "StructType") -> "Iterator[tuple[Stage, Snapshot, dict[str, str]]]":
        """A new stage, once all is refused that could not be published, and what its ticket says besides."""
        log = self._log(context)
        with told(log.name):
            snapshot = log.newest()
            stage = Stage.new(log, context.write_id)
            is_committed = stage.is_committed(snapshot)
            if snapshot.exists and self.options.mode == "ignore" and not is_committed:
                yield stage, snapshot, {"ignored": "true"}
                return
            self._refuse(log, snapshot, schema, is_committed)
            stage.clear(snapshot)
            stage.note_room(snapshot)
            try:
                yield stage, snapshot, {"committed": "true"} if is_committed else {}
            except OSError as error:
                raise _not_written(log, error) from error

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Commits what was staged; a write that is in the table already is left alone."""
        if "ignored" in ticket:
            return
        log = self._log(context)
        stage = Stage.of(log, context.write_id, ticket)
        with told(log.name):
            snapshot = log.newest()
            if "committed" in ticket:
                log.files.delete(stage.folder)
            elif not stage.is_committed(snapshot):
                self._commit(context, stage, snapshot, ticket)
            log.register()
        stage.tidy()

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Removes what was staged, by whichever attempt; never what is in the table."""
        log = self._log(context)
        stage = Stage.of(log, context.write_id, ticket)
        with told(log.name):
            if ticket is not None and "committed" in ticket:
                log.files.delete(stage.folder)
            elif ticket is None or "ignored" not in ticket:
                stage.clear(log.newest())

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        """The staged rows, where they are read back exactly as they were given."""
        if "exact" not in ticket:
            return None
        stage = Stage.of(self._log(context), context.write_id, ticket)
        with told(stage.log.name):
            if self.options.matches:
                paths = list(stage.kept_rows() or ())
                is_whole = False
            else:
                kept = stage.kept()
                # Whatever a task that failed has left beside them is not meant.
                is_whole = kept is not None and stage.is_whole(kept[1])
                paths = stage.paths(kept[1]) if kept is not None and is_whole else []
            return exactness.read(context.spark, stage.uri, paths, _schema(ticket)) if paths or is_whole else None

    def _write(self, context: Context, stage: Stage, frame: "DataFrame", snapshot: Snapshot) -> dict[str, str]:
        options, ticket = self.options, _ticket(stage, snapshot, frame.schema)
        if options.matches:
            is_exact = exactness.is_exact(context.spark, frame.schema, None, ())
            matching.stage(stage, frame, options, snapshot)
            context.report(rows_written=rows_written(context.spark, stage.relative))
            at = datetime.now(UTC).isoformat(sep=" ", timespec="microseconds")
            return {**ticket, "at": at, **({"exact": "true"} if is_exact else {})}
        written = adding.stage(stage, frame, options, snapshot)
        context.report(rows_written=written.rows)
        table = self._table(snapshot, written.metadata)
        is_exact = written.is_plain and exactness.is_exact(context.spark, frame.schema, *table)
        return {**ticket, **({"exact": "true"} if is_exact else {})}

    def _table(self, snapshot: Snapshot, metadata: str | None) -> "tuple[StructType, Sequence[str]]":
        """The columns and partitions of the table that the files were written for."""
        from pyspark.sql.types import StructType

        found = json.loads(metadata)["metaData"] if metadata is not None else snapshot.metadata
        return StructType.fromJson(json.loads(found["schemaString"])), found["partitionColumns"]

    def _commit(self, context: Context, stage: Stage, snapshot: Snapshot, ticket: Ticket) -> None:
        version = int(ticket["version"])
        if version < 0 and snapshot.exists and self.options.mode == "ignore":
            stage.clear(snapshot)
            return
        if version >= 0 and not snapshot.exists:
            raise moved(stage.log.name, "was removed")
        if self.options.matches:
            matching.publish(stage, self.options, _schema(ticket), ticket["at"])
        else:
            adding.publish(context, stage, self.options, snapshot, version)

    def _refuse(self, log: Log, snapshot: Snapshot, schema: "StructType", is_committed: bool) -> None:
        self._require_room(log, snapshot)
        if snapshot.exists and self.options.mode == "error" and not is_committed:
            raise PpfError(
                f"The table {log.name!r} exists already.", hint="Set mode to append, overwrite, merge, scd2 or ignore."
            )
        guards.require_columns(self.options, schema, snapshot)
        guards.require_partitions(self.options, snapshot)
        if snapshot.exists:
            guards.require_changeable(self.options, snapshot)
            guards.require_types(self.options, schema, snapshot)

    def _require_room(self, log: Log, snapshot: Snapshot) -> None:
        guards.require_place(log, snapshot)
        if snapshot.exists:
            snapshot.require_writable()

    def _log(self, context: Context) -> Log:
        return Log.of(context.spark, self.options.path, self.options.table)


class DeltaSink(TableSink[WriteOptions]):
    """Writes a Delta table: adds or replaces rows, matches them by keys, or keeps their history."""

    examples: ClassVar[Sequence[str]] = (
        '{ path = "out/flights", mode = append, partition_by = [carrier] }',
        '{ path = "out/flights", mode = overwrite, replace_where = "year = 2025" }',
        '{ path = "out/customers", mode = merge, keys = [id], order_by = [changed_at], delete_when = "op = \'D\'" }',
        '{ table = "shop.customers", mode = scd2, keys = [id] }',
    )


def _ticket(stage: Stage, snapshot: Snapshot, schema: "StructType") -> dict[str, str]:
    return {"token": stage.token, "version": str(snapshot.version), "schema": schema.json()}


def _schema(ticket: Ticket) -> "StructType":
    from pyspark.sql.types import StructType

    return StructType.fromJson(json.loads(ticket["schema"]))


def _not_written(log: Log, error: OSError) -> PpfError:
    return PpfError(
        f"The folder of the table {log.name!r} cannot be written: {error.strerror or error}.",
        hint="Make it writable, free space there, or name another table.",
    )
