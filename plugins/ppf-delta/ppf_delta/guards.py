"""What is refused before anything is read or written."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ppf_core import PpfError, suggestion
from ppf_delta.log import Log, Snapshot
from ppf_delta.options import WriteOptions

if TYPE_CHECKING:
    from pyspark.sql.types import StructType


def require_readable(log: Log, snapshot: Snapshot) -> None:
    """Refuses what is no table."""
    if not snapshot.exists:
        is_folder = log.table is None and bool(log.files.names(log.folder))
        what = f"The folder {log.name!r} holds no Delta table." if is_folder else f"There is no Delta table {log.name!r}."
        hint = (
            "Read it with the source 'parquet', or convert it." if is_folder else "Check the option, or make the table first."
        )
        raise PpfError(what, hint=hint)


def require_place(log: Log, snapshot: Snapshot) -> None:
    """Refuses a folder that holds other files than those of a Delta table."""
    if snapshot.exists:
        return
    if log.files.exists(log.folder) and not log.files.is_folder(log.folder):
        raise PpfError(f"The path {log.name!r} is a file, but a Delta table is a folder.", hint="Name a folder.")
    strange = [name for name in log.files.names(log.folder) if not name.startswith(("ppf-w", "_delta_log", "."))]
    if strange:
        raise PpfError(
            f"The folder {log.name!r} holds files such as {strange[0]!r}, but no Delta table.",
            hint=f"Name another folder, or make it a table: CONVERT TO DELTA parquet.`{log.location}`.",
        )


def require_columns(options: WriteOptions, given: "StructType", snapshot: Snapshot) -> None:
    """Refuses names of columns that the rows do not have."""
    by_option: dict[str, Sequence[str]] = {
        "partition_by": options.partition_by,
        "keys": options.keys,
        "order_by": options.order_by,
        "update": [name for name in options.update if name != "*"],
        "effective": [options.effective] if options.effective is not None else [],
    }
    for option, names in by_option.items():
        for name in names:
            _require(option, name, given.names, "the input")
    if snapshot.exists and not options.overwrite_schema:
        there = _columns(snapshot)
        for name in options.keys:
            _require("keys", name, there, f"the table {snapshot.log.name!r}")
        strange = [name for name in given.names if name.lower() not in {each.lower() for each in there}]
        if strange and not options.merge_schema:
            raise PpfError(
                f"The table {snapshot.log.name!r} has no column {strange[0]!r}. {suggestion(strange[0], there)}",
                hint="Take it out of the input, or set merge_schema = true.",
            )
    if options.mode == "scd2":
        _require_history(options, given, snapshot)


def require_partitions(options: WriteOptions, snapshot: Snapshot) -> None:
    """Refuses other partitions than those of the table."""
    if not snapshot.exists:
        if options.partition_overwrite == "dynamic" and not options.partition_by:
            raise PpfError(
                f"There is no table {snapshot.log.name!r} yet, and partition_overwrite = dynamic needs partitions.",
                hint="Set partition_by.",
            )
        return
    there = list(snapshot.metadata["partitionColumns"])
    same = [name.lower() for name in options.partition_by] == [name.lower() for name in there]
    if options.partition_by and not same and not options.overwrite_schema:
        raise PpfError(
            f"The table {snapshot.log.name!r} is partitioned by {there}, not by {options.partition_by}.",
            hint="Leave partition_by out: it only counts for a new table. Or set mode = overwrite and overwrite_schema = true.",
        )
    if options.partition_overwrite == "dynamic" and not there:
        raise PpfError(
            f"The table {snapshot.log.name!r} has no partitions, so that none can be replaced alone.",
            hint="Set partition_overwrite = static, or replace_where.",
        )


def require_changeable(options: WriteOptions, snapshot: Snapshot) -> None:
    """Refuses what the properties of a table, or of its columns, leave no room for."""
    name = snapshot.log.name
    removes = options.mode == "overwrite" or options.mode == "scd2"
    if options.mode == "merge":
        removes = bool(options.update) or options.delete_when is not None
    if removes and snapshot.is_set("delta.appendOnly"):
        raise PpfError(
            f"The table {name!r} has delta.appendOnly = true, and mode = {options.mode} changes rows that are there.",
            hint="Set mode = append, or take the property off the table.",
        )
    counted = [field.name for field in snapshot.schema if "delta.identity.start" in field.metadata]
    if counted and not options.matches:
        raise PpfError(
            f"The table {name!r} counts its column {counted[0]!r} itself (IDENTITY), which staged rows cannot go with.",
            hint="Set mode = merge with keys, or write to a table without such a column.",
        )
    is_told_in_files = snapshot.is_set("delta.enableChangeDataFeed") and not snapshot.is_set("delta.enableDeletionVectors")
    if options.replace_where is not None and is_told_in_files:
        partitions = {each.lower() for each in snapshot.metadata["partitionColumns"]}
        others = [each for each in snapshot.columns_of(options.replace_where) if each.lower() not in partitions]
        if others:
            raise PpfError(
                f"The table {name!r} has a change data feed, and replace_where names {others[0]!r}, which is no column of its "
                "partitions: the new rows would be missing among its changes.",
                hint="Set delta.enableDeletionVectors = true on the table, replace whole partitions, or use mode = merge.",
            )


def require_types(options: WriteOptions, given: "StructType", snapshot: Snapshot) -> None:
    """Refuses values that a match could not bring into the table; of other modes Delta says it when it writes."""
    if not options.matches:
        return
    stored = {field.name.lower(): field.dataType for field in snapshot.schema}
    for field in given:
        kind = stored.get(field.name.lower())
        if kind is not None and not snapshot.log.can_store(field.dataType, kind):
            raise PpfError(
                f"The column {field.name!r} is {kind.simpleString()} in the table {snapshot.log.name!r}, and "
                f"{field.dataType.simpleString()} in the input.",
                hint="Cast the column, or give the table the other type first.",
            )


def _require_history(options: WriteOptions, given: "StructType", snapshot: Snapshot) -> None:
    kind = next((each.dataType for each in given if each.name.lower() == (options.effective or "").lower()), None)
    if kind is not None and kind.typeName() not in ("timestamp", "date"):
        raise PpfError(
            f"Option 'effective' names the column {options.effective!r}, which is {kind.simpleString()}.",
            hint="It must be a timestamp or a date: cast the column.",
        )
    own = [options.valid_from, options.valid_to, options.is_current]
    for name in own:
        if name.lower() in {each.lower() for each in given.names}:
            raise PpfError(
                f"The input has a column {name!r}, which mode = scd2 fills itself.",
                hint="Rename it, or give the option 'valid_from', 'valid_to' or 'is_current' another name.",
            )
        if snapshot.exists:
            _require("mode", name, _columns(snapshot), f"the table {snapshot.log.name!r}, which scd2 needs")


def _require(option: str, name: str, names: Sequence[str], where: str) -> None:
    if name.lower() not in {each.lower() for each in names}:
        raise PpfError(f"Option {option!r} names the column {name!r}; {where} has none. {suggestion(name, names)}")


def _columns(snapshot: Snapshot) -> list[str]:
    return [str(name) for name in snapshot.schema.names]
