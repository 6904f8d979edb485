"""The steps of a run, and what each one waits for.

    build → materialize (a frame that several read, or a checkpoint) → stage → decide → write → commit → publish

Sinks that cannot stage `write`. `decide` and `commit` stand between what all components do: nothing unstaged is written before
everything is staged and judged, and nothing is shown before everything is written.

A component with checks has a step `check`: after the stage of the sink that carries them, else in the place of `materialize`.
Bad rows that no sink takes are staged after it. What a rejected component leaves is retained after `decide`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ppf_core.contracts.components import StagedSink
from ppf_core.planning.roles import Role, has_folder, has_quarantine, quarantine_of
from ppf_core.validation.validated import ValidatedComponent, ValidatedPipeline

StepKind = Literal["build", "materialize", "stage", "check", "decide", "retain_rejected", "write", "commit", "publish"]


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


def order_steps(validated: ValidatedPipeline, roles: Mapping[str, Role]) -> tuple[Step, ...]:
    """The steps of the components that have a role. What these need must be among them, or was done before."""
    components = {name: validated.components[name] for name in validated.components if name in roles}
    staged = {name for name, each in components.items() if issubclass(each.plugin.cls, StagedSink)}
    unstaged = {name for name, each in components.items() if each.config.kind == "sink"} - staged
    ordering = _Ordering(validated, roles, components, staged, unstaged)
    for name in validated.graph.order(last=unstaged):
        if name in components:
            ordering.own(name)
    ordering.decide()
    ordering.retain_rejected()
    ordering.publish()
    return tuple(ordering.steps)


@dataclass
class _Ordering:
    """Adds the steps of one component after the other."""

    validated: ValidatedPipeline
    roles: Mapping[str, Role]
    components: Mapping[str, ValidatedComponent]
    staged: Collection[str]
    unstaged: Collection[str]
    steps: list[Step] = field(default_factory=list)
    _last: dict[str, int] = field(default_factory=dict)
    _judged: dict[str, int] = field(default_factory=dict)
    _owned: set[str] = field(default_factory=set)
    _decided: int | None = None

    def __post_init__(self) -> None:
        self._carriers = {name: role.carrier for name, role in self.roles.items() if role.carrier is not None}
        self._carried: dict[str, list[str]] = {}
        for name, carrier in self._carriers.items():
            if carrier.sink is not None:
                self._carried.setdefault(carrier.sink, []).append(name)

    def own(self, name: str) -> None:
        """What a component does by itself, after all that it needs has done the same."""
        # Bad rows are known once the sink has staged that carries the checks, which may come later in the order.
        for origin in self.roles[name].quarantined_from:
            sink = self._carriers[origin].sink if origin in self._carriers else None
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

    def retain_rejected(self) -> None:
        """What is left of rejected components, once that is known."""
        for name in self._judged:
            if has_quarantine(self.components[name]):
                folder = quarantine_of(name)
                needs = (self.decide(), self._judged[name], *([self._last[folder]] if folder in self._last else []))
                self._add("retain_rejected", folder, needs)

    def publish(self) -> None:
        """Waits for all before it; then everything staged is shown: bad rows first, then sinks in the order of the file."""
        folders = [step.component for step in self.steps if step.kind == "stage" and step.component not in self.components]
        names = [*folders, *(name for name in self.components if name in self.staged)]
        if names:
            last = self._add("commit", "", tuple(range(len(self.steps))))
            for name in names:
                last = self._add("publish", name, (last,))

    def _own_above(self, name: str) -> None:
        above = self.validated.graph.upstream([name])
        for each in self.validated.graph.order():
            if each in above and each in self.components:
                self._own(each)

    def _own(self, name: str) -> None:
        if name in self._owned:
            return
        self._owned.add(name)
        origins = sorted(
            self.validated.dataflow.above(self.roles[name].quarantined_from, until=self.roles)
        )  # past those that are done
        needed = dict.fromkeys((*self.validated.graph.needs[name], *origins))
        needs = tuple(self._last[need] for need in needed if need in self._last)
        needs += tuple(self._judged[origin] for origin in origins if origin in self._judged)
        if self.roles[name].is_saved:
            built = self._add("build", name, ())
            if has_folder(self.components[name]):
                self._add("stage", quarantine_of(name), (built,), is_last=False)
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
        shared, carrier = self.roles[name].persistence.is_step, self._carriers.get(name)
        built = self._add("build", name, needs, is_last=not shared and carrier is None)
        if carrier is not None and carrier.kind != "stage":
            self._check(name, (built,))
        elif shared and carrier is None:
            self._add("materialize", name, (built,))

    def _stage(self, name: str, needs: tuple[int, ...]) -> None:
        carried = self._carried.get(name, [])
        staged = self._add("stage", name, needs, is_last=False, carries=bool(carried))
        for carrying in carried:
            built = self._last[carrying]
            self._check(carrying, (staged,))
            if carrying != name:
                self._last[carrying] = built  # whoever waits for such a component waits for its frame, not for its checks

    def _check(self, name: str, needs: tuple[int, ...]) -> None:
        component = self.components[name]
        keeps = has_folder(component)
        is_last = component.config.kind != "sink" and not keeps
        self._judged[name] = self._add("check", name, needs, is_last=is_last)
        if keeps:
            self._add("stage", quarantine_of(name), (self._judged[name],), is_last=False)

    def _add(self, kind: StepKind, name: str, needs: tuple[int, ...], *, is_last: bool = True, carries: bool = False) -> int:
        self.steps.append(Step(kind, name, needs, is_last, carries))
        self._last[name] = len(self.steps) - 1
        return self._last[name]
