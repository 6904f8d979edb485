"""The kernel's own blocks: from plain values to the model, with every mistake on the way.

What is faulty is reported and left out, so that its default stands and later checks still have the rest. dataconf builds the
dataclasses only when all is sound: it stops at the first mistake, and drops a whole optional block for one wrong value in it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path as Folder
from typing import Any, TypeVar

from ppf_core.config.annotations import Option, options_of
from ppf_core.config.block_keys import BlockKeys, missing
from ppf_core.config.conversion import UNBUILT, Conversion
from ppf_core.config.faults import Fault, Spot, sentences
from ppf_core.config.model import CheckConfig, ComponentConfig, InstanceConfig, PipelineConfig, PluginsConfig, SparkConfig
from ppf_core.config.option_types import Block, Many, Maybe, OptionType, Scalar, Table
from ppf_core.config.rules import COMPONENT_NAME
from ppf_core.errors import Problem
from ppf_core.hocon.places import Path, Places, dotted, shown
from ppf_core.hocon.tree import tree_class

Config = TypeVar("Config")
_TEXT = Scalar(str)
FLAT: tuple[Path, ...] = (("tags",), ("spark", "conf"), ("plugins", "prefer"))  # blocks in which a dotted key is one key
_BLANK: Mapping[OptionType, Any] = {_TEXT: "", Scalar(timedelta): timedelta()}  # for what is missing: the rest is looked at


@dataclass
class BlockReader:
    """Reads the blocks of one file.

    places: grows by the places of what gets a new path (elements of `inputs`, flattened keys). variables: keys of the root that
    substitutions use, which are therefore no mistakes. broken: paths whose value could not be had; grows by what is faulty.
    hidden: paths whose value no message shows.
    """

    folder: Folder
    places: Places
    variables: Collection[str] = ()
    broken: set[Path] = field(default_factory=set)
    hidden: Collection[Path] = ()
    problems: list[Problem] = field(default_factory=list)

    def read(self, values: Mapping[str, Any]) -> PipelineConfig:
        """The whole file."""
        return _built(PipelineConfig, self._block(PipelineConfig, values, ()))

    def refuse(self, fault: Fault) -> None:
        """Reports a mistake. A value that is one counts as broken from here on."""
        self.problems.append(self.places.problem(fault.code, fault.message, fault.path, at=fault.at, hint=fault.hint))
        if fault.at == "value":
            self.broken.add(fault.path)

    # ---- blocks of known keys

    def _block(self, config: Any, values: Any, path: Path) -> dict[str, Any]:
        """The sound values of a block. What is no object is read as an empty one; what is required and missing is blank."""
        values = self._object(values, path)
        options = options_of(config)
        self._check_keys(options, values, path)
        found = {}
        for option in options:
            given, here = values.get(option.name), (*path, option.name)
            item = None if given is None or here in self.broken else self._value(config, option, given, here)
            if option.required and given is None and not self._is_broken(here):
                self.refuse(missing(option.type, Spot(here, noun="key")))
                self.broken.add(here)
            if item is not None or option.required:
                found[option.name] = _BLANK[option.type] if item is None else item
        return found

    def _object(self, values: Any, path: Path) -> Mapping[str, Any]:
        if isinstance(values, Mapping):
            return values
        if path not in self.broken:
            self._wrong(values, "an object", path)
        return {}

    def _check_keys(self, options: tuple[Option, ...], values: Mapping[str, Any], path: Path) -> None:
        """Reports unknown keys. What they probably mean counts as faulty: that it is missing is no second mistake."""
        own = {key: value for key, value in values.items() if path or key not in self.variables}
        keys = BlockKeys(own, options, Spot(path, noun="key"))
        self.broken |= {(*path, name) for name in keys.meant if values.get(name) is None}
        for fault in keys.faults:
            if not path:
                fault = replace(fault, hint=sentences(fault.hint or "", "Values for substitutions stand in vars { … }."))
            if any(option.name == "options" for option in options) and "Did you mean" not in (fault.hint or ""):
                fault = replace(fault, hint=sentences("Options of the plugin stand in options { … }.", fault.hint or ""))
            self.refuse(fault)

    def _value(self, config: Any, option: Option, value: Any, path: Path) -> Any:
        """One value, ready for dataconf; None when it is faulty."""
        special = _SPECIAL.get((config, option.name))
        if special is not None:
            return special(self, value, path)
        match option.type:
            case Block(inner) | Maybe(Block(inner)):
                return self._block(inner, value, path)
            case Many(Block(inner)) if isinstance(value, list):
                return [self._block(inner, item, (*path, index)) for index, item in enumerate(value)]
            case Many(item_type) if isinstance(value, list):
                return [self._leaf(item, item_type, (*path, index)) or "" for index, item in enumerate(value)]
            case _:
                return self._leaf(value, option.type, path)

    def _leaf(self, value: Any, type_: OptionType, path: Path) -> Any:
        if path in self.broken:
            return None
        conversion = Conversion(self.folder, with_secrets=False, hidden=self.hidden)
        converted = conversion.convert(value, type_, Spot(path, noun="key"))
        for fault in conversion.faults:
            self.refuse(fault)
        return None if converted is UNBUILT else converted

    def _wrong(self, values: Any, wanted: str, path: Path) -> None:
        self.refuse(Fault(path, "wrong-type", f"Key {dotted(path)!r} is {shown(values)}, but must be {wanted}."))

    def _is_broken(self, path: Path) -> bool:
        return any(path[:length] in self.broken for length in range(1, len(path) + 1))

    # ---- blocks of free keys

    def _each(self, values: Any, path: Path, read: Callable[[str, Any, Path], Any]) -> dict[str, Any]:
        """The entries of an object with free keys; null removes one."""
        given = {
            key: value for key, value in self._object(values, path).items() if value is not None or (*path, key) in self.broken
        }
        found = {key: read(key, value, (*path, key)) for key, value in given.items()}
        return {key: value for key, value in found.items() if value is not None}

    def _components(self, values: Any, path: Path) -> dict[str, Any]:
        return self._each(values, path, self._component)

    def _component(self, name: str, values: Any, path: Path) -> dict[str, Any]:
        if not COMPONENT_NAME.fullmatch(name):
            hint = "Use 1 to 128 letters, digits, '_' and '-'."
            self.refuse(Fault(path, "bad-value", f"{name!r} cannot be the name of a component.", hint, "key"))
        return self._block(ComponentConfig, values, path)

    def _inputs(self, values: Any, path: Path) -> Any:
        """`[a, b]` is `{a = a, b = b}`."""
        if isinstance(values, Mapping):
            return self._each(values, path, lambda _alias, value, here: self._leaf(value, _TEXT, here))
        if not isinstance(values, list):
            return self._wrong(values, "a list of component names, or a map { alias = component }", path)
        found: dict[str, str] = {}
        for index, value in enumerate(values):
            here = (*path, index)
            name = self._leaf(value, _TEXT, here)
            if name in found:
                hint = "Remove it, or give each an alias: inputs { one = a, two = a }."
                self.refuse(Fault(here, "bad-value", f"The input {name!r} stands twice in {dotted(path)!r}.", hint))
            elif name is not None and " " in name:
                message = f"The input {name!r} of {dotted(path)!r} is one name."
                self.refuse(Fault(here, "bad-value", message, f"Put a comma between two names: [{', '.join(name.split())}]."))
            elif name is not None:
                found[name] = name
                self._move(here, (*path, name))
        return found

    def _instances(self, values: Any, path: Path) -> dict[str, Any]:
        return self._each(values, path, self._instance)

    def _instance(self, name: str, values: Any, path: Path) -> dict[str, Any]:
        """`plugin` and `required` are the kernel's, the rest is the plugin's options."""
        values = {"plugin": name, **self._object(values, path)}
        own = {key: values.pop(key) for key in ("plugin", "required") if key in values}
        return {**self._block(InstanceConfig, own, path), "options": self._options(values, path)}

    def _options(self, values: Any, path: Path) -> dict[str, Any]:
        return {key: _plain(value) for key, value in self._object(values, path).items()}

    def _flat(self, values: Any, path: Path) -> dict[str, str]:
        """Dotted keys, whether they are written in quotes or nested, and their values as texts."""
        found: dict[str, str] = {}
        self._flatten(self._object(values, path), path, path, found)
        return found

    def _flatten(self, values: Mapping[str, Any], base: Path, path: Path, found: dict[str, str]) -> None:
        for key, value in values.items():
            here = (*path, key)
            if isinstance(value, Mapping):
                self._flatten(value, base, here, found)
            elif value is not None:
                text = self._leaf(value, _TEXT, here)
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
    (PipelineConfig, "vars"): BlockReader._options,
    (ComponentConfig, "options"): BlockReader._options,
    (CheckConfig, "options"): BlockReader._options,
}


def _plain(value: Any) -> Any:
    """A value as plugins get it: dictionaries and lists."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


# ---- dataconf


def _built(config: type[Config], values: Mapping[str, Any]) -> Config:
    from dataconf.main import parse

    built: Config = parse(_tree(config, values), config)
    return built


def _tree(config: Any, values: Mapping[str, Any]) -> Any:
    """The values in the form that dataconf wants: trees for blocks, ISO 8601 for durations, those of defaults included."""
    tree = tree_class()()
    for option in options_of(config):
        value = values.get(option.name, option.field.default)
        if option.name in values or isinstance(value, timedelta):
            tree[option.name] = _branch(option.type, value)
    return tree


def _branch(type_: OptionType, value: Any) -> Any:
    match type_:
        case Maybe(inner):
            return _branch(inner, value)
        case Block(config):
            return _tree(config, value)
        case Many(Block() as item):
            return [_branch(item, each) for each in value]
        case Table(Block() as item):
            return {key: _branch(item, each) for key, each in value.items()}
    if isinstance(value, timedelta):
        seconds, micros = divmod(value // timedelta(microseconds=1), 1_000_000)
        return f"PT{seconds}.{micros:06}S"
    return value
