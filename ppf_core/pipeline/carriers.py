"""Which action of a run carries the checks of a component. Every checked component has exactly one carrier."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from ppf_core.contracts.components import StagedSink
from ppf_core.pipeline.checked import CheckedComponent, CheckedPipeline

CarrierKind = Literal["stage", "keep", "count"]


@dataclass(frozen=True)
class Carrier:
    """What evaluates the row and aggregate checks of a component.

    stage: the write of `sink`, at no further job. keep: the frame is computed once, for its checks and for all who read it.
    count: a pass over the frame, which is computed once before where Spark says that its plan is costly or not repeatable.
    """

    kind: CarrierKind
    sink: str | None = None

    @property
    def text(self) -> str:
        """As a plan says it."""
        if self.kind == "stage":
            return f"the write of {self.sink}"
        return "one materialisation" if self.kind == "keep" else "one pass over the frame"


def carriers_of(checked: CheckedPipeline, selected: Collection[str]) -> dict[str, Carrier]:
    """Checked component → its carrier, where these components run."""
    components = {name: checked.components[name] for name in checked.components if name in selected}
    readers = readers_of(components)
    return {
        name: _carrier(checked, components, component, readers.get(name, []))
        for name, component in components.items()
        if component.checks
    }


def readers_of(components: Mapping[str, CheckedComponent]) -> dict[str, list[str]]:
    """Component → those that read its frame, once for each time; not those that only take its bad rows."""
    found: dict[str, list[str]] = {}
    for name, component in components.items():
        for read in (*component.config.inputs.values(), *component.frames):
            found.setdefault(read, []).append(name)
    return found


def takers_of(components: Mapping[str, CheckedComponent]) -> dict[str, list[str]]:
    """Sink → the components whose bad rows it takes."""
    found: dict[str, list[str]] = {}
    for name, component in components.items():
        for sink in dict.fromkeys(check.quarantine_to for check in component.config.quality if check.quarantine_to):
            found.setdefault(sink, []).append(name)
    return found


def quarantine_of(name: str) -> str:
    """What a run calls the folder of a component's quarantined rows. No component can have such a name."""
    return f"{name}/quarantine"


def is_quarantine(name: str) -> bool:
    """Whether a run calls a folder of quarantined rows so."""
    return name.endswith("/quarantine")


def is_split(component: CheckedComponent) -> bool:
    """Whether some of its rows go elsewhere."""
    return any(check.action in ("drop", "quarantine") for check in component.config.quality)


def has_quarantine(component: CheckedComponent) -> bool:
    """Whether some of its bad rows are kept."""
    return any(check.action == "quarantine" for check in component.config.quality)


def _carrier(
    checked: CheckedPipeline, components: Mapping[str, CheckedComponent], component: CheckedComponent, readers: list[str]
) -> Carrier:
    config = component.config
    if config.kind == "sink":
        is_staged = issubclass(component.plugin.cls, StagedSink)
        return Carrier("stage", component.name) if is_staged else Carrier("keep" if is_split(component) else "count")
    if config.checkpoint or config.persist in ("memory", "disk"):
        return Carrier("keep")
    sink = components[readers[0]] if len(readers) == 1 else None
    if sink is not None and _can_ride(checked, component, sink):
        return Carrier("stage", sink.name)
    return Carrier("keep" if is_split(component) else "count")


def _can_ride(checked: CheckedPipeline, component: CheckedComponent, sink: CheckedComponent) -> bool:
    """Whether a sink writes the very frame, and can do so before anything that waits for the checks."""
    if not issubclass(sink.plugin.cls, StagedSink) or component.name not in sink.config.inputs.values():
        return False
    waiting = [check.quarantine_to for check in component.config.quality if check.quarantine_to is not None]
    return sink.name not in checked.graph.downstream(waiting)
