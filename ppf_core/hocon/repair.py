"""A closing bracket or quote that is missing: which one it is, as the indentation of the lines tells it.

The scanner sees such a mistake only at the end of the file, where everything stands one level too deep. Here each line is
looked at: one that stands no deeper than the line of the last open bracket does not belong to it any more.

    components {
      a { source = csv          this brace is never closed:
      b { source = csv }        here a line stands no deeper than that of `a`
    }
"""

import re
from dataclasses import dataclass

from ppf_core.errors import Problem
from ppf_core.hocon.budget import Budget
from ppf_core.hocon.scanner import Scanner, Unbalanced
from ppf_core.hocon.syntax import Object

_TOKEN = re.compile(
    r'"""(?:[^"]|"(?!""))*+"{3,}|"""|"(?:[^"\\\n]|\\[^\n])*+"|(?:#|//)[^\n]*+|[{}\[\]]|\n(?P<indent>[ \t]*+)(?P<first>[^\s#/])?'
)
_NEXT = re.compile(r"^(?P<indent>[ \t]*+)(?:[}\]]|[\w.\"-]++[ \t]*+(?:[=:{]|\+=))", re.MULTILINE)
_VALUE = re.compile(r"^(?P<indent>[ \t]*+)[\w.\"-]++[ \t]*+[=:][ \t]*+", re.MULTILINE)
_CLOSING = {"{": "}", "[": "]"}
_NAMES = {"{": "brace", "[": "bracket"}
_MOST = 5
"""How many are looked for in one file."""
_LONGEST = 1_000_000


@dataclass(frozen=True)
class _Open:
    """A bracket or a quote that is open. line: the offset at which its line begins."""

    sign: str
    at: int
    line: int
    indent: int


@dataclass(frozen=True)
class _Missing:
    """What is missing, and the offset before which it should stand. opens: quotes that open the text which `opened` closes."""

    opened: _Open
    before: int
    opens: bool = False


def repaired(scanner: Scanner) -> tuple[Object, list[Problem]] | None:
    """The statements of a text that could not be read to its end, and what is wrong with it; None if nobody can tell."""
    again, told = scanner, list[Problem]()
    while len(told) < _MOST and len(scanner.text) < _LONGEST:
        missing = _missing(again.text)
        if missing is None:
            return None
        told.append(_problem(again, missing))
        budget = Budget(scanner.budget.characters, scanner.budget.entries, scanner.budget.steps)
        again = Scanner(_with(again.text, missing), scanner.file, budget, warnings=scanner.warnings, used=scanner.used)
        try:
            content = again.scan()
        except Unbalanced:
            continue
        return content, [*told, *again.problems]
    return None


def _missing(text: str) -> _Missing | None:
    """The first bracket or quote that is never closed, as the indentation tells."""
    is_odd = text.count('"""') % 2 == 1
    opened: list[_Open] = []
    line, indent = 0, len(text) - len(text.lstrip(" \t"))
    for found in _TOKEN.finditer(text):
        sign, here = found[0], _Open(found[0][:3], found.start(), line, indent)
        if sign[0] == "\n":
            if found["first"] is not None and opened and _is_outside(opened, found):
                return _Missing(opened[-1], found.start())
            line = found.start() + 1
            indent = len(found["indent"]) if found["first"] is not None else indent
            if found["first"] in _CLOSING or found["first"] in ("}", "]"):
                _count(opened, _Open(found["first"], found.end() - 1, line, indent))
        elif sign.startswith('"""') and is_odd and (start := _unopened(text, here)) is not None:
            return _Missing(here, start, opens=True)
        elif sign.startswith('"""') and is_odd:
            following = _NEXT.search(text, found.start() + 3, found.end() if len(sign) > 3 else len(text))
            while following is not None and len(following["indent"]) > indent:
                following = _NEXT.search(text, following.end(), found.end() if len(sign) > 3 else len(text))
            if following is not None and text.find("\n", found.start(), following.start()) >= 0:
                return _Missing(here, following.start() - 1)
            if sign == '"""':
                return _Missing(here, len(text))
        elif sign in ("{", "[", "}", "]"):
            _count(opened, here)
    return _Missing(opened[-1], len(text)) if opened else None


def _unopened(text: str, quotes: _Open) -> int | None:
    """Where the text should begin that these quotes close; None if they open one."""
    if text[: quotes.at].rstrip()[-1:] in tuple("=:+[,{}"):
        return None
    keys = [found for found in _VALUE.finditer(text, 0, quotes.at) if len(found["indent"]) < quotes.indent]
    own = _VALUE.match(text, quotes.line, quotes.at)
    last = own or (keys[-1] if keys else None)
    return None if last is None else last.end()


def _count(opened: list[_Open], here: _Open) -> None:
    if here.sign in _CLOSING:
        opened.append(here)
    elif opened and _CLOSING[opened[-1].sign] == here.sign:
        opened.pop()


def _is_outside(opened: list[_Open], line: "re.Match[str]") -> bool:
    """Whether a line cannot belong to the last open bracket."""
    last, indent = opened[-1], len(line["indent"])
    if line["first"] in ("}", "]"):
        return indent < last.indent and any(each.line != last.line for each in opened)
    return indent <= last.indent


def _with(text: str, missing: _Missing) -> str:
    """The text with what is missing, at the end of a line, so that no place changes."""
    sign = '"""' if missing.opened.sign == '"""' else _CLOSING[missing.opened.sign]
    start = text.rfind("\n", 0, missing.before) + 1
    at = missing.before
    if sign != '"""':
        for found in _TOKEN.finditer(text, start, missing.before):
            if found[0][0] in "#/":
                at = found.start()
    return f"{text[:at]}{sign}{text[at:]}"


def _problem(scanner: Scanner, missing: _Missing) -> Problem:
    opened, text = missing.opened, scanner.text
    line = text.count("\n", 0, missing.before) + 1
    if missing.opens:
        closing = text.count("\n", 0, opened.at) + 1
        hint = f'Add """ here, or remove those in line {closing}.'
        return scanner.place(missing.before).problem("syntax", 'The quotes """ that open this text are missing.', hint=hint)
    if opened.sign == '"""':
        message, sign = "This text is never closed.", '"""'
    else:
        message, sign = f"This {_NAMES[opened.sign]} is never closed.", repr(_CLOSING[opened.sign])
    where = "at the end of the file" if missing.before == len(text) else f"at the end of line {line} or before"
    return scanner.place(opened.at).problem(
        "syntax", message, hint=f"Add {sign} {where}: what follows does not stand below it."
    )
