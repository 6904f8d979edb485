"""The plan of a run: a value that can be printed, compared and executed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ppf_core.config.model import PipelineConfig, RetryConfig
from ppf_core.contracts.components import Sink, Source, StagedSink
from ppf_core.contracts.hooks import HOOKIMPL_MARK
from ppf_core.contracts.plugin import Plugin
from ppf_core.contracts.results import Kind
from ppf_core.errors import Problem
from ppf_core.pipeline.carriers import carriers_of
from ppf_core.pipeline.checked import CheckedComponent, CheckedPipeline
from ppf_core.pipeline.ordering import Step, consumers_of, is_shared, order_steps, repeated_frames


@dataclass(frozen=True, kw_only=True)
class PlannedComponent:
    """One component as it will run. Field names are the keys of the plan's document; `stage` counts from 1.

    persist_reason: why its frame is, or may be, computed once for all who read it. staged, atomic: for sinks.
    pinned: for sources. carrier: what evaluates its checks. retry: as it takes effect, in seconds.
    """

    name: str
    kind: Kind
    plugin: str
    distribution: str
    inputs: Mapping[str, str]
    stage: int
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
    """What a run will do. `steps` are in an order in which they could be executed one by one."""

    pipeline: str
    components: tuple[PlannedComponent, ...]
    steps: tuple[Step, ...]
    hooks: tuple[PlannedHook, ...]
    warnings: tuple[Problem, ...]

    def __getitem__(self, name: str) -> PlannedComponent:
        """The component of this name."""
        return self._by_name[name]

    @property
    def _by_name(self) -> Mapping[str, PlannedComponent]:
        return {component.name: component for component in self.components}


def make_plan(checked: CheckedPipeline) -> Plan:
    """The plan of a sound pipeline. Pure: no Spark, no network, no clock."""
    checked.require_sound()
    config = checked.file.config
    stages = checked.graph.stages()
    consumers = consumers_of(checked.components.values())
    repeated = repeated_frames(checked, checked.components)
    carriers = carriers_of(checked, checked.components)
    components = tuple(
        replace(
            _component(component, config, stages[name], consumers.get(name, 0), must_repeat=name in repeated),
            carrier=carriers[name].text if name in carriers else None,
        )
        for name, component in checked.components.items()
    )
    warnings = [*checked.warnings, *_warnings(checked, components)]
    return Plan(config.name, components, order_steps(checked, checked.components), _hooks(checked), tuple(warnings))


def _component(
    component: CheckedComponent, config: PipelineConfig, stage: int, consumers: int, *, must_repeat: bool
) -> PlannedComponent:
    cls = component.plugin.cls
    kind = component.config.kind
    persist = component.config.persist if is_shared(component.config, consumers, must_repeat=must_repeat) else "never"
    if component.config.checkpoint:
        persist = "disk"
    return PlannedComponent(
        name=component.name,
        kind=kind,
        plugin=component.plugin.entry.name,
        distribution=component.plugin.entry.distribution,
        inputs=component.config.inputs,
        stage=stage,
        persist="none" if persist == "never" else persist,
        persist_reason="Its frame is a checkpoint." if component.config.checkpoint else _persist_reason(persist, consumers),
        pinned=_is_overridden(cls, Source, "pin") if kind == "source" else None,
        staged=issubclass(cls, StagedSink) if kind == "sink" else None,
        atomic=_is_atomic(component) if kind == "sink" else None,
        carrier=None,
        retry=_retry(component, config),
        quality=tuple({"check": c.check, "name": c.name or c.check, "action": c.action} for c in component.config.quality),
        description=component.config.description,
    )


def _persist_reason(persist: str, consumers: int) -> str | None:
    if persist == "auto" and consumers < 2:
        return "A sink that is not staged writes it too: it is computed once unless a second read gives the same rows."
    if persist == "auto":
        return f"It is read {consumers} times; it is computed once if Spark says that its plan is costly or not repeatable."
    return "The file asks for it." if persist in ("memory", "disk") else None


def _is_overridden(cls: type[Plugin[Any]], base: type[Any], method: str) -> bool:
    return getattr(cls, method, None) is not getattr(base, method)


def _is_atomic(component: CheckedComponent) -> bool | None:
    if not issubclass(component.plugin.cls, StagedSink):
        return False
    return component.draft.atomic if isinstance(component.draft, StagedSink) else None


def _retry(component: CheckedComponent, config: PipelineConfig) -> Mapping[str, Any] | None:
    retry = component.config.retry or config.defaults.retry
    if retry is None:
        return None
    return {
        "max_attempts": retry.max_attempts if _is_repeatable(component, retry) else 1,
        "initial_delay": retry.initial_delay.total_seconds(),
        "max_delay": retry.max_delay.total_seconds(),
        "multiplier": retry.multiplier,
        "jitter": retry.jitter,
        "retry_on": list(retry.retry_on),
        "give_up_on": list(retry.give_up_on),
    }


def _is_repeatable(component: CheckedComponent, retry: RetryConfig) -> bool:
    """Whether a second attempt can do no harm: a sink that shows rows at once may have shown some."""
    sink = component.draft
    return retry.unsafe or not isinstance(sink, Sink) or isinstance(sink, StagedSink) or sink.idempotent


def _hooks(checked: CheckedPipeline) -> tuple[PlannedHook, ...]:
    implementations: dict[str, list[str]] = {}
    for name, hook in checked.hooks.items():
        for attribute in dir(hook.cls):
            if getattr(getattr(hook.cls, attribute, None), HOOKIMPL_MARK, False):
                implementations.setdefault(attribute, []).append(name)
    return tuple(PlannedHook(hook, tuple(names)) for hook, names in sorted(implementations.items()))


def _warnings(checked: CheckedPipeline, components: tuple[PlannedComponent, ...]) -> list[Problem]:
    found = []
    for component in components:
        place = ("components", component.name)
        if component.staged is False and component.kind == "sink":
            message = f"The sink {component.name!r} is not staged: what it wrote stays when the run fails later."
            hint = "It writes after all staged sinks have staged. Use a staged sink where the target allows it."
            found.append(checked.file.problem("unstaged-sink", message, place, at="key", hint=hint))
        if component.pinned is False:
            message = (
                f"The source {component.name!r} cannot pin what it reads: a later read in the same run may see other rows."
            )
            found.append(checked.file.problem("unpinned-source", message, place, at="key"))
        if component.kind == "sink" and component.staged and component.atomic is False:
            message = f"The sink {component.name!r} publishes in more than one step: a reader may see a part for a moment."
            found.append(checked.file.problem("not-atomic", message, place, at="key"))
    return found
