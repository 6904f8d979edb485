"""From a name such as `address.city` to the column and the fields below it that it means."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ppf_core.errors import suggestion

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType


def find_field(schema: "StructType", name: str) -> "tuple[tuple[str, ...], DataType]":
    """The names from a column downwards, and the type at their end. Raises KeyError with a near miss.

    A name is taken literally before it is taken as a path, at each step: in `s.a.b` the struct may have a field `a.b`.
    Backticks may stand around a name.
    """
    if name in schema.names:
        return (name,), schema[name].dataType
    found = _find(schema, name, is_top=True)
    if found is None:
        raise KeyError(f"There is no column {name!r}{_reason(schema, name)}")
    return found


def _find(type_: Any, text: str, *, is_top: bool = False) -> "tuple[tuple[str, ...], Any] | None":
    for name, inner, rest in _steps(type_, text, is_top=is_top):
        if rest is None:
            return (name,), inner
        below = _find(inner, rest)
        if below is not None:
            return (name, *below[0]), below[1]
    return None


def _steps(type_: Any, text: str, *, is_top: bool = False) -> "Iterator[tuple[str, Any, str | None]]":
    """What a text may begin with: the name, its type, and what is left of the text."""
    kind = type_.typeName()
    if kind == "map":
        key, dot, rest = text.partition(".") if not text.startswith("`") else _unquoted(text)
        yield key, type_.valueType, rest if dot else None
    elif kind == "array":
        for name, inner, left in _steps(type_.elementType, text) if type_.elementType.typeName() == "struct" else ():
            yield name, type(type_)(inner), left
    elif kind == "struct":
        for field in sorted(type_.fields, key=lambda field: -len(field.name)):
            for written in (field.name, _quoted(field.name)):
                begun, after = text[: len(written)], text[len(written) :]
                # Below a column Spark finds fields whatever their case, unless told otherwise.
                is_same = begun == written or (not is_top and begun.casefold() == written.casefold())
                if is_same and (not after or after.startswith(".")):
                    yield field.name, field.dataType, after[1:] if after else None


def _reason(type_: Any, name: str) -> str:
    """Why there is no such field, as far as the name leads somewhere."""
    parent, text, is_top = "", name, True
    while step := next((each for each in _steps(type_, text, is_top=is_top) if each[2] is not None), None):
        parent, type_, text = f"{parent}{spelled(step[0])}.", step[1], str(step[2])
        is_top = False
    inner = type_.elementType if type_.typeName() == "array" else type_
    if inner.typeName() != "struct":
        return f": {parent[:-1]!r} is {type_.simpleString()}, which has no fields."
    return f". {suggestion(name, [f'{parent}{spelled(field) if parent else field}' for field in inner.names])}"


def spelled(name: str) -> str:
    """A name as it stands in a path."""
    return _quoted(name) if "." in name or "`" in name else name


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _unquoted(text: str) -> tuple[str, str, str]:
    end = text.find("`", 1) if "`" in text[1:] else len(text)
    after = text[end + 1 :]
    return text[1:end], after[:1], after[1:]
