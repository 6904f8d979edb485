"""From a path to a checked pipeline file: its values, their places, and every mistake in it at once."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path as FilePath

from ppf_core.config.blocks import BlockReader
from ppf_core.config.budget import Budget, LimitReached
from ppf_core.config.document import Document, Writer
from ppf_core.config.includes import Library, Unreadable
from ppf_core.config.model import PipelineConfig
from ppf_core.config.places import Path, Place, Places, dotted
from ppf_core.config.resolution import Resolver
from ppf_core.config.rules import rule_faults
from ppf_core.config.scanner import SETTING, Scanner, Unbalanced
from ppf_core.config.syntax import Array, Field, Object, Text, Value
from ppf_core.errors import ConfigError, Problem

_LOSSES = ("syntax", "include", "encoding", "file")
"""Problems behind which statements may have been lost."""
_ABSENCES = ("missing-key", "missing-option", "one-of", "unknown-component", "sink-without-inputs", "wrong-inputs")
"""Problems that lost statements explain."""


@dataclass(frozen=True)
class PipelineFile:
    """A pipeline file as it was read. `config` holds all that is sound, so that later checks can report what they find too.

    broken: paths whose value could not be had (a substitution that leads nowhere); what they lack is no second mistake.
    """

    path: FilePath
    config: PipelineConfig
    places: Places
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    broken: frozenset[Path] = frozenset()

    @property
    def folder(self) -> FilePath:
        """What relative paths in the file are relative to."""
        return self.path.parent

    def problem(self, code: str, message: str, path: Path, *, at: str = "value", hint: str | None = None) -> Problem:
        """A problem located in this file."""
        return self.places.problem(code, message, path, at=at, hint=hint)

    def is_consequence(self, problem: Problem) -> bool:
        """Whether a later problem may only say that something is missing where a mistake is known."""
        if _is_incomplete(self.problems) and problem.code in _ABSENCES:
            return True
        block = problem.path
        known = (*(each.path or "" for each in self.problems), *map(dotted, self.broken))
        return block is not None and any(each == block or each.startswith((f"{block}.", f"{block}[")) for each in known)


@dataclass(frozen=True)
class ConfigLoader:
    """Loads one pipeline file. overrides: HOCON path → HOCON value, as `--set` takes them; they win over the file.

    file = ConfigLoader("flights.conf", {"runtime.parallelism": "2"}).load()
    """

    path: str | PathLike[str]
    overrides: Mapping[str, str] = field(default_factory=dict)

    def load(self) -> PipelineFile:
        """The file. Raises ConfigError when it cannot be read to its end; other mistakes are in `problems`."""
        problems: list[Problem] = []
        try:
            return self._load(problems)
        except LimitReached as limit:
            problems.append(limit.problem)
        except Unreadable as error:
            place = error.place or Place(str(self.path))
            problems.append(place.problem(error.code, str(error), hint=error.hint))
        except Unbalanced:
            pass  # the scanner has said why
        raise ConfigError.of(_sorted(problems))

    def _load(self, problems: list[Problem]) -> PipelineFile:
        given, path = FilePath(self.path), FilePath(self.path).absolute()
        library = Library(path.parent, problems)
        resolver = Resolver(os.environ, problems=problems)
        resolver.add(library.read(given))
        for key, value in self.overrides.items():
            setting = _setting(key, value, problems)
            if setting is not None:
                resolver.add(setting)
        document = Writer(resolver).write()
        places = Places(str(given), document.keys, document.values)
        config = _config(document, places, path.parent, resolver, problems)
        return PipelineFile(path, config, places, _sorted(problems), _sorted(library.warnings), frozenset(document.broken))


def _config(
    document: Document, places: Places, folder: FilePath, resolver: Resolver, problems: list[Problem]
) -> PipelineConfig:
    incomplete = _is_incomplete(problems)
    values = document.parse()
    reader = BlockReader(folder, places, resolver.variables, document.broken, document.numbers)
    config = reader.read(values)
    for fault in rule_faults(config, values):
        if fault.code != "missing-key" or not _has_below(document.broken, fault.path):
            reader.say(fault.code, fault.message, fault.path, at=fault.at, hint=fault.hint)
    problems += [problem for problem in reader.problems if not (incomplete and problem.code in _ABSENCES)]
    return config


def _is_incomplete(problems: Iterable[Problem]) -> bool:
    return any(problem.code in _LOSSES for problem in problems)


def _has_below(paths: Iterable[Path], path: Path) -> bool:
    return any(each[: len(path)] == path for each in paths)


def _setting(key: str, value: str, problems: list[Problem]) -> Object | None:
    """One `--set` as a statement. A value that is no HOCON is a text, as it stands."""
    place = Place(SETTING)
    keys, values = Scanner(key, SETTING, Budget()), Scanner(value, SETTING, Budget())
    path, parsed = keys.scan_path(), values.scan_value()
    mistakes = list(keys.problems)
    if value.lstrip()[:1] in ("{", "[", '"') or "${" in value:
        mistakes += values.problems
    elif parsed is not None and any(isinstance(piece, Array | Object) for piece in parsed.pieces):
        parsed = None  # `local[2]` is no text joined with a list, which HOCON does not know
    if mistakes:
        problems.append(place.problem("syntax", f"--set {key}: {mistakes[0].message}", hint=mistakes[0].hint))
    if path is None or mistakes:
        return None
    parsed = parsed or Value((Text(value, place),), place)
    return Object((Field(path, (place,) * len(path), parsed),), place)


def _sorted(problems: list[Problem]) -> tuple[Problem, ...]:
    """By file, line and column. A block that substitutions put in several places has each of its mistakes once."""
    once = {(each.code, each.place if each.line else each.message, each.hint): each for each in reversed(problems)}
    return tuple(sorted(once.values(), key=lambda each: (each.file or "", each.line or 0, each.column or 0, each.message)))
