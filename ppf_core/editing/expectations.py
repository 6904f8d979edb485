"""What may stand at the paths of a pipeline file: keys, plugins, components, values, and what is known of each."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ppf_core.config.annotations import Option, UnsupportedOption, options_of
from ppf_core.config.binding import default_of
from ppf_core.config.loader import PipelineFile
from ppf_core.config.model import InstanceConfig, PipelineConfig
from ppf_core.config.option_types import Block, Choice, Many, Maybe, OneOrMany, OptionType, Scalar, Table, Tagged
from ppf_core.config.type_texts import type_text
from ppf_core.contracts.plugin import options_class
from ppf_core.errors import PluginError
from ppf_core.hocon.places import Path
from ppf_core.plugins.registry import PluginEntry, PluginRegistry
from ppf_core.validation.selection import Selection, plugin_groups

_NAMING = (("inputs",), ("after",))


@dataclass(frozen=True)
class DraftOffer:
    """What may be written at a place. help: what it is; `type` says which values a key takes."""

    text: str
    kind: Literal["key", "plugin", "component", "value"]
    help: str = ""
    type: str = ""
    required: bool = False


@dataclass(frozen=True)
class Expectations:
    """What may stand at the paths of one file, as its other values have it."""

    file: PipelineFile
    registry: PluginRegistry

    def keys(self, path: Path) -> Iterator[DraftOffer]:
        """The keys that a block may have and has not."""
        if path in (("hooks",), ("secrets",)):
            yield from self._plugins((str(path[0]),))
        block = self._value(path)
        for option in self._options(path, self._expected(path)[1]) or ():
            if not isinstance(block, Mapping) or option.name not in block:
                yield DraftOffer(option.name, "key", _help(option), type_text(option.type, option.info), option.required)

    def values(self, path: Path) -> Iterator[DraftOffer]:
        """The values that may stand there, as far as they can be counted."""
        option, type_ = self._expected(path)
        if (groups := self._groups(path)) is not None:
            yield from self._plugins(groups)
        elif path[2:3] in _NAMING or path[-1] == "quarantine_to" or (option is not None and option.info.component):
            for name, config in self.file.config.components.items():
                yield DraftOffer(name, "component", config.description or f"A {config.kind}: {config.plugin}.")
        elif isinstance(type_, Choice):
            yield from (DraftOffer(str(written), "value") for written, _member in type_.members)
        elif type_ == Scalar(bool):
            yield from (DraftOffer(text, "value") for text in ("true", "false"))

    def help(self, path: Path) -> str:
        """What a key is for, and which values it takes."""
        option, type_ = self._expected(path)
        if option is None or type_ is None:
            return ""
        return f"{option.name}: {type_text(option.type, option.info)}\n\n{_help(option)}".strip()

    def plugin(self, path: Path) -> PluginEntry | None:
        """The plugin whose options stand in the block of this path."""
        config = self.file.config
        match path:
            case ("components", str(name), "options") if name in config.components:
                component = config.components[name]
                return self._chosen(self._groups((*path[:2], component.kind)), component.plugin)
            case ("components", str(name), "quality", int(index), "options") if name in config.components:
                checks = config.components[name].quality
                return self._chosen(("checks",), checks[index].check) if index < len(checks) else None
            case ("hooks" | "secrets" as block, str(name)):
                instance = getattr(config, block).get(name)
                return self._chosen((block,), instance.plugin if instance else name)
        return None

    def named(self, path: Path, name: str) -> PluginEntry | None:
        """The plugin that a value names."""
        groups = self._groups(path)
        return self._chosen(groups, name) if groups else None

    def about(self, entry: PluginEntry) -> tuple[str, tuple[str, int] | None]:
        """What a plugin says of itself, and where its class stands."""
        told = f"{entry}\n\n{entry.summary or ''}".strip()
        try:
            cls = self.registry.load(entry)
            return f"{entry}\n\n{inspect.getdoc(cls) or ''}".strip(), (inspect.getfile(cls), inspect.getsourcelines(cls)[1])
        except (PluginError, OSError, TypeError):
            return told, None  # it cannot be used, which is a problem of its own, or it has no source

    def _groups(self, path: Path) -> tuple[str, ...] | None:
        """The groups of the plugin that the value of a path names; None if it names none."""
        match path:
            case ("components", str(name), "source" | "transform" | "sink" as kind):
                component = self.file.config.components.get(name)
                return plugin_groups(kind, self.file.config.mode, is_side_input=bool(component and component.batch))
            case ("components", _, "quality", _, "check"):
                return ("checks",)
            case ("hooks" | "secrets" as block, _, "plugin"):
                return (block,)
        return None

    def _plugins(self, groups: tuple[str, ...]) -> Iterator[DraftOffer]:
        for entry in self.registry.entries:
            if entry.group in groups and entry.is_usable:
                text = entry.name if entry.state == "ready" else f'"{entry.distribution}:{entry.name}"'
                yield DraftOffer(text, "plugin", entry.summary or "", f"{entry.distribution} {entry.version}")

    def _chosen(self, groups: tuple[str, ...] | None, name: str) -> PluginEntry | None:
        try:
            return Selection(self.file, self.registry).choose(groups, name) if groups else None
        except PluginError:
            return None  # validation says so

    def _expected(self, path: Path) -> tuple[Option | None, OptionType | None]:
        """The option that a path belongs to, and the type of the value that stands there; None where nothing is known."""
        option: Option | None = None
        type_: OptionType | None = Block(PipelineConfig)
        for index, part in enumerate(path):
            options = self._options(path[:index], type_)
            if options is not None:
                option = next((each for each in options if part in (each.name, *each.info.aliases)), None)
                type_ = option.type if option else None
            elif isinstance(type_, OneOrMany) and isinstance(part, int):
                type_ = type_.many.item
            else:
                type_ = type_.item if isinstance(type_, Many) else type_.value if isinstance(type_, Table) else None
            type_ = type_.inner if isinstance(type_, Maybe) else type_
        return option, type_

    def _options(self, path: Path, type_: OptionType | None) -> tuple[Option, ...] | None:
        """The keys of a block; None if it is none, or takes any key."""
        own: tuple[Option, ...] = ()
        is_instance = len(path) == 2 and path[0] in ("hooks", "secrets")
        if (entry := self.plugin(path)) is not None:
            try:
                own = options_of(options_class(self.registry.load(entry)))
            except (PluginError, UnsupportedOption):
                return None  # validation says so
        if is_instance:
            return (*(each for each in options_of(InstanceConfig) if each.name != "options"), *own)
        if entry is not None:
            return own
        if isinstance(type_, OneOrMany):
            type_ = type_.one
        if isinstance(type_, Tagged):
            blocks = [block for _value, block in type_.blocks]
            return tuple({each.name: each for block in blocks for each in options_of(block.options_class)}.values())
        return options_of(type_.options_class) if isinstance(type_, Block) else None

    def _value(self, path: Path) -> Any:
        found: Any = self.file.values
        for part in path:
            found = found[part] if not isinstance(found, Mapping) or part in found else None
        return found


def _help(option: Option) -> str:
    default = default_of(option)
    stands = "Required." if option.required else "" if default in (None, {}, []) else f"Default: {default}."
    return f"{option.info.help} {stands}".strip()
