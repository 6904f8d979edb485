"""The steps of a run, and what each one waits for.

    build → fill (a frame that several read, or a checkpoint) → stage → decide → write → commit → publish

Sinks that cannot stage `write`. `decide` and `commit` stand between what all components do: nothing unstaged is written before
everything is staged and judged, and nothing is shown before everything is written.

A component with checks has a step `check`: after the stage of the sink that carries them, else in the place of `fill`. Bad rows
that no sink takes are staged after it. What a rejected component leaves as evidence is written after `decide`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from ppf_core.config.model import ComponentConfig
from ppf_core.contracts.components import StagedSink
from ppf_core.pipeline.carriers import carriers_of, has_quarantine, quarantine_of, takers_of
from ppf_core.pipeline.checked import CheckedComponent, CheckedPipeline

StepKind = Literal["build", "fill", "stage", "check", "decide", "evidence", "write", "commit", "publish"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done. needs: the positions of the steps that end before. is_last: with it, its component has ended.

    `decide` and `commit` belong to no component; the folder of bad rows that no sink takes is one of its own. carries: for a
    stage, whether checks are evaluated with it.
    """

    kind: StepKind
    component: str = ""
    needs: tuple[int, ...] = ()
    is_last: bool = True
    carries: bool = False


def order_steps(checked: CheckedPipeline, selected: Collection[str], saved: Collection[str] = ()) -> tuple[Step, ...]:
    """The steps of the selected components. What these need must be among them, or was done before.

    saved: those whose frame is only read back from its checkpoint.
    """
    components = {name: checked.components[name] for name in checked.components if name in selected}
    staged = {name for name, each in components.items() if issubclass(each.plugin.cls, StagedSink)}
    unstaged = {name for name, each in components.items() if each.config.kind == "sink"} - staged
    ordering = _Ordering(checked, components, staged, unstaged, saved)
    for name in checked.graph.order(last=unstaged):
        if name in components:
            ordering.own(name)
    ordering.decide()
    ordering.keep_evidence()
    ordering.publish()
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
    """Adds the steps of one component after the other."""

    checked: CheckedPipeline
    components: dict[str, CheckedComponent]
    staged: Collection[str]
    unstaged: Collection[str]
    saved: Collection[str]
    steps: list[Step] = field(default_factory=list)
    _last: dict[str, int] = field(default_factory=dict)
    _judged: dict[str, int] = field(default_factory=dict)
    _owned: set[str] = field(default_factory=set)
    _decided: int | None = None

    def __post_init__(self) -> None:
        self._consumers = consumers_of(self.components.values())
        self._repeated = repeated_frames(self.checked, self.components)
        carriers = carriers_of(self.checked, self.components)
        self._carriers = {name: each for name, each in carriers.items() if name not in self.saved}
        self._taken = takers_of(self.components)

    def own(self, name: str) -> None:
        """What a component does by itself, after all that it needs has done the same."""
        # Bad rows are known once the sink has staged that carries the checks, which may come later in the order.
        for giver in self._taken.get(name, ()):
            sink = self._carriers[giver].sink if giver in self._carriers else None
            if sink is not None:
                self._own_above(sink)
        self._own(name)

    def decide(self) -> int:
        """Waits for all before it, and for the checks of what writes after it."""
        if self._decided is None:
            for name in self.unstaged:
                feeding = self.components[name].config.inputs.values()
                if name in self._carriers and all(need in self._last for need in feeding):
                    self._check(name, tuple(self._last[need] for need in feeding))
            self._decided = self._add("decide", "", tuple(range(len(self.steps))))
        return self._decided

    def keep_evidence(self) -> None:
        """What is left of rejected components, once that is known."""
        for name in self._judged:
            if has_quarantine(self.components[name]):
                folder = quarantine_of(name)
                needs = (self.decide(), self._judged[name], *([self._last[folder]] if folder in self._last else []))
                self._add("evidence", folder, needs)

    def publish(self) -> None:
        """Waits for all before it; then everything staged is shown: bad rows first, then sinks in the order of the file."""
        folders = [step.component for step in self.steps if step.kind == "stage" and step.component not in self.components]
        names = [*folders, *(name for name in self.components if name in self.staged)]
        if names:
            last = self._add("commit", "", tuple(range(len(self.steps))))
            for name in names:
                last = self._add("publish", name, (last,))

    def _own_above(self, name: str) -> None:
        above = self.checked.graph.upstream([name])
        for each in self.checked.graph.order():
            if each in above and each in self.components:
                self._own(each)

    def _own(self, name: str) -> None:
        if name in self._owned:
            return
        self._owned.add(name)
        needs = tuple(self._last[need] for need in self.checked.graph.needs[name] if need in self._last)
        needs += tuple(self._judged[giver] for giver in self._taken.get(name, ()) if giver in self._judged)
        if name in self.saved:
            self._add("build", name, ())
        elif self.components[name].config.kind != "sink":
            self._frame(name, needs)
        elif name in self.staged:
            self._stage(name, needs)
        else:
            decided = self.decide()
            if name in self._carriers and name not in self._judged:  # it waits for what is written after the decision
                self._check(name, needs)
            self._add("write", name, (*needs, decided, *([self._judged[name]] if name in self._judged else [])))

    def _frame(self, name: str, needs: tuple[int, ...]) -> None:
        config, carrier = self.components[name].config, self._carriers.get(name)
        shared = config.checkpoint or is_shared(config, self._consumers.get(name, 0), must_repeat=name in self._repeated)
        built = self._add("build", name, needs, is_last=not shared and carrier is None)
        if carrier is not None and carrier.kind != "stage":
            self._check(name, (built,))
        elif shared and carrier is None:
            self._add("fill", name, (built,))

    def _stage(self, name: str, needs: tuple[int, ...]) -> None:
        riders = [rider for rider, carrier in self._carriers.items() if carrier.sink == name]
        staged = self._add("stage", name, needs, is_last=False, carries=bool(riders))
        for rider in riders:
            built = self._last[rider]
            self._check(rider, (staged,))
            if rider != name:
                self._last[rider] = built  # whoever waits for the rider waits for its frame, not for its checks

    def _check(self, name: str, needs: tuple[int, ...]) -> None:
        component = self.components[name]
        keeps = None in (check.quarantine_to for check in component.config.quality if check.action == "quarantine")
        is_last = component.config.kind != "sink" and not keeps
        self._judged[name] = self._add("check", name, needs, is_last=is_last)
        if keeps:
            self._add("stage", quarantine_of(name), (self._judged[name],), is_last=False)

    def _add(self, kind: StepKind, name: str, needs: tuple[int, ...], *, is_last: bool = True, carries: bool = False) -> int:
        self.steps.append(Step(kind, name, needs, is_last, carries))
        self._last[name] = len(self.steps) - 1
        return self._last[name]
