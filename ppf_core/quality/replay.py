"""Quarantined rows that run again: the pipeline that reads them in the place of a component."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ppf_core.contracts.components import Sink, StagedSink
from ppf_core.errors import ConfigError, Problem, suggestion
from ppf_core.quality.quarantine import QuarantinedRows, ReplayOptions
from ppf_core.validation.dataflow import Dataflow
from ppf_core.validation.replacing import as_source, with_components
from ppf_core.validation.selection import has_mode
from ppf_core.validation.validated import Replayed, ValidatedComponent, ValidatedPipeline

_REPLACING = ("overwrite", "error", "ignore")


@dataclass(frozen=True)
class Quarantined:
    """The rows of one component that one run has set apart. replayed_by: the run that took them since."""

    run_id: str
    pipeline: str
    component: str
    rows: int | None
    replayed_by: str | None
    path: str
    file: str


@dataclass(frozen=True)
class SideInputs:
    """What else feeds the components that replayed rows reach: nothing, or all of its rows."""

    empty: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()


ALONE = SideInputs()


def replaying(
    validated: ValidatedPipeline, rows: Quarantined, side: SideInputs = ALONE
) -> tuple[ValidatedPipeline, frozenset[str]]:
    """The pipeline in which a component gives its quarantined rows, and the components that these rows reach.

    ConfigError when these reach no sink, or one that would replace what it has, or meet rows of which nobody said what becomes.
    """
    name = rows.component
    if name not in validated.components:
        hint = suggestion(name, validated.components)
        raise ConfigError(f"The pipeline {rows.pipeline!r} has no component {name!r} any more.", hint=hint)
    below = validated.dataflow.below([name])
    sinks = [each for each in validated.components if each in below and validated.components[each].config.kind == "sink"]
    if validated.components[name].config.kind == "sink":
        raise ConfigError.of(
            [_problem(validated, name, f"The rows of {name!r} are those of a sink.", "Set them apart above it.")]
        )
    if not sinks:
        raise ConfigError.of([_problem(validated, name, f"Nothing is written of {name!r}.", "Add a sink below it.")])
    problems = [_problem(validated, sink, text, hint) for sink in sinks for text, hint in _refusals(validated.components[sink])]
    problems += _unsaid(validated, name, below, side)
    if problems:
        raise ConfigError.of(problems)
    components = {
        each: _beside(component) if each not in below else component for each, component in validated.components.items()
    }
    source = QuarantinedRows(ReplayOptions(path=rows.path, run_id=rows.run_id))
    components[name] = as_source(validated.components[name], source, "quarantined")
    names = Dataflow.of(components).above(below)
    return replace(with_components(validated, components, names), replayed=Replayed(name, side.empty)), names


def _unsaid(validated: ValidatedPipeline, name: str, below: frozenset[str], side: SideInputs) -> Iterator[Problem]:
    """Where replayed rows meet those of another component: only a person knows whether these are all to be there, or none."""
    met = {
        each: component.name
        for component in validated.components.values()
        if component.name in below - {name}
        for each in (*component.config.inputs.values(), *(named for _, named in component.plugin.bound.components))
        if each not in below
    }
    for each, meeting in met.items():
        if each not in side.empty | side.read:
            message = f"{meeting!r} brings the rows of {name!r} together with those of {each!r}, which are not replayed."
            hint = (
                f"Say what {each!r} gives: --empty {each} (right for a union), or --read {each} for all of its rows (a join)."
            )
            yield _problem(validated, meeting, message, hint)
    for each in sorted((side.empty | side.read) - met.keys()):
        raise ConfigError(f"{each!r} does not meet the rows of {name!r}.", hint=suggestion(each, met))


def _beside(component: ValidatedComponent) -> ValidatedComponent:
    """A component that is not replayed: its rows were judged in their own run, and its bad ones lie in quarantine already."""
    pairs = list(zip(component.config.quality, component.checks, strict=True))
    kept = [(replace(check, action="drop", quarantine_to=None), bound) for check, bound in pairs if check.is_splitting]
    config = replace(component.config, quality=[check for check, _ in kept])
    return replace(component, config=config, checks=tuple(bound for _, bound in kept))


def merging(validated: ValidatedPipeline, component: str) -> dict[str, object]:
    """What must be set for the sinks below a component to add to what they have: a path of the file → its value."""
    if component not in validated.components:
        return {}
    names = [name for name in validated.dataflow.below([component]) if validated.components[name].config.kind == "sink"]
    modes = {name: _mode(validated.components[name]) for name in names}
    return {f'components."{name}".options.mode': "append" for name, mode in modes.items() if mode in _REPLACING}


def _refusals(component: ValidatedComponent) -> Iterator[tuple[str, str]]:
    if _mode(component) is None and issubclass(component.plugin.cls, StagedSink):
        hint = "Run the whole pipeline again, or use a sink that has a mode."
        yield f"The sink {component.name!r} cannot add rows to what it has: it has no option 'mode'.", hint
    elif _mode(component) in _REPLACING:
        yield f"The sink {component.name!r} would replace what it has.", "Set its mode to append."


def _mode(component: ValidatedComponent) -> str | None:
    """How a sink writes; None for one that has no such option."""
    cls = component.plugin.cls
    if not issubclass(cls, Sink) or not has_mode(cls):
        return None
    draft = component.draft
    return (
        str(getattr(draft.options, "mode", None)) if draft is not None else str(component.config.options.get("mode", "error"))
    )


def _problem(validated: ValidatedPipeline, name: str, message: str, hint: str) -> Problem:
    return validated.file.problem("no-replay", message, ("components", name), at="key", hint=hint)
