"""What a sink refuses before it writes anything."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ppf_core import PpfError, suggestion
from ppf_delta.log import Log, Snapshot
from ppf_delta.options import WriteOptions

if TYPE_CHECKING:
    from pyspark.sql.types import StructType


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


def _require_history(options: WriteOptions, given: "StructType", snapshot: Snapshot) -> None:
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
