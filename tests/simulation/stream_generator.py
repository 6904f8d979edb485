"""Makes scenarios of streams by chance, the same for each seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scenario import Act, Scenario, inputs_of
from simulated_world import Fault

Component = dict[str, Any]

_METHODS = {
    "feed": ("ping", "read_stream", "close"),
    "lines": ("pin", "read", "job"),
    "mix": ("transform", "transform+", "job", "job+"),
    "staged": (
        *("ping", "holds_rows", "stage", "job", "job+", "stage+", "staged", "publish", "publish", "publish+", "publish+"),
        *("discard", "discard+", "close"),
    ),
    "plain": ("write", "job", "job+", "write+"),
}
_OF_ALL = ("raise", "raise", "raise", "kill", "kill", "kill", "interrupt", "terminate", "hang", "slow", "exit")
_OF_JOBS = ("fail", "fail", "again", "lost", "gone")
_OF_DISKS = ("killed before", "killed within", "killed after", "full", "broken")
_DEEDS: Sequence[Any] = ("run", "run", "run", "run", "recover", "recover", "fresh", "arrive", "arrive", "arrive", "change")


def generate_stream(seed: int) -> Scenario:
    """One scenario."""
    return _Maker(random.Random(f"stream {seed}"), seed).scenario()  # noqa: S311 -- chance that can be repeated


@dataclass
class _Maker:
    chance: random.Random
    seed: int
    components: dict[str, Component] = field(default_factory=dict)

    def scenario(self) -> Scenario:
        """The pipeline first, then what people do with it."""
        tables = self._sources()
        self._transforms()
        trigger = "available_now" if self._is(0.85) else "5 seconds"
        self._sinks(trigger)
        self._checks(trigger)
        for config in self.components.values():
            self._settings(config)
        runtime: Component = {"parallelism": self._one_of((1, 2, 4))}
        runtime |= {"on_failure": "continue"} if self._is(0.3) else {}
        runtime |= {"timeout": self._one_of((20, 60))} if trigger != "available_now" or self._is(0.05) else {}
        return Scenario(
            components=self.components,
            acts=self._acts(),
            tables=tables,
            runtime=runtime,
            hooks={"watcher": {}} if self._is(0.2) else {},
            mode="streaming",
            seed=self.seed,
            plans=not self._is(0.1),
        )

    # ---- the pipeline

    def _sources(self) -> dict[str, int]:
        names = "ab"[: self._one_of((1, 1, 2))]
        for name in names:
            most = {"most": self._one_of((1, 2, 3))} if self._is(0.7) else {}
            self.components[name] = {"source": "feed", "options": {"table": name, **most}}
        if self._is(0.25):
            names += "c"
            self.components["c"] = {"source": "lines", "options": {"table": "c"}, "batch": True}
        return {name: self._one_of((0, 1, 3, 4, 6)) for name in names}

    def _transforms(self) -> None:
        for name in "tuv"[: self._one_of((0, 1, 1, 2, 3))]:
            unread = [each for each in self.components if not any(each in inputs_of(c) for c in self.components.values())]
            inputs = sorted({self._one_of(unread), *([self._one_of(list(self.components))] if self._is(0.4) else [])})
            options: Component = {"drops": self.chance.randrange(7)} if self._is(0.2) else {}
            options |= {"costly": True} if self._is(0.3) else {}
            options |= {"draws": True} if self._is(0.15) else {}
            self.components[name] = {"transform": "mix", "inputs": inputs, "options": options}
            self.components[name] |= {"persist": self._one_of(("memory", "disk"))} if self._is(0.3) else {}

    def _sinks(self, trigger: str) -> None:
        feeding = [name for name in self.components if name != "c"]
        unread = [name for name in feeding if not any(name in inputs_of(each) for each in self.components.values())]
        given = unread[-1]
        for name in "wxyz"[: self._one_of((1, 2, 2, 3, 4))]:
            given = given if self._is(0.6) else unread.pop() if unread else self._one_of(feeding)
            self.components[name] = {**self._sink(name), "inputs": [given], "trigger": trigger}

    def _sink(self, name: str) -> Component:
        if self._is(0.25):
            return {"sink": "plain", "options": {"target": name, **({"repeatable": True} if self._is(0.5) else {})}}
        options: Component = {"target": name}
        options |= {"readable": True} if self._is(0.4) else {}
        options |= {"splits": True} if "readable" in options and self._is(0.6) else {}
        options |= {"counts": False} if self._is(0.1) else {}
        options |= {"peeks": True} if self._is(0.1) else {}
        return {"sink": "staged", "options": options}

    def _checks(self, trigger: str) -> None:
        for name in [each for each in self.components if each != "c"]:
            while self._is(0.3):
                self.components[name].setdefault("quality", []).append(self._check(name, trigger))

    def _check(self, name: str, trigger: str) -> Component:
        kind = self._one_of(("number", "number", "number", "amount", "few"))
        if kind != "number":
            options: Component = {"most": self._one_of((1, 20, 20, 20))}
            options |= {"distinct": True} if kind == "amount" and self._is(0.3) else {}
            return {"check": kind, "options": options, **({"action": "warn"} if self._is(0.2) else {})}
        options = {"by": self._one_of((2, 5, 5, 9)), "bad": [self.chance.randrange(2)] if self._is(0.7) else []}
        options |= {"raises": 2} if self._is(0.02) else {}
        check: Component = {"check": kind, "options": options, **({"samples": 2} if self._is(0.1) else {})}
        action = self._one_of(("fail", "warn", "drop", "quarantine", "quarantine", "quarantine"))
        check |= {"action": action} if action != "fail" else {}
        check |= {self._one_of(("warn_if", "error_if")): self._one_of(("> 0", "> 1", "> 50%"))} if self._is(0.2) else {}
        if action == "quarantine" and self._is(0.4):
            taker = f"bad{sum('bad' in each for each in self.components)}"
            self.components[taker] = {**self._sink(taker), "trigger": trigger}
            check["quarantine_to"] = taker
        return check

    def _settings(self, config: Component) -> None:
        config |= {"retry": {"max_attempts": 2}} if self._is(0.25) else {}
        config |= {"timeout": 30} if self._is(0.15) else {}
        config |= {"circuit_breaker": {"failure_threshold": self._one_of((1, 2))}} if self._is(0.06) else {}

    # ---- what people do

    def _acts(self) -> tuple[Act, ...]:
        first = Act("run", faults=self._faults())
        return (first, *(self._act() for _ in range(self._one_of((1, 2, 3, 3, 4, 5, 6)))))

    def _act(self) -> Act:
        deed = self._one_of(_DEEDS)
        tables = [name for name in self.components if name in "abc"]
        match deed:
            case "arrive":
                return Act("arrive", of=self._one_of(tables), count=self._one_of((1, 2, 3)))
            case "change":
                name = self._one_of([each for each, config in self.components.items() if "source" not in config])
                return Act("change", of=name, options=self._changed(self.components[name]))
            case "fresh":
                append = {"append": True} if self._is(0.7) else {}
                return Act("fresh", count=self.chance.randrange(3), options=append, faults=self._faults())
        return Act(deed, faults=self._faults())

    def _changed(self, config: Component) -> Component:
        if "transform" in config:
            return self._one_of(({"drops": self.chance.randrange(7)}, {"costly": self._is(0.5)}))  # type: ignore[no-any-return]
        return {"repeatable": self._is(0.5)} if config["sink"] == "plain" else {"readable": self._is(0.5)}

    def _faults(self) -> tuple[Fault, ...]:
        return tuple(self._fault() for _ in range(self._one_of((0, 0, 0, 1, 1, 1, 2))))

    def _fault(self) -> Fault:
        if self._is(0.3):
            return Fault("disk", self._one_of(_OF_DISKS), self.chance.randrange(120))
        if self._is(0.25):
            return Fault("step", self._one_of(("kill", "kill", "interrupt", "terminate")), self.chance.randrange(1, 600))
        name = self._one_of(list(self.components))
        config = self.components[name]
        if "sink" not in config and self._is(0.3):
            return Fault(f"{name}.{self._one_of(('start', 'trigger'))}", self._one_of(_OF_ALL), self._one_of((1, 1, 2)))
        method = self._one_of(_METHODS[config.get("source") or config.get("transform") or config["sink"]])
        what = self._one_of(_OF_JOBS if method.startswith("job") and self._is(0.7) else _OF_ALL)
        if any(check.get("action") == "quarantine" for check in config.get("quality", ())) and self._is(0.2):
            name, method = f"{name}/quarantine", self._one_of(("job", "job+"))
        return Fault(f"{name}.{method}", what, self._one_of((1, 1, 1, 2)))

    def _is(self, share: float) -> bool:
        return self.chance.random() < share

    def _one_of(self, choices: Sequence[Any]) -> Any:
        return self.chance.choice(choices)
