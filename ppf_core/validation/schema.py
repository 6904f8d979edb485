"""The schema that a component promises or expects, how a frame differs from it, and who gives what to whom in a pipeline."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_core.config.loader import PipelineFile
from ppf_core.contracts.components import PipelineComponent, Schema
from ppf_core.contracts.ddl import SchemaType, parse_ddl, write_ddl
from ppf_core.errors import Problem, SchemaError, suggestion
from ppf_core.spark.rules import quarantines_own
from ppf_core.validation.validated import ValidatedComponent

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

# Spark makes no frame with a column of these.
_LIMITED_TEXT = re.compile(
    r"""(?P<quoted>`[^`]*`|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|\b(?:varchar|char|character)\s*\(\s*\d+\s*\)""", re.IGNORECASE
)


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

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields, in their order."""
        return tuple(name for name, _ in self.type.parts)

    @property
    def case_twins(self) -> tuple[str, ...]:
        """Fields whose names differ in nothing but their case: Spark takes them only with spark.sql.caseSensitive = true."""
        names = [name.lower() for name, _ in self.type.parts]
        return tuple(name for name, _ in self.type.parts if names.count(name.lower()) > 1)

    @staticmethod
    def struct(ddl: str, spark: "SparkSession") -> "StructType":
        """What a DDL text that `of` accepts means to Spark. Texts of limited length are strings there, as in every frame."""
        # Spark may put a bracket after the text, which must not be part of a remark that ends it.
        return spark.createDataFrame([], _LIMITED_TEXT.sub(_unlimited, f"{ddl}\n/**/")).schema

    def differences(self, found: "SchemaContract") -> tuple[SchemaMismatch, ...]:
        """Every field that is missing from `found`, or of another type there, in the order of this contract."""
        return tuple(_differences("", self.type, found.type))


def _unlimited(found: "re.Match[str]") -> str:
    return found[0] if found["quoted"] else "STRING"


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


# ---- along the edges of a pipeline


def schema_problems(file: PipelineFile, components: Mapping[str, ValidatedComponent]) -> Iterator[Problem]:
    """The mismatches that are known before Spark starts: both sides say what their schema is."""
    for name, component in components.items():
        yield from _missing_inputs(file, component)
        yield from _overwritten(file, component)
        for alias, feeding in component.config.inputs.items():
            given = components[feeding].schemas[1] if feeding in components else None
            wanted = _of_input(component.schemas[0], alias)
            if wanted is None or given is None:
                continue
            for text in mismatches(wanted, given):
                message = f"The input {alias!r} of {name!r} does not have the schema that it wants: {text}"
                yield file.problem("schema-mismatch", message, ("components", name, "inputs", alias))


def _missing_inputs(file: PipelineFile, component: ValidatedComponent) -> Iterator[Problem]:
    """The inputs of which a component says what it wants, by alias, and which it does not have."""
    wanted, config = component.schemas[0], component.config
    is_wrong_anyway = any(feeding not in file.config.components for feeding in config.inputs.values())
    if not isinstance(wanted, Mapping) or len(config.inputs) < len(wanted) or is_wrong_anyway:
        return
    for alias in (alias for alias in wanted if alias not in config.inputs):
        naming = next((("options", key) for key, value in config.options.items() if value == alias), ("inputs",))
        message = (
            f"The {config.kind} {config.plugin!r} of {component.name!r} reads the input {alias!r}, which it does not have."
        )
        place = ("components", component.name, *naming)
        yield file.problem("wrong-inputs", message, place, hint=suggestion(alias, config.inputs))


def _overwritten(file: PipelineFile, component: ValidatedComponent) -> Iterator[Problem]:
    """Columns that quarantine adds by itself, and that the rows have already: why they were set apart before would be lost."""
    given = component.schemas[1]
    taken = quarantines_own(SchemaContract.of(given).names if given is not None else ())
    for index, check in enumerate(component.config.quality if taken else ()):
        if check.action == "quarantine":
            message = f"Quarantine would overwrite {', '.join(map(repr, taken))} of {component.name!r}."
            place = ("components", component.name, "quality", index, "action")
            yield file.problem("column-taken", message, place, hint="Rename or drop it before, with `rename` or `drop`.")


def wanted_schema(component: PipelineComponent[Any], alias: str) -> Schema | None:
    """What a component wants of one input; None: anything."""
    return _of_input(component.input_schema, alias)


def _of_input(wanted: Schema | Mapping[str, Schema] | None, alias: str) -> Schema | None:
    return wanted.get(alias) if isinstance(wanted, Mapping) else wanted


def require_schema(name: str, what: str, wanted: Schema | None, frame: "DataFrame") -> None:
    """Raises SchemaError when a real frame is not what a contract says; `what` names the frame for the message."""
    if wanted is None:
        return
    found = list(mismatches(wanted, frame.schema))
    if found:
        raise SchemaError(f"{what} of {name!r} does not have the schema of its contract: {' '.join(found)}")


def mismatches(wanted: Schema, found: Schema) -> Iterator[str]:
    """A sentence for each field that is missing or has another type."""
    for difference in SchemaContract.of(wanted).differences(SchemaContract.of(found)):
        yield str(difference)
