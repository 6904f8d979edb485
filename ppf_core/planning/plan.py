"""The plan of a run: a value that can be printed, compared and executed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from ppf_core.contracts.components import Source, StagedSink, StreamingSource
from ppf_core.contracts.hooks import HOOKIMPL_MARK
from ppf_core.contracts.plugin import Plugin
from ppf_core.contracts.results import Kind
from ppf_core.errors import Problem
from ppf_core.planning.ordering import Step, order_steps
from ppf_core.planning.roles import Role, roles_of
from ppf_core.planning.streams import BatchPlan, PlannedQuery, plan_batch, plan_query, roles_in_batches
from ppf_core.validation.validated import ValidatedComponent, ValidatedPipeline

State = Literal["run", "read_back", "done", "not_run"]
"""What a run does with a component: all of it, only read back its checkpoint, nothing since it was done before, or nothing."""


@dataclass(frozen=True, kw_only=True)
class PlannedComponent:
    """One component as it will run. Field names are the keys of the plan's document; `stage` counts from 1.

    persist_reason: why its frame is, or may be, computed once for all who read it. staged, atomic: for sinks.
    pinned: for sources that are no streams. carrier: what evaluates its checks. retry: as it takes effect, in seconds.
    """

    name: str
    kind: Kind
    plugin: str
    distribution: str
    inputs: Mapping[str, str]
    stage: int
    state: State
    persist: Literal["none", "memory", "disk", "auto"]
    persist_reason: str | None
    pinned: bool | None
    staged: bool | None
    atomic: bool | None
    carrier: str | None
    retry: Mapping[str, Any] | None
    quality: tuple[Mapping[str, Any], ...]
    description: str | None


@dataclass(frozen=True)
class PlannedHook:
    """A hook, and the instances that hear of it, in the order in which they are called."""

    hook: str
    implementations: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a run will do: `ppf plan` prints it, the executor executes it, the record keeps it.

    components: all enabled ones of the file. steps: in an order in which they could be executed one by one. roles: of those
    that run, are read back, or are done. queries: of a stream, which has no steps of its own: each batch has, and `batches` has
    them, by query; not of those that Spark's own writer does.
    """

    pipeline: str
    components: tuple[PlannedComponent, ...]
    steps: tuple[Step, ...]
    queries: tuple[PlannedQuery, ...]
    batches: Mapping[str, BatchPlan]
    roles: Mapping[str, Role]
    hooks: tuple[PlannedHook, ...]
    warnings: tuple[Problem, ...]

    def __getitem__(self, name: str) -> PlannedComponent:
        """The component of this name."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, PlannedComponent]:
        return {component.name: component for component in self.components}


def make_plan(
    validated: ValidatedPipeline,
    selected: Collection[str] | None = None,
    *,
    saved: Collection[str] = (),
    done: Collection[str] = (),
) -> Plan:
    """The plan of a sound pipeline, or of some of its components. Pure: no Spark, no network, no clock.

    saved, done: in a resumed run, what is only read back from its checkpoint, and sinks whose rows are out.
    """
    validated.require_sound()
    chosen = validated.components.keys() if selected is None else selected
    running = roles_of(validated, chosen, saved, done)
    roles = {**roles_of(validated, done), **running}
    shown = {**(roles_of(validated, validated.components) if len(roles) < len(validated.components) else {}), **roles}
    queries = validated.queries if validated.is_stream else ()
    batches = {query.name: plan_batch(validated, query) for query in queries if not query.native}
    if validated.is_stream:
        shown = roles_in_batches(shown, batches)
    stages = validated.graph.stages()
    components = tuple(
        _component(component, shown[name], stages[name], _state(name, running, done))
        for name, component in validated.components.items()
    )
    warnings = (*validated.warnings, *_warnings(validated, components))
    planned = tuple(plan_query(validated, query) for query in queries)
    steps = () if validated.is_stream else order_steps(validated, running)
    return Plan(validated.file.config.name, components, steps, planned, batches, roles, _hooks(validated), warnings)


def _state(name: str, running: Mapping[str, Role], done: Collection[str]) -> State:
    if name in running:
        return "read_back" if running[name].is_saved else "run"
    return "done" if name in done else "not_run"


def _component(component: ValidatedComponent, role: Role, stage: int, state: State) -> PlannedComponent:
    cls = component.plugin.cls
    kind = component.config.kind
    return PlannedComponent(
        name=component.name,
        kind=kind,
        plugin=component.plugin.entry.name,
        distribution=component.plugin.entry.distribution,
        inputs=component.config.inputs,
        stage=stage,
        state=state,
        persist=role.persistence.level,
        persist_reason=role.persistence.reason,
        pinned=_is_overridden(cls, Source, "pin") if kind == "source" and not issubclass(cls, StreamingSource) else None,
        staged=issubclass(cls, StagedSink) if kind == "sink" else None,
        atomic=_is_atomic(component) if kind == "sink" else None,
        carrier=role.carrier.text if role.carrier is not None else None,
        retry=_retry(role),
        quality=tuple({"check": c.check, "name": c.name or c.check, "action": c.action} for c in component.config.quality),
        description=component.config.description,
    )


def _is_overridden(cls: type[Plugin[Any]], base: type[Any], method: str) -> bool:
    return getattr(cls, method, None) is not getattr(base, method)


def _is_atomic(component: ValidatedComponent) -> bool | None:
    if not issubclass(component.plugin.cls, StagedSink):
        return False
    return component.draft.atomic if isinstance(component.draft, StagedSink) else None


def _is_repeatable(component: ValidatedComponent) -> bool:
    sketch = component.plugin.sketch
    return isinstance(sketch, Source) and sketch.repeatable


def _retry(role: Role) -> Mapping[str, Any] | None:
    retry = role.retry
    if retry is None:
        return None
    return {
        "max_attempts": role.max_attempts,
        "initial_delay": retry.initial_delay.total_seconds(),
        "max_delay": retry.max_delay.total_seconds(),
        "multiplier": retry.multiplier,
        "jitter": retry.jitter,
        "retry_on": list(retry.retry_on),
        "give_up_on": list(retry.give_up_on),
    }


def _hooks(validated: ValidatedPipeline) -> tuple[PlannedHook, ...]:
    implementations: dict[str, list[str]] = {}
    for name, hook in validated.hooks.items():
        for attribute in dir(hook.cls):
            if getattr(getattr(hook.cls, attribute, None), HOOKIMPL_MARK, False):
                implementations.setdefault(attribute, []).append(name)
    return tuple(PlannedHook(hook, tuple(names)) for hook, names in sorted(implementations.items()))


def _warnings(validated: ValidatedPipeline, components: tuple[PlannedComponent, ...]) -> list[Problem]:
    found = []
    for component in components:
        place = ("components", component.name)
        is_told = not validated.is_stream  # else its query says what a reader may see
        if component.staged is False and is_told:
            message = f"The sink {component.name!r} is not staged: what it wrote stays when the run fails later."
            hint = "It writes after all staged sinks have staged. Use a staged sink where the target allows it."
            found.append(validated.file.problem("unstaged-sink", message, place, at="key", hint=hint))
        if component.pinned is False and not _is_repeatable(validated.components[component.name]):
            message = (
                f"The source {component.name!r} cannot pin what it reads: a later read in the same run may see other rows."
            )
            found.append(validated.file.problem("unpinned-source", message, place, at="key"))
        if component.staged and component.atomic is False and is_told:
            message = f"The sink {component.name!r} publishes in more than one step: a reader may see a part for a moment."
            found.append(validated.file.problem("not-atomic", message, place, at="key"))
    return found
