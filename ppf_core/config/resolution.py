"""Merging and substitution: from the statements of a file to one value for each key, as HOCON defines it.

A key is a `Slot` with all its definitions in their order. Its value is found when it is asked for: the last definition counts,
objects are merged over the ones before, and an optional substitution without a value lets the one before shine through.

    a { x = 1 }          slot a: [object, reference, object]
    a = ${b}               value: object ← what b is ← object
    a { y = 2 }

Asking never recurses in Python: each step is a generator, and `_run` keeps them on a list. So a chain of a hundred thousand
substitutions costs time, not the stack.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ppf_core.config.budget import Budget
from ppf_core.config.places import Path, Place, dotted
from ppf_core.config.syntax import Array, Broken, Field, Include, Object, Piece, Reference, Text, Value
from ppf_core.errors import Problem, near_miss


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text; `bare` when it stands without quotes and may mean a number, a boolean or null."""

    text: str
    bare: bool


@dataclass(frozen=True, slots=True)
class Items:
    """A list: each element with its place."""

    items: "tuple[tuple[Resolved, Place], ...]"


@dataclass(slots=True)
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


@dataclass(frozen=True, slots=True)
class Definition:
    """One statement for a key. where: the path at which it is written. base: the path at which its file is included."""

    value: Value
    append: bool
    key: Place
    where: Path
    base: Path


@dataclass(slots=True, eq=False)
class Slot:
    """A key with its definitions, and what was found out about it."""

    stack: list[Definition] = field(default_factory=list)
    value: Resolved | None = None
    winner: Definition | None = None
    active: list[int] = field(default_factory=list)
    before: dict[int, "tuple[Resolved, Definition | None]"] = field(default_factory=dict)


_MANY = 100
"""Problems after which no near misses are looked for: that takes a while for each."""

Steps: TypeAlias = Generator[Generator[Any, Any, Any], Any, Any]


@dataclass
class Resolver:
    """Evaluates slots. problems: what cannot be resolved. variables: keys of the root that substitutions use."""

    environment: Mapping[str, str]
    budget: Budget = field(default_factory=Budget)
    root: Block = field(default_factory=Block)
    problems: list[Problem] = field(default_factory=list)
    variables: set[str] = field(default_factory=set)
    _owners: list[Slot] = field(default_factory=list)

    def add(self, content: Object) -> None:
        """Merges the statements of a file, or of the command line, over those before."""
        self._fill(self.root, content, (), ())

    def value(self, slot: Slot) -> Resolved:
        """The value of a key. Raises LimitReached."""
        if slot.value is None and not self._is_plain(slot):
            _run(self._evaluate(slot))
        return slot.value or UNUSABLE

    def _is_plain(self, slot: Slot) -> bool:
        """Evaluates at once what nearly all of a file is: a single definition that is one text or one object."""
        definition = slot.stack[0]
        piece = definition.value.pieces[0]
        if len(slot.stack) > 1 or definition.append or len(definition.value.pieces) > 1 or not isinstance(piece, Text | Object):
            return False
        slot.value, slot.winner = self._plain(piece, definition), definition
        return True

    def _plain(self, piece: Text | Object, definition: Definition) -> Scalar | Block:
        if isinstance(piece, Text):
            return Scalar(piece.text, piece.bare)
        block = Block()
        self._fill(block, piece, definition.where, definition.base)
        return block

    # ---- merging

    def _fill(self, block: Block, content: Object, where: Path, base: Path) -> None:
        for member in content.members:
            if isinstance(member, Include):
                self.budget.spend(1, 0, member.place)
                if member.target is not None:
                    self._fill(block, member.target, where, where)
            else:
                self._define(block, member, where, base)

    def _define(self, block: Block, statement: Field, where: Path, base: Path) -> None:
        key, place = statement.path[0], statement.places[0]
        self.budget.spend(1, len(key), place)
        value, append = statement.value, statement.append
        if len(statement.path) > 1:  # a.b = 1 is a { b = 1 }
            inner = Field(statement.path[1:], statement.places[1:], value, append)
            value, append = Value((Object((inner,), place),), value.place), False
        slot = block.slots.setdefault(key, Slot())
        slot.stack.append(Definition(value, append, place, (*where, key), base))

    def _merged(self, blocks: list[Block], place: Place) -> Block:
        """One object of several, the topmost last: a key that several have gets the definitions of all."""
        merged, own = Block(), set[str]()
        for block in blocks:
            self.budget.work(len(block.slots), place)
            for key, slot in block.slots.items():
                below = merged.slots.get(key)
                if below is None:
                    merged.slots[key] = slot
                    continue
                if key not in own:
                    own.add(key)
                    below = merged.slots[key] = Slot(list(below.stack))
                self.budget.work(5 + len(slot.stack), place)
                below.stack.extend(slot.stack)
        return merged

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
        blocks: list[tuple[Block, Definition]] = []
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
                blocks.append((value, definition))
            elif value is not ABSENT:
                if not blocks:
                    return value, definition
                break
        if len(blocks) < 2:
            return blocks[0] if blocks else (ABSENT, None)
        blocks.reverse()
        return self._merged([block for block, _definition in blocks], blocks[-1][1].key), blocks[-1][1]

    def _define_value(self, slot: Slot, index: int) -> Steps:
        definition = slot.stack[index]
        slot.active.append(index)
        self._owners.append(slot)
        value = yield self._join(definition.value, definition)
        self._owners.pop()
        slot.active.pop()
        return value

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
        return Scalar("".join(scalar.text for scalar in scalars), bare=False)

    def _combined(self, found: list[tuple[Resolved, Piece]], definition: Definition) -> Resolved:
        """Lists one behind the other, objects merged."""
        combined = found[0][0]
        for each, piece in found[1:]:
            if isinstance(combined, Items) and isinstance(each, Items):
                combined = Items(combined.items + each.items)
                self.budget.work(len(combined.items), piece.place)
            elif isinstance(combined, Block) and isinstance(each, Block):
                combined = self._merged([combined, each], piece.place)
            else:
                message = f"In one value, {_kind(combined)} and {_kind(each)} cannot be joined."
                hint = "Put texts with brackets in double quotes, or a comma or a new line between two values."
                self._say(piece.place, message, definition.where, hint=hint, code="bad-value")
                return UNUSABLE
        return combined

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
            element = Definition(value, False, value.place, (*definition.where, index), definition.base)
            resolved = yield self._join(value, element)
            if resolved is not ABSENT:
                items.append((resolved, value.place))
        return Items(tuple(items))

    # ---- substitutions

    def _resolve(self, reference: Reference, definition: Definition) -> Steps:
        """The value of `${…}`: in the including block, in the whole file, in the environment."""
        inner = (*definition.base, *reference.path) if definition.base else reference.path
        for path in dict.fromkeys((inner, reference.path)):
            found = yield self._look_up(path, reference, definition)
            if found is not ABSENT:
                return found
        given = self.environment.get(".".join(reference.path))
        if given is not None:
            return self._text([Scalar(given, bare=False)], reference.place)
        if reference.optional:
            return ABSENT
        self._unresolved(reference, definition)
        return UNUSABLE

    def _look_up(self, path: Path, reference: Reference, definition: Definition) -> Steps:
        found: Resolved = self.root
        self.variables.add(str(path[0]))
        for part in path:
            slot = found.slots.get(str(part)) if isinstance(found, Block) else None
            if slot is None:
                return UNUSABLE if found is UNUSABLE else ABSENT
            if slot.active and self._owners[-1] is not slot:
                return self._circle(reference, definition)
            if slot.active:  # a = ${a} means the a before
                found, _winner = yield self._before(slot, slot.active[-1])
            else:
                found = yield self._evaluate(slot)
        return found

    def _circle(self, reference: Reference, definition: Definition) -> Resolved:
        if reference.optional:
            return ABSENT
        message = f"The substitution {reference} goes round in a circle: its value depends on itself."
        self._say(reference.place, message, definition.where, hint="Give one of the keys a value of its own.")
        return UNUSABLE

    def _unresolved(self, reference: Reference, definition: Definition) -> None:
        path = ".".join(reference.path)
        close = near_miss(path, self._known(reference.path)) if len(self.problems) < _MANY else None
        near = f"Did you mean ${{{close}}}? " if close else ""
        if definition.where == reference.path:
            self._circle(reference, definition)
            return
        message = f"The substitution {reference} has no value: no key of the file and no environment variable has this name."
        hint = f"{near}Set it, or write ${{?{path}}} if it may be missing."
        self._say(reference.place, message, definition.where, hint=hint)

    def _known(self, path: tuple[str, ...]) -> list[str]:
        """Keys beside the one that is missing."""
        block = self.root
        for part in path[:-1]:
            slot = block.slots.get(part)
            if slot is None or not isinstance(slot.value, Block):
                return []
            block = slot.value
        return [".".join((*path[:-1], key)) for key in list(block.slots)[:1000]]

    def _say(self, place: Place, message: str, path: Path, *, hint: str | None = None, code: str = "substitution") -> None:
        self.problems.append(place.problem(code, message, hint=hint, path=path))


def _run(steps: Steps) -> Any:
    """Runs a generator and those that it waits for."""
    waiting, value = [steps], None
    while waiting:
        try:
            waiting.append(waiting[-1].send(value))
            value = None
        except StopIteration as stop:
            waiting.pop()
            value = stop.value
    return value


def _kind(value: Resolved) -> str:
    if isinstance(value, Scalar):
        return repr(value.text[:40]) if value.bare else "a text"  # which may come from the environment, and be secret
    return "a list" if isinstance(value, Items) else "an object"
