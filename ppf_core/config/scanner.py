"""A light scanner of HOCON: where each key and value stands, and the same text in a form that pyhocon reads without surprises.

In that form every key is a plain word, every text is quoted, every include is replaced by what it includes, and `a += 1` is
`a = ${?a} [1]`. So durations, leading zeros and dotted keys reach us as they were written.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ppf_core.config.places import Path, Place
from ppf_core.errors import Problem

DEEPEST = 100

_SPACE = re.compile(r"(?:[^\S\n]|\ufeff)+")
_GAP = re.compile(r"(?:\s|\ufeff|//[^\n]*|#[^\n]*)*")
_KEY_WORD = re.compile(r"[^\s$\"{}\[\]:=,+#`^?!@*&\\.]+")
_WORD = re.compile(r"(?:(?!//)[^\n$\"{}\[\],#])+")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_TRIPLE = re.compile(r'"""(.*?)("{3,})', re.DOTALL)
_SUBSTITUTION = re.compile(r"\$\{(\??)([^}\n]*)\}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INCLUDE = re.compile(r"include(?=[\s\"])\s*")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ALIAS = "ppf-key-"


class Mistake(Exception):
    """The text cannot be read further; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True)
class Reference:
    """A substitution `${path}` in the value of `owner`."""

    owner: Path
    path: Path
    optional: bool
    place: Place


@dataclass
class Scan:
    """What was found in a file and its includes. text: the form for pyhocon. weights: characters of text by path."""

    text: list[str] = field(default_factory=list)
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    weights: dict[Path, int] = field(default_factory=dict)
    lengths: dict[Path, int] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def alias(self, key: str) -> str:
        """A plain word for any key; `name_of` gives the key back."""
        if _PLAIN.fullmatch(key) and key not in ("include", "null", "true", "false"):
            return key
        return self.aliases.setdefault(key, f"{_ALIAS}{len(self.aliases)}")

    def names(self) -> dict[str, str]:
        """Plain word → key."""
        return {alias: key for key, alias in self.aliases.items()}


Include = Callable[["Scanner", Path, int], None]


class Scanner:
    """Reads one text into a Scan. `include` is called at each include statement, the position after the word."""

    def __init__(self, text: str, file: str, scan: Scan, include: Include, depth: int = 0) -> None:
        self.text, self.file, self.scan, self.depth = text, file, scan, depth
        self.position = 0
        self._include = include
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def read_file(self, base: Path) -> None:
        """Reads the whole text as the fields of an object, with or without braces around them."""
        self._gap()
        if self._peek() == "{":
            self.position += 1
            self._fields(base, closed=True, level=1)
            self._gap()
            if self.position < len(self.text):
                raise self.mistake("Here the file should end: its outer braces are closed.", hint="Remove what follows.")
        else:
            self._fields(base, closed=False, level=0)

    def read_setting(self, key: str) -> None:
        """Reads the whole text as the value of one key, as `--set` gives them."""
        path = Scanner(key, self.file, self.scan, self._include).read_key_alone()
        self._open(path, Place(self.file))
        self._value(path, level=1)
        self._gap()
        if self.position < len(self.text):
            raise self.mistake("Something is left after the value.")
        self._close(path)

    def read_key_alone(self) -> Path:
        """Reads the whole text as a key."""
        path = self._key()
        self._gap()
        if self.position < len(self.text):
            raise self.mistake(f"{self.text!r} is not the path of a key.", hint="Put names with other characters in quotes.")
        return path

    def place(self, position: int | None = None) -> Place:
        """Line and column of a position."""
        position = self.position if position is None else position
        if self.file == "--set":
            return Place(self.file)
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= position else (low, middle)
        return Place(self.file, low + 1, position - self._starts[low] + 1)

    def mistake(self, message: str, *, code: str = "syntax", hint: str | None = None, at: int | None = None) -> Mistake:
        """A mistake at a position, ready to be raised."""
        place = self.place(at)
        return Mistake(Problem(code=code, message=message, hint=hint, file=place.file, line=place.line, column=place.column))

    def _too_deep(self) -> Mistake:
        return self.mistake(f"Braces and brackets are nested more than {DEEPEST} deep.", code="limit", hint="Flatten the file.")

    # ---- objects

    def _fields(self, base: Path, *, closed: bool, level: int) -> None:
        if level > DEEPEST:
            raise self._too_deep()
        opened = self.position - 1
        while True:
            self._gap(commas=True)
            if self.position >= len(self.text):
                if closed:
                    raise self.mistake("This brace is never closed.", hint="Add '}'.", at=opened)
                return
            if self._peek() == "}":
                if not closed:
                    raise self.mistake("This brace closes nothing.", hint="Remove '}'.")
                self.position += 1
                return
            self._field(base, level)

    def _field(self, base: Path, level: int) -> None:
        include = _INCLUDE.match(self.text, self.position)
        if include and self.text[include.end() : include.end() + 1] not in ("=", ":", "{", "+", "."):
            self.position = include.end()
            self._include(self, base, self.depth)
            return
        start = self.position
        path = (*base, *self._key())
        place = self.place(start)
        self._space()
        appends = self.text.startswith("+=", self.position)
        if appends:
            self.position += 2
        elif self._peek() in ("=", ":"):
            self.position += 1
        elif self._peek() != "{":
            key = path[-1]
            hint = "Write key = value. A key with other characters stands in quotes."
            raise self.mistake(f"Key {key!r} has no value.", hint=hint, at=start)
        self._open(path[len(base) :], place, base)
        self._gap()
        self._value(path, level=level + 1, appends=appends, key_at=start)
        self._close(path[len(base) :])

    def _key(self) -> Path:
        parts: list[str] = []
        while True:
            self._space()
            quoted = self._quoted()
            if quoted is not None:
                parts.append(quoted)
            else:
                word = _KEY_WORD.match(self.text, self.position)
                if word is None:
                    found = self._peek() or "the end of the file"
                    raise self.mistake(f"Here a key should stand, but there is {found!r}.", hint="Write key = value.")
                parts.append(word[0])
                self.position = word.end()
            if self._peek() != ".":
                return tuple(parts)
            self.position += 1

    def _open(self, keys: Path, place: Place, base: Path = ()) -> None:
        for index, key in enumerate(keys):
            path = (*base, *keys[: index + 1])
            self.scan.keys[path] = place
            if index + 1 < len(keys):
                self.scan.values.setdefault(path, place)
            self.scan.text.append(f"{self.scan.alias(str(key))} {'=' if index + 1 == len(keys) else '{'} ")

    def _close(self, keys: Path) -> None:
        self.scan.text.append(" }" * (len(keys) - 1) + "\n")

    # ---- values

    def _value(self, path: Path, *, level: int, appends: bool = False, key_at: int | None = None) -> None:
        """One value: what stands in a row, up to a comma or a new line, is one concatenation."""
        start = self.position
        is_first = path not in self.scan.values
        self.scan.values[path] = self.place()
        pieces: list[_Piece] = []
        while (piece := self._piece(path, level, appends)) is not None:
            pieces.append(piece)
        if not (pieces := _stripped(pieces)):
            at = start if key_at is None else key_at
            raise self.mistake(f"Key {path[-1]!r} has no value.", hint='Write a value, or "" for an empty text.', at=at)
        text = self._joined(pieces, path, start)
        if appends:
            target = ".".join(self.scan.alias(str(key)) for key in path)
            text = f"[{text}]" if is_first else f"${{?{target}}} [{text}]"
        self.scan.text.append(text)

    def _piece(self, path: Path, level: int, appends: bool) -> "_Piece | None":
        """The next part of a value; None at its end."""
        head = self._peek()
        if head in ("", "\n", ",", "}", "]", "#") or self.text.startswith("//", self.position):
            return None
        if head in ("{", "["):
            inner = (*path, self.scan.lengths.get(path, 0)) if appends else path
            return _Piece("block", self._block(head, inner, level))
        if head == "$":
            return _Piece("substitution", self._substitution(path))
        quoted = self._quoted()
        if quoted is not None:
            return _Piece("quoted", quoted)
        word = _WORD.match(self.text, self.position)
        if word is None:
            raise self.mistake(f"{head!r} cannot stand in a value.", hint="Put the value in double quotes.")
        self.position = word.end()
        return _Piece("raw", word[0])

    def _joined(self, pieces: "list[_Piece]", path: Path, start: int) -> str:
        """The value for pyhocon, every text in quotes."""
        kinds = {piece.kind for piece in pieces if piece.text.strip() or piece.kind == "quoted"}
        literal = sum(len(piece.text) for piece in pieces if piece.kind in ("raw", "quoted"))
        self.scan.weights[path] = self.scan.weights.get(path, 0) + literal + 1
        if "block" in kinds:
            if kinds & {"raw", "quoted"}:
                message = "A text and an object or a list cannot be one value."
                raise self.mistake(message, hint="Add a comma or a new line.", at=start)
            return " ".join(piece.text for piece in pieces if piece.kind in ("block", "substitution"))
        for piece in pieces:
            if piece.kind == "raw" and (bad := re.search("[:=]", piece.text)):
                message = f"{bad[0]!r} cannot stand in a value without quotes: {piece.text.strip()!r}."
                raise self.mistake(message, hint="Put the value in double quotes.", at=start)
        if len(pieces) == 1 and pieces[0].kind == "raw":
            text = pieces[0].text
            return text if _NUMBER.fullmatch(text) or text in ("true", "false", "null") else _json(text)
        return "".join(_concatenated(pieces))

    def _block(self, head: str, path: Path, level: int) -> str:
        """An object or a list, for pyhocon."""
        outside, self.scan.text = self.scan.text, []
        self.position += 1
        if head == "{":
            self._fields(path, closed=True, level=level)
        else:
            self._items(path, level)
        inside, self.scan.text = "".join(self.scan.text), outside
        return f"{{\n{inside}}}" if head == "{" else f"[{inside}]"

    def _items(self, path: Path, level: int) -> None:
        if level > DEEPEST:
            raise self._too_deep()
        opened, index = self.position - 1, 0
        while True:
            self._gap(commas=True)
            if self.position >= len(self.text):
                raise self.mistake("This bracket is never closed.", hint="Add ']'.", at=opened)
            if self._peek() == "]":
                self.position += 1
                self.scan.lengths[path] = index
                return
            if self._peek() == "}":
                raise self.mistake("This brace closes nothing.", hint="Close the list with ']' first.")
            if index:
                self.scan.text.append(", ")
            self._value((*path, index), level=level + 1)
            index += 1

    def _substitution(self, owner: Path) -> str:
        start = self.position
        found = _SUBSTITUTION.match(self.text, start)
        inner = Scanner(found[2].strip(), self.file, self.scan, self._include) if found else None
        try:
            path = inner.read_key_alone() if inner else ()
        except Mistake:
            path = ()
        if found is None or not path:
            raise self.mistake("This substitution cannot be read.", hint="Write ${path.of.a.key} or ${?NAME}.", at=start)
        self.position = found.end()
        self.scan.references.append(Reference(owner, path, bool(found[1]), self.place(start)))
        return f"${{{found[1]}{'.'.join(self.scan.alias(str(key)) for key in path)}}}"

    # ---- characters

    def _peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def _space(self) -> None:
        space = _SPACE.match(self.text, self.position)
        if space:
            self.position = space.end()

    def _gap(self, *, commas: bool = False) -> None:
        """Skips white space, new lines and comments, and with them the commas between fields."""
        while True:
            gap = _GAP.match(self.text, self.position)
            self.position = gap.end() if gap else self.position
            if not (commas and self._peek() == ","):
                return
            self.position += 1

    def _quoted(self) -> str | None:
        """The text between quotes at this place, unescaped; None when there is none."""
        if self._peek() != '"':
            return None
        triple = _TRIPLE.match(self.text, self.position)
        if triple:
            self.position = triple.end()
            return triple[1] + triple[2][3:]
        start = self.position
        simple = _STRING.match(self.text, start)
        if simple is None or self.text.startswith('"""', start):
            hint = 'Add the closing quote. Use """ for a text of several lines.'
            raise self.mistake("This quote is never closed.", hint=hint)
        self.position = simple.end()
        try:
            return str(json.loads(simple[0].replace("\t", "\\t")))
        except ValueError:
            hint = 'Use \\n, \\t, \\", \\\\ or \\uXXXX, and \\\\ for a backslash.'
            raise self.mistake("This text holds an escape that HOCON does not know.", hint=hint, at=start) from None


@dataclass(frozen=True)
class _Piece:
    """A part of a value: raw (unquoted), quoted, substitution or block."""

    kind: str
    text: str


def _stripped(pieces: list[_Piece]) -> list[_Piece]:
    """The pieces without the white space around the whole value."""
    if pieces and pieces[-1].kind == "raw":
        pieces = [*pieces[:-1], _Piece("raw", pieces[-1].text.rstrip())]
    if pieces and pieces[0].kind == "raw":
        pieces = [_Piece("raw", pieces[0].text.lstrip()), *pieces[1:]]
    return [piece for piece in pieces if piece.text or piece.kind == "quoted"]


def _concatenated(pieces: list[_Piece]) -> Iterator[str]:
    """Texts in quotes, substitutions as they are; neighbouring texts as one, since `"a""b"` means something else."""
    literal: str | None = None
    for piece in pieces:
        if piece.kind == "substitution":
            if literal is not None:
                yield _json(literal)
                literal = None
            yield piece.text
        else:
            literal = (literal or "") + piece.text
    if literal is not None:
        yield _json(literal)


def _json(text: str) -> str:
    """The text in quotes as pyhocon reads it: it knows no \\u escapes."""
    return json.dumps(text, ensure_ascii=False)
