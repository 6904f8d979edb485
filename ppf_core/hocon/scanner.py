"""A light scanner of HOCON: from text to statements and values, each with its line and column.

A mistake does not stop it where the brackets stay in balance: the statement's value is `Broken`, and the next one is read.
"""

import re
from dataclasses import dataclass

from ppf_core.hocon.budget import DEEPEST, LimitReached
from ppf_core.hocon.characters import FORBIDDEN, OTHER_QUOTES, WORDS, Characters, Mistake
from ppf_core.hocon.places import Place, shown
from ppf_core.hocon.syntax import Array, Broken, Field, Include, Object, Piece, Reference, Text, Value

_KEY = re.compile(WORDS.pattern.replace("[^", "[^."))  # words without dots
# A word, a colon and no space: all up to the next space is one text, as in jdbc:postgresql://host/db?user=me
_URI = re.compile(rf"[^{FORBIDDEN}]++:(?=[^\s,{{}}\[\]\"#\\])")
_URI_WORD = re.compile(r"[^\s\ufeff,{}\[\]\"#$\\]++")
_INCLUDE = re.compile(r"include(?=[\s\"])(?!\s*+(?:[={:.]|\+=))")
_INCLUDED = re.compile(
    r"(?P<required>required\s*+\(\s*+)?(?:(?P<scheme>[a-z]++)\s*+\(\s*+)?\"(?P<name>(?:[^\"\\\n]|\\[^\n])*+)\""
    r"(?(scheme)\s*+\))(?(required)\s*+\))"
)
# What most statements are: a key of plain words and one text, which is read in one go.
_PLAIN = rf"(?![{OTHER_QUOTES}]){WORDS.pattern}"
_SIMPLE = re.compile(rf"([\w-]++(?:\.[\w-]++)*+)[ \t]*+[=:][ \t]*+(?:\"([^\"\\\n$]*+)\"|({_PLAIN}))(?=[ \t\r]*+[\n,}}])")
_NEXT_STATEMENT = re.compile(r"[\w.\-]++[ \t]*+(?:=|\+=|\{)")
_BALANCE = re.compile(r'"""(?:[^"]|"(?!""))*+"{3,}|"(?:[^"\\\n]|\\[^\n])*+"|(?:#|//)[^\n]*+|[{}\[\]\n]')
_QUOTE_IT = "Put the text in double quotes."


class Unbalanced(Exception):
    """Behind the mistake nothing stands surely where it seems to stand, so the rest of the file was not read."""


@dataclass
class Scanner(Characters):
    """Scans one text. `file` is its name in places. `problems` has what is wrong with it.

    Scanner("name = flights", "flights.conf", Budget()).scan()
    """

    _depth: int = 0

    def scan(self) -> Object:
        """The statements of a whole file. Raises LimitReached, and Unbalanced when `problems` says why it had to stop."""
        self.budget.spend(0, len(self.text), Place(self.file, 1, 1))
        try:
            return self._file()
        except Mistake as mistake:
            self._report(mistake)
            raise Unbalanced from None

    def scan_path(self) -> tuple[str, ...] | None:
        """The whole text as the path of a key; None, and a problem, if it is none."""
        try:
            path, _places = self._path("a key")
            if self.text[self._at :].strip():
                self._fail(
                    f"Here stands {self._found()!r}, where the key should end.", hint="Put other characters in double quotes."
                )
        except Mistake as mistake:
            self._report(mistake)
            return None
        return path

    def scan_value(self) -> Value | None:
        """The whole text as one value; None, and a problem, if it is none."""
        try:
            self._skip()
            value = self._value("There is no value.", self._at)
            if self.text[self._at :].strip():
                self._fail(f"Here stands {self._found()!r}, where the value should end.", hint=_QUOTE_IT)
        except (Mistake, Unbalanced) as mistake:
            if isinstance(mistake, Mistake):
                self._report(mistake)
            return None
        return None if self.problems else value

    # ---- objects

    def _file(self) -> Object:
        self._skip()
        start = self._at
        if self._peek() == "[":
            self._fail("The file is a list, but must be an object.", hint="Write key = value, each on a line of its own.")
        braces = self._peek() == "{"
        self._at += braces
        members = self._members(start if braces else None)
        self._skip()
        if self._at < len(self.text):
            self._fail(f"Here stands {self._found()!r}, where the file should end.", hint="Remove it, or the '}' before it.")
        return Object(members, self.place(start))

    def _object(self) -> Object:
        start = self._enter()
        members = self._members(start)
        self._depth -= 1
        return Object(members, self.place(start))

    def _members(self, opened: int | None) -> tuple[Field | Include, ...]:
        """The statements up to the closing brace, or to the end of the file when none was opened."""
        members: list[Field | Include] = []
        while self._statement_follows(opened):
            start, depth = self._at, self._depth
            try:
                members.append(self._statement())
                self._separate("}")
            except Mistake as mistake:
                self._recover(start, mistake)
                self._depth = depth
                members += [mistake.field] if mistake.field else []
        return tuple(members)

    def _statement_follows(self, opened: int | None) -> bool:
        self._skip()
        head = self._peek()
        if head == "" and opened is not None:
            self._fail("This brace is never closed.", opened, hint="Add '}' where its block ends.")
        if head == "}" and opened is None:
            self._fail("This brace closes nothing.", hint="Remove it.")
        self._at += head == "}"
        return head not in ("", "}")

    def _statement(self) -> Field | Include:
        start = self._at
        simple = _SIMPLE.match(self.text, start)
        if simple is not None:
            return self._simple(simple)
        if _INCLUDE.match(self.text, start):
            return self._include()
        self._warn_of_other_quotes(start)
        path, places = self._path("a key")
        self._spend(len(path))
        missing = f"Key {shown(self.text[start : self._at].strip())} has no value."
        append = self._assignment(start, missing)
        try:
            self._go_to_value(start, missing)
            return Field(path, places, self._value(missing, start), append)
        except Mistake as mistake:
            mistake.field = mistake.field or Field(path, places, Value((Broken(places[-1]),), places[-1]))
            raise

    def _simple(self, found: re.Match[str]) -> Field:
        path = tuple(found[1].split("."))
        self._spend(len(path))
        if len(path) > DEEPEST:
            raise LimitReached(f"A key has more than {DEEPEST} parts.", self.place(self._at))
        places, at = [], self._at
        for part in path:
            places.append(self.place(at))
            at += len(part) + 1
        self._at = found.end()
        place = self.place(found.start(2) - 1 if found[3] is None else found.start(3))
        text = Text(found[2], place) if found[3] is None else Text(found[3], place, bare=True)
        return Field(path, tuple(places), Value((text,), place))

    def _assignment(self, start: int, missing: str) -> bool:
        """Reads the sign between key and value; tells whether it is `+=`."""
        self._skip()
        if self._peek() == "{":
            return False
        append = self.text.startswith("+=", self._at)
        if not append and self._peek() not in ("=", ":"):
            hint = "Write key = value. A key with other characters than letters, digits, '_' and '-' stands in double quotes."
            self._fail(missing, start, hint=hint)
        self._at += 1 + append
        return append

    def _go_to_value(self, start: int, missing: str) -> None:
        """A value may stand on the next line; the next statement may not be taken for one."""
        line_end = self._at + len(self._rest_of_line())
        self._skip()
        if self._at > line_end and _NEXT_STATEMENT.match(self.text, self._at):
            self._fail(missing, start, hint='Write a value, or "" for an empty text.')

    def _include(self) -> Include:
        self._spend(1)
        self._at += len("include")
        self._skip()
        start = self._at
        found = _INCLUDED.match(self.text, start)
        if found is None:
            self._fail(
                "This include cannot be read.", start, hint='Write include "file.conf" or include required("file.conf").'
            )
        self._at = found.end()
        name = self._unescape(found["name"], found.start("name") - 1)
        return Include(name, self.place(start), scheme=found["scheme"], required=found["required"] is not None)

    def _path(self, wanted: str) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        """A path such as `a.b."c.d"`: its parts, and where each of them stands."""
        parts: list[str] = []
        places: list[Place] = []
        self._blank()
        while True:
            places.append(self.place(self._at))
            parts.append(self._part(wanted))
            if len(parts) > DEEPEST:
                raise LimitReached(f"A key has more than {DEEPEST} parts.", places[0])
            end = self._at
            self._blank()
            if self._peek() != ".":
                return tuple(parts), tuple(places)
            self._at += 1
            if self._at > end + 1 or self._peek().isspace():
                self._fail("White space stands beside the dot of a key.", end, hint="Remove it, or put it in quotes.")

    def _part(self, wanted: str) -> str:
        """One part of a path: words and quoted texts, joined as they stand."""
        part, end = self._piece_of_part(), self._at
        if part is None:
            self._fail(f"Here stands {self._found()!r}, where {wanted} is expected.")
        while True:
            self._blank()
            gap = self.text[end : self._at]
            piece = self._piece_of_part()
            if piece is None:
                self._at = end
                return part
            part, end = part + gap + piece, self._at

    def _piece_of_part(self) -> str | None:
        return self._quoted() if self._peek() == '"' else self._match(_KEY)

    # ---- values

    def _value(self, missing: str, start: int) -> Value:
        """All pieces up to a comma, a closing bracket, a comment or the end of the line."""
        first, pieces, uri = self._at, list[Piece](), False
        while True:
            gap = self._at
            self._blank()
            uri = uri or (not pieces and _URI.match(self.text, self._at) is not None)
            here = self._at
            piece = self._piece(uri)
            if piece is None:
                break
            if uri and pieces and here > gap:
                message = f"Behind an address without quotes stands {self._found(here)!r}."
                self._fail(message, here, hint="Put the address in double quotes, or what follows on a line of its own.")
            if pieces and here > gap:
                pieces.append(Text(self.text[gap:here], self.place(gap), gap=True))
            if pieces:
                self._spend(1)
            pieces.append(piece)
        if not pieces:
            self._fail(missing, start, hint='Write a value, or "" for an empty text.')
        return Value(tuple(pieces), self.place(first))

    def _piece(self, uri: bool) -> Piece | None:
        start, head = self._at, self._peek()
        if head in ("", "\n", ",", "}", "]", "#") or self.text.startswith("//", start):
            return None
        if head == "{":
            return self._object()
        if head == "[":
            return self._array()
        if head == '"':
            text = Text(self._quoted(), self.place(start))
            self._warn_of_dead_substitutions(start)
            return text
        if head == "$":
            return self._reference()
        word = self._match(_URI_WORD if uri else WORDS)
        if word is None:
            hint = f"{_QUOTE_IT} Or put a comma or a new line before the next key." if head in "=:" else _QUOTE_IT
            self._fail(f"{head!r} cannot stand in a text without quotes.", hint=hint)
        self._warn_of_other_quotes(start)
        return Text(word, self.place(start), bare=True)

    def _array(self) -> Array:
        start = self._enter()
        items: list[Value] = []
        while True:
            self._skip()
            if self._peek() == "":
                self._fail("This bracket is never closed.", start, hint="Add ']' where the list ends.", lost=True)
            if self._peek() == "]":
                self._at += 1
                self._depth -= 1
                return Array(tuple(items), self.place(start))
            self._spend(1)
            items.append(self._value(f"Here stands {self._found()!r}, where a value is expected.", self._at))
            self._separate("]")

    def _reference(self) -> Reference:
        start = self._at
        optional = self.text.startswith("${?", start)
        if not self.text.startswith("${", start):
            self._fail("'$' cannot stand in a text without quotes.", hint=_QUOTE_IT)
        self._at += 3 if optional else 2
        hint = "Write ${path.of.a.key}, or ${?NAME} for one that may be missing."
        if self._peek() in ("", "\n", "}"):
            self._fail("This substitution names nothing.", start, hint=hint)
        path, _places = self._path("the path of a key")
        self.used.add(path[0])
        self._blank()
        if self._peek() != "}":
            self._fail(f"Here stands {self._found()!r}, where '}}' should close the substitution.", hint=hint)
        self._at += 1
        return Reference(path, optional, self.place(start))

    # ---- brackets

    def _enter(self) -> int:
        """Goes into a bracket; gives its offset."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise LimitReached(f"Brackets are nested more than {DEEPEST} deep.", self.place(self._at))
        self._at += 1
        return self._at - 1

    def _separate(self, closing: str) -> None:
        """What must follow a statement or an element: a comma, a new line, or the closing bracket."""
        self._blank()
        before = self._at
        self._skip()
        if self._peek() == ",":
            self._at += 1
        elif self._peek() not in ("", closing) and "\n" not in self.text[before : self._at]:
            hint = "Separate values by a comma or a new line, and put texts with other characters in double quotes."
            self._fail(f"Here stands {self._found()!r}, where a comma, a new line or {closing!r} is expected.", hint=hint)

    # ---- mistakes

    def _recover(self, start: int, mistake: Mistake) -> None:
        """Goes to the end of a statement that cannot be read. Raises Unbalanced when its brackets do not tell where that is."""
        self._report(mistake)
        opened: list[str] = []
        for found in _BALANCE.finditer(self.text, start):
            sign = found[0]
            if sign in ("{", "["):
                opened.append({"{": "}", "[": "]"}[sign])
            elif sign in ("}", "]") and opened:
                if opened.pop() != sign:
                    raise Unbalanced
            elif sign == "]" or mistake.lost:
                raise Unbalanced
            elif sign == "}" or (sign == "\n" and not opened and found.end() > mistake.offset):
                self._at = found.start()
                return
        if opened or mistake.lost:
            raise Unbalanced
        self._at = len(self.text)
