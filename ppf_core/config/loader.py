"""From a path to a checked pipeline file: its values, their places, and every mistake in it at once."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path as FilePath
from typing import Any

from ppf_core.config.binding import Fault, check_value
from ppf_core.config.expansion import expansion_problems
from ppf_core.config.hocon import parse
from ppf_core.config.includes import Reader
from ppf_core.config.model import (
    ComponentConfig,
    DefaultsConfig,
    InstanceConfig,
    PipelineConfig,
    PluginsConfig,
    RuntimeConfig,
    SparkConfig,
)
from ppf_core.config.places import Path, Place, Places
from ppf_core.config.rules import component_mistakes, config_mistakes
from ppf_core.config.scanner import Mistake
from ppf_core.errors import ConfigError, Problem, suggestion

_COMPONENT_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_BLOCKS: Mapping[str, Any] = {
    "name": str,
    "version": str | None,
    "environment": str,
    "mode": PipelineConfig.__annotations__["mode"],
    "description": str | None,
    "spark": SparkConfig,
    "defaults": DefaultsConfig,
    "runtime": RuntimeConfig,
    "plugins": PluginsConfig,
    "tags": dict[str, str],
}
_OTHER_BLOCKS = ("components", "hooks", "secrets")


@dataclass(frozen=True)
class PipelineFile:
    """A pipeline file as it was read. `config` holds all that is sound, so that later checks can report what they find too."""

    path: FilePath
    config: PipelineConfig
    places: Places
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    @property
    def folder(self) -> FilePath:
        """What relative paths in the file are relative to."""
        return self.path.parent

    def problem(self, code: str, message: str, path: Path, *, at: str = "value", hint: str | None = None) -> Problem:
        """A problem located in this file."""
        return self.places.problem(code, message, path, at=at, hint=hint)


@dataclass(frozen=True)
class ConfigLoader:
    """Loads one pipeline file. overrides: HOCON path → HOCON value, as `--set` takes them.

    file = ConfigLoader("flights.conf", {"runtime.parallelism": "2"}).load()
    """

    path: str | PathLike[str]
    overrides: Mapping[str, str] = field(default_factory=dict)

    def load(self) -> PipelineFile:
        """The file. Raises ConfigError when it cannot be read or parsed at all; other mistakes are in `problems`."""
        path = FilePath(self.path).absolute()
        reader = Reader(path.parent)
        self._scan(reader, path)
        unresolved = list(expansion_problems(reader.scan))
        if unresolved:
            raise ConfigError.of(_sorted([*reader.problems, *unresolved]))
        places = Places(str(path), reader.scan.keys, reader.scan.values)
        checker = _Checker(path.parent, places, reader.problems)
        config = checker.pipeline(parse(reader.scan, str(path)))
        return PipelineFile(path, config, checker.places, tuple(_sorted(checker.problems)), tuple(reader.warnings))

    def _scan(self, reader: Reader, path: FilePath) -> None:
        try:
            reader.read(path)
            for key, value in self.overrides.items():
                reader.set(key, value)
        except Mistake as mistake:
            raise ConfigError.of(_sorted([*reader.problems, mistake.problem])) from None
        except OSError as error:
            reason = error.strerror or str(error)
            problem = Problem(code="file", message=f"The pipeline file {str(path)!r} cannot be read: {reason}.", file=str(path))
            raise ConfigError.of([problem]) from error


def _sorted(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda each: (each.file or "", each.line or 0, each.column or 0))


@dataclass
class _Checker:
    """Turns plain values into the model, and collects what is wrong with them."""

    folder: FilePath
    places: Places
    problems: list[Problem]

    def pipeline(self, raw: Mapping[str, Any]) -> PipelineConfig:
        known = (*_BLOCKS, *_OTHER_BLOCKS)
        for key in raw:
            if key not in known:
                self.say("unknown-key", f"Unknown key {key!r}.", (key,), at="key", hint=suggestion(key, known))
        prepared = {**raw, **self._flattened(raw)}
        given = {key: type_ for key, type_ in _BLOCKS.items() if prepared.get(key) is not None}
        values = {key: self._checked(prepared[key], type_, (key,)) for key, type_ in given.items()}
        values = {key: value for key, value in values.items() if value is not None}
        if "name" not in raw:
            self.say("missing-key", "Key 'name' is missing.", (), hint="Add name = … at the top of the file.")
        values.setdefault("name", "pipeline")
        config = PipelineConfig(
            **values,
            components=self._components(raw),
            hooks=self._instances(raw, "hooks"),
            secrets=self._instances(raw, "secrets"),
        )
        for fault in config_mistakes(config, raw):
            self._report(fault)
        return config

    def say(self, code: str, message: str, path: Path, *, at: str = "value", hint: str | None = None) -> None:
        self.problems.append(self.places.problem(code, message, path, at=at, hint=hint))

    def _report(self, fault: Fault) -> None:
        self.say(fault.code, fault.message, fault.path, at=fault.at, hint=fault.hint)

    def _checked(self, value: Any, type_: Any, path: Path) -> Any:
        """The value in the model's type; what is faulty below it is reported and left out."""
        converted, faults = check_value(value, type_, path, folder=self.folder)
        for fault in faults:
            self._report(fault)
        if faults and isinstance(value, Mapping):
            bad = {fault.path[len(path)] for fault in faults if len(fault.path) > len(path)}
            sound = {key: item for key, item in value.items() if key not in bad}
            converted, left = check_value(sound, type_, path, folder=self.folder)
            return None if left else converted
        return None if faults else converted

    def _flattened(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The free dotted keys of Spark settings and preferences, written nested or in quotes, as one level."""
        found = {}
        for block, key, convert in (("spark", "conf", _spark_text), ("plugins", "prefer", str)):
            inner = raw.get(block)
            if isinstance(inner, Mapping) and isinstance(inner.get(key), Mapping):
                found[block] = {**inner, key: dict(self._flat(inner[key], (block, key), (), convert))}
        return found

    def _flat(
        self, values: Mapping[str, Any], base: Path, keys: tuple[str, ...], convert: Callable[[Any], str]
    ) -> Iterator[tuple[str, Any]]:
        for key, value in values.items():
            path = (*keys, key)
            if isinstance(value, Mapping):
                yield from self._flat(value, base, path, convert)
            elif value is not None:
                name = ".".join(path)
                self._move((*base, *path), (*base, name))
                yield name, value if isinstance(value, list) else convert(value)

    def _components(self, raw: Mapping[str, Any]) -> dict[str, ComponentConfig]:
        blocks = raw.get("components")
        if not isinstance(blocks, Mapping):
            if blocks is not None:
                self.say("wrong-type", "Key 'components' must be an object: name { … }.", ("components",))
                return {}
            blocks = {}
        if not blocks:
            place: Path = ("components",)
            self.say("missing-key", "The pipeline has no components.", place, at="key", hint="Add components { … }.")
        found = {name: self._component(name, block) for name, block in blocks.items() if block is not None}
        return {name: config for name, config in found.items() if config is not None}

    def _component(self, name: str, block: Any) -> ComponentConfig | None:
        path: Path = ("components", name)
        if not _COMPONENT_NAME.fullmatch(name):
            hint = "Use 1 to 128 letters, digits, '_' or '-'."
            self.say("bad-value", f"{name!r} cannot be the name of a component.", path, at="key", hint=hint)
        if not isinstance(block, Mapping):
            self.say("wrong-type", f"Component {name!r} must be an object: {name} {{ source = … }}.", path)
            return None
        config = self._checked({**block, "inputs": self._inputs(block.get("inputs"), path)}, ComponentConfig, path)
        config = config or ComponentConfig()
        for fault in component_mistakes(name, config, block):
            self._report(fault)
        return config

    def _inputs(self, inputs: Any, path: Path) -> Any:
        """A list of names as `{name: name}`; each alias has the place of its element."""
        if inputs is None:
            return {}
        if not isinstance(inputs, list):
            return inputs
        for index, name in enumerate(inputs):
            self._move((*path, "inputs", index), (*path, "inputs", str(name)))
        return {str(name): name for name in inputs}

    def _instances(self, raw: Mapping[str, Any], block: str) -> dict[str, InstanceConfig]:
        entries = raw.get(block)
        if entries is not None and not isinstance(entries, Mapping):
            self.say("wrong-type", f"Key {block!r} must be an object: name {{ … }}.", (block,))
        found = {}
        for name, entry in entries.items() if isinstance(entries, Mapping) else ():
            if not isinstance(entry, Mapping):
                self.say("wrong-type", f"Key '{block}.{name}' must be an object: {name} {{ … }}.", (block, name))
                continue
            known = {key: entry[key] for key in ("plugin", "required") if entry.get(key) is not None}
            options = {key: value for key, value in entry.items() if key not in ("plugin", "required")}
            found[name] = self._checked({"plugin": name, **known}, InstanceConfig, (block, name)) or InstanceConfig(plugin=name)
            found[name] = InstanceConfig(plugin=found[name].plugin, required=found[name].required, options=options)
        return found

    def _move(self, old: Path, new: Path) -> None:
        """Lets a value be found under the path that the model gives it."""
        keys, values = self.places.keys, self.places.values
        place: Place = self.places.value(old)
        if isinstance(keys, dict) and isinstance(values, dict):
            values[new] = place
            keys[new] = keys.get(old, place)


def _spark_text(value: Any) -> str:
    """A value as Spark's own settings are written."""
    return str(value).lower() if isinstance(value, bool) else str(value)
