"""Records of text that do not fit their columns: Spark marks them, the source says where they are and what is wrong."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ppf_core import ImpliedCheck, SchemaContract

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

BadRecords: TypeAlias = Literal["fail", "null", "drop", "quarantine"]

RECORD = "_corrupt_record"
FILE = "_corrupt_file"
REASON = "_corrupt_reason"
META = "_metadata"  # where Spark keeps what it knows of the file of each row
HELPERS = (RECORD, FILE, REASON)
HELP = (
    "What becomes of a record that does not fit the columns: fail the run, count it and leave NULL in what could not be read, "
    "drop it, or quarantine it with its text, its file and the reason. Unset: NULL, and nobody counts."
)
_SURPLUS = {"csv": "It has more values than there are columns."}
_ACTIONS: Mapping[str, Literal["fail", "warn", "drop", "quarantine"]] = {
    "fail": "fail",
    "null": "warn",
    "drop": "drop",
    "quarantine": "quarantine",
}


def implied_checks(mode: BadRecords | None) -> Sequence[ImpliedCheck]:
    """What the kernel has to do with the records that are marked."""
    return () if mode is None else (ImpliedCheck("bad_records", RECORD, _ACTIONS[mode], (FILE, REASON)),)


def problems(mode: BadRecords | None, schema: str | None, reader: Mapping[str, Any]) -> dict[str, str]:
    """What cannot be asked for beside a mode for bad records."""
    if mode is None:
        return {}
    found = {
        f"reader.{name}": "cannot be set together with bad_records, which says it all; leave it out"
        for name in reader
        if name.lower() in ("mode", "columnnameofcorruptrecord", "badrecordspath", "singlevariantcolumn")
    }
    names = SchemaContract.of(schema).names if schema is not None else ()
    taken = [name for name in names if name.lower() in HELPERS]
    return found | ({"schema": f"has {taken[0]!r}, which bad_records needs for itself; leave it out"} if taken else {})


def reader_options(mode: BadRecords | None) -> dict[str, Any]:
    """What makes Spark mark them."""
    return {} if mode is None else {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": RECORD}


def marking(schema: "StructType") -> "StructType":
    """The columns, and the one in which Spark keeps the text of a bad record."""
    from pyspark.sql.types import StringType, StructField, StructType

    return StructType([*(field for field in schema if field.name != RECORD), StructField(RECORD, StringType())])


def as_texts(schema: "StructType", names: Collection[str]) -> "StructType":
    """The schema with these columns as they stand in the file, or in the name of its folder."""
    from pyspark.sql.types import StringType, StructField, StructType

    return StructType([StructField(each.name, StringType()) if each.name in names else each for each in schema])


def told(frame: "DataFrame", format_name: str) -> "DataFrame":
    """The frame with file and reason of each bad record. Read through it, every record is looked at as a whole.

    Spark looks at the columns alone that somebody asks for, and what is wrong in the others makes no record a bad one. So all
    are asked for, in a condition that always holds and that Spark cannot know to hold.
    """
    from pyspark.sql import functions as F

    from ppf_files.writing import quoted  # which knows the options, as these know what stands here

    columns = [name for name in frame.columns if name != RECORD]
    empty = [F.col(quoted(name)).isNull() for name in columns]
    missing = F.concat_ws(", ", *(F.when(is_null, name) for is_null, name in zip(empty, columns, strict=True)))
    surplus = F.lit(_SURPLUS.get(format_name, "It is not as the format has it."))
    reason = F.when(missing == "", surplus).otherwise(F.concat(F.lit("It gives no value for: "), missing))
    is_bad = F.col(RECORD).isNotNull()
    return frame.where(_sum([is_null.cast("int") for is_null in empty]) <= len(columns)).select(
        "*",
        F.when(is_bad, F.col(f"{META}.file_path")).alias(FILE),
        F.when(is_bad, reason).alias(REASON),
    )


def _sum(columns: "list[Column]") -> "Column":
    """As a tree: Spark walks expressions by recursion."""
    if len(columns) == 1:
        return columns[0]
    middle = len(columns) // 2
    return _sum(columns[:middle]) + _sum(columns[middle:])
