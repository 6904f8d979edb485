"""The kernel's own blocks: from plain values to the model, with every mistake on the way.

What is faulty is reported and left out, so that its default stands and later checks still have the rest. dataconf builds the
dataclasses only when all is sound: it stops at the first mistake, and drops a whole optional block for one wrong value in it.
"""

import dataclasses
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path as Folder
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from ppf_core.config.binding import check_value
from ppf_core.config.faults import shown
from ppf_core.config.model import CheckConfig, ComponentConfig, InstanceConfig, PipelineConfig, PluginsConfig, SparkConfig
from ppf_core.config.places import Path, Places, dotted
from ppf_core.config.rules import is_component_name
from ppf_core.errors import Problem, near_miss, suggestion

Config = TypeVar("Config")
_MANY = 100  # mistakes, after which no near misses are looked for: that takes a while for each


@dataclass
class BlockReader:
    """Reads the blocks of one file.

    places: grows by the places of what gets a new path (elements of `inputs`, flattened keys). variables: keys of the root that
    substitutions use, which are therefore no mistakes. broken, numbers: as in Document.
    """

    folder: Folder
    places: Places
    variables: Collection[str] = ()
    broken: Collection[Path] = ()
    numbers: Mapping[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self, values: Mapping[str, Any]) -> PipelineConfig:
        """The whole file."""
        return _built(PipelineConfig, self._block(PipelineConfig, values, ()) or {"name": ""})

    def say(self, code: str, message: str, path: Path, *, at: str = "value", hint: str | None = None) -> None:
        """Reports a mistake at a path."""
        self.problems.append(self.places.problem(code, message, path, at=at, hint=hint))

    # ---- blocks of known keys

    def _block(self, config: Any, values: Any, path: Path) -> dict[str, Any] | None:
        """The sound values of a block; None when nothing can be made of them."""
        if not isinstance(values, Mapping):
            self._wrong(values, "an object", path)
            return None
        hints = _hints(config)
        meant = self._unknown(hints, values, path)
        found = {}
        for key, value in values.items():
            if key in hints and value is not None:
                item = self._value(config, key, hints[key], value, (*path, key))
                found.update({} if item is None else {key: item})
        missing = [key for key in _required(config) if key not in found]
        for key in missing:
            if values.get(key) is None and key not in meant and (*path, key) not in self.broken:
                message = f"Key {dotted((*path, key))!r} is missing."
                self.say("missing-key", message, path, at="key", hint=f"Add {key} = ….")
        if missing and config is PipelineConfig:
            found["name"] = ""
        return found if not missing or config is PipelineConfig else None

    def _unknown(self, hints: Mapping[str, Any], values: Mapping[str, Any], path: Path) -> set[str | None]:
        """Reports unknown keys; gives those that they probably mean, whose absence is no second mistake."""
        meant = set()
        for key in values:
            if key not in hints and (path or key not in self.variables):
                close = near_miss(key, hints) if len(self.problems) < _MANY else None
                meant.add(close)
                hint = suggestion(key, hints) if len(self.problems) < _MANY else None
                if close is None and "options" in hints:
                    hint = f"Options of the plugin stand in options {{ … }}. {hint or ''}".strip()
                self.say("unknown-key", f"Unknown key {key!r}.", (*path, key), at="key", hint=hint)
        return meant

    def _value(self, config: Any, key: str, annotation: Any, value: Any, path: Path) -> Any:
        """One value, ready for dataconf; None when it is faulty."""
        if path in self.broken:
            return None
        special = _SPECIAL.get((config, key))
        if special is not None:
            return special(self, value, path)
        inner = _block_type(annotation)
        if inner is not None:
            return self._block(inner, value, path)
        return self._leaf(value, annotation, path)

    def _leaf(self, value: Any, annotation: Any, path: Path) -> Any:
        if annotation in (str, str | None):
            value = self._written(value, path)
        converted, faults = check_value(value, annotation, path, folder=self.folder)
        for fault in faults:
            self.say(fault.code, fault.message, fault.path, at=fault.at, hint=fault.hint)
        return None if faults else converted

    def _written(self, value: Any, path: Path) -> Any:
        """A number or boolean as the text in the file, where a text is wanted."""
        if isinstance(value, bool):
            return "true" if value else "false"
        return self.numbers.get(path, str(value)) if isinstance(value, int | float) else value

    def _wrong(self, value: Any, wanted: str, path: Path) -> None:
        self.say("wrong-type", f"Key {dotted(path)!r} is {shown(value)}, but must be {wanted}.", path)

    # ---- blocks of free keys

    def _each(self, values: Any, path: Path, read: Callable[[str, Any, Path], Any]) -> dict[str, Any]:
        """The entries of an object with free keys; null removes one."""
        if not isinstance(values, Mapping):
            self._wrong(values, "an object", path)
            return {}
        given = {key: value for key, value in values.items() if value is not None and (*path, key) not in self.broken}
        found = {key: read(key, value, (*path, key)) for key, value in given.items()}
        return {key: value for key, value in found.items() if value is not None}

    def _components(self, values: Any, path: Path) -> dict[str, Any]:
        return self._each(values, path, self._component)

    def _component(self, name: str, values: Any, path: Path) -> dict[str, Any] | None:
        if not is_component_name(name):
            hint = "Use 1 to 128 letters, digits, '_' and '-'."
            self.say("bad-value", f"{name!r} cannot be the name of a component.", path, at="key", hint=hint)
        return self._block(ComponentConfig, values, path)

    def _inputs(self, values: Any, path: Path) -> Any:
        """`[a, b]` is `{a = a, b = b}`."""
        if isinstance(values, Mapping):
            return self._leaf(values, dict[str, str], path)
        if not isinstance(values, list):
            return self._wrong(values, "a list of component names, or a map { alias = component }", path)
        found: dict[str, str] = {}
        for index, value in enumerate(values):
            here = (*path, index)
            name = None if here in self.broken else self._leaf(value, str, here)
            if name in found:
                hint = "Remove it, or give each an alias: inputs { one = a, two = a }."
                self.say("bad-value", f"The input {name!r} stands twice in {dotted(path)!r}.", here, hint=hint)
            elif name is not None:
                found[name] = name
                self._move(here, (*path, name))
        return found

    def _instances(self, values: Any, path: Path) -> dict[str, Any]:
        return self._each(values, path, self._instance)

    def _instance(self, name: str, values: Any, path: Path) -> dict[str, Any] | None:
        """`plugin` and `required` are the kernel's, the rest is the plugin's options."""
        if not isinstance(values, Mapping):
            self._wrong(values, "an object, such as {}", path)
            return None
        own = {key: value for key, value in values.items() if key in ("plugin", "required")}
        options = {key: value for key, value in values.items() if key not in own}
        return {"plugin": name, **(self._block(InstanceConfig, {"plugin": name, **own}, path) or {}), "options": options}

    def _quality(self, values: Any, path: Path) -> list[Any]:
        if not isinstance(values, list):
            self._wrong(values, "a list of checks: [ { check = …, options { … } } ]", path)
            return []
        given = [(value, (*path, index)) for index, value in enumerate(values) if (*path, index) not in self.broken]
        found = [self._block(CheckConfig, value, here) for value, here in given]
        return [check for check in found if check is not None]

    def _options(self, values: Any, path: Path) -> dict[str, Any] | None:
        if isinstance(values, Mapping):
            return dict(values)
        self._wrong(values, "an object", path)
        return None

    def _flat(self, values: Any, path: Path) -> dict[str, str]:
        """Dotted keys, whether they are written in quotes or nested, and their values as texts."""
        if not isinstance(values, Mapping):
            self._wrong(values, "an object", path)
            return {}
        found: dict[str, str] = {}
        self._flatten(values, path, path, found)
        return found

    def _flatten(self, values: Mapping[str, Any], base: Path, path: Path, found: dict[str, str]) -> None:
        for key, value in values.items():
            here = (*path, key)
            if isinstance(value, Mapping):
                self._flatten(value, base, here, found)
            elif value is not None and here not in self.broken:
                text = self._leaf(value, str, here)
                if text is not None:
                    name = ".".join(str(part) for part in here[len(base) :])
                    found[name] = text
                    self._move(here, (*base, name))

    def _move(self, old: Path, new: Path) -> None:
        """Lets a value be found under the path that it has in the model."""
        if old != new and isinstance(self.places.keys, dict) and isinstance(self.places.values, dict):
            self.places.keys[new] = self.places.key(old)
            self.places.values[new] = self.places.value(old)


_SPECIAL: Mapping[tuple[type[Any], str], Callable[[BlockReader, Any, Path], Any]] = {
    (PipelineConfig, "components"): BlockReader._components,
    (PipelineConfig, "hooks"): BlockReader._instances,
    (PipelineConfig, "secrets"): BlockReader._instances,
    (PipelineConfig, "tags"): BlockReader._flat,
    (SparkConfig, "conf"): BlockReader._flat,
    (PluginsConfig, "prefer"): BlockReader._flat,
    (ComponentConfig, "inputs"): BlockReader._inputs,
    (ComponentConfig, "quality"): BlockReader._quality,
    (ComponentConfig, "options"): BlockReader._options,
    (CheckConfig, "options"): BlockReader._options,
}


@lru_cache(maxsize=64)
def _hints(config: Any) -> Mapping[str, Any]:
    return get_type_hints(config)


@lru_cache(maxsize=64)
def _required(config: Any) -> tuple[str, ...]:
    fields = dataclasses.fields(config)
    return tuple(each.name for each in fields if each.default is MISSING and each.default_factory is MISSING)


def _block_type(annotation: Any) -> type[Any] | None:
    """The dataclass in `X` or `X | None`."""
    members = get_args(annotation) if get_origin(annotation) is types.UnionType else (annotation,)
    return next((member for member in members if dataclasses.is_dataclass(member) and isinstance(member, type)), None)


# ---- dataconf


def _built(config: type[Config], values: Mapping[str, Any]) -> Config:
    from dataconf.main import parse

    built: Config = parse(_tree(config, values), config)
    return built


def _tree(config: Any, values: Mapping[str, Any]) -> Any:
    """The values in the form that dataconf wants: trees for blocks, ISO 8601 for durations, those of defaults included."""
    tree = _tree_class()()
    for each in dataclasses.fields(config):
        value = values.get(each.name, each.default)
        if each.name in values or isinstance(value, timedelta):
            tree[each.name] = _branch(_hints(config)[each.name], value)
    return tree


@lru_cache(maxsize=1)
def _tree_class() -> Any:
    from pyhocon.config_tree import ConfigTree

    # Keys are looked up as they are; pyhocon would read each as a path, which takes longer than all the rest.
    lookups = {"__contains__": dict.__contains__, "__getitem__": dict.__getitem__, "__setitem__": dict.__setitem__}
    return type("_Tree", (ConfigTree,), lookups)


def _branch(annotation: Any, value: Any) -> Any:
    inner = _block_type(annotation)
    if inner is not None:
        return _tree(inner, value)
    if isinstance(value, timedelta):
        seconds, micros = divmod(value // timedelta(microseconds=1), 1_000_000)
        return f"PT{seconds}.{micros:06}S"
    nested = get_args(annotation)
    if isinstance(value, list) and _block_type(nested[0]):
        return [_tree(nested[0], item) for item in value]
    if isinstance(value, dict) and _block_type(nested[1]):
        return {key: _tree(nested[1], item) for key, item in value.items()}
    return value
