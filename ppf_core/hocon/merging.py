"""Merging: statements become definitions of keys, and several objects become one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ppf_core.hocon.budget import Budget
from ppf_core.hocon.places import Path, Place
from ppf_core.hocon.slots import Block, Definition, Scope, Slot
from ppf_core.hocon.syntax import Field, Include, Object, Value


@dataclass(frozen=True)
class Merger:
    """Merges, and pays for it. repeated: objects that stand twice in one block, with both places."""

    budget: Budget
    repeated: dict[Path, tuple[Place, Place]] = field(default_factory=dict)

    def fill(self, block: Block, content: Object, where: Path, scope: Scope) -> None:
        """Adds statements to a block. where: the path of the block."""
        seen: dict[str, Place] = {}
        for member in content.members:
            if isinstance(member, Include):
                self.budget.spend(1, 0, member.place)
                if member.target is not None:
                    self.fill(block, member.target, where, scope.included(where, member.place))
            else:
                self._define(block, member, where, scope)
                if len(member.path) == 1 and isinstance(member.value.pieces[0], Object):
                    first = seen.setdefault(member.path[0], member.places[0])
                    if first is not member.places[0]:
                        self.repeated[(*where, *member.path)] = first, member.places[0]

    def _define(self, block: Block, statement: Field, where: Path, scope: Scope) -> None:
        key, place = statement.path[0], statement.places[0]
        self.budget.spend(1, len(key), place)
        value, append = statement.value, statement.append
        if len(statement.path) > 1:  # a.b = 1 is a { b = 1 }
            inner = Field(statement.path[1:], statement.places[1:], value, append)
            value, append = Value((Object((inner,), place),), value.place), False
        slot = block.slots.setdefault(key, Slot())
        slot.stack.append(Definition(value, append, place, (*where, key), scope))

    def merged(self, parts: Sequence[tuple[Block, Definition, bool]], place: Place) -> Block:
        """One object of several, the topmost last. The flag says that the object is a substituted one."""
        merged, own = Block(), set[str]()
        for block, definition, is_substituted in parts:
            self.budget.work(len(block.slots), place)
            for key, slot in block.slots.items():
                if is_substituted:
                    slot = self._link(slot, key, definition)
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

    def _link(self, source: Slot, key: str, definition: Definition) -> Slot:
        """A key that has the value of another one."""
        place, where = definition.value.place, (*definition.where, key)
        return Slot([Definition(Value((), place), False, place, where, definition.scope, source)])
