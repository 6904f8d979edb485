"""What each component does in a run, worked out once: what is computed once, what carries checks, what may be tried again.

The plan shows it, the steps follow from it, and the run does it. Nothing of it is worked out a second time.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ppf_core.config.model import RetryConfig
from ppf_core.contracts.components import Sink, StagedSink, StreamingSink
from ppf_core.validation.dataflow import Dataflow
from ppf_core.validation.validated import ValidatedComponent, ValidatedPipeline

CarrierKind = Literal["stage", "cache", "count"]
Level = Literal["none", "memory", "disk", "auto"]
Cursor = Literal["moves", "stays", "forbidden"]
"""In a replay, only the rows that are replayed count as read; what gives all of its rows must not give only the new ones."""


@dataclass(frozen=True)
class Carrier:
    """What evaluates the row and aggregate checks of a component.

    stage: the write of `sink`, at no further job. cache: the frame is computed once, for its checks and for all who read it.
    count: a pass over the frame, which is computed once before where Spark says that its plan is costly or not repeatable.
    """

    kind: CarrierKind
    sink: str | None = None

    @property
    def text(self) -> str:
        """As a plan says it."""
        if self.kind == "stage":
            return f"the write of {self.sink}"
        return "one materialisation" if self.kind == "cache" else "one pass over the frame"


@dataclass(frozen=True)
class Persistence:
    """Whether a frame is computed once for all who read it, in a step of its own, and why.

    auto: Spark decides, once it knows the plan. must_repeat: whether a second read has to give the very same rows.
    """

    level: Level = "none"
    reason: str | None = None
    must_repeat: bool = False

    @property
    def is_step(self) -> bool:
        """Whether a step computes it, or decides that reading it again is cheaper."""
        return self.level != "none"


@dataclass(frozen=True, kw_only=True)
class Role:
    """One component in one run.

    quarantined_from: the components whose bad rows it takes. is_read: whether others read its frame. is_saved: its frame is
    read back from its checkpoint. retry: None where neither the file nor its defaults set one. is_idempotent: whether writing
    twice equals writing once; sources and transforms write nothing. cursor: what becomes of it when it advances. is_empty:
    whether it gives no rows, whatever it reads.
    """

    quarantined_from: tuple[str, ...]
    is_read: bool
    is_saved: bool
    persistence: Persistence
    carrier: Carrier | None
    retry: RetryConfig | None
    is_idempotent: bool
    cursor: Cursor = "moves"
    is_empty: bool = False

    @property
    def is_retry_safe(self) -> bool:
        """Whether a second attempt can do no harm; a sink that shows rows at once may have shown some."""
        return self.is_idempotent or (self.retry is not None and self.retry.unsafe)

    @property
    def max_attempts(self) -> int:
        """How often it is tried at most."""
        return self.retry.max_attempts if self.retry is not None and self.is_retry_safe else 1


def roles_of(
    validated: ValidatedPipeline, selected: Collection[str], saved: Collection[str] = (), done: Collection[str] = ()
) -> dict[str, Role]:
    """The roles of the selected components, in the order of the file. saved: those that are read back from their checkpoint.

    done: sinks whose rows are out; others may still take bad rows of them.
    """
    components = {name: each for name, each in validated.components.items() if name in selected}
    dataflow = Dataflow.of(components)
    origins = {*selected, *done}
    empty = validated.replayed.empty if validated.replayed is not None else frozenset[str]()
    cursors = _cursors(validated, components)
    repeated = _repeated(validated, components)
    return {
        name: Role(
            quarantined_from=tuple(each for each in validated.dataflow.quarantined_from.get(name, ()) if each in origins),
            is_read=name in dataflow.readers,
            is_saved=name in saved,
            persistence=_persistence(component, len(dataflow.readers.get(name, ())), must_repeat=name in repeated),
            carrier=_carrier(validated, components, component, dataflow) if component.checks and name not in saved else None,
            retry=component.config.retry or validated.file.config.defaults.retry,
            is_idempotent=is_idempotent(component),
            cursor=cursors.get(name, "moves"),
            is_empty=name in empty,
        )
        for name, component in components.items()
    }


def is_idempotent(component: ValidatedComponent) -> bool:
    """Whether writing twice equals writing once, as far as can be told before it is at work; sources and transforms do."""
    if component.config.kind != "sink" or issubclass(component.plugin.cls, StagedSink):
        return True
    sketch = component.plugin.sketch
    return isinstance(sketch, Sink | StreamingSink) and sketch.idempotent


# ---- bad rows


def quarantine_of(name: str) -> str:
    """What a run calls the folder of a component's quarantined rows. No component can have such a name."""
    return f"{name}/quarantine"


def is_quarantine(name: str) -> bool:
    """Whether a run calls a folder of quarantined rows so."""
    return name.endswith("/quarantine")


def folder_role(component: str) -> Role:
    """The role of the folder of a component's quarantined rows."""
    return Role(
        quarantined_from=(component,),
        is_read=False,
        is_saved=False,
        persistence=Persistence(),
        carrier=None,
        retry=None,
        is_idempotent=True,
    )


def origin_of_quarantine(name: str) -> str:
    """The component whose bad rows a folder takes."""
    return name.rpartition("/")[0]


def is_split(component: ValidatedComponent) -> bool:
    """Whether some of its rows go elsewhere."""
    return any(check.is_splitting for check in component.config.quality)


def has_quarantine(component: ValidatedComponent) -> bool:
    """Whether some of its bad rows are kept."""
    return any(check.action == "quarantine" for check in component.config.quality)


def has_folder(component: ValidatedComponent) -> bool:
    """Whether some of its bad rows go to a folder of the run, since no sink takes them."""
    return any(check.action == "quarantine" and check.quarantine_to is None for check in component.config.quality)


# ---- inside


def _cursors(validated: ValidatedPipeline, names: Iterable[str]) -> dict[str, Cursor]:
    """In a replay: what becomes of the cursors of all but what is replayed."""
    replayed = validated.replayed
    if replayed is None:
        return {}
    ends = [name for name, each in validated.components.items() if each.config.kind == "sink"]
    read = validated.dataflow.above(ends, until=replayed.empty) - replayed.empty
    return {name: "forbidden" if name in read else "stays" for name in names if name != replayed.component}


def _repeated(validated: ValidatedPipeline, components: Mapping[str, ValidatedComponent]) -> frozenset[str]:
    """What feeds an unstaged sink and shares a source with a staged one, or has checks above it.

    Such a sink runs after the others have staged and were judged, and must not read other rows than they did.
    """
    sinks = {name for name, each in components.items() if each.config.kind == "sink"}
    staged = {name for name in sinks if issubclass(components[name].plugin.cls, StagedSink)}
    if not sinks - staged:
        return frozenset()
    bound = set(validated.dataflow.above(staged))
    for name in validated.graph.order():
        if validated.components[name].config.quality or not bound.isdisjoint(validated.dataflow.reads[name]):
            bound.add(name)
    return frozenset(feeding for sink in (sinks - staged) & bound for feeding in validated.dataflow.reads[sink])


def _persistence(component: ValidatedComponent, readers: int, *, must_repeat: bool) -> Persistence:
    config = component.config
    if config.checkpoint:
        return Persistence("disk", "Its frame is a checkpoint.", must_repeat)
    needed = 1 if config.persist != "auto" or must_repeat else 2
    if config.kind == "sink" or config.persist == "never" or readers < needed:
        return Persistence(must_repeat=must_repeat)
    if config.persist != "auto":
        return Persistence(config.persist, "The file asks for it.", must_repeat)
    if readers < 2:
        reason = "A sink that is not staged writes it too: it is computed once unless a second read gives the same rows."
    else:
        reason = f"It is read {readers} times; it is computed once if Spark says that its plan is costly or not repeatable."
    return Persistence("auto", reason, must_repeat)


def _carrier(
    validated: ValidatedPipeline,
    components: Mapping[str, ValidatedComponent],
    component: ValidatedComponent,
    dataflow: Dataflow,
) -> Carrier:
    config = component.config
    if config.kind == "sink":
        is_staged = issubclass(component.plugin.cls, StagedSink)
        return Carrier("stage", component.name) if is_staged else Carrier("cache" if is_split(component) else "count")
    if config.checkpoint or config.persist in ("memory", "disk"):
        return Carrier("cache")
    readers = dataflow.readers.get(component.name, ())
    sink = components[readers[0]] if len(readers) == 1 else None
    if sink is not None and _can_ride(validated, component, sink):
        return Carrier("stage", sink.name)
    return Carrier("cache" if is_split(component) else "count")


def _can_ride(validated: ValidatedPipeline, component: ValidatedComponent, sink: ValidatedComponent) -> bool:
    """Whether a sink writes the very frame, and can do so before anything that waits for the checks."""
    if not issubclass(sink.plugin.cls, StagedSink) or component.name not in sink.config.inputs.values():
        return False
    waiting = [check.quarantine_to for check in component.config.quality if check.quarantine_to is not None]
    return sink.name not in validated.graph.downstream(waiting)
