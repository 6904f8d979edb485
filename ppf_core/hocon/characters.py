"""Characters of a text: where we are in it, what stands there, quoted texts, and mistakes at a place."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NoReturn

from ppf_core.errors import Problem
from ppf_core.hocon.budget import Budget
from ppf_core.hocon.places import Place
from ppf_core.hocon.syntax import Field

SETTING = "--set"
"""The file of values that come from the command line."""

# Possessive quantifiers (`++`) keep time linear and memory constant, whatever the text.
FORBIDDEN = r"\s\ufeff,{}\[\]\"#$\\:=?+*&!@^`"
_WORD = rf"(?:[^{FORBIDDEN}/]|/(?!/)|(?<=[0-9][eE])\+(?=[0-9]))++"
WORDS = re.compile(rf"{_WORD}(?:[ \t]++{_WORD})*+")
# Possessive quantifiers (`++`) keep time linear and memory constant, whatever the text.
_SUBSTITUTION = re.compile(r"\$\{\??[A-Za-z_][\w.-]*+\}")
OTHER_QUOTES = "'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
"""Quotes of other languages, and those that word processors make of them."""
_BLANK = re.compile(r"(?:[^\S\n]|\ufeff)*+")
_FILLER = re.compile(r"(?:\s|\ufeff|(?:#|//)[^\n]*+)*+")
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\[^\n])*+)"')
_TRIPLE = re.compile(r'"""((?:[^"]|"(?!""))*+)"""("*+)')
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_NO_ESCAPE = re.compile(r'(?:[^\\]|\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt]))*+\\(.)')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Mistake(Exception):
    """A statement cannot be read. field: what is known of it. lost: what follows on the line cannot be trusted."""

    def __init__(self, message: str, offset: int, hint: str | None, *, lost: bool = False) -> None:
        super().__init__(message)
        self.message, self.offset, self.hint, self.lost = message, offset, hint, lost
        self.field: Field | None = None


@dataclass
class Characters:
    """A text that is read from its start to its end. `file` is its name in places.

    used: grows by the first key of each substitution.
    """

    text: str
    file: str
    budget: Budget
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    _at: int = 0
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", self.text))]

    def place(self, offset: int) -> Place:
        """Line and column of an offset."""
        if self.file == SETTING:
            return Place(SETTING)
        line = bisect_right(self._starts, offset)
        return Place(self.file, line, offset - self._starts[line - 1] + 1)

    def _peek(self) -> str:
        return self.text[self._at : self._at + 1]

    def _match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found[0]

    def _blank(self) -> None:
        if not "!" <= self._peek() <= "~":
            self._match(_BLANK)

    def _skip(self) -> None:
        head = self._peek()
        if not "!" <= head <= "~" or head in "#/":
            self._match(_FILLER)

    def _spend(self, entries: int) -> None:
        self.budget.entries -= entries
        if self.budget.entries < 0:
            self.budget.spend(0, 0, self.place(self._at))

    def _rest_of_line(self) -> str:
        end = self.text.find("\n", self._at)
        return self.text[self._at : end if end >= 0 else len(self.text)]

    def _found(self, at: int | None = None) -> str:
        """What stands here, as messages show it."""
        at = self._at if at is None else at
        word = WORDS.match(self.text, at, at + 40)
        return (word[0] if word else self.text[at : at + 1]) or "the end of the file"

    def _quoted(self) -> str:
        start = self._at
        triple = _TRIPLE.match(self.text, start)
        if triple:
            self._at = triple.end()
            return triple[1] + triple[2]
        if self.text.startswith('"""', start):
            self._fail("This text is never closed.", hint='Add """ where it ends.', lost=True)
        simple = _QUOTED.match(self.text, start)
        if simple is None:
            hint = 'Add the closing quote. A text of several lines stands between """ and """.'
            self._fail(
                "This quote is never closed on its line.",
                hint=hint,
                lost=re.search(r"[{}\[\]]", self._rest_of_line()) is not None,
            )
        self._at = simple.end()
        return self._unescape(simple[1], start)

    def _warn_of_dead_substitutions(self, start: int) -> None:
        """Nothing is filled in between quotes, which shells and other languages do."""
        found = _SUBSTITUTION.search(self.text, start, self._at)
        if found is not None:
            message = f"Nothing is filled in between quotes: {found[0]} stays as it stands."
            hint = f'End the quotes before it and begin them again behind it: "…"{found[0]}"…".'
            self.warnings.append(self.place(found.start()).problem("syntax", message, hint=hint))

    def _warn_of_other_quotes(self, start: int) -> None:
        """Quotes that HOCON does not know are part of the text."""
        if self.text[start] in OTHER_QUOTES:
            message = f"The quote {self.text[start]} is part of the text: HOCON knows only double quotes."
            self.warnings.append(self.place(start).problem("syntax", message, hint='Write "…".'))

    def _unescape(self, raw: str, start: int) -> str:
        """The text that escapes mean. start: where its opening quote stands."""
        if "\\" not in raw:
            return raw
        unknown = _NO_ESCAPE.match(raw)
        if unknown is not None:
            message = f"\\{unknown[1]} means nothing in double quotes."
            hint = f'For a backslash write \\\\{unknown[1]}, or put the text in """triple quotes""", where a backslash is one.'
            self._fail(message, start + unknown.start(1), hint=hint)
        text = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1]) or chr(int(found[1][1:], 16)), raw)
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._fail("This text holds half of a character: \\uD800 to \\uDFFF come in pairs.", start)

    def _fail(self, message: str, offset: int | None = None, *, hint: str | None = None, lost: bool = False) -> NoReturn:
        raise Mistake(message, self._at if offset is None else offset, hint, lost=lost)

    def _report(self, mistake: Mistake) -> None:
        self.problems.append(self.place(mistake.offset).problem("syntax", mistake.message, hint=mistake.hint))
