"""The schema that a component promises or expects, and how a frame differs from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ppf_core.contracts.components import Schema


@dataclass(frozen=True)
class SchemaField:
    """One field: its dotted name, and its type as Spark writes it."""

    name: str
    type: str


@dataclass(frozen=True)
class SchemaMismatch:
    """A field that is not as promised; found is None when it is missing."""

    field: str
    wanted: str
    found: str | None

    def __str__(self) -> str:
        if self.found is None:
            return f"Field {self.field!r} is missing; wanted {self.wanted}."
        return f"Field {self.field!r} is {self.found}; wanted {self.wanted}."


@dataclass(frozen=True)
class SchemaContract:
    """What a component's frame looks like."""

    fields: Sequence[SchemaField]

    @classmethod
    def of(cls, schema: Schema) -> "SchemaContract":
        """The contract of a DDL text or a StructType. ValueError when the text is no DDL."""
        del schema
        return cls(())

    def differences(self, found: "SchemaContract") -> tuple[SchemaMismatch, ...]:
        """Every field that is missing or of another type in `found`; further fields there are fine."""
        del found
        return ()
