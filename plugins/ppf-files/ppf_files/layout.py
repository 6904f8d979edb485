"""Whether new files fit beside those that are there; where they do not, readers would fail or silently lose rows."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError
from ppf_core.storage import Entry
from ppf_files.file_by_file import EMPTY
from ppf_files.paths import literal, partition_columns

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StructField, StructType

# What JSON keeps of a type. Everything else becomes text.
_JSON_KINDS = dict.fromkeys(("byte", "short", "integer", "long", "float", "double", "decimal"), "a number")
_JSON_KINDS |= {"boolean": "a boolean", "array": "an array", "struct": "an object", "map": "an object"}


def data_files(entries: Sequence[Entry]) -> list[Entry]:
    """The files that hold rows: without those that only hold the schema of an empty result."""
    return [entry for entry in entries if entry.folder or not entry.name.startswith(EMPTY)]


def require_same_partitions(target: str, entries: Sequence[Entry], wanted: Sequence[str]) -> None:
    """Refuses other partition columns than those of the files that are there; `Day=1` and `day=1` are two folders."""
    for entry in entries:
        found = partition_columns(entry.relative)
        if list(found) != list(wanted):
            raise PpfError(
                f"The files in {target!r} are partitioned by {_listed(found)}, but partition_by is {_listed(wanted)}.",
                hint="Set partition_by to what is there, or write to another path.",
            )


def schema_of(spark: "SparkSession", format_name: str, options: dict[str, Any], uri: str) -> "StructType":
    """The schema of one file that is there already."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        return spark.read.format(format_name).options(**options).load(literal(uri)).schema
    except (PySparkException, Py4JJavaError) as error:  # the second where a task failed
        raise PpfError(
            f"The file {uri!r} cannot be read as {format_name}, so nothing can be added beside it.",
            hint="Check that the target holds files of this format only.",
        ) from error


def require_same_columns(target: str, found: "Iterable[StructField]", given: "Iterable[StructField]") -> None:
    """Refuses columns of other names or types; their order and whether they may be NULL do not matter."""
    there = {field.name.lower(): field.dataType.simpleString() for field in found}
    new = {field.name.lower(): field.dataType.simpleString() for field in given}
    for name in sorted(there.keys() | new.keys()):
        if there.get(name) != new.get(name):
            raise _different(target, name, there.get(name), new.get(name))


def require_same_header(target: str, found: Sequence[str], given: Sequence[str], header: bool) -> None:
    """Refuses another header line; without header lines, another number of columns."""
    if len(found) != len(given) or (header and _folded(found) != _folded(given)):
        there, new = (", ".join(found), ", ".join(given)) if header else (f"{len(found)} columns", f"{len(given)} columns")
        raise _different(target, "the header" if header else "a row", there, new)


def require_known_names(target: str, found: Sequence[str], given: Sequence[str]) -> None:
    """Refuses columns that the rows do not have; those that are not there may have been NULL so far."""
    new = _folded(given)
    for name in found:
        if name.lower() not in new:
            raise _different(target, name, "a column", None)


def require_same_kinds(target: str, found: "Iterable[StructField]", given: "Iterable[StructField]") -> None:
    """Refuses JSON fields that the rows do not have, or have as another kind of value.

    A field that is not there may have been NULL so far, since JSON leaves that out. NaN is text in JSON.
    """
    new = {field.name.lower(): field.dataType.typeName() for field in given}
    for field in found:
        there, wanted = _json_kind(field.dataType.typeName()), new.get(field.name.lower())
        fits = wanted is not None and (there == _json_kind(wanted) or (there == "text" and wanted in ("float", "double")))
        if not fits:
            raise _different(target, field.name, there, wanted and _json_kind(wanted))


def _json_kind(type_name: str) -> str:
    return _JSON_KINDS.get(type_name, "text")


def _different(target: str, name: str, found: str | None, given: str | None) -> PpfError:
    there, new = found or "no such column", given or "no such column"
    return PpfError(
        f"The result does not fit the files in {target!r}: {name!r} is {there} there and {new} in the result.",
        hint="Make the columns equal with a transform, or write to another path.",
    )


def _folded(names: Iterable[str]) -> list[str]:
    return [name.lower() for name in names]


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"
