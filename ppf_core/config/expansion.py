"""How large a file becomes once its substitutions are filled in, told before anything fills them in."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from ppf_core.config.includes import LARGEST
from ppf_core.config.places import Path, dotted
from ppf_core.config.scanner import Reference, Scan
from ppf_core.errors import Problem

DEEPEST_CHAIN = 100
MOST_REFERENCES = 5_000


class _TooLarge(Exception):
    """The expansion passes a limit."""


@dataclass
class _Node:
    """A key of the file: its own characters, what stands below it, what it refers to."""

    weight: int = 0
    below: dict[str | int, "_Node"] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    size: int | None = None
    is_open: bool = False


def expansion_problems(scan: Scan) -> Iterator[Problem]:
    """The substitutions that lead nowhere, and those that would blow the file up."""
    root = _tree(scan)
    for reference in scan.references:
        if not reference.optional and _find(root, reference.path) is None and dotted(reference.path) not in os.environ:
            text = dotted(reference.path)
            message = f"The substitution ${{{text}}} refers to nothing: there is no such key and no such environment variable."
            yield _problem("substitution", message, reference, f"Define it, or write ${{?{text}}} to leave it out.")
    if len(scan.references) > MOST_REFERENCES:
        message = f"The file has more than {MOST_REFERENCES} substitutions."
        yield _problem("limit", message, scan.references[MOST_REFERENCES], "Write the values out.")
        return
    for reference in scan.references:
        try:
            found = _find(root, reference.path)
            if found is not None:
                _size(root, found, 0)
        except _TooLarge as error:
            yield _problem("limit", str(error), reference, "Write the values out.")
            return
    try:
        _size(root, root, 0)
    except _TooLarge as error:
        yield _problem("limit", str(error), scan.references[-1], "Write the values out.")


def _problem(code: str, message: str, reference: Reference, hint: str) -> Problem:
    place = reference.place
    path = dotted(reference.owner)
    return Problem(code=code, message=message, hint=hint, file=place.file, line=place.line, column=place.column, path=path)


def _tree(scan: Scan) -> _Node:
    root = _Node()
    for path, weight in scan.weights.items():
        _at(root, path).weight += weight
    for reference in scan.references:
        _at(root, reference.owner).references.append(reference)
    for path in (*scan.keys, *scan.values):
        _at(root, path)
    return root


def _at(node: _Node, path: Path) -> _Node:
    for part in path:
        node = node.below.setdefault(part, _Node())
    return node


def _find(node: _Node, path: Path) -> _Node | None:
    for part in path:
        if part not in node.below:
            return None
        node = node.below[part]
    return node


def _size(root: _Node, node: _Node, depth: int) -> int:
    """The characters of a node when all is filled in. What refers to itself (`a = ${?a} [1]`) counts once."""
    if node.size is not None or node.is_open:
        return node.size or 0
    if depth > DEEPEST_CHAIN * 3:
        raise _TooLarge(f"Substitutions refer to each other more than {DEEPEST_CHAIN} deep.")
    node.is_open = True
    size = node.weight
    for below in node.below.values():
        size += _size(root, below, depth + 1)
    for reference in node.references:
        found = _find(root, reference.path)
        size += _size(root, found, depth + 3) if found is not None else len(os.environ.get(dotted(reference.path), ""))
    node.is_open = False
    node.size = size
    if size > LARGEST:
        raise _TooLarge(f"The substitutions expand to more than {LARGEST // 1024 // 1024} MB.")
    return size
