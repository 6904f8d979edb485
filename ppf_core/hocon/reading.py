"""The main way through this room: from the path of a file to its values, their places and what is wrong with them."""

from collections.abc import Collection, Mapping
from pathlib import Path as FilePath

from ppf_core.errors import ConfigError, Problem, in_order
from ppf_core.hocon.budget import Budget, LimitReached
from ppf_core.hocon.characters import SETTING
from ppf_core.hocon.document import Document, TreeBuilder
from ppf_core.hocon.includes import Library, Unreadable
from ppf_core.hocon.places import Path, Place
from ppf_core.hocon.resolution import Resolver
from ppf_core.hocon.scanner import Scanner, Unbalanced
from ppf_core.hocon.syntax import Array, Field, Object, Text, Value


def read_file(
    path: FilePath,
    environment: Mapping[str, str],
    overrides: Mapping[str, str],
    flat: Collection[Path] = (),
    texts: Mapping[str, str] = {},
) -> Document:
    """Reads a file with its includes. Raises ConfigError when it cannot be read to its end; other mistakes are in `problems`.

    overrides: path of a key → its value, both as HOCON; they win. flat: objects whose dotted keys are one key each.
    texts: what stands in for files, by their real paths.
    """
    problems: list[Problem] = []
    try:
        return _read(path, environment, overrides, flat, texts, problems)
    except LimitReached as limit:
        problems.append(limit.problem)
    except Unreadable as error:
        place = error.place or Place(str(path))
        problems.append(place.problem(error.code, str(error), hint=error.hint))
    except Unbalanced:
        pass  # the scanner has said why
    raise ConfigError.of(in_order(problems))


def _read(
    path: FilePath,
    environment: Mapping[str, str],
    overrides: Mapping[str, str],
    flat: Collection[Path],
    texts: Mapping[str, str],
    problems: list[Problem],
) -> Document:
    library = Library(path.absolute().parent, problems, texts=texts)
    resolver = Resolver(environment, problems=problems)
    resolver.add(library.read(path))
    for key, value in overrides.items():
        setting = _setting(key, value, problems, library.used)
        if setting is not None:
            resolver.add(setting)
    resolver.variables |= library.used
    document = TreeBuilder(resolver, flat).build()
    document.files = library.files
    document.problems = in_order(problems)
    document.warnings = in_order(library.warnings)
    return document


def _setting(key: str, value: str, problems: list[Problem], used: set[str]) -> Object | None:
    """One `--set` as a statement. A value that is no HOCON is a text, as it stands."""
    place = Place(SETTING)
    keys, values = Scanner(key, SETTING, Budget()), Scanner(value, SETTING, Budget(), used=used)
    path, parsed = keys.scan_path(), values.scan_value()
    mistakes = list(keys.problems)
    template = value.lstrip().startswith("{{")  # {{ secret://… }}, not an object
    if (value.lstrip()[:1] in ("{", "[", '"') and not template) or "${" in value:
        mistakes += values.problems
    elif parsed is not None and any(isinstance(piece, Array | Object) for piece in parsed.pieces):
        parsed = None  # `local[2]` is no text joined with a list, which HOCON does not know
    if mistakes:
        problems.append(place.problem("syntax", f"--set {key}: {mistakes[0].message}", hint=mistakes[0].hint))
    if path is None or mistakes:
        return None
    parsed = parsed or Value((Text(value, place),), place)
    return Object((Field(path, (place,) * len(path), parsed),), place)
