"""The rules of the graph that need no Spark: who may be whose input, and what is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ppf_core.config.loader import PipelineFile
from ppf_core.config.model import ComponentConfig
from ppf_core.contracts.components import Transform
from ppf_core.contracts.context import Dataset
from ppf_core.errors import Problem, suggestion
from ppf_core.hocon.places import Path
from ppf_core.validation.graph import Graph
from ppf_core.validation.selection import BoundPlugin
from ppf_core.validation.targets import overlap

_MANY = 100
"""Problems after which no near misses are looked for: that takes a while for each."""


@dataclass
class Wiring:
    """The edges of a file, and what is wrong with them. `frames` are the components that options name."""

    file: PipelineFile
    plugins: Mapping[str, BoundPlugin]
    checks: Mapping[str, tuple[BoundPlugin, ...]]
    problems: list[Problem] = field(default_factory=list)

    def graph(self) -> Graph:
        """The graph of the enabled components; edges that are mistakes are reported and left out."""
        needs = {name: tuple(dict.fromkeys(self._needs(name, config))) for name, config in self.enabled.items()}
        for name, config in self.enabled.items():
            self._check_shape(name, config)
        graph = Graph(needs)
        for cycle in graph.cycles():
            way = " → ".join(cycle)
            self._problem(
                "cycle",
                f"These components form a cycle: {way}.",
                ("components", cycle[0], "inputs"),
                hint="Remove one of these inputs.",
            )
        return graph

    @cached_property
    def enabled(self) -> Mapping[str, ComponentConfig]:
        """The components that run, in the order of the file."""
        return {name: config for name, config in self.file.config.components.items() if config.enabled}

    def frames(self, name: str) -> tuple[tuple[Path, str], ...]:
        """The components that the options of a component or of its checks name, each with its place in the file."""
        bound = [self.plugins[name]] if name in self.plugins else []
        return tuple(
            ((*plugin.place, *path), component)
            for plugin in (*bound, *self.checks.get(name, ()))
            for path, component in plugin.bound.components
        )

    def _needs(self, name: str, config: ComponentConfig) -> Iterator[str]:
        place: Path = ("components", name)
        for alias, component in config.inputs.items():
            if self._can_feed(component, (*place, "inputs", alias)):
                yield component
        for index, component in enumerate(config.after):
            if self._exists(component, (*place, "after", index)):
                yield component
        for path, component in self.frames(name):
            if self._can_feed(component, path):
                yield component
        yield from self._quarantined.get(name, ())

    @cached_property
    def _quarantined(self) -> Mapping[str, tuple[str, ...]]:
        """Sink → the components whose bad rows it takes."""
        found: dict[str, tuple[str, ...]] = {}
        for name, config in self.enabled.items():
            for index, check in enumerate(config.quality):
                sink = check.quarantine_to
                path: Path = ("components", name, "quality", index, "quarantine_to")
                if sink is None or not self._exists(sink, path):
                    continue
                if self.enabled[sink].kind != "sink":
                    self._problem(
                        "not-a-sink", f"Bad rows cannot go to {sink!r}: it is no sink.", path, hint="Name a sink component."
                    )
                else:
                    found[sink] = (*found.get(sink, ()), name)
        return found

    def _can_feed(self, component: str, path: Path) -> bool:
        if not self._exists(component, path):
            return False
        if self.enabled[component].kind == "sink":
            hint = "Use what feeds the sink. To wait for the sink, use 'after'."
            self._problem("sink-as-input", f"The sink {component!r} cannot be an input: it gives no rows.", path, hint=hint)
            return False
        return True

    def _exists(self, component: str, path: Path) -> bool:
        known = self.file.config.components
        if component in self.enabled:
            return True
        if component in known:
            hint = f"Set enabled = true on {component!r}, or disable this one too."
            self._problem(
                "disabled-component", f"The component {component!r} is disabled, but it is needed here.", path, hint=hint
            )
        else:
            hint = suggestion(component, known) if len(self.problems) < _MANY else ""
            if known.keys() >= set(component.split()):
                hint = f"Put a comma between two names: [{', '.join(component.split())}]."
            self._problem("unknown-component", f"There is no component {component!r}.", path, hint=hint or None)
        return False

    def _check_shape(self, name: str, config: ComponentConfig) -> None:
        place: Path = ("components", name)
        count = len(config.inputs)
        if config.kind == "source" and config.source and count:
            hint = "Remove 'inputs'. To wait for a component, use 'after'."
            self._problem(
                "source-with-inputs",
                f"The source {name!r} has inputs, but a source reads from outside.",
                (*place, "inputs"),
                at="key",
                hint=hint,
            )
        if config.kind == "sink" and count == 0 and name not in self._quarantined:
            hint = "Add inputs = [ … ] with the component whose rows it writes."
            self._problem("sink-without-inputs", f"The sink {name!r} has no input.", (*place, "inputs"), at="key", hint=hint)
        if config.kind == "sink" and count and name in self._quarantined:
            message = f"The sink {name!r} takes the bad rows of {self._quarantined[name][0]!r}, and has an input as well."
            hint = "Use a sink of its own for bad rows."
            self._problem("quarantine-with-inputs", message, (*place, "inputs"), at="key", hint=hint)
        if config.kind == "sink" and count > 1:
            hint = "Join or union them in a transform first."
            self._problem(
                "too-many-inputs",
                f"The sink {name!r} has {count} inputs, but a sink writes one frame.",
                (*place, "inputs"),
                at="key",
                hint=hint,
            )
        if name in self.plugins:
            self._check_expected(name, config, self.plugins[name])

    def _check_expected(self, name: str, config: ComponentConfig, plugin: BoundPlugin) -> None:
        expects = plugin.cls.expects if issubclass(plugin.cls, Transform) else None
        if expects is None:
            return
        found = tuple(config.inputs)
        fits = len(found) == expects if isinstance(expects, int) else set(found) == set(expects)
        if not fits:
            wanted = (
                f"{expects} input{'s' if expects != 1 else ''}"
                if isinstance(expects, int)
                else f"the inputs {', '.join(expects)}"
            )
            message = f"The transform {config.plugin!r} of {name!r} wants {wanted}, found {', '.join(found) or 'none'}."
            hint = None if isinstance(expects, int) else "Write inputs { alias = component }."
            self._problem("wrong-inputs", message, ("components", name, "inputs"), at="key", hint=hint)

    def frame_names(self, name: str) -> tuple[str, ...]:
        """The enabled components that options name, each once."""
        return tuple(dict.fromkeys(component for _, component in self.frames(name) if component in self.enabled))

    def read_after_write(self, graph: Graph, datasets: Mapping[str, tuple[Dataset, ...]]) -> Iterator[Problem]:
        """A source ordered after a sink whose target it reads would wait for rows that come only at the end of the run."""
        for name, config in self.enabled.items():
            if config.kind != "source" or not config.after:
                continue
            for sink in sorted(graph.upstream([name]) - {name}):
                if self.enabled[sink].kind == "sink" and overlap(datasets.get(name, ()), datasets.get(sink, ())):
                    message = f"The source {name!r} reads what the sink {sink!r} writes, and waits for it."
                    hint = f"Use inputs; {sink!r} is published at the end of the run."
                    yield self.file.problem("read-after-write", message, ("components", name, "after"), at="key", hint=hint)

    def _problem(self, code: str, message: str, path: Path, *, at: str = "value", hint: str | None = None) -> None:
        self.problems.append(self.file.problem(code, message, path, at=at, hint=hint))
