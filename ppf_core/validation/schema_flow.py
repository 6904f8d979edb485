"""Schemas along the edges of the graph: what a component wants against what the one before it gives."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ppf_core.config.loader import PipelineFile
from ppf_core.contracts.components import PipelineComponent, Schema
from ppf_core.errors import Problem, SchemaError, suggestion
from ppf_core.validation.schema import SchemaContract
from ppf_core.validation.validated import ValidatedComponent

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def schema_problems(file: PipelineFile, components: Mapping[str, ValidatedComponent]) -> Iterator[Problem]:
    """The mismatches that are known before Spark starts: both sides say what their schema is."""
    for name, component in components.items():
        yield from _missing_inputs(file, component)
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
