"""What ORC gives where a schema names another type than the file has: of most values NULL or a part, without a word."""

from typing import TYPE_CHECKING

from ppf_core import PpfError

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

_WIDER = ("tinyint", "smallint", "int", "bigint")


def require_kept(path: str, found: "StructType", wanted: "StructType") -> None:
    """Refuses a schema of which a column has a type that does not hold each value of the column in the file."""
    there = {field.name.lower(): field.dataType for field in found}
    for field in wanted:
        kind = there.get(field.name.lower())
        if kind is not None and not _is_kept(kind, field.dataType):
            raise PpfError(
                f"The column {field.name!r} of {path!r} is {kind.simpleString()}, and {field.dataType.simpleString()} in the "
                "schema: ORC would give NULL, or a part, of what does not fit.",
                hint="Give the type that the file has, and cast it afterwards.",
            )


def _is_kept(found: "DataType", wanted: "DataType") -> bool:
    from pyspark.sql.types import ArrayType, MapType, StructType

    if isinstance(found, StructType) and isinstance(wanted, StructType):
        there = {field.name.lower(): field.dataType for field in found}
        return all(_is_kept(there.get(field.name.lower(), field.dataType), field.dataType) for field in wanted)
    if isinstance(found, ArrayType) and isinstance(wanted, ArrayType):
        return _is_kept(found.elementType, wanted.elementType)
    if isinstance(found, MapType) and isinstance(wanted, MapType):
        return _is_kept(found.keyType, wanted.keyType) and _is_kept(found.valueType, wanted.valueType)
    one, other = found.simpleString(), wanted.simpleString()
    if one in _WIDER and other in _WIDER:
        return _WIDER.index(one) <= _WIDER.index(other)
    return one == other or other == "string" or (one, other) in (("float", "double"), ("timestamp", "timestamp_ntz"))
