"""What a sink refuses before it computes anything: targets that belong to others, and appends that would not fit."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ppf_core import PpfError
from ppf_files.filesystem import Entry, Files
from ppf_files.paths import literal, partition_columns
from ppf_files.publishing import EMPTY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructField, StructType

# What lies in a folder that plain files must not be added to or taken from.
_OWNERS = {"_delta_log": "a Delta table", "_spark_metadata": "the output of a Spark stream", ".hoodie": "a Hudi table"}
_USE_ANOTHER = "Use the plugin for it, or another path."
# What Spark finds in JSON for a column; a text may stand for many types, NaN among them.
_JSON_KINDS = {"bigint": "number", "double": "number", "boolean": "boolean", "array": "array", "struct": "object"}
_KINDS = {"tinyint": "number", "smallint": "number", "int": "number", "float": "number", "decimal": "number", "map": "object"}


def require_folder_of_files(files: Files, target: str) -> None:
    """Refuses a target that is a file, or a folder that a table format looks after."""
    if not files.exists(target):
        return
    if not files.is_folder(target):
        raise PpfError(f"The target {target!r} is a file.", hint="Name a folder: a sink writes one with files in it.")
    names = files.names(target)
    for name in names:
        if name in _OWNERS:
            raise PpfError(f"The target {target!r} is {_OWNERS[name]}: it holds {name!r}.", hint=_USE_ANOTHER)
    if "metadata" in names and any(name.endswith(".metadata.json") for name in files.names(f"{target}/metadata")):
        raise PpfError(f"The target {target!r} is an Iceberg table: it holds 'metadata'.", hint=_USE_ANOTHER)


def require_absent(files: Files, target: str) -> None:
    """Refuses a target that exists."""
    if files.exists(target):
        raise PpfError(
            f"The target {target!r} exists, and mode is 'error'.",
            hint="Remove it, or set mode to overwrite, append or ignore.",
        )


def require_columns(frame: "DataFrame", option: str, names: Sequence[str]) -> None:
    """Refuses a name under `option` that the frame does not have."""
    there = {name.lower() for name in frame.columns}
    missing = [name for name in names if name.lower() not in there]
    if missing:
        columns = ", ".join(frame.columns)
        raise PpfError(f"There is no column {missing[0]!r}, which {option} names.", hint=f"There is: {columns}.")


def require_same_partitions(target: str, entries: Sequence[Entry], wanted: Sequence[str]) -> None:
    """Refuses to mix folders of other partition columns: readers would lose rows or fail."""
    for entry in entries:
        found = partition_columns(entry.relative)
        if [name.lower() for name in found] != [name.lower() for name in wanted]:
            raise PpfError(
                f"The files in {target!r} are partitioned by {_listed(found)}, but partition_by is {_listed(wanted)}.",
                hint="Set partition_by to what is there, or write to another path.",
            )


def data_files(entries: Sequence[Entry]) -> list[Entry]:
    """The files that hold rows: without those that only hold the schema of an empty result."""
    return [entry for entry in entries if entry.folder or not entry.name.startswith(EMPTY)]


def schema_of(spark: "SparkSession", format: str, options: dict[str, str], uri: str) -> "StructType":  # noqa: A002 -- Spark's word
    """The schema of one file that is there already."""
    from pyspark.errors import PySparkException

    try:
        return spark.read.format(format).options(**options).load(literal(uri)).schema
    except PySparkException as error:
        raise PpfError(
            f"The file {uri!r} cannot be read as {format}, so nothing can be added beside it.",
            hint="Check that the target holds files of this format only.",
        ) from error


def require_same_columns(target: str, found: "Iterable[StructField]", frame: "Iterable[StructField]") -> None:
    """Refuses columns of other names or types, in any order."""
    there = {field.name.lower(): field.dataType.simpleString() for field in found}
    given = {field.name.lower(): field.dataType.simpleString() for field in frame}
    for name in sorted(there.keys() | given.keys()):
        if there.get(name) != given.get(name):
            raise _different(target, name, there.get(name, "no such column"), given.get(name, "no such column"))


def require_same_header(target: str, found: Sequence[str], frame: Sequence[str], header: bool) -> None:
    """Refuses another header line; without header lines, another number of columns."""
    if not header and len(found) != len(frame):
        raise _different(target, "count", f"{len(found)} columns", f"{len(frame)} columns")
    if header and [name.lower() for name in found] != [name.lower() for name in frame]:
        raise _different(target, "header", ", ".join(found), ", ".join(frame))


def require_known_fields(target: str, found: "StructType", frame: "StructType") -> None:
    """Refuses JSON that has fields of other kinds. A field that is missing there may have been NULL in every row."""
    given = {field.name.lower(): field.dataType.typeName() for field in frame}
    for field in found:
        kind, wanted = field.dataType.typeName(), given.get(field.name.lower())
        if wanted is None:
            raise _different(target, field.name, kind, "no such column")


def _different(target: str, name: str, found: str, wanted: str) -> PpfError:
    return PpfError(
        f"The result does not fit the files in {target!r}: {name!r} is {found} there and {wanted} in the result.",
        hint="Make the columns equal, for example with a cast transform, or write to another path.",
    )


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"
