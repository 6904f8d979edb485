"""What merging works on: keys with all their definitions, and the values that these give."""

from dataclasses import dataclass, field
from typing import TypeAlias

from ppf_core.hocon.places import Path, Place
from ppf_core.hocon.syntax import Object, Value

Order: TypeAlias = tuple[tuple[int, int], ...]
"""Where a statement stands among all others: the layer, then line and column of each include on the way, then its own."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text; `bare` when it stands without quotes and may mean a number, a boolean or null.

    variables: the environment variables that it was made of.
    """

    text: str
    bare: bool
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A list: each element with its place."""

    items: "tuple[tuple[Resolved, Place], ...]"


@dataclass(slots=True, eq=False)
class Block:
    """An object, whose slots are evaluated when they are asked for."""

    slots: "dict[str, Slot]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Nothing:
    """What is there instead of a value."""

    why: str


ABSENT = Nothing("an optional substitution without a value")
UNUSABLE = Nothing("a mistake that is reported already")
Resolved: TypeAlias = Scalar | Items | Block | Nothing


@dataclass(slots=True, eq=False)
class Anchor:
    """Where a path of keys starts: the whole file, or an element of a list. depth: the length of its own path."""

    block: Resolved = ABSENT
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """What the statements of one file have in common. base: where the file is included, from an anchor; None if it is not."""

    anchor: Anchor
    base: tuple[Anchor, Path] | None = None
    via: Order = ()

    def included(self, where: Path, place: Place) -> "Scope":
        """The scope of a file that is included at a path."""
        return Scope(self.anchor, (self.anchor, where[self.anchor.depth :]), self.order(place))

    def order(self, place: Place) -> Order:
        """The order of a statement of this file."""
        return (*self.via, (place.line or 0, place.column or 0))


@dataclass(frozen=True, slots=True)
class Definition:
    """One statement for a key. where: the path at which it is written.

    source: set where a substitution brings the key along in an object: the key whose value it is.
    """

    value: Value
    append: bool
    key: Place
    where: Path
    scope: Scope
    source: "Slot | None" = None

    @property
    def is_substituted(self) -> bool:
        """Whether an object that it gives belongs to another key: then its values are merged, not their definitions."""
        return not any(isinstance(piece, Object) for piece in self.value.pieces)


@dataclass(slots=True, eq=False)
class Slot:
    """A key with its definitions, and what was found out about it. active: the definitions that are being evaluated."""

    stack: list[Definition] = field(default_factory=list)
    value: Resolved | None = None
    winner: Definition | None = None
    active: list[int] = field(default_factory=list)
    before: dict[int, "tuple[Resolved, Definition | None]"] = field(default_factory=dict)
