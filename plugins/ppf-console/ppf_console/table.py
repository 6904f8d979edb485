"""Draws rows as Spark shows them, but for secrets: they are masked before anything is cut, escaped or aligned."""

from collections.abc import Callable, Iterator, Sequence
from unicodedata import east_asian_width

_ESCAPED = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b", "\v": "\\v", "\a": "\\a"})
_LONGEST = 20
_NARROWEST = 3


def draw(
    columns: Sequence[str], rows: Sequence[Sequence[object]], redact: Callable[[str], str], *, truncate: bool
) -> Iterator[str]:
    """The lines of the table."""
    lines = [[_cell(value, redact, truncate=truncate) for value in row] for row in (columns, *rows)]
    widths = [max(_NARROWEST, *map(_width, cells)) for cells in zip(*lines, strict=True)]
    border = "+".join(["", *("-" * width for width in widths), ""])
    yield border
    for number, line in enumerate(lines):
        yield "|".join(["", *(_aligned(cell, width, truncate) for cell, width in zip(line, widths, strict=True)), ""])
        if number == 0:
            yield border
    yield border


def _cell(value: object, redact: Callable[[str], str], *, truncate: bool) -> str:
    text = redact("NULL" if value is None else _text(value)).translate(_ESCAPED)
    return f"{text[: _LONGEST - 3]}..." if truncate and len(text) > _LONGEST else text


def _text(value: object) -> str:
    return f"[{value.hex(' ').upper()}]" if isinstance(value, (bytes, bytearray)) else str(value)


def _width(text: str) -> int:
    """Characters of East Asia take the place of two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _aligned(cell: str, width: int, right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if right else cell + space
