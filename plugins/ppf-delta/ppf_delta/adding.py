"""Rows that are written once, into the table's folder, and that a commit makes part of the table."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ppf_core import Context, TargetMoved
from ppf_delta.errors import conflict, is_conflict, moved
from ppf_delta.log import Snapshot, Write, Written
from ppf_delta.names import quoted
from ppf_delta.options import WriteOptions
from ppf_delta.stages import Stage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

# What goes with the files that were written: where it changed since, they may no longer fit.
_SHAPE = {"schemaString": "columns", "partitionColumns": "partitions", "configuration": "properties"}


def stage(stage_: Stage, frame: "DataFrame", options: WriteOptions, snapshot: Snapshot) -> Written:
    """Writes the rows, and notes what is to be committed."""
    rows = frame if options.replace_where is None else held_to(frame, options.replace_where)
    written = stage_.log.write_files(rows, write(options, snapshot), snapshot, stage_.relative)
    stage_.keep(written, snapshot)
    if not snapshot.exists:
        stage_.log.remove_empty()
    return written


def publish(context: Context, stage_: Stage, options: WriteOptions, snapshot: Snapshot, version: int) -> None:
    """Commits what was staged when the table had this version, in one step."""
    log, kept = stage_.log, stage_.kept()
    if kept is None or not stage_.is_whole(kept[1]):
        raise TargetMoved(f"What was staged for {log.name!r} is gone from {stage_.uri!r}. Run the pipeline again.")
    head, added = kept
    replaces = options.mode == "overwrite" and snapshot.exists and version >= 0
    describes = head["metadata"]
    if not replaces and options.mode == "append" and head["before"] is None and snapshot.exists:
        # Another made the table since; what was staged fits if it would have made the same one.
        _require_shape(snapshot, json.loads(describes)["metaData"])
        describes = None
    elif not replaces:
        _require_same(snapshot, head["before"])
    base = log.at(version) if replaces else snapshot
    transaction = log.begin(base)
    try:
        # Notes that this write was looked for: two processes that publish it at once cannot both commit.
        transaction.watch(stage_.app)
        if describes is not None:
            transaction.describe(describes, overwrite=options.overwrite_schema)
        removed = _removed(transaction, options, base.schema, added) if replaces else None
        mode = "Overwrite" if options.mode == "overwrite" else "Append"
        transaction.commit(added, removed, stage_.app, stage_.write_id.number, mode, options.writer.get("userMetadata"))
    except Exception as error:
        if not is_conflict(error):
            raise
        # The faster one may have been another process with this very write.
        if not stage_.is_committed(log.newest()):
            raise conflict(log.name, error) from error
    context.logger.debug("committed %s", stage_.relative)


def write(options: WriteOptions, snapshot: Snapshot) -> Write:
    """How Delta is to write the rows."""
    replaces_columns = options.overwrite_schema and snapshot.exists
    given = {key: str(value) for key, value in options.writer.items()}
    if options.merge_schema:
        given["mergeSchema"] = "true"
    if replaces_columns:
        given["overwriteSchema"] = "true"
    mode = "Overwrite" if replaces_columns else "Append"
    return Write(mode, given, options.partition_by, options.of_new_table)


def _require_same(snapshot: Snapshot, before: "Mapping[str, Any] | None") -> None:
    """Refuses files that were written for a table of other columns, or of which there was none."""
    name = snapshot.log.name
    if before is None and snapshot.exists:
        raise moved(name, "was made by somebody else")
    if before is not None and not snapshot.exists:
        raise moved(name, "was removed")
    if before is not None:
        _require_shape(snapshot, before)
        if before["id"] != snapshot.metadata["id"]:
            raise moved(name, "got another identity")


def _require_shape(snapshot: Snapshot, before: Mapping[str, Any]) -> None:
    changed = [told for key, told in _SHAPE.items() if before.get(key) != snapshot.metadata.get(key)]
    if changed:
        raise moved(snapshot.log.name, f"got other {', '.join(changed)}")


def _removed(transaction: Any, options: WriteOptions, table: "StructType", added: Iterable[str]) -> Any:
    if options.replace_where is not None:
        return transaction.removals(options.replace_where)
    if options.partition_overwrite == "static":
        return transaction.removals(None)
    partitions = _partitions(added)
    return transaction.removals(_where(partitions, table)) if partitions else None


def _partitions(added: Iterable[str]) -> list[Mapping[str, str | None]]:
    found = {json.dumps(json.loads(text)["add"]["partitionValues"], sort_keys=True) for text in added}
    return [json.loads(text) for text in sorted(found)]


def _where(partitions: Iterable[Mapping[str, str | None]], table: "StructType") -> str:
    """True for the rows of these partitions."""
    fields = {str(field.metadata.get("delta.columnMapping.physicalName", field.name)): field for field in table}

    def one(name: str, value: str | None) -> str:
        column = quoted(fields[name].name)
        if value is None:
            return f"{column} IS NULL"
        text = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"{column} = CAST('{text}' AS {fields[name].dataType.simpleString()})"

    return " OR ".join("(" + " AND ".join(one(name, value) for name, value in each.items()) + ")" for each in partitions)


def held_to(frame: "DataFrame", where: str, *, or_else: str | None = None, told: str = "") -> "DataFrame":
    """The frame, which fails at a row for which an expression is not true: by default, at one that does not replace any.

    or_else: a BOOLEAN column that is true for rows of which nothing is asked.
    """
    from pyspark.sql import functions

    if not told:
        told = f"A row is not among those that replace_where = {where!r} replaces. Correct the option, or filter the input."
    is_meant = functions.coalesce(functions.expr(where), functions.lit(False))
    if or_else is not None:
        is_meant = functions.col(or_else) | is_meant
    return frame.where(functions.when(is_meant, True).otherwise(functions.raise_error(told).cast("boolean")))
