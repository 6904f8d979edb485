"""Which pipelines the open files belong to, and what is wrong with each file."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ppf_core import Draft, PipelineDrafts

if TYPE_CHECKING:
    from ppf_core.errors import Problem

_MOST = 100
"""Files of one folder that are read to see whether they include another one."""
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Finding:
    """One problem of a file, or one warning."""

    problem: "Problem"
    is_warning: bool = False


@dataclass
class Pipelines:
    """The files that an editor has open, and the pipelines that include them. All paths are real ones.

    A file that a pipeline includes is judged as a part of that pipeline; any other is judged by itself.
    """

    drafts: PipelineDrafts = field(default_factory=PipelineDrafts)
    _read: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _found: dict[str, dict[str, list[Finding]]] = field(default_factory=dict)

    def open(self, path: str, top: str | None) -> None:
        """Looks for the pipelines that include a file: in its folder and those above, up to `top`."""
        for root in _candidates(path, top):
            if root not in self._read:
                self._note(root, self.drafts.check(root))

    def owners(self, path: str) -> list[str]:
        """The pipelines that a file belongs to: those that include it, else it alone."""
        owners = [root for root, files in self._read.items() if path in files and root != path]
        return owners or [path]

    def check(self, root: str) -> set[str]:
        """Reads a pipeline again; gives the files whose findings may be others now."""
        before = set(self._found.get(root, ()))
        draft = self.drafts.check(root)
        self._note(root, draft)
        found = self._found[root] = {file: [] for file in (root, *draft.files)}
        for problems, is_warning in ((draft.problems, False), (draft.warnings, True)):
            for problem in problems:
                file = root if problem.file is None else os.path.realpath(problem.file)
                found.setdefault(file, []).append(Finding(problem, is_warning))
        return before | set(found)

    def forget(self, root: str) -> set[str]:
        """Leaves a pipeline alone; gives the files that had findings of it."""
        self._read.pop(root, None)
        return set(self._found.pop(root, ()))

    def findings(self, path: str) -> list[Finding]:
        """What is wrong with a file, in all pipelines that it belongs to; what they agree on is told once."""
        return list(dict.fromkeys(each for found in self._found.values() for each in found.get(path, ())))

    def _note(self, root: str, draft: Draft) -> None:
        # A file that cannot be read to its end still includes what it did include.
        if draft.is_pipeline or draft.files:
            self._read[root] = draft.files if draft.is_pipeline else ()


def _candidates(path: str, top: str | None) -> Iterator[str]:
    """Files that may include this one: an include goes into the folder of its file or below it."""
    folder = Path(path).parent
    for above in (folder, *folder.parents):
        for file in sorted(above.glob("*.conf"))[:_MOST]:
            other = Path(os.path.realpath(file))
            if str(other) != path and other.is_file() and other.stat().st_size <= _LARGEST and b"include" in other.read_bytes():
                yield str(other)
        if top is None or not above.is_relative_to(top) or above == Path(top):
            return
