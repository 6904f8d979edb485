"""Whether a run may show its rows, and how far it has got with that. Once it may, it only goes forward."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppf_core.contracts.components import TargetMoved
from ppf_core.pipeline.component_run import ComponentRun
from ppf_core.pipeline.graph import Graph
from ppf_core.pipeline.steps import Steps


@dataclass
class Publishing:
    """The decision to publish, and what prevents the rest of it.

    vetoed: why nothing is published any more; what was staged is discarded. held: why the rest waits, its stages kept, until
    somebody finishes the run.
    """

    steps: Steps
    graph: Graph
    is_committed: bool = False
    vetoed: str | None = None
    held: str | None = None

    @property
    def obstacle(self) -> str | None:
        """Why the next sink is not published."""
        return self.vetoed or self.held

    def decide(self, veto: str | None) -> None:
        """Publishes all that is staged and sound, unless there is a veto. The decision is on disk when this returns."""
        self.vetoed = veto
        if veto is None:
            components = self.steps.components
            sinks = [name for name, each in components.items() if each.status is None and each.ticket is not None]
            self.steps.commit(sinks, list(cursor_moves(components, self.graph, sinks)))
            self.is_committed = True

    def failed(self, component: ComponentRun, error: BaseException) -> None:
        """All or none: the rest waits for whoever can publish this one, or is discarded if nobody can and nothing is shown."""
        if not isinstance(error, TargetMoved):
            self.held = f"{component.info.name!r} could not be published; `ppf runs recover` goes on."
        elif not any(each.published for each in self.steps.components.values()):
            self.vetoed = f"{component.info.name!r} could not be published."


def cursor_moves(components: Mapping[str, ComponentRun], graph: Graph, publishing: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The cursors that move once these sinks are published: those of sources below which nothing else is left to do."""
    moves = []
    for name, component in components.items():
        below = graph.downstream([name]) if component.advanced else frozenset()
        sinks = [each for each in below if each in components and components[each].info.kind == "sink"]
        waiting = [each for each in sinks if components[each].status not in ("success", "resumed")]
        if sinks and set(waiting) <= set(publishing):
            moves.append({"source": name, "values": dict(component.advanced), "sinks": waiting})
    return moves
