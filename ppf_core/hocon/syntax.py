"""What the scanner finds in a file: its statements and values as they are written, each with its place."""

from dataclasses import dataclass, field
from typing import TypeAlias

from ppf_core.hocon.places import Place


@dataclass(frozen=True, slots=True)
class Text:
    """A text. `bare`: without quotes, so it may mean a number, a boolean or null. `gap`: the white space between two pieces."""

    text: str
    place: Place
    bare: bool = False
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A substitution: `${path}`, or `${?path}`, which may stay without a value."""

    path: tuple[str, ...]
    optional: bool
    place: Place

    def __str__(self) -> str:
        """As it is written."""
        return f"${{{'?' if self.optional else ''}{'.'.join(self.path)}}}"


@dataclass(frozen=True, slots=True)
class Array:
    """A list."""

    items: "tuple[Value, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class Object:
    """The statements between two braces, or of a whole file, in their order."""

    members: "tuple[Field | Include, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class Broken:
    """What stands where a value could not be read; the mistake is reported already."""

    place: Place


Piece: TypeAlias = Text | Reference | Array | Object | Broken


@dataclass(frozen=True, slots=True)
class Value:
    """All that stands in a row up to a comma or the end of the line: one piece, or several that are joined."""

    pieces: tuple[Piece, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Field:
    """`key = value`; the key `a.b` is the path (a, b) with two places. `append`: written with `+=`."""

    path: tuple[str, ...]
    places: tuple[Place, ...]
    value: Value
    append: bool = False


@dataclass(slots=True)
class Include:
    """`include "name"`. `scheme`: the word of `url("…")`. `target` is what the file says, filled in when it was found."""

    name: str
    place: Place
    scheme: str | None = None
    required: bool = False
    target: Object | None = field(default=None, repr=False)
