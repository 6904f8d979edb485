"""Pipeline files that somebody is writing: what is wrong with them, and what may stand where the cursor is.

The reader itself says where a cursor is: a mark is written there, and what is read holds the mark at some path.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path as FilePath
from typing import Any

from ppf_core.config.loader import ConfigLoader, PipelineFile
from ppf_core.editing.expectations import DraftOffer, Expectations
from ppf_core.errors import ConfigError, Problem
from ppf_core.hocon.includes import read_text
from ppf_core.hocon.places import Path
from ppf_core.plugins.registry import PluginRegistry
from ppf_core.validation.validate import check_file

_MARK = "ppf0cursor"
_BEFORE, _BEHIND = re.compile(r"[\w-]*$"), re.compile(r"[\w-]*")
_OF_THE_TEXT = ("syntax", "include", "encoding", "file", "limit")
"""Problems that any file may have; the others are those of a pipeline, which a part of one is not."""


@dataclass(frozen=True)
class Draft:
    """A file as it is now. is_pipeline: without components it is a part of one, or none at all, and only its text is judged.

    files: the real paths of all that was read; empty when the file could not be read to its end.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()
    is_pipeline: bool = False


@dataclass(frozen=True)
class DraftSpot:
    """What is at a place: a key or the value of one. definition: file and line of what is named there.

    word: what is written there, from `column` on; lines and columns count from 1.
    """

    path: tuple[str | int, ...]
    is_key: bool
    word: str
    column: int
    offers: tuple[DraftOffer, ...]
    help: str = ""
    definition: tuple[str, int] | None = None


@dataclass
class PipelineDrafts:
    """Files and the texts that an editor has of them and has not saved, by their real paths.

    drafts = PipelineDrafts()
    drafts.texts["/work/flights.conf"] = "name = flights"
    drafts.check("/work/flights.conf").problems
    """

    texts: dict[str, str] = field(default_factory=dict)
    _registry: PluginRegistry = field(default_factory=PluginRegistry.discover)

    def check(self, path: str | PathLike[str]) -> Draft:
        """All that `ppf validate` says of a file. Imports the plugins that it names, and nothing else."""
        try:
            file = ConfigLoader(path, texts=self.texts).load()
        except ConfigError as error:
            return Draft(error.problems)
        if "components" not in file.values:
            own = tuple(problem for problem in file.problems if problem.code in _OF_THE_TEXT)
            return Draft(own, file.warnings, file.files)
        validated = check_file(file, self._registry)
        return Draft(validated.problems, validated.warnings, file.files, is_pipeline=True)

    def spot(self, path: str | PathLike[str], line: int, column: int, file: str | None = None) -> DraftSpot | None:
        """What is at a place; lines and columns count from 1. file: the one that is meant, if the pipeline includes it.

        None where nothing can be written: in a comment, or where the text around it makes no sense.
        """
        real = os.path.realpath(file or path)
        text = self.texts[real] if real in self.texts else read_text(FilePath(real))
        lines = text.split("\n")
        before, behind = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
        word = "".join(found[0] for found in (_BEFORE.search(before), _BEHIND.match(behind)) if found)
        before, behind = _BEFORE.sub("", before), _BEHIND.sub("", behind, count=1)
        for mark in (_MARK, f"{_MARK} = 0"):
            marked = "\n".join([*lines[: line - 1], f"{before}{mark}{behind}", *lines[line:]])
            try:
                read = ConfigLoader(path, texts={**self.texts, real: marked}).load()
            except ConfigError:
                continue  # behind this mark nothing can be read; with the other one the statement is whole
            for found, is_key in _marked(read):
                return self._spot(read, (found, is_key, word, len(before) + 1), ConfigLoader(path, texts=self.texts))
        return None

    def _spot(self, read: PipelineFile, at: tuple[Path, bool, str, int], unmarked: ConfigLoader) -> DraftSpot:
        path, is_key, word, _column = at
        expected = Expectations(read, self._registry)
        offers = tuple(expected.keys(path[:-1]) if is_key else expected.values(path))
        known = (*path[:-1], word) if is_key else path
        named = next((each for each in offers if each.text == word and each.kind == "component"), None)
        if named is not None:
            return DraftSpot(*at, offers, named.help, _component(unmarked, word))
        entry = expected.plugin(known) if is_key else expected.named(path, word)
        return DraftSpot(*at, offers, expected.help(known)) if entry is None else DraftSpot(*at, offers, *expected.about(entry))


def _marked(read: PipelineFile) -> Iterator[tuple[Path, bool]]:
    """Where the mark stands, and whether it is a key there."""
    waiting: list[tuple[Path, Any]] = [((), read.values)]
    for path, value in waiting:  # grows while we walk it
        if isinstance(value, Mapping):
            waiting += [((*path, key), each) for key, each in value.items()]
            if _MARK in value:
                yield (*path, _MARK), True
        elif isinstance(value, list):
            waiting += [((*path, index), each) for index, each in enumerate(value)]
        elif isinstance(value, str) and _MARK in value:
            yield path, False


def _component(loader: ConfigLoader, name: str) -> tuple[str, int] | None:
    """Where a component stands in the file that has no mark."""
    try:
        place = loader.load().places.key(("components", name))
    except ConfigError:
        return None
    return (place.file, place.line) if place.file and place.line else None
