"""Secrets that stand in the file itself, or came into it from the environment."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ppf_core.config.loader import PipelineFile
from ppf_core.contracts.secrets import Secret
from ppf_core.errors import Problem
from ppf_core.hocon.places import Path, dotted
from ppf_core.secrets.references import SECRET_NAME, find_secrets
from ppf_core.validation.selection import BoundPlugin

# Only the end tells what the value is: `token` and `secret.key` are secrets, `token_url` and `secret_name` are not.
_NAME = re.compile(rf"(?:{SECRET_NAME}|secret[._-]?key)$", re.IGNORECASE)
_NO_SETTINGS = ("columns", "metrics", "params")
"""Options whose keys are names of somebody's data."""


def plain_secrets(file: PipelineFile, plugins: Iterable[BoundPlugin]) -> Iterator[Problem]:
    """A warning for each value that looks like a secret and stands in the file as plain text."""
    for path, _value in _written(file, plugins):
        if path not in file.variables:
            message = f"Key {dotted(path)!r} holds a secret as plain text."
            name = re.sub(r"\W+", "_", str(path[-1])).upper()
            hint = f"Write secret://env/{name} and set the environment variable {name}, or use another backend."
            yield file.problem("plain-secret", message, path, hint=hint)


def known_secrets(file: PipelineFile, plugins: Iterable[BoundPlugin]) -> frozenset[str]:
    """The values that are secret and are known without asking anybody: they stand in the file, or in the environment."""
    from_environment = {value for path in file.hidden if isinstance(value := _at(file.values, path), str)}
    return frozenset({value for _path, value in _written(file, plugins)} | from_environment)


def _written(file: PipelineFile, plugins: Iterable[BoundPlugin]) -> Iterator[tuple[Path, str]]:
    for plugin in plugins:
        yield from _leaves(plugin.values, plugin.known_options, plugin.place)
    yield from _leaves(file.config.spark.conf, None, ("spark", "conf"))


def _leaves(value: Any, built: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The secrets below a value. built: what was made of it, where the types of options say what is secret."""
    if isinstance(value, Mapping):
        if path[-1] not in _NO_SETTINGS:
            for key, item in value.items():
                yield from _leaves(item, _part(built, key), (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, _part(built, index), (*path, index))
    elif isinstance(value, str) and value and not find_secrets(value) and (isinstance(built, Secret) or _is_secret(path)):
        yield path, value


def _part(built: Any, key: str | int) -> Any:
    if isinstance(built, Mapping):
        return built.get(key)
    if isinstance(built, (list, tuple)):
        return built[key] if isinstance(key, int) and key < len(built) else None
    return getattr(built, str(key), None)


def _is_secret(path: Path) -> bool:
    return any(map(_NAME.search, [part for part in path if isinstance(part, str)][-1:]))


def _at(values: Any, path: Path) -> Any:
    for part in path:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return None
    return values
