"""The resolved file written out as plain HOCON that pyhocon cannot misread, and what pyhocon makes of it.

Every key is a plain word, every text is quoted, and each key stands once. So durations, leading zeros, dotted keys, `+=` and
substitutions, which pyhocon would change or trip over, are behind us before it sees the file.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

from ppf_core.config.budget import DEEPEST, Budget, LimitReached
from ppf_core.config.places import Path, Place, dotted
from ppf_core.config.resolution import ABSENT, Block, Items, Resolved, Resolver, Scalar
from ppf_core.threads import Threads

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?")
_WORDS = ("true", "false", "null")
_PLAIN = re.compile(r"(?!include)[A-Za-z0-9_-]+", re.IGNORECASE)
_ODD = re.compile(r"[^A-Za-z0-9_-]")
_CODED = re.compile("ÿ([0-9a-f]+)ÿ")
_MARK = "ÿÿ"
_CHUNK = 2000
_FRAMES = 20_000
# pyparsing's settings are global to the process, and pyhocon changes them while it parses.
_PYHOCON = Threads().lock()


class WrittenNumber(float):
    """A number that remembers how the file writes it, for where a text or an exact decimal is wanted: 1.10."""

    def __new__(cls, text: str) -> "WrittenNumber":
        """The number that a text of the file means."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass
class Document:
    """A file without includes, substitutions and duplicates.

    broken: paths whose value could not be had; the reason is reported. numbers: how a number is written, where Python would
    write it differently.
    """

    text: list[str] = field(default_factory=list)
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    broken: set[Path] = field(default_factory=set)
    numbers: dict[Path, str] = field(default_factory=dict)

    def parse(self) -> dict[str, Any]:
        """The values, as pyhocon reads them."""
        from pyhocon import ConfigFactory

        with _PYHOCON, _restored():
            tree = ConfigFactory.parse_string("".join(self.text))
        values = self._plain(tree, ())
        return values if isinstance(values, dict) else {}

    def _plain(self, value: Any, path: Path) -> Any:
        from pyhocon.config_tree import NoneValue

        if isinstance(value, dict):
            # Past pyhocon's own items(), which looks up each key as a path.
            pairs = [(decoded(key), item) for key, item in dict.items(value)]
            return {key: self._plain(item, (*path, key)) for key, item in pairs}
        if isinstance(value, list):
            return [self._plain(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, str):
            return value.removeprefix(_MARK)
        if path in self.numbers:
            return WrittenNumber(self.numbers[path])
        return None if isinstance(value, NoneValue) else value


@dataclass
class Writer:
    """Asks the resolver for every value and writes it down."""

    resolver: Resolver
    document: Document = field(default_factory=Document)
    budget: Budget = field(default_factory=Budget)
    _inside: list[Resolved] = field(default_factory=list)

    def write(self) -> Document:
        """The whole file. Raises LimitReached."""
        self._slots(self.resolver.root, ())
        return self.document

    def _slots(self, block: Block, path: Path) -> None:
        for key, slot in block.slots.items():
            value = self.resolver.value(slot)
            if value is not ABSENT and slot.winner is not None:
                here = (*path, key)
                self.document.keys[here] = slot.winner.key
                self.document.values[here] = slot.winner.value.place
                self.budget.spend(1, len(key), slot.winner.key)
                self.document.text.append(f"{encoded(key)}=")
                self._value(value, here, slot.winner.value.place)
                self.document.text.append("\n")

    def _value(self, value: Resolved, path: Path, place: Place) -> None:
        match value:
            case Scalar(text, bare):
                self.budget.spend(0, len(text), place)
                self.document.text.append(self._scalar(text, bare, path))
            case Block():
                self._nested(value, path, place, "{", "}")
            case Items():
                self._nested(value, path, place, "[", "]")
            case _:
                self.document.broken.add(path)
                self.document.text.append("null")

    def _nested(self, value: Block | Items, path: Path, place: Place, opening: str, closing: str) -> None:
        if any(value is each for each in self._inside):
            self.document.broken.add(path)
            self.document.text.append("null")
            self._contains_itself(path, place)
            return
        if len(path) > DEEPEST:
            raise LimitReached(f"Values are nested more than {DEEPEST} deep.", place)
        self._inside.append(value)
        self.document.text.append(opening)
        if isinstance(value, Block):
            self._slots(value, path)
        else:
            self._items(value, path)
        self.document.text.append(closing)
        self._inside.pop()

    def _items(self, items: Items, path: Path) -> None:
        for index, (value, place) in enumerate(items.items):
            self.budget.spend(1, 0, place)
            self.document.values[*path, index] = place
            self.document.text.append("\n" if index else "")
            self._value(value, (*path, index), place)

    def _scalar(self, text: str, bare: bool, path: Path) -> str:
        if bare and text in _WORDS:
            return text
        if bare and _NUMBER.fullmatch(text):
            number = float(text) if set(text) & set(".eE") else int(text)
            if text == "-0" or number in (inf, -inf):
                return _quoted(text)
            if str(number) != text:
                self.document.numbers[path] = text
            return text
        return _quoted(text)

    def _contains_itself(self, path: Path, place: Place) -> None:
        message = f"The value of {dotted(path)!r} contains itself."
        hint = "Let the substitution name something that is not around it."
        self.resolver.problems.append(place.problem("substitution", message, hint=hint, path=path))


def encoded(key: str) -> str:
    """A key as a word that means nothing to pyhocon: `a.b` is `aÿ2eÿb`."""
    if _PLAIN.fullmatch(key):
        return key
    return _MARK + _ODD.sub(lambda found: f"ÿ{ord(found[0]):x}ÿ", key)


def decoded(word: str) -> str:
    """The key that `encoded` made a word of."""
    return _CODED.sub(lambda found: chr(int(found[1], 16)), word[2:]) if word.startswith(_MARK) else word


def _quoted(text: str) -> str:
    # pyhocon drops empty texts from lists, so they get a mark.
    text = _MARK + text if not text or text.startswith(_MARK) else text
    # In pieces: the memory of pyhocon's regular expression for a text grows with a hundred times its length.
    escaped = (
        piece.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
        for piece in (text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK))
    )
    return "".join(f'"{piece}"' for piece in escaped)


@contextmanager
def _restored() -> Iterator[None]:
    """Room for pyparsing's recursion, twenty frames for each bracket, and its settings as they were, also after a failure."""
    from pyparsing import ParserElement

    frames, white_space = sys.getrecursionlimit(), ParserElement.DEFAULT_WHITE_CHARS
    sys.setrecursionlimit(max(frames, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(frames)
        ParserElement.set_default_whitespace_chars(white_space)
