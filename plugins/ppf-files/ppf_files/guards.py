"""What a sink refuses before it computes anything: targets that belong to others, and columns that are not there."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ppf_core import PpfError, suggestion
from ppf_core.storage import Files, LocalFiles

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_USE_ANOTHER = "Use the plugin for it, or another path."
# What lies in a folder that plain files must not be added to or taken from: whose it is, and what to do.
_OWNERS = {
    "_delta_log": ("a Delta table", _USE_ANOTHER),
    "_spark_metadata": (
        "the output of Spark's own streaming sink",
        "Readers see only the files that its log lists. Name another path; a batch pipeline can copy the rows there first.",
    ),
    ".hoodie": ("a Hudi table", _USE_ANOTHER),
}


def require_room(files: Files, target: str) -> None:
    """Refuses a target below a file."""
    above = target
    while (above := above.rpartition("/")[0]) and not files.exists(above):
        pass
    if above and not files.is_folder(above):
        raise PpfError(f"The target {target!r} lies below {above!r}, which is a file.", hint="Name another folder.")


def require_replaceable(files: Files, target: str) -> None:
    """Refuses a target that this machine does not let us rename or add to."""
    if not isinstance(files, LocalFiles):
        return
    mounts = files.mount_points(target)
    if target in mounts:
        raise PpfError(
            f"The target {target!r} is a mount point, so it can neither be renamed nor replaced.",
            hint="Name a folder below it.",
        )
    if mounts:
        raise PpfError(
            f"The target {target!r} holds the mount point {mounts[0]!r}, so it cannot be replaced as a whole.",
            hint="Name another folder.",
        )
    if files.is_folder(target) and not os.access(target, os.W_OK | os.X_OK):
        raise PpfError(
            f"The target {target!r} cannot be written.", hint="Make it writable for this user, or name another path."
        )


def require_names_that_stay(files: Files, target: str) -> None:
    """Refuses a file with a name of its own where files are shown one by one, under names that tell their write."""
    if files.renames_by_copying:
        raise PpfError(
            f"The target {target!r} is in an object store, where single_file cannot be shown in one step.",
            hint="Set coalesce = 1 in its place, or write to a file system.",
        )


def require_folder_of_files(files: Files, target: str) -> None:
    """Refuses a target that is a file, or a folder that a table format looks after."""
    if not files.exists(target):
        return
    if not files.is_folder(target):
        raise PpfError(f"The target {target!r} is a file.", hint="Name a folder: a sink writes one with files in it.")
    # One by one: of a target that a stream has filled for a month, a list of names takes long.
    for name, (whose, hint) in _OWNERS.items():
        if files.exists(f"{target}/{name}"):
            raise PpfError(f"The target {target!r} is {whose}: it holds {name!r}.", hint=hint)
    if any(name.endswith(".metadata.json") for name in files.names(f"{target}/metadata")):
        raise PpfError(f"The target {target!r} is an Iceberg table: it holds 'metadata'.", hint=_USE_ANOTHER)


def require_absent(files: Files, target: str) -> None:
    """Refuses a target that exists."""
    if files.exists(target):
        raise PpfError(
            f"The target {target!r} exists, and mode is 'error'.",
            hint="Remove it, or set mode to overwrite, append or ignore.",
        )


def require_elsewhere(files: Files, target: str) -> None:
    """Refuses to replace a folder that we stand or live in: a path such as `..` would take away far more than data."""
    if not isinstance(files, LocalFiles):
        return
    for what, place in (("the current folder", Path.cwd()), ("your home folder", Path("~").expanduser().resolve())):
        if place.is_relative_to(target):
            raise PpfError(f"The target {target!r} holds {what}, so it cannot be overwritten.", hint="Name a folder below it.")


def require_columns(frame: "DataFrame", option: str, names: Sequence[str]) -> None:
    """Refuses a name under `option` that the frame does not have."""
    there = {name.lower() for name in frame.columns}
    for name in names:
        if name.lower() not in there:
            raise PpfError(f"There is no column {name!r}, which {option} names.", hint=suggestion(name, frame.columns))
