"""What a record keeps of the plan and of the settings of a run, so that a report can show them: no secret is in it."""

import platform
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ppf_core import __version__
from ppf_core.contracts.components import StagedSink
from ppf_core.contracts.secrets import MASK, Secret
from ppf_core.planning.plan import Plan, PlannedComponent
from ppf_core.secrets.redaction import mask_by_name
from ppf_core.secrets.references import find_secrets
from ppf_core.state.documents import to_document
from ppf_core.state.lines import PlanMade
from ppf_core.validation.environment_values import with_names
from ppf_core.validation.selection import BoundPlugin
from ppf_core.validation.validated import ValidatedComponent, ValidatedPipeline


def recorded_plan(
    validated: ValidatedPipeline, plan: Plan, selected: Collection[str], redact: Callable[[Any], Any] = lambda value: value
) -> PlanMade:
    """The line of the plan: all components with their edges and options, the settings of the file, and its warnings.

    Secrets stand as references; literal ones, and what a key calls a password or a token, are masked. redact: takes out what
    was resolved.
    """
    components = [
        _component(validated, validated.components[planned.name], planned, is_selected=planned.name in selected)
        for planned in plan.components
    ]
    return PlanMade(redact(components), redact(_settings(validated)), redact(to_document(plan.warnings)))


def known_options(plugin: BoundPlugin) -> dict[str, Any]:
    """The options with their defaults, as far as they can be known without any secret."""
    shown: Mapping[str, Any] = to_document(plugin.known_options) or {}
    references = {key: value for key, value in plugin.values.items() if isinstance(value, str) and find_secrets(value)}
    masked: dict[str, Any] = mask_by_name({**shown, **references})
    return masked


def _component(
    validated: ValidatedPipeline, component: ValidatedComponent, planned: PlannedComponent, *, is_selected: bool
) -> dict[str, Any]:
    """needs: all that it waits for, whether rows flow or not. selected: whether it was asked for."""
    return {
        **to_document(planned),
        "version": component.plugin.entry.version,
        "needs": list(validated.graph.needs[component.name]),
        "selected": is_selected,
        "datasets": mask_by_name(to_document(component.datasets)),
        "options": known_options(component.plugin),
    }


def _settings(validated: ValidatedPipeline) -> dict[str, Any]:
    config = validated.file.config
    blocks = {"spark": config.spark, "runtime": config.runtime, "defaults": config.defaults, "plugins": config.plugins}
    return {
        "file": str(validated.file.path.absolute()),
        "ppf": __version__,
        "python": platform.python_version(),
        "description": config.description,
        **{name: mask_by_name(to_document(block)) for name, block in blocks.items()},
        "hooks": {name: _instance(validated, name, bound) for name, bound in validated.hooks.items()},
        "secrets": {name: _instance(validated, name, bound) for name, bound in validated.backends.items()},
    }


def _instance(validated: ValidatedPipeline, name: str, bound: BoundPlugin) -> dict[str, Any]:
    config = validated.file.config.hooks.get(name) if bound.place[:1] == ("hooks",) else None
    required = {} if config is None else {"required": config.required}
    return {"plugin": bound.entry.name, "distribution": bound.entry.distribution, **required, **known_options(bound)}


def journaled_values(validated: ValidatedPipeline) -> dict[str, Any]:
    """What another process needs of the file to finish the writes of a run: its values, without secrets that stand in it."""
    values = validated.file.values
    kept: dict[str, Any] = {key: values[key] for key in ("name", "mode", "spark", "runtime", "plugins") if key in values}
    given = {name: each for name, each in validated.backends.items() if name in values.get("secrets", {})}
    kept["secrets"] = {name: {**values["secrets"][name], **without_secrets(each)} for name, each in given.items()}
    sinks = {name: each for name, each in validated.components.items() if issubclass(each.plugin.cls, StagedSink)}
    blocks = values.get("components", {})
    kept["components"] = {name: {**blocks[name], "options": without_secrets(each.plugin)} for name, each in sinks.items()}
    return with_names(kept, validated.file)


def without_secrets(plugin: BoundPlugin) -> Any:
    """The options as they stand in the file; a literal in the place of a secret is masked."""
    return _masked(plugin.values, plugin.known_options)


def _masked(value: Any, built: Any) -> Any:
    if isinstance(built, Secret):
        return value if isinstance(value, str) and find_secrets(value) else MASK
    if isinstance(value, Mapping):
        parts = built if isinstance(built, Mapping) else {key: getattr(built, key, None) for key in value}
        return {key: _masked(item, parts.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(built, (list, tuple)) and len(value) == len(built):
        return [_masked(item, part) for item, part in zip(value, built, strict=True)]
    return value
