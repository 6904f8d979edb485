"""Values that somebody has made in Python, with pyhocon or by hand, in the place of a file."""

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ppf_core.errors import ConfigError, Problem
from ppf_core.hocon.budget import DEEPEST, Budget, LimitReached
from ppf_core.hocon.places import Path, Place
from ppf_core.hocon.tree import tree_class


def given_values(config: Mapping[str, Any], broken: set[Path], problems: list[Problem]) -> dict[str, Any]:
    """The values of a configuration, and what is wrong with them, each without a place.

    Keys of a dictionary are taken as they are; those of a `ConfigTree` lose the quotes that pyhocon leaves around them. broken:
    grows by the paths of what cannot be a value. Raises ConfigError for what is larger than a file may be.
    """
    try:
        values = _Reader(broken, problems).value(config, ())
    except LimitReached as limit:
        raise ConfigError.of([*problems, limit.problem]) from None
    return values if isinstance(values, dict) else {}


@dataclass
class _Reader:
    broken: set[Path]
    problems: list[Problem]
    budget: Budget = field(default_factory=Budget)
    _inside: list[Any] = field(default_factory=list)

    def value(self, given: Any, path: Path) -> Any:
        self.budget.spend(1, 0, Place(None))
        if isinstance(given, Mapping | list | tuple):
            return self._nested(given, path)
        if given is None or type(given).__name__ == "NoneValue":  # pyhocon's null
            return None
        if isinstance(given, os.PathLike):
            return os.fspath(given)
        value = given if isinstance(given, str | int | float | timedelta) else _period(given)
        if value is None:
            self._refuse(path, f"The value is {_named(given)}, which no file can hold.")
        return value

    def _nested(self, given: Any, path: Path) -> Any:
        if any(given is each for each in self._inside):
            self._refuse(path, "The value contains itself.", "bad-value")
            return None
        if len(path) > DEEPEST:
            raise LimitReached(f"Values are nested more than {DEEPEST} deep.", Place(None))
        self._inside.append(given)
        found = self._object(given, path) if isinstance(given, Mapping) else self._list(given, path)
        self._inside.pop()
        return found

    def _list(self, given: Sequence[Any], path: Path) -> list[Any]:
        return [self.value(item, (*path, index)) for index, item in enumerate(given)]

    def _object(self, given: Mapping[Any, Any], path: Path) -> dict[str, Any]:
        found = {}
        for key, item in _entries(given):
            if isinstance(key, str):
                found[key] = self.value(item, (*path, key))
            else:
                self._refuse((*path, repr(key)), f"The key {key!r} is {_named(key)}, but must be a string.")
        return found

    def _refuse(self, path: Path, message: str, code: str = "wrong-type") -> None:
        self.broken.add(path)
        hint = "Use what JSON has: objects, lists, strings, numbers, true, false, null."
        self.problems.append(Place(None).problem(code, message, path=path, hint=hint))


def _entries(given: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    from pyhocon.config_tree import ConfigTree

    if not isinstance(given, ConfigTree) or isinstance(given, tree_class()):
        yield from given.items()
        return
    for key in OrderedDict.__iter__(given):
        is_quoted = isinstance(key, str) and len(key) > 1 and key[0] == key[-1] == '"'
        yield key[1:-1] if is_quoted else key, dict.__getitem__(given, key)  # pyhocon's own look-up reads a key as a path


def _period(given: Any) -> timedelta | None:
    """The duration that pyhocon has made of a text such as `5 m`, if it has a fixed length."""
    if type(given).__name__ != "relativedelta" or given.years or given.months:
        return None
    return timedelta(
        days=given.days, hours=given.hours, minutes=given.minutes, seconds=given.seconds, microseconds=given.microseconds
    )


def _named(value: Any) -> str:
    return f"of the type {type(value).__name__}"
