"""The values of a file as a tree, and where each of them stands."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from math import inf
from typing import Any, TypeAlias

from ppf_core.errors import Problem
from ppf_core.hocon.budget import DEEPEST, Budget, LimitReached
from ppf_core.hocon.places import Path, Place, dotted
from ppf_core.hocon.resolution import Resolver
from ppf_core.hocon.slots import ABSENT, Block, Definition, Items, Order, Resolved, Scalar, Slot
from ppf_core.hocon.syntax import Reference
from ppf_core.hocon.tree import WrittenNumber, tree_class

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?")
_WORDS = {"true": True, "false": False, "null": None}
_Leaves: TypeAlias = dict[str, tuple[Order, Resolved, Definition]]


@dataclass
class Document:
    """A file without includes, substitutions and duplicates.

    tree: its values. keys, values: where each of them stands. broken: paths whose value could not be had; the reason is
    reported. variables: the environment variables that each value was made of. used: keys of the root that substitutions use.
    repeated: objects that stand twice in one block, with both places. files: the real paths of all that was read.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    broken: set[Path] = field(default_factory=set)
    variables: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    repeated: dict[Path, tuple[Place, Place]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass
class TreeBuilder:
    """Asks the resolver for every value and writes it down.

    flat: objects whose dotted keys are one key each, however they are written: `a.b = 1, a.b.c = 2` is no `a` with a `b` in it.
    """

    resolver: Resolver
    flat: Collection[Path] = ()
    document: Document = field(default_factory=Document)
    budget: Budget = field(default_factory=Budget)
    _inside: list[Resolved] = field(default_factory=list)

    def build(self) -> Document:
        """The whole file. Raises LimitReached."""
        self._inside.append(self.resolver.root)
        self.document.tree = self._object(self.resolver.root, ())
        self.document.used = self.resolver.variables
        self.document.repeated = self.resolver.repeated
        return self.document

    def _object(self, block: Block, path: Path) -> dict[str, Any]:
        tree = tree_class()()
        for key, slot in block.slots.items():
            value = self.resolver.value(slot)
            if value is ABSENT or slot.winner is None or (self._is_inside(value) and _may_be_missing(slot.winner)):
                continue
            here, origin = (*path, key), _origin(slot.winner)
            self.document.keys[here] = origin.key
            self.document.values[here] = origin.value.place
            self.budget.spend(1, len(key), origin.key)
            tree[key] = self._value(value, here, origin.value.place)
        return tree

    def _value(self, value: Resolved, path: Path, place: Place) -> Any:
        if isinstance(value, Scalar):
            self.budget.spend(0, len(value.text), place)
            if value.variables:
                self.document.variables[path] = value.variables
            return _scalar(value.text) if value.bare else value.text
        if isinstance(value, Block | Items):
            return self._nested(value, path, place)
        self.document.broken.add(path)
        return None

    def _nested(self, value: Block | Items, path: Path, place: Place) -> Any:
        if self._is_inside(value):
            self.document.broken.add(path)
            self._contains_itself(path, place)
            return None
        if len(path) > DEEPEST:
            raise LimitReached(f"Values are nested more than {DEEPEST} deep.", place)
        self._inside.append(value)
        if isinstance(value, Items):
            found: Any = self._items(value, path)
        else:
            found = self._flat(value, path) if path in self.flat else self._object(value, path)
        self._inside.pop()
        return found

    def _is_inside(self, value: Resolved) -> bool:
        return isinstance(value, Block | Items) and any(value is each for each in self._inside)

    def _items(self, items: Items, path: Path) -> list[Any]:
        found = []
        for index, (value, place) in enumerate(items.items):
            self.budget.spend(1, 0, place)
            self.document.values[*path, index] = place
            found.append(self._value(value, (*path, index), place))
        return found

    def _contains_itself(self, path: Path, place: Place) -> None:
        message = f"The value of {dotted(path)!r} contains itself."
        hint = "Let the substitution name something that is not around it."
        self.resolver.problems.append(place.problem("substitution", message, hint=hint, path=path))

    # ---- objects with dotted keys

    def _flat(self, block: Block, path: Path) -> dict[str, Any]:
        leaves: _Leaves = {}
        self._leaves(block, (), None, leaves)
        tree = tree_class()()
        for name, (_order, value, definition) in leaves.items():
            here, origin = (*path, name), _origin(definition)
            self.document.keys[here] = origin.key
            self.document.values[here] = origin.value.place
            self.budget.spend(1, len(name), origin.key)
            tree[name] = self._value(value, here, origin.value.place)
        return tree

    def _leaves(self, block: Block, parts: tuple[str, ...], given: Order | None, found: "_Leaves") -> None:
        """All single values below an object; of one name, the one that is written last. given: their order, if it is known."""
        for key, slot in block.slots.items():
            names = (*parts, key)
            for definition, value in self._definitions(slot):
                order = given or definition.scope.order(definition.key)
                if isinstance(value, Block) and not self._is_inside(value):
                    if len(names) > DEEPEST:
                        raise LimitReached(f"Values are nested more than {DEEPEST} deep.", definition.key)
                    self._inside.append(value)
                    self._leaves(value, names, order if definition.is_substituted else given, found)
                    self._inside.pop()
                elif value is not ABSENT and not (self._is_inside(value) and _may_be_missing(definition)):
                    name = ".".join(names)
                    if name not in found or found[name][0] < order:
                        found[name] = order, value, definition

    def _definitions(self, slot: Slot) -> list[tuple[Definition, Resolved]]:
        value = self.resolver.value(slot)
        found = [(slot.winner or slot.stack[-1], value), *self.resolver.hidden_values(slot)]
        self.budget.work(len(found), slot.stack[0].key)
        return found


def _origin(definition: Definition) -> Definition:
    """The statement that a definition comes from, where substitutions brought it along."""
    while definition.source is not None and definition.source.winner is not None:
        definition = definition.source.winner
    return definition


def _may_be_missing(definition: Definition) -> bool:
    return bool(definition.value.pieces) and all(
        isinstance(piece, Reference) and piece.optional for piece in definition.value.pieces
    )


def _scalar(text: str) -> Any:
    """What a text without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text) or text == "-0":
        return text
    number = float(text) if set(text) & set(".eE") else int(text)
    if number in (inf, -inf):
        return text
    return number if str(number) == text else WrittenNumber(text)
