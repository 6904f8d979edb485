"""The graph of a pipeline: who needs whom, in which order, and where it bites its own tail."""

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Graph:
    """Components and what each one waits for, in the order of the file. Every algorithm is linear and none recurses."""

    needs: Mapping[str, tuple[str, ...]]

    @cached_property
    def needed_by(self) -> Mapping[str, tuple[str, ...]]:
        """The other direction: component → those that wait for it."""
        found: dict[str, list[str]] = {name: [] for name in self.needs}
        for name, needs in self.needs.items():
            for need in needs:
                found[need].append(name)
        return {name: tuple(waiting) for name, waiting in found.items()}

    def order(self, last: Collection[str] = ()) -> tuple[str, ...]:
        """All components, each after what it needs, else in file order; those in `last` as late as their dependents allow."""
        position = {name: (name in last, index) for index, name in enumerate(self.needs)}
        open_needs = {name: len(needs) for name, needs in self.needs.items()}
        ready = [(position[name], name) for name, count in open_needs.items() if count == 0]
        heapq.heapify(ready)
        ordered = []
        while ready:
            _, name = heapq.heappop(ready)
            ordered.append(name)
            for waiting in self.needed_by[name]:
                open_needs[waiting] -= 1
                if open_needs[waiting] == 0:
                    heapq.heappush(ready, (position[waiting], waiting))
        return tuple(ordered)

    @property
    def is_cyclic(self) -> bool:
        """Whether some components can never start, since they wait for themselves."""
        return len(self.order()) < len(self.needs)

    def stages(self) -> Mapping[str, int]:
        """How many components each one waits for in a row, itself included: what shares a number can run at the same time."""
        stages: dict[str, int] = {}
        for name in self.order():
            stages[name] = 1 + max((stages[need] for need in self.needs[name]), default=0)
        return stages

    def upstream(self, names: Iterable[str]) -> frozenset[str]:
        """The named components and all that they need."""
        return reachable(names, self.needs)

    def downstream(self, names: Iterable[str]) -> frozenset[str]:
        """The named components and all that need them."""
        return reachable(names, self.needed_by)

    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """The ways round, none sharing a component with another: ("a", "b", "a") says that a waits for b and b for a."""
        found: list[tuple[str, ...]] = []
        done: set[str] = set()
        on_cycle: set[str] = set()
        for start in self.needs:
            # Depth first without recursion: `walk` is the way from `start`, `at` its positions, `left` what is still to ask.
            walk, at, left = [start], {start: 0}, [iter(self.needs[start])]
            while walk and start not in done:
                need = next(left[-1], None)
                if need is None:
                    left.pop()
                    done.add(last := walk.pop())
                    del at[last]
                elif need in at:
                    way = walk[at[need] :]
                    if not on_cycle.intersection(way):
                        found.append((*way, need))
                        on_cycle.update(way)
                elif need not in done:
                    at[need] = len(walk)
                    walk.append(need)
                    left.append(iter(self.needs[need]))
        return tuple(found)


def reachable(names: Iterable[str], edges: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """These and all that the edges lead to from them, in any number of steps."""
    reached: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left.extend(edges.get(name, ()))
    return frozenset(reached)
