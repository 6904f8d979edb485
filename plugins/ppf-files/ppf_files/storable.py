"""Types that a format does not have: Spark refuses them, or writes what nobody, and often not even Spark, reads back."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

_INTERVALS = ("yearmonthinterval", "daytimeinterval")
_TEXT = "CAST(… AS STRING)"
_NESTED = {**dict.fromkeys(("array", "map", "struct", "variant"), "to_json(…)"), "void": _TEXT}
# In CSV and XML bytes become `[00 FF]`, and an interval is SQL's text for one; in Avro it is a number without a unit.
_REFUSED: Mapping[str, Mapping[str, str]] = {
    "csv": {"binary": "base64(…)", **dict.fromkeys(_INTERVALS, _TEXT), **_NESTED},
    "xml": {"binary": "base64(…)", **dict.fromkeys(_INTERVALS, _TEXT)},
    "json": dict.fromkeys(_INTERVALS, _TEXT),
    "avro": dict.fromkeys(_INTERVALS, _TEXT),
    "orc": {"variant": "to_json(…)", "void": _TEXT},
}


def require_storable(schema: "StructType", format_name: str, folders: Collection[str] = ()) -> None:
    """Refuses a column that the format would hold as something else. `folders`: columns that become folders."""
    if format_name == "text":
        _require_lines(schema, folders)
    for field in schema:
        for kind in _types_in(field.dataType):
            way = _REFUSED.get(format_name, {}).get(kind.typeName())
            if way is not None:
                raise _missing(field.name, kind, format_name, way)
            if format_name == "avro" and _has_other_keys(kind):
                raise PpfError(
                    f"The column {field.name!r} holds {kind.simpleString()}, but in Avro the keys of a map are texts.",
                    hint="Cast the keys to STRING, or write parquet.",
                )


def _require_lines(schema: "StructType", folders: Collection[str]) -> None:
    names = [name for name in schema.names if name not in folders]
    if len(names) != 1:
        raise PpfError(
            f"A file of text has one column, but there are {len(names)}: {', '.join(map(repr, names))}.",
            hint="Make one text of them in a transform, with concat_ws(…) or to_json(struct(*)), or write csv.",
        )
    kind = schema[names[0]].dataType
    if kind.typeName() not in ("string", "char", "varchar"):
        raise _missing(names[0], kind, "text", _NESTED.get(kind.typeName(), _TEXT))


def _missing(name: str, kind: "DataType", format_name: str, way: str) -> PpfError:
    return PpfError(
        f"The column {name!r} holds {kind.simpleString()}, which {format_name} does not have.",
        hint=f"Make a text of it in a transform, with {way}, or write parquet.",
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
