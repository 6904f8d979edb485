"""From the names in a file to plugin classes with checked options."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, TypeVar

from ppf_core.config.binding import Bound, bind
from ppf_core.config.faults import Fault
from ppf_core.config.loader import PipelineFile
from ppf_core.config.model import ComponentConfig, InstanceConfig
from ppf_core.contracts.components import Sink, StreamingSink
from ppf_core.contracts.plugin import Plugin, options_class
from ppf_core.errors import ConfigError, PluginError, Problem
from ppf_core.hocon.places import Path
from ppf_core.plugins.installed import normalise
from ppf_core.plugins.registry import PluginEntry, PluginRegistry

P = TypeVar("P", bound=Plugin[Any])

_OTHER_MODE = {
    "sources": "streaming_sources",
    "streaming_sources": "sources",
    "sinks": "streaming_sinks",
    "streaming_sinks": "sinks",
}


@dataclass(frozen=True)
class BoundPlugin:
    """A plugin that the file names, with its options as far as they are known before secrets are resolved.

    `place` is the path of the options in the file. `create` makes the instance that a run uses.
    """

    name: str
    entry: PluginEntry
    cls: type[Plugin[Any]]
    values: Mapping[str, Any]
    bound: Bound
    place: Path
    folder: FilePath

    @property
    def secret_places(self) -> tuple[tuple[Path, str], ...]:
        """The references to secrets in its options, each with its place in the file."""
        return tuple(((*self.place, *path), text) for path, text in self.bound.secrets)

    @property
    def draft(self) -> Plugin[Any] | None:
        """An instance for questions that need no outside world; None while its options wait for a secret or are wrong."""
        return None if self.bound.options is None else self.cls(self.bound.options)

    @cached_property
    def known_options(self) -> Any:
        """The options, as far as they can be known without any secret: where they wait for one, its reference stands there."""
        if self.bound.options is not None or not self.bound.secrets:
            return self.bound.options
        return bind(options_class(self.cls), self.values, folder=self.folder, resolve=lambda reference: reference).options

    def resolved(self, resolve: Callable[[str], str]) -> Bound:
        """The options with their secrets."""
        if not self.bound.secrets:
            return self.bound
        return bind(options_class(self.cls), self.values, folder=self.folder, resolve=resolve)

    @property
    def sketch(self) -> Plugin[Any] | None:
        """An instance for questions whose answer hangs on no secret; None when its options are wrong."""
        return None if self.known_options is None else self.cls(self.known_options)


class Selection:
    """Chooses and binds the plugins of one file, and collects what is wrong with them."""

    def __init__(self, file: PipelineFile, registry: PluginRegistry) -> None:
        self.file = file
        self.registry = registry
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._chosen: dict[tuple[Sequence[str], str], PluginEntry | PluginError] = {}
        self._unfit = registry.unfit_preferences(file.config.plugins.prefer)
        for key, error in self._unfit.items():
            self.problems.append(self._problem(error.problems[0], ("plugins", "prefer", key)))

    def component(self, name: str, config: ComponentConfig) -> BoundPlugin | None:
        """The plugin of a component; None when something is wrong, which is then in `problems`."""
        if not config.plugin:
            return None
        place: Path = ("components", name)
        return self._bind(name, self._groups(config), config.plugin, (*place, config.kind), config.options, (*place, "options"))

    def instance(self, block: str, name: str, config: InstanceConfig, *, named: Path = ()) -> BoundPlugin | None:
        """The plugin of an entry of `hooks` or `secrets`; `named` is where the file names it, if not in that block."""
        place: Path = (block, name)
        named = named or ((*place, "plugin") if config.plugin != name else place)
        return self._bind(name, (block,), config.plugin, named, config.options, place)

    def check(self, component: str, index: int, name: str, values: Mapping[str, Any]) -> BoundPlugin | None:
        """The plugin of one data-quality check."""
        place: Path = ("components", component, "quality", index)
        return self._bind(component, ("checks",), name, (*place, "check"), values, (*place, "options"))

    def _groups(self, config: ComponentConfig) -> tuple[str, ...]:
        return plugin_groups(config.kind, self.file.config.mode, is_side_input=config.batch)

    def _bind(
        self, name: str, groups: tuple[str, ...], plugin: str, named: Path, values: Mapping[str, Any], place: Path
    ) -> BoundPlugin | None:
        try:
            entry = self.choose(groups, plugin)
            cls = self.registry.load(entry)
        except PluginError as error:
            if not any(normalise(key) == normalise(f"{group}.{plugin}") for key in self._unfit for group in groups):
                self.problems.append(self._located(groups, plugin, named, error))
            return None
        file = self.file
        values = _in_stream(cls, values) if file.config.mode == "streaming" and issubclass(cls, Sink) else values
        broken, hidden = file.broken_below(place), file.hidden_below(place)
        bound = bind(options_class(cls), values, folder=file.folder, broken=broken, hidden=hidden)
        self.problems.extend(self._fault(fault, place) for fault in bound.faults)
        self.warnings.extend(self._fault(fault, place) for fault in bound.warnings)
        chosen = BoundPlugin(name, entry, cls, values, bound, place, file.folder)
        return replace(chosen, cls=_driven(cls, chosen.known_options)) if issubclass(cls, StreamingSink) else chosen

    def choose(self, groups: tuple[str, ...], plugin: str) -> PluginEntry:
        """The plugin that a name in the file means, of the first group that offers it. Raises PluginError."""
        key = (groups, plugin)
        if key not in self._chosen:
            try:
                offered = {entry.group for entry in self.registry.find(plugin)}
                group = next((group for group in groups if group in offered), groups[0])
                prefer = {name: owner for name, owner in self.file.config.plugins.prefer.items() if name not in self._unfit}
                self._chosen[key] = self.registry.select(group, plugin, prefer)
            except PluginError as error:
                self._chosen[key] = error
        chosen = self._chosen[key]
        if isinstance(chosen, PluginError):
            raise chosen
        return chosen

    def _located(self, groups: tuple[str, ...], plugin: str, named: Path, error: PluginError) -> Problem:
        other = _OTHER_MODE.get(groups[0])
        mode = self.file.config.mode
        first = error.problems[0]
        if first.code == "plugin-missing" and any(entry.group == other for entry in self.registry.find(plugin)):
            hint = "Set mode = streaming." if mode == "batch" else "Set mode = batch, or batch = true on a side input."
            message = (
                f"The plugin {plugin!r} cannot be used with mode = {mode}: it is one of {(other or '').replace('_', ' ')}."
            )
            return self.file.problem("wrong-mode", message, named, hint=hint)
        return self._problem(first, named)

    def _problem(self, problem: Problem, place: Path) -> Problem:
        return self.file.problem(problem.code, problem.message, place, hint=problem.hint)

    def _fault(self, fault: Fault, place: Path) -> Problem:
        return self.file.problem(fault.code, fault.message, (*place, *fault.path), at=fault.at, hint=fault.hint)


def plugin_groups(kind: str, mode: str, *, is_side_input: bool = False) -> tuple[str, ...]:
    """The groups in which the plugin of a component is looked up, in this order."""
    if kind == "transform" or mode == "batch":
        return (f"{kind}s",)
    if kind == "source":
        return ("sources",) if is_side_input else ("streaming_sources",)
    return ("streaming_sinks", "sinks")


def _in_stream(cls: type[Sink[Any]], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of a sink that is given batch after batch: it adds rows unless the file says more."""
    return {**values, "mode": "append"} if has_mode(cls) and values.get("mode") is None else values


def has_mode(cls: type[Plugin[Any]]) -> bool:
    """Whether the options of a sink say what becomes of the rows that its target has."""
    return "mode" in getattr(options_class(cls), "__dataclass_fields__", {})


def _driven(cls: type[StreamingSink[Any]], options: Any) -> type[Plugin[Any]]:
    """The class that takes the rows of a stream: of some sinks another one, to which the kernel gives each batch."""
    return (None if options is None else cls.per_batch(options)) or cls


def close_all(plugins: Sequence[Plugin[Any]]) -> list[str]:
    """Closes all, the last one first; the texts say which ones failed to close, secrets not yet taken out."""
    failures = []
    for plugin in reversed(plugins):
        try:
            plugin.close()
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- one plugin must not keep the others open
            failures.append(f"{type(plugin).__name__} failed to close: {type(error).__name__}: {error}")
    return failures


def create(plugin: BoundPlugin, base: type[P], resolve: Callable[[str], str]) -> P:
    """The instance that a run uses, its secrets resolved; ConfigError when the resolved values do not fit."""
    bound = plugin.resolved(resolve)
    if bound.options is None:
        text = "; ".join(fault.message for fault in bound.faults)
        raise ConfigError(f"The options of {plugin.name!r} do not fit once its secrets are resolved: {text}")
    instance = plugin.cls(bound.options)
    if not isinstance(instance, base):
        raise TypeError(f"The plugin of {plugin.name!r} is {type(instance).__name__}, which is no {base.__name__}.")
    return instance
