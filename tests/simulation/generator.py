"""Makes scenarios by chance, the same for each seed, and makes those smaller that show a fault."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scenario import Act, Scenario, inputs_of, is_lucky
from simulated_world import Fault

Component = dict[str, Any]

_METHODS = {
    "lines": ("ping", "pin", "read", "read+", "job", "job+", "close"),
    "mix": ("transform", "transform+", "job", "job+"),
    "staged": ("ping", "stage", "job", "job+", "stage+", "staged", "publish", "publish+", "discard", "discard+", "close"),
    "plain": ("write", "job", "job+", "write+"),
}
_OF_HOOKS = {
    "keeper": ("ppf_checkpoint_load", "ppf_checkpoint_save", "ppf_checkpoint_save+"),
    "watcher": ("ppf_pipeline_start", "ppf_component_start", "ppf_component_end", "ppf_quality_result", "ppf_pipeline_end"),
}
_OF_ALL = ("raise", "raise", "raise", "kill", "kill", "interrupt", "terminate", "hang", "slow", "exit")
_OF_ALL_ELSE = {"spark": ("open",), "safe": ("fetch", "close")}
_OF_DISKS = ("killed before", "killed within", "killed after", "full", "broken")
_OF_JOBS = ("fail", "fail", "again", "lost", "gone")


def generate(seed: int) -> Scenario:
    """One scenario. What came later takes its chances elsewhere, so that a seed shows what it showed before."""
    chance, further = random.Random(seed), random.Random(-seed - 1)  # noqa: S311 -- chance that can be repeated
    return _Maker(chance, further, seed).scenario()


@dataclass
class _Maker:
    chance: random.Random
    further: random.Random
    seed: int
    components: dict[str, Component] = field(default_factory=dict)

    def scenario(self) -> Scenario:
        """The pipeline first, then what people do with it."""
        tables = self._sources()
        self._transforms()
        self._sinks()
        self._checks()
        for config in self.components.values():
            self._settings(config)
        hooks = self._hooks()
        return Scenario(
            components=self.components,
            acts=self._acts(hooks),
            tables=tables,
            runtime=self._runtime(),
            hooks=hooks,
            seed=self.seed,
            plans=not self._is(0.1),
        )

    # ---- the pipeline

    def _sources(self) -> dict[str, int]:
        names = "abc"[: self._one_of((1, 1, 1, 2, 2, 3))]
        for name in names:
            options: Component = {"table": name}
            options |= {"pins": False} if self._is(0.3) else {}
            options |= {"cursor": True} if self._is(0.35) else {}
            options |= {"draws": True} if self._is(0.2) else {}
            options |= {"token": "secret://safe/key"} if self._is(0.03) else {}
            self.components[name] = {"source": "lines", "options": options}
        return {name: self._one_of((0, 1, 3, 3, 4, 6)) for name in names}

    def _transforms(self) -> None:
        for name in "tuv"[: self._one_of((0, 0, 1, 1, 2, 3))]:
            inputs = self._some(list(self.components), self._one_of((1, 1, 2)))
            options: Component = {"drops": self.chance.randrange(7)} if self._is(0.2) else {}
            options |= {"costly": True} if self._is(0.3) else {}
            options |= {"draws": True} if self._is(0.15) else {}
            options |= {"beside": self._one_of(list(self.components))} if self._is(0.1) else {}
            given: Any = {"one": inputs[0], "two": self._one_of(inputs)} if self._is(0.07) else inputs
            self.components[name] = {"transform": "mix", "inputs": given, "options": options}

    def _sinks(self) -> None:
        feeding = list(self.components)
        unread = [name for name in feeding if not any(name in inputs_of(each) for each in self.components.values())]
        for name in "xyz"[: self._one_of((1, 1, 2, 2, 3))]:
            given = unread.pop() if unread and self._is(0.8) else self._one_of(feeding)
            self.components[name] = {**self._sink(name), "inputs": [given]}

    def _sink(self, name: str) -> Component:
        if self._is(0.25):
            return {"sink": "plain", "options": {"target": name, **({"repeatable": True} if self._is(0.5) else {})}}
        options: Component = {"target": name}
        options |= {"mode": "overwrite"} if self._is(0.4) else {}
        options |= {"tells": False} if self._is(0.2) else {}
        options |= {"readable": True} if self._is(0.4) else {}
        options |= {"splits": True} if "readable" in options and self.further.random() < 0.6 else {}
        options |= {"counts": False} if self._is(0.1) else {}
        options |= {"peeks": True} if self._is(0.1) else {}
        return {"sink": "staged", "options": options}

    def _checks(self) -> None:
        for name in list(self.components):
            if self._is(0.07):
                self.components[name]["quality"] = [self._luck(name)]
            while self._is(0.3):
                check = self._check(name)
                if check.get("action") != "drop" or not is_lucky(self.components[name]):
                    self.components[name].setdefault("quality", []).append(check)

    def _luck(self, name: str) -> Component:
        check = {"check": "number", "name": "luck", "options": {"luck": True}, "action": "quarantine"}
        return {**check, "quarantine_to": self._taker(name, is_new=True)} if self._is(0.3) else check

    def _check(self, name: str) -> Component:
        kind = self._one_of(("number", "number", "number", "number", "amount", "few"))
        if kind != "number":
            options: Component = {"most": self._one_of((3, 20, 20, 20))}
            options |= {"distinct": True} if kind == "amount" and self._is(0.3) else {}
            return {"check": kind, "options": options, **({"action": "warn"} if self._is(0.2) else {})}
        options = {"by": self._one_of((2, 5, 5, 9)), "bad": self._some(range(2), self._one_of((0, 1, 1)))}
        options |= {"raises": 2} if self._is(0.03) else {}
        options |= {"broken": True} if self._is(0.03) else {}
        check: Component = {"check": kind, "options": options, **({"samples": 2} if self._is(0.1) else {})}
        action = self._one_of(("fail", "warn", "drop", "quarantine", "quarantine"))
        check |= {"action": action} if action != "fail" else {}
        check |= {self._one_of(("warn_if", "error_if")): self._one_of(("> 0", "> 1", "> 50%"))} if self._is(0.3) else {}
        if action == "quarantine" and self._is(0.3):
            check["quarantine_to"] = self._taker(name, is_new=is_lucky(self.components[name]))
        return check

    def _taker(self, name: str, *, is_new: bool) -> str:
        takers = [each for each, config in self.components.items() if "sink" in config and not inputs_of(config)]
        lucky = [check.get("quarantine_to") for each in self.components.values() if is_lucky(each) for check in each["quality"]]
        if (shared := [each for each in takers if each not in lucky]) and not is_new and self._is(0.5):
            return self._one_of(shared)
        taker = f"bad{len(takers)}"
        self.components[taker] = self._sink(taker)
        return taker

    def _settings(self, config: Component) -> None:
        others = [name for name, each in self.components.items() if each is not config]
        is_sink = "sink" in config
        config |= {"after": [self._one_of(others)]} if others and self._is(0.08) else {}
        config |= {"persist": self._one_of(("never", "memory", "disk"))} if not is_sink and self._is(0.15) else {}
        config |= {"checkpoint": True} if not is_sink and self._is(0.2) else {}
        config |= {"retry": {"max_attempts": 2}} if self._is(0.25) else {}
        config |= {"timeout": 30} if self._is(0.15) else {}
        config |= {"circuit_breaker": {"failure_threshold": self._one_of((1, 2))}} if self._is(0.06) else {}

    def _runtime(self) -> Component:
        runtime: Component = {"parallelism": self._one_of((1, 2, 4))}
        runtime |= {"on_failure": "continue"} if self._is(0.4) else {}
        return runtime | ({"timeout": 40} if self._is(0.08) else {})

    def _hooks(self) -> dict[str, Component]:
        hooks: dict[str, Component] = {"keeper": {}} if self._is(0.7) else {}
        return hooks | ({"watcher": {"required": True} if self._is(0.5) else {}} if self._is(0.5) else {})

    # ---- what people do

    def _acts(self, hooks: Mapping[str, Any]) -> tuple[Act, ...]:
        acts = []
        for _ in range(self._one_of((1, 2, 2, 3, 3, 4, 5, 6))):
            acts.append(self._act(hooks, is_first=not acts))
        return tuple(acts)

    def _act(self, hooks: Mapping[str, Any], *, is_first: bool) -> Act:
        deed = "run" if is_first else self._one_of(_DEEDS)
        sources = [name for name in self.components if name in "abc"]
        match deed:
            case "arrive":
                return Act("arrive", of=self._one_of(sources), count=self._one_of((1, 2, 3)))
            case "change":
                name = self._one_of(list(self.components))
                return Act("change", of=name, options=self._changed(name))
            case "replay":
                keeping = [name for name, each in self.components.items() if _quarantines(each)]
                side = {"side": self._one_of(("empty", "read"))} if self._is(0.8) else {}
                return Act("replay", of=self._one_of(keeping or sources), options=side, faults=self._faults(hooks))
        only = (self._one_of(list(self.components)),) if deed == "run" and self._is(0.12) else ()
        options = {"accept": True} if deed == "resume" and self._is(0.2) else {}
        return Act(deed, only=only, options=options, faults=self._faults(hooks))

    def _changed(self, name: str) -> Component:
        config = self.components[name]
        if "source" in config:
            return {self._one_of(("pins", "cursor", "draws")): self._is(0.5)}
        if "transform" in config:
            return self._one_of(({"drops": self.chance.randrange(7)}, {"costly": self._is(0.5)}))
        return {"repeatable": self._is(0.5)} if config["sink"] == "plain" else {"readable": self._is(0.5)}

    def _faults(self, hooks: Mapping[str, Any]) -> tuple[Fault, ...]:
        return tuple(self._fault(hooks) for _ in range(self._one_of((0, 0, 0, 1, 1, 1, 2))))

    def _fault(self, hooks: Mapping[str, Any]) -> Fault:
        if self._is(0.25):
            return Fault("disk", self._one_of(_OF_DISKS), self.chance.randrange(80))
        if self._is(0.25):
            return Fault("step", self._one_of(("kill", "kill", "interrupt", "terminate")), self.chance.randrange(1, 250))
        others = ["spark", *(["safe"] if "secret:" in str(self.components) else [])]
        name = self._one_of([*self.components, *self.components, *hooks, *(others if self._is(0.3) else [])])
        config = self.components.get(name, {})
        plugin = config.get("source") or config.get("transform") or config.get("sink")
        method = self._one_of(_METHODS[plugin] if plugin else {**_OF_HOOKS, **_OF_ALL_ELSE}[name])
        if name == "spark":
            return Fault("spark.open", "raise")
        what = self._one_of(_OF_JOBS if method.startswith("job") and self._is(0.7) else _OF_ALL)
        what = "arrive" if plugin == "lines" and method.startswith("job") and self._is(0.3) else what
        what = "moved" if method == "publish" and self._is(0.3) else what
        number = self._one_of((1, 1, 1, 2))
        if _quarantines(config) and self._is(0.2):
            name, method = f"{name}/quarantine", self._one_of(("job", "job+"))
        return Fault(f"{name}.{method}", what, number)

    def _is(self, share: float) -> bool:
        return self.chance.random() < share

    def _one_of(self, choices: Sequence[Any]) -> Any:
        return self.chance.choice(choices)

    def _some(self, choices: Sequence[Any], count: int) -> list[Any]:
        return sorted(self.chance.sample(choices, min(count, len(choices))))


_DEEDS: Sequence[Any] = (
    *("run", "run", "run", "resume", "resume", "recover", "recover", "abandon", "replay"),
    *("clean", "arrive", "arrive", "change"),
)


def _quarantines(config: Mapping[str, Any]) -> bool:
    return any(check.get("action") == "quarantine" for check in config.get("quality", ()))


# ---- making smaller


def shrink(scenario: Scenario, fails: Callable[[Scenario], bool], tries: int = 2000) -> Scenario:
    """The smallest scenario near this one that still fails."""
    left = tries
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for candidate in _smaller(scenario):
            left -= 1
            if left < 0:
                return scenario
            if fails(candidate):
                scenario, is_smaller = candidate, True
                break
    return scenario


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    acts, components = scenario.acts, scenario.components
    yield from (replace(scenario, acts=acts[:index]) for index in range(1, len(acts)))
    yield from (replace(scenario, acts=(*acts[:index], *acts[index + 1 :])) for index in range(len(acts)))
    yield from (_without(scenario, name) for name in components)
    yield from (_past(scenario, name) for name in components if "transform" in components[name])
    for index, act in enumerate(acts):
        for smaller in _smaller_acts(act):
            yield replace(scenario, acts=(*acts[:index], smaller, *acts[index + 1 :]))
    for name, config in components.items():
        for smaller in _smaller_values(config):
            yield replace(scenario, components={**components, name: smaller})
    yield from (replace(scenario, runtime=smaller) for smaller in _smaller_values(scenario.runtime))
    yield from (replace(scenario, hooks=smaller) for smaller in _smaller_values(scenario.hooks))
    for table, count in scenario.tables.items():
        yield from (replace(scenario, tables={**scenario.tables, table: fewer}) for fewer in range(count))
    yield from (replace(scenario, seed=seed) for seed in range(3) if scenario.seed not in range(seed + 1))
    if not scenario.plans:
        yield replace(scenario, plans=True)


def _smaller_acts(act: Act) -> Iterator[Act]:
    faults = act.faults
    yield from (replace(act, faults=(*faults[:index], *faults[index + 1 :])) for index in range(len(faults)))
    for index, fault in enumerate(faults):
        if fault.place in ("step", "disk"):
            numbers = {fault.number // 2, fault.number - 10, fault.number - 1}
            yield from (
                replace(act, faults=(*faults[:index], fault._replace(number=each), *faults[index + 1 :]))
                for each in sorted(numbers)
                if each > 0
            )
            continue
        simpler = [fault._replace(number=1), fault._replace(what="raise"), fault._replace(place=fault.place.rstrip("+"))]
        yield from (replace(act, faults=(*faults[:index], each, *faults[index + 1 :])) for each in simpler if each != fault)
    if act.only:
        yield replace(act, only=())
    if act.count > 1:
        yield replace(act, count=1)


def _smaller_values(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Without one of its keys, or with less in one of them."""
    for key, value in values.items():
        if key not in ("source", "transform", "sink", "options", "target", "table", "check"):
            yield {each: item for each, item in values.items() if each != key}
        if isinstance(value, Mapping):
            yield from ({**values, key: smaller} for smaller in _smaller_values(value))
        elif isinstance(value, list):
            yield from ({**values, key: [*value[:index], *value[index + 1 :]]} for index in range(len(value)))
            for index, item in enumerate(value):
                if isinstance(item, Mapping):
                    for smaller in _smaller_values(item):
                        yield {**values, key: [*value[:index], smaller, *value[index + 1 :]]}


def _without(scenario: Scenario, name: str) -> Scenario:
    """Without a component, and without what names it."""
    left = {each: _unlinked(config, name) for each, config in scenario.components.items() if each != name}
    acts = [replace(act, only=tuple(each for each in act.only if each != name)) for act in scenario.acts if act.of != name]
    acts = [replace(act, faults=tuple(fault for fault in act.faults if not _is_of(fault, name))) for act in acts]
    return replace(scenario, components=left, acts=tuple(acts))


def _unlinked(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = dict(config)
    if isinstance(found.get("inputs"), Mapping):
        found["inputs"] = inputs_of({"inputs": found["inputs"]})
    for key in ("inputs", "after"):
        if name in found.get(key, ()):
            found[key] = [each for each in found[key] if each != name]
    if found["options"].get("beside") == name:
        found["options"] = {key: value for key, value in found["options"].items() if key != "beside"}
    if "quality" in found:
        found["quality"] = [check for check in found["quality"] if check.get("quarantine_to") != name]
    return found


def _past(scenario: Scenario, name: str) -> Scenario:
    """Without a transform: who read it reads what it read."""
    above = inputs_of(scenario.components[name])
    linked = {}
    for each, config in scenario.components.items():
        inputs = inputs_of({"inputs": config.get("inputs", ())})
        if name in inputs:
            config = {**config, "inputs": list(dict.fromkeys([*(i for i in inputs if i != name), *above]))}
        linked[each] = config
    return _without(replace(scenario, components=linked), name)


def _is_of(fault: Fault, name: str) -> bool:
    return fault.place.startswith((f"{name}.", f"{name}/"))
