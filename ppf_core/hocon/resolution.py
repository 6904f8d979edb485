"""Merging and substitution: from the statements of a file to one value for each key, as HOCON defines it.

A key is a `Slot` with all its definitions in their order. Its value is found when it is asked for: the last definition counts,
objects are merged over the ones before, and an optional substitution without a value lets the one before shine through. What a
substitution brings along are values: nothing is merged into the object that it names.

    a { x = 1 }          slot a: [object, reference, object]
    a = ${b}               value: object ← what b is ← object
    a { y = 2 }

Where a key is asked for while it is being evaluated, it is what its earlier definitions make it: `path = ${path}/x`. So in a
circle of several keys one of them looks back: the one that was asked for, or else the nearest that has earlier definitions.

Asking never recurses in Python (`steps`), so a chain of a hundred thousand substitutions costs time, not the stack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ppf_core.errors import Problem
from ppf_core.hocon.budget import Budget
from ppf_core.hocon.merging import Merger
from ppf_core.hocon.places import Path, Place, dotted
from ppf_core.hocon.slots import (
    ABSENT,
    UNUSABLE,
    Anchor,
    Block,
    Definition,
    Items,
    Resolved,
    Scalar,
    Scope,
    Slot,
)
from ppf_core.hocon.steps import LookBack, Steps, run_steps
from ppf_core.hocon.syntax import Array, Broken, Object, Piece, Reference, Text, Value
from ppf_core.hocon.unresolved import unresolved

_MANY = 100
"""Problems after which no near misses are looked for: that takes a while for each."""


@dataclass
class Resolver:
    """Evaluates slots. problems: what cannot be resolved. variables: keys of the root that substitutions use."""

    environment: Mapping[str, str]
    budget: Budget = field(default_factory=Budget)
    root: Block = field(default_factory=Block)
    problems: list[Problem] = field(default_factory=list)
    variables: set[str] = field(default_factory=set)
    _owners: list[Slot] = field(default_factory=list)
    _layers: int = 0
    _merger: Merger = field(init=False)

    def __post_init__(self) -> None:
        self._merger = Merger(self.budget)

    @property
    def repeated(self) -> dict[Path, tuple[Place, Place]]:
        """Objects that stand twice in one block, with both places."""
        return self._merger.repeated

    def add(self, content: Object) -> None:
        """Merges the statements of a file, or of the command line, over those before."""
        self._merger.fill(self.root, content, (), Scope(Anchor(self.root), via=((self._layers, 0),)))
        self._layers += 1

    def value(self, slot: Slot) -> Resolved:
        """The value of a key. Raises LimitReached."""
        if slot.value is None and not self._is_plain(slot):
            run_steps(self._evaluate(slot))
        return slot.value or UNUSABLE

    def hidden_values(self, slot: Slot) -> Iterator[tuple[Definition, Resolved]]:
        """What the value of a key hides, the last one first: the text below an object, objects below a text. Null ends it."""
        if len(slot.stack) == 1:
            return
        is_object = is_text = False
        for index in range(len(slot.stack) - 1, -1, -1):
            definition = slot.stack[index]
            if definition.append:
                return
            if is_text and definition.source is None and definition.is_substituted:
                continue  # a text below a text
            value: Resolved = run_steps(self._define_value(slot, index))
            if isinstance(value, Scalar) and value.bare and value.text == "null":
                return
            if isinstance(value, Block) if is_text else is_object and isinstance(value, Scalar | Items):
                yield definition, value
            is_object = is_object or isinstance(value, Block)
            is_text = is_text or isinstance(value, Scalar | Items)

    def _is_plain(self, slot: Slot) -> bool:
        """Evaluates at once what nearly all of a file is: a single definition that is one text or one object."""
        definition = slot.stack[0]
        pieces = definition.value.pieces
        if len(slot.stack) > 1 or definition.append or len(pieces) != 1 or not isinstance(piece := pieces[0], Text | Object):
            return False
        slot.value, slot.winner = self._plain(piece, definition), definition
        return True

    def _plain(self, piece: Text | Object, definition: Definition) -> Scalar | Block:
        if isinstance(piece, Text):
            return Scalar(piece.text, piece.bare)
        block = Block()
        self._merger.fill(block, piece, definition.where, definition.scope)
        return block

    # ---- evaluation

    def _evaluate(self, slot: Slot) -> Steps:
        if slot.value is None:
            slot.value, slot.winner = yield self._before(slot, len(slot.stack))
        return slot.value

    def _before(self, slot: Slot, end: int) -> Steps:
        """What the definitions before `end` give together, and the one that counts."""
        if end not in slot.before:
            found = yield self._fold(slot, end)
            slot.before[end] = found
        return slot.before[end]

    def _fold(self, slot: Slot, end: int) -> Steps:
        blocks: list[tuple[Block, Definition, bool]] = []
        while end > 0:
            end -= 1
            definition = slot.stack[end]
            if definition.append:
                value, end = yield self._appended(slot, end)
            else:
                value = yield self._define_value(slot, end)
            if value is UNUSABLE:
                return UNUSABLE, definition
            if isinstance(value, Block):
                blocks.append((value, definition, definition.is_substituted))
            elif value is not ABSENT:
                if not blocks:
                    return value, definition
                break
        if len(blocks) < 2:
            return blocks[0][:2] if blocks else (ABSENT, None)
        blocks.reverse()
        return self._merger.merged(blocks, blocks[-1][1].key), blocks[-1][1]

    def _define_value(self, slot: Slot, index: int) -> Steps:
        definition = slot.stack[index]
        slot.active.append(index)
        self._owners.append(slot)
        try:
            if definition.source is not None:
                found = yield self._ask(definition.source)
                return ABSENT if found is None else found
            return (yield self._join(definition.value, definition))
        finally:
            self._owners.pop()
            slot.active.pop()

    def _appended(self, slot: Slot, last: int) -> Steps:
        """`+=`, and all the others right before it: one list."""
        first = last
        while first > 0 and slot.stack[first - 1].append:
            first -= 1
        found, _definition = yield self._before(slot, first)
        if found is UNUSABLE:
            return UNUSABLE, 0
        if found is not ABSENT and not isinstance(found, Items):
            key = slot.stack[last]
            self._say(
                key.value.place,
                f"'+=' adds to a list, but {dotted(key.where)!r} is {_kind(found)}.",
                key.where,
                code="wrong-type",
            )
            return UNUSABLE, 0
        items = list(found.items) if isinstance(found, Items) else []
        for index in range(first, last + 1):
            value = yield self._define_value(slot, index)
            if value is UNUSABLE:
                return UNUSABLE, 0
            if value is not ABSENT:
                items.append((value, slot.stack[index].value.place))
        self.budget.work(len(items), slot.stack[last].key)
        return Items(tuple(items)), 0

    # ---- one value

    def _join(self, value: Value, definition: Definition) -> Steps:
        """The value of all pieces in a row."""
        found: list[tuple[Resolved, Piece]] = []
        for piece in value.pieces:
            resolved = yield self._piece(piece, definition)
            if resolved is UNUSABLE:
                return UNUSABLE
            if resolved is not ABSENT:
                found.append((resolved, piece))
        if len(value.pieces) == 1 or not found:
            return found[0][0] if found else ABSENT
        if len(found) == 1 and not isinstance(found[0][1], Text):  # the other pieces are absent, so it keeps its type
            return found[0][0]
        solid = [(each, piece) for each, piece in found if not (isinstance(piece, Text) and piece.gap)]
        if all(isinstance(each, Scalar) for each, _piece in found):
            return self._text([each for each, _piece in found], value.place) if solid else ABSENT
        return self._combined(solid, definition)

    def _text(self, scalars: list[Any], place: Place) -> Scalar:
        length = sum(len(scalar.text) for scalar in scalars)
        self.budget.spend(0, length, place)
        variables = tuple(dict.fromkeys(name for scalar in scalars for name in scalar.variables))
        return Scalar("".join(scalar.text for scalar in scalars), bare=False, variables=variables)

    def _combined(self, found: list[tuple[Resolved, Piece]], definition: Definition) -> Resolved:
        """Lists one behind the other, objects merged."""
        first = found[0][0]
        for each, piece in found[1:]:
            if not isinstance(each, type(first)) or isinstance(first, Scalar):
                message = f"In one value, {_kind(first)} and {_kind(each)} cannot be joined."
                hint = "Put texts with brackets in double quotes, or a comma or a new line between two values."
                self._say(piece.place, message, definition.where, hint=hint, code="bad-value")
                return UNUSABLE
        if isinstance(first, Block):
            parts = [(each, definition, not isinstance(piece, Object)) for each, piece in found if isinstance(each, Block)]
            return self._merger.merged(parts, found[-1][1].place)
        items = [item for each, _piece in found if isinstance(each, Items) for item in each.items]
        self.budget.work(len(items), found[-1][1].place)
        return Items(tuple(items))

    def _piece(self, piece: Piece, definition: Definition) -> Steps:
        match piece:
            case Text() | Object():
                return self._plain(piece, definition)
            case Reference():
                return (yield self._resolve(piece, definition))
            case Array():
                return (yield self._items(piece, definition))
            case Broken():
                return UNUSABLE

    def _items(self, array: Array, definition: Definition) -> Steps:
        items: list[tuple[Resolved, Place]] = []
        for index, value in enumerate(array.items):
            self.budget.spend(1, 0, value.place)
            where, anchor = (*definition.where, index), Anchor(depth=len(definition.where) + 1)
            scope = replace(definition.scope, anchor=anchor)
            resolved = yield self._join(value, Definition(value, False, value.place, where, scope))
            anchor.block = resolved
            if resolved is not ABSENT:
                items.append((resolved, value.place))
        return Items(tuple(items))

    # ---- substitutions

    def _resolve(self, reference: Reference, definition: Definition) -> Steps:
        """The value of `${…}`: in the including block, in the whole file, in the environment."""
        starts: list[tuple[Resolved, Path]] = [(self.root, reference.path)]
        if definition.scope.base is not None:
            anchor, base = definition.scope.base
            starts.insert(0, (anchor.block, (*base, *reference.path)))
        for start, path in starts:
            if start is self.root:
                self.variables.add(str(path[0]))
            found = yield self._look_up(start, path)
            if found is None:
                if not reference.optional:
                    return self._circle(reference, definition)
            elif found is not ABSENT:
                return found
        name = ".".join(reference.path)
        given = self.environment.get(name)
        if given is not None:
            return self._text([Scalar(given, bare=False, variables=(name,))], reference.place)
        if reference.optional:
            return ABSENT
        self._unresolved(reference, definition)
        return UNUSABLE

    def _look_up(self, found: Resolved, path: Path) -> Steps:
        """What stands at a path; None when it goes round in a circle."""
        for part in path:
            slot = found.slots.get(str(part)) if isinstance(found, Block) else None
            if slot is None:
                return UNUSABLE if found is UNUSABLE else ABSENT
            found = yield self._ask(slot)
            if found is None:
                return None
        return found

    def _ask(self, slot: Slot) -> Steps:
        """The value of a key, or what its earlier definitions make it; None when it goes round in a circle."""
        end = len(slot.stack)
        if slot.active:
            end = slot.active[-1]
            if end == 0 and self._owners[-1] is not slot:
                self._break_circle(slot)
                return None
        while True:
            try:
                if end == len(slot.stack):
                    return (yield self._evaluate(slot))
                found, _winner = yield self._before(slot, end)
                return found
            except LookBack as back:
                if back.slot is not slot or back.index >= end:
                    raise
                end = back.index

    def _break_circle(self, slot: Slot) -> None:
        """Goes back to the nearest key of the circle that has earlier definitions, if one has."""
        for owner in reversed(self._owners):
            self.budget.work(1, slot.stack[0].key)
            if owner is slot:
                return
            if owner.active[-1] > 0:
                raise LookBack(owner, owner.active[-1])

    def _circle(self, reference: Reference, definition: Definition) -> Resolved:
        if reference.optional:
            return ABSENT
        message = f"The substitution {reference} goes round in a circle: its value depends on itself."
        self._say(reference.place, message, definition.where, hint="Give one of the keys a value of its own.")
        return UNUSABLE

    def _unresolved(self, reference: Reference, definition: Definition) -> None:
        if definition.where == reference.path:
            self._circle(reference, definition)
            return
        message, hint = unresolved(reference, self.root, with_near_miss=len(self.problems) < _MANY)
        self._say(reference.place, message, definition.where, hint=hint)

    def _say(self, place: Place, message: str, path: Path, *, hint: str | None = None, code: str = "substitution") -> None:
        self.problems.append(place.problem(code, message, hint=hint, path=path))


def _kind(value: Resolved) -> str:
    if isinstance(value, Scalar):
        return repr(value.text[:40]) if value.bare else "a text"  # which may come from the environment, and be secret
    return "a list" if isinstance(value, Items) else "an object"
