"""Types that Spark writes into a format as what no other program, and often not even Spark, reads back."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

_INTERVALS = ("yearmonthinterval", "daytimeinterval")
# In CSV and XML bytes become `[00 FF]`, and an interval is SQL's text for one; in Avro it is a number without a unit.
_REFUSED: Mapping[str, Mapping[str, str]] = {
    "csv": {"binary": "base64(…)", **dict.fromkeys(_INTERVALS, "CAST(… AS STRING)")},
    "xml": {"binary": "base64(…)", **dict.fromkeys(_INTERVALS, "CAST(… AS STRING)")},
    "json": dict.fromkeys(_INTERVALS, "CAST(… AS STRING)"),
    "avro": dict.fromkeys(_INTERVALS, "CAST(… AS STRING)"),
}


def require_storable(schema: "StructType", format_name: str) -> None:
    """Refuses a column that the format would hold as something else."""
    for field in schema:
        for kind in _types_in(field.dataType):
            way = _REFUSED.get(format_name, {}).get(kind.typeName())
            if way is not None:
                raise PpfError(
                    f"The column {field.name!r} holds {kind.simpleString()}, which {format_name} does not have.",
                    hint=f"Make a text of it in a transform, with {way}, or write parquet.",
                )
            if format_name == "avro" and _has_other_keys(kind):
                raise PpfError(
                    f"The column {field.name!r} holds {kind.simpleString()}, but in Avro the keys of a map are texts.",
                    hint="Cast the keys to STRING, or write parquet.",
                )


def _types_in(kind: Any) -> "Iterator[DataType]":
    yield kind
    inner = {
        "struct": lambda: [field.dataType for field in kind],
        "array": lambda: [kind.elementType],
        "map": lambda: [kind.keyType, kind.valueType],
    }.get(kind.typeName(), list)()
    for each in inner:
        yield from _types_in(each)


def _has_other_keys(kind: Any) -> bool:
    return bool(kind.typeName() == "map" and kind.keyType.typeName() != "string")
