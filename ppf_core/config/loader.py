"""From a path to a checked pipeline file: its values, their places, and every mistake in it at once."""

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path as FilePath
from typing import Any

from ppf_core.config.blocks import FLAT, BlockReader
from ppf_core.config.faults import parse_path
from ppf_core.config.given_values import given_values
from ppf_core.config.model import PipelineConfig
from ppf_core.config.rules import rule_faults
from ppf_core.errors import Problem, in_order
from ppf_core.hocon.budget import paused_collector
from ppf_core.hocon.places import Path, Place, Places
from ppf_core.hocon.reading import read_file
from ppf_core.secrets.references import is_secret_name, names_secret

_LOSSES = ("syntax", "include", "encoding", "file")  # behind these, statements may have been lost
_ABSENCES = ("missing-key", "missing-option", "one-of", "unknown-component", "sink-without-inputs", "wrong-inputs")
"""Problems that lost statements explain."""
_WITHOUT_INPUTS = ("sink-without-inputs", "wrong-inputs")  # broken inputs explain these


@dataclass(frozen=True)
class PipelineFile:
    """A pipeline file as it was read. `config` holds all that is sound, so that later checks can report what they find too.

    broken: paths whose value could not be had: faulty ones, substitutions that lead nowhere, keys that are mistyped. What that
    brings about is no second mistake. is_incomplete: statements may have been lost, so what is missing may not be. values: all
    of it, a `ConfigTree` whose keys are taken as they are. variables: the environment variables that each value was made of.
    hidden: paths of values that come from an environment variable and are secret by their name, which no message shows. home:
    what relative paths are relative to, if not to the folder of the file. files: the real paths of all that was read.
    """

    path: FilePath
    config: PipelineConfig
    places: Places
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    broken: frozenset[Path] = frozenset()
    is_incomplete: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    hidden: frozenset[Path] = frozenset()
    home: FilePath | None = None
    files: tuple[str, ...] = ()

    @property
    def folder(self) -> FilePath:
        """What relative paths in the file are relative to."""
        return self.home or self.path.parent

    def problem(self, code: str, message: str, path: Path, *, at: str = "value", hint: str | None = None) -> Problem:
        """A problem located in this file."""
        return self.places.problem(code, message, path, at=at, hint=hint)

    def is_consequence(self, problem: Problem) -> bool:
        """Whether a later problem only says what a known mistake brings about."""
        path = parse_path(problem.path or "")
        if self.is_incomplete and problem.code in _ABSENCES:
            return True
        if problem.code in _WITHOUT_INPUTS and path in self._broken_below:
            return True
        return any(path[:length] in self.broken for length in range(1, len(path) + 1))

    def broken_below(self, path: Path) -> Collection[Path]:
        """The broken paths of a block, relative to it."""
        return self._broken_below.get(path, ())

    def hidden_below(self, path: Path) -> Collection[Path]:
        """The hidden paths of a block, relative to it."""
        return {each[len(path) :] for each in self.hidden if each[: len(path)] == path}

    @cached_property
    def _broken_below(self) -> Mapping[Path, set[Path]]:
        found: dict[Path, set[Path]] = {}
        for path in self.broken:
            for length in range(len(path) + 1):
                found.setdefault(path[:length], set()).add(path[length:])
        return found


@dataclass(frozen=True)
class ConfigLoader:
    """Loads one pipeline file. overrides: HOCON path → HOCON text, as `--set` takes it, or a value of JSON; they win.
    texts: what stands in for files, by their real paths: an editor has not saved it yet.

    file = ConfigLoader("flights.conf", {"runtime.parallelism": 2}).load()
    """

    path: str | PathLike[str]
    overrides: Mapping[str, object] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def from_config(config: Mapping[str, Any], folder: str | PathLike[str] = ".") -> PipelineFile:
        """The pipeline that a dictionary or a `ConfigTree` of pyhocon says. Its mistakes are in `problems`, without places.

        Keys of a dictionary are taken as they are. folder: what relative paths are relative to.
        """
        home = FilePath(folder).absolute()
        broken: set[Path] = set()
        problems: list[Problem] = []
        values = given_values(config, broken, problems)
        return _file(home / "<config>", values, BlockReader(home, Places(None), broken=broken), home, problems)

    def load(self) -> PipelineFile:
        """The file. Raises ConfigError when it cannot be read to its end; other mistakes are in `problems`."""
        with paused_collector():
            return self._load()

    def _load(self) -> PipelineFile:
        given, path = FilePath(self.path), FilePath(self.path).absolute()
        overrides = {key: value if isinstance(value, str) else json.dumps(value) for key, value in self.overrides.items()}
        document = read_file(given, os.environ, overrides, FLAT, self.texts)
        places = Places(str(given), document.keys, document.values)
        hidden = _hidden(document.variables)
        reader = BlockReader(path.parent, places, document.used, document.broken, hidden)
        file = _file(path, document.tree, reader, None, document.problems)
        warnings = in_order([*document.warnings, *_twice(document.repeated)])
        return replace(file, variables=document.variables, hidden=hidden, warnings=warnings, files=document.files)


def file_of_values(path: FilePath, values: Mapping[str, Any], home: FilePath | None = None) -> PipelineFile:
    """The pipeline file that has these plain values: without HOCON, so without places. path: what its mistakes name."""
    return _file(path, values, BlockReader(home or path.parent, Places(str(path))), home, [])


def _hidden(variables: Mapping[Path, tuple[str, ...]]) -> frozenset[Path]:
    return frozenset(path for path, given in variables.items() if names_secret(path) or any(map(is_secret_name, given)))


def _twice(repeated: Mapping[Path, tuple[Place, Place]]) -> Iterator[Problem]:
    """Components that stand twice in one block: most likely one was copied and should have another name."""
    for path, (first, second) in repeated.items():
        if path[0] == "components" and len(path) == 2:
            message = (
                f"The component {path[1]!r} stands twice in this block: what is here is merged into that of line {first.line}."
            )
            yield second.problem("bad-value", message, hint="Give it another name, or write both as one.", path=path)


def _file(
    path: FilePath, values: Mapping[str, Any], reader: BlockReader, home: FilePath | None, problems: Sequence[Problem]
) -> PipelineFile:
    """The blocks of a file. problems: those that reading its values has had."""
    config = reader.read(values)
    for fault in rule_faults(config, values, reader.broken):
        if fault.path not in reader.broken:
            reader.refuse(fault)
    incomplete = any(problem.code in _LOSSES for problem in problems)
    found = [*problems, *(problem for problem in reader.problems if not (incomplete and problem.code in _ABSENCES))]
    return PipelineFile(
        path,
        config,
        reader.places,
        in_order(found),
        broken=frozenset(reader.broken),
        is_incomplete=incomplete,
        values=values,
        home=home,
    )
