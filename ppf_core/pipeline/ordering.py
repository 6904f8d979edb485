"""The steps of a run, and what each one waits for.

    build → fill (a frame that several read, or a checkpoint) → stage → decide → write → commit → publish

Sinks that cannot stage `write`. `decide` and `commit` stand between what all components do: nothing unstaged is written before
everything is staged and judged, and nothing is shown before everything is written.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from ppf_core.config.model import ComponentConfig
from ppf_core.contracts.components import StagedSink
from ppf_core.pipeline.checked import CheckedComponent, CheckedPipeline

StepKind = Literal["build", "fill", "stage", "decide", "write", "commit", "publish"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done. needs: the positions of the steps that end before. is_last: with it, its component has ended.

    Sinks that cannot stage `write`. `decide` and `commit` belong to no component.
    """

    kind: StepKind
    component: str = ""
    needs: tuple[int, ...] = ()
    is_last: bool = True


def order_steps(checked: CheckedPipeline, selected: Collection[str], saved: Collection[str] = ()) -> tuple[Step, ...]:
    """The steps of the selected components. What these need must be among them, or was done before.

    saved: those whose frame is only read back from its checkpoint.
    """
    components = {name: checked.components[name] for name in checked.components if name in selected}
    staged = {name for name, each in components.items() if issubclass(each.plugin.cls, StagedSink)}
    unstaged = {name for name, each in components.items() if each.config.kind == "sink"} - staged
    ordering = _Ordering(checked, components, staged, saved)
    for name in checked.graph.order(last=unstaged):
        if name in unstaged:
            ordering.barrier("decide")
        if name in components:
            ordering.own(name)
    ordering.barrier("decide")
    if staged:
        ordering.barrier("commit")
    for name in components:
        if name in staged:
            ordering.add("publish", name, (len(ordering.steps) - 1,))
    return tuple(ordering.steps)


def is_shared(config: ComponentConfig, consumers: int, *, must_repeat: bool = False) -> bool:
    """Whether the frame of a source or a transform may be computed once for all who read it.

    must_repeat: whether its rows are staged and written unstaged as well, and have to be the same.
    """
    if config.kind == "sink" or config.persist == "never":
        return False
    return consumers > (1 if config.persist == "auto" and not must_repeat else 0)


def repeated_frames(checked: CheckedPipeline, selected: Collection[str]) -> frozenset[str]:
    """What feeds an unstaged sink and shares a source with a staged one, or has checks above it.

    Such a sink runs after the others have staged and were judged, and must not read other rows than they did.
    """
    components = {name: checked.components[name] for name in selected if name in checked.components}
    sinks = {name: each for name, each in components.items() if each.config.kind == "sink"}
    staged = [name for name, each in sinks.items() if issubclass(each.plugin.cls, StagedSink)]
    bound = set(checked.graph.upstream(staged))
    for name in checked.graph.order():
        if checked.components[name].config.quality or not bound.isdisjoint(checked.graph.needs[name]):
            bound.add(name)
    unstaged = [sinks[name] for name in sinks.keys() & bound - set(staged)]
    return frozenset(feeding for sink in unstaged for feeding in (*sink.config.inputs.values(), *sink.frames))


def consumers_of(components: Collection[CheckedComponent]) -> dict[str, int]:
    """How often each component's frame is read by others; a component that reads it under two aliases counts twice."""
    found: dict[str, int] = {}
    for component in components:
        for name in (*component.config.inputs.values(), *component.frames):
            found[name] = found.get(name, 0) + 1
    return found


@dataclass
class _Ordering:
    checked: CheckedPipeline
    components: dict[str, CheckedComponent]
    staged: Collection[str]
    saved: Collection[str]
    steps: list[Step] = field(default_factory=list)
    _last: dict[str, int] = field(default_factory=dict)
    _passed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._consumers = consumers_of(self.components.values())
        self._repeated = repeated_frames(self.checked, self.components)

    def own(self, name: str) -> None:
        """What a component does by itself, after all that it needs has done the same."""
        needs = tuple(self._last[need] for need in self.checked.graph.needs[name] if need in self._last)
        config = self.components[name].config
        if name in self.saved:
            self.add("build", name, ())
        elif config.kind != "sink":
            shared = config.checkpoint or is_shared(config, self._consumers.get(name, 0), must_repeat=name in self._repeated)
            self.add("build", name, needs, is_last=not shared)
            if shared:
                self.add("fill", name, (len(self.steps) - 1,))
        elif name in self.staged:
            self.add("stage", name, needs, is_last=False)
        else:
            self.add("write", name, (*needs, self._barrier))
        self._last[name] = len(self.steps) - 1

    def barrier(self, kind: Literal["decide", "commit"]) -> None:
        """A step that waits for all before it."""
        if kind not in self._passed:
            self._passed.add(kind)
            self._barrier = len(self.steps)
            self.add(kind, "", tuple(range(self._barrier)))

    def add(self, kind: StepKind, name: str, needs: tuple[int, ...], *, is_last: bool = True) -> None:
        self.steps.append(Step(kind, name, needs, is_last))
