"""What happens in one simulation, as a value whose text can be pasted into a test: a pipeline, and what people do with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from simulated_plugins import OFFERS
from simulated_world import Fault

Deed = Literal["run", "fresh", "resume", "recover", "abandon", "replay", "clean", "arrive", "change"]


@dataclass(frozen=True)
class Act:
    """One thing that somebody does, each in a process of its own.

    only: for `run`. of: the component of `replay` and `change`, the table of `arrive`. count: of rows that arrive;
    which query is `fresh`. options: what `change` sets. faults: what goes wrong meanwhile.
    """

    deed: Deed
    of: str = ""
    only: tuple[str, ...] = ()
    count: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        return told(self)


@dataclass(frozen=True)
class Scenario:
    """A pipeline, the rows that are there before, and what is done. components, runtime, hooks, mode:
    as in a pipeline file.

    seed: for whose turn it is, whenever several threads could go on. plans: whether Spark shows its plans.
    """

    components: Mapping[str, Mapping[str, Any]]
    acts: tuple[Act, ...]
    tables: Mapping[str, int] = field(default_factory=dict)
    runtime: Mapping[str, Any] = field(default_factory=dict)
    hooks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mode: Literal["batch", "streaming"] = "batch"
    seed: int = 0
    plans: bool = True

    def __repr__(self) -> str:
        return told(self)

    @property
    def values(self) -> dict[str, Any]:
        """The values of the pipeline file."""
        runtime = {"state_dir": "state", "data_dir": "world:/data", **self.runtime}
        prefer = dict.fromkeys(OFFERS, "ppf-simulated")  # other tests of the same process install plugins of the same names
        values = {"name": "simulated", "components": dict(self.components), "runtime": runtime, "hooks": dict(self.hooks)}
        return {**values, **({"mode": self.mode} if self.mode != "batch" else {}), "plugins": {"prefer": prefer}}


def inputs_of(config: Mapping[str, Any]) -> list[str]:
    """The components whose rows one has, each as often as it has them."""
    inputs = config.get("inputs", ())
    beside = config.get("options", {}).get("beside")
    return [*(inputs.values() if isinstance(inputs, Mapping) else inputs), *([beside] if beside else [])]


def is_lucky(config: Mapping[str, Any]) -> bool:
    """Whether chance decides which rows a component sets apart."""
    return any(check["options"].get("luck") for check in config.get("quality", ()))


def is_modelled(scenario: Scenario) -> bool:
    """Whether a model can follow: what chance finds bad must be kept, or nobody knows what it was; transforms need inputs."""
    checks = [check for config in scenario.components.values() if is_lucky(config) for check in config["quality"]]
    lucky = [check for check in checks if check["options"].get("luck")]
    takers = [check.get("quarantine_to") for config in scenario.components.values() for check in config.get("quality", ())]
    own = [place for check in lucky if (place := check.get("quarantine_to"))]
    if any("transform" in config and not inputs_of(config) for config in scenario.components.values()):
        return False
    keeps = all(check.get("action") == "quarantine" and check.get("name") == "luck" for check in lucky)
    return keeps and all(check.get("action") != "drop" for check in checks) and all(takers.count(each) == 1 for each in own)


def told(value: Any) -> str:
    """The text of a value that makes it again, without what is at its default."""
    shown = []
    for each in fields(value):
        found = getattr(value, each.name)
        default = each.default_factory() if callable(each.default_factory) else each.default
        if found != default:
            shown.append(f"{each.name}={found!r}")
    return f"{type(value).__name__}({', '.join(shown)})"
