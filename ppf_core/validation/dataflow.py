"""Who has whose rows. `Graph` knows who waits for whom, which is more: `after` orders components and moves no rows.

source ─ reads ─▶ transform ─ reads ─▶ sink
                      └─ takes its bad rows ─▶ another sink
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ppf_core.validation.graph import reachable

if TYPE_CHECKING:
    from ppf_core.validation.validated import ValidatedComponent


@dataclass(frozen=True)
class Dataflow:
    """The row edges of some components.

    reads: component → those whose good rows it reads, once for each alias and option that names them. takes: sink → those whose
    bad rows it takes. asked: component → those that its checks name, which are among `reads`.
    """

    reads: Mapping[str, tuple[str, ...]]
    quarantined_from: Mapping[str, tuple[str, ...]]
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, components: "Mapping[str, ValidatedComponent]") -> "Dataflow":
        """The edges of these components, as their file has them."""
        reads = {name: (*each.config.inputs.values(), *each.frames) for name, each in components.items()}
        takes: dict[str, tuple[str, ...]] = {}
        for name, component in components.items():
            for sink in dict.fromkeys(check.quarantine_to for check in component.config.quality if check.quarantine_to):
                takes[sink] = (*takes.get(sink, ()), name)
        asked = {
            name: tuple(other for check in each.checks for _, other in check.bound.components)
            for name, each in components.items()
        }
        return cls(reads, takes, asked)

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """Component → those that read its good rows, once for each time."""
        return _turned(self.reads)

    def feeding(self, name: str) -> tuple[str, ...]:
        """The components whose rows it has, good or bad."""
        return (*self.reads.get(name, ()), *self.quarantined_from.get(name, ()))

    @cached_property
    def _above(self) -> Mapping[str, tuple[str, ...]]:
        return {name: self.feeding(name) for name in {**self.reads, **self.quarantined_from}}

    @cached_property
    def users(self) -> Mapping[str, tuple[str, ...]]:
        """Component → those that have rows of it, good or bad."""
        return _turned(self._above)

    def above(self, names: Iterable[str], *, until: Collection[str] = ()) -> frozenset[str]:
        """These and all whose rows they have; not what lies above those in `until`, whose rows are there already."""
        return reachable(names, {name: () if name in until else above for name, above in self._above.items()})

    def below(self, names: Iterable[str]) -> frozenset[str]:
        """These and all that have their rows."""
        return reachable(names, self.users)


def _turned(edges: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, others in edges.items():
        for other in others:
            found.setdefault(other, []).append(name)
    return {name: tuple(others) for name, others in found.items()}
