"""The schema that a component promises or expects, and how a frame differs from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ppf_core.contracts.components import Schema
from ppf_core.validation.ddl import SchemaType, parse_ddl, write_ddl


@dataclass(frozen=True)
class SchemaMismatch:
    """A field, by its dotted name, that is not as the contract says; `found` is None when it is missing."""

    field: str
    wanted: str
    found: str | None

    def __str__(self) -> str:
        if self.found is None:
            return f"Field {self.field!r} is missing; wanted {self.wanted}."
        return f"Field {self.field!r} is {self.found}; wanted {self.wanted}."


@dataclass(frozen=True)
class SchemaContract:
    """What a frame must have: these fields, of these types. It may have more; whether a field is nullable does not count.

    contract = SchemaContract.of("id bigint, address struct<city:string>")
    for mismatch in contract.differences(SchemaContract.of(frame.schema)):
        print(mismatch)            # Field 'address.city' is int; wanted string.
    """

    type: SchemaType

    @classmethod
    def of(cls, schema: Schema) -> "SchemaContract":
        """The contract of a DDL text or a StructType; ValueError when the text is no DDL. Needs no Spark."""
        return cls(parse_ddl(schema) if isinstance(schema, str) else _of_spark(schema))

    @property
    def ddl(self) -> str | None:
        """The DDL text that `of` reads back; None where there is none: a field twice, a type that DDL does not have."""
        text = write_ddl(self.type)
        try:
            return text if parse_ddl(text) == self.type else None
        except ValueError:
            return None

    def differences(self, found: "SchemaContract") -> tuple[SchemaMismatch, ...]:
        """Every field that is missing from `found`, or of another type there, in the order of this contract."""
        return tuple(_differences("", self.type, found.type))


def _differences(name: str, wanted: SchemaType, found: SchemaType) -> Iterator[SchemaMismatch]:
    if wanted.name != found.name:
        yield SchemaMismatch(name, str(wanted), str(found))
        return
    exact = dict(found.parts)
    # Spark finds columns whatever their case, unless told otherwise.
    folded = {part.lower(): type_ for part, type_ in found.parts}
    for part, type_ in wanted.parts:
        path = f"{name}.{part}" if name else part
        there = exact.get(part) or folded.get(part.lower())
        if there is None:
            yield SchemaMismatch(path, str(type_), None)
        else:
            yield from _differences(path, type_, there)


def _of_spark(type_: Any) -> SchemaType:
    """A pyspark type. By what it has and not by its class, so that asking imports no pyspark."""
    if hasattr(type_, "fields"):
        return SchemaType("struct", tuple((field.name, _of_spark(field.dataType)) for field in type_.fields))
    if hasattr(type_, "elementType"):
        return SchemaType("array", (("element", _of_spark(type_.elementType)),))
    if hasattr(type_, "keyType"):
        return SchemaType("map", (("key", _of_spark(type_.keyType)), ("value", _of_spark(type_.valueType))))
    if hasattr(type_, "sqlType"):  # a user-defined type is stored as this one
        return _of_spark(type_.sqlType())
    name = type_.simpleString()
    return SchemaType("string" if name.startswith(("char(", "varchar(", "string collate ")) else name)
