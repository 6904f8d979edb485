"""Which cursors move once the rows of a run are shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from ppf_core.pipeline.component_run import ComponentRun
from ppf_core.pipeline.graph import Graph


def cursor_moves(components: Mapping[str, ComponentRun], graph: Graph, publishing: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The cursors that move once these sinks are published: those of sources below which nothing else is left to do."""
    moves = []
    for name, component in components.items():
        if component.role.cursor != "moves":
            continue
        below = graph.downstream([name]) if component.advanced else frozenset()
        sinks = [each for each in below if each in components and components[each].info.kind == "sink"]
        waiting = [each for each in sinks if components[each].status not in ("success", "resumed")]
        if sinks and set(waiting) <= set(publishing):
            moves.append({"source": name, "values": dict(component.advanced), "sinks": waiting})
    return moves
