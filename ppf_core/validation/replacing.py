"""A pipeline in which some components are sources that a program gives, in the place of what the file says."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from ppf_core.config.binding import Bound
from ppf_core.contracts.components import Source
from ppf_core.contracts.context import Context
from ppf_core.contracts.options import NoOptions
from ppf_core.errors import ConfigError, suggestion
from ppf_core.plugins.registry import PluginEntry
from ppf_core.validation.dataflow import Dataflow
from ppf_core.validation.graph import Graph
from ppf_core.validation.implied import without_implied
from ppf_core.validation.selection import BoundPlugin
from ppf_core.validation.validated import ValidatedComponent, ValidatedPipeline

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class GivenRows(Source[NoOptions]):
    """A component whose frame is there already: the batch of a stream, and what its batches read besides."""

    frame: "DataFrame"

    @classmethod
    def of(cls, frame: "DataFrame") -> "GivenRows":
        """The source of a frame."""
        source = cls(NoOptions())
        source.frame = frame
        return source

    def read(self, context: Context) -> "DataFrame":
        """The frame."""
        return self.frame


def replaced(validated: ValidatedPipeline, sources: Mapping[str, Source[Any]]) -> ValidatedPipeline:
    """The pipeline in which these components are these sources. What fed them alone is no part of it. Raises ConfigError."""
    for name in sources:
        if name not in validated.components:
            raise ConfigError(f"There is no component {name!r}.", hint=suggestion(name, validated.components))
        if validated.components[name].config.kind == "sink":
            hint = "Replace what feeds it."
            raise ConfigError(f"The component {name!r} is a sink: no source can stand in its place.", hint=hint)
    components = {
        name: as_source(without_implied(each), sources[name]) if name in sources else each
        for name, each in validated.components.items()
    }
    ends = [name for name in components if name in sources or not validated.dataflow.users.get(name)]
    kept = Dataflow.of(components).above(ends)
    return with_components(validated, {name: each for name, each in components.items() if name in kept})


def with_components(
    validated: ValidatedPipeline, components: Mapping[str, ValidatedComponent], after: frozenset[str] | None = None
) -> ValidatedPipeline:
    """The pipeline with these components, which wait for each other as before. after: only for these where no rows flow."""
    flow = Dataflow.of(components)
    ordering = frozenset(components) if after is None else after
    kept = {name: {*flow.feeding(name), *ordering.intersection(each.config.after)} for name, each in components.items()}
    needs = {name: tuple(need for need in validated.graph.needs[name] if need in kept[name]) for name in components}
    return replace(validated, components=components, graph=Graph(needs))


def as_source(component: ValidatedComponent, source: Source[Any], plugin: str = "") -> ValidatedComponent:
    """The component with a source in its place; its checks stay. plugin: what the record calls the source."""
    name = plugin or type(source).__name__
    values = {field.name: getattr(source.options, field.name) for field in fields(source.options)}
    entry = PluginEntry("sources", name, "ppf-core", component.plugin.entry.version, "ready", None, None, "")
    old = component.plugin
    bound = BoundPlugin(component.name, entry, type(source), values, Bound(source.options), old.place, old.folder)
    config = replace(component.config, source=name, transform=None, inputs={}, after=[], options={})
    checked = tuple(each for check in component.checks for _, each in check.bound.components)
    return ValidatedComponent(component.name, config, bound, component.checks, checked)
