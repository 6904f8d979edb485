"""Which rows are where in a run, by its file alone: the part of the reference model that computes."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import add, ge, gt
from typing import Any

from scenario import inputs_of, is_lucky

Keys = Counter[str]
Config = Mapping[str, Any]

_NONE: Keys = Counter()


@dataclass
class Flow:
    """Which rows are where in one run. sources: what each source gives. instead: what is given in the place of a component.

    unlucky: what chance has set apart, by component and place.
    """

    components: Mapping[str, Config]
    sources: Mapping[str, Keys] = field(default_factory=dict)
    instead: Mapping[str, Keys] = field(default_factory=dict)
    unlucky: Mapping[tuple[str, str | None], Keys] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.given, self.good, self.is_rejected = cache(self._given), cache(self._good), cache(self._is_rejected)

    def _given(self, name: str) -> Keys:
        """The rows of a component before its checks."""
        config = self.components[name]
        if name in self.instead or "source" in config:
            return self.instead.get(name, self.sources.get(name, _NONE))
        rows = reduce(add, (self.good(each) for each in inputs_of(config)), _NONE)
        rows = reduce(add, (self.set_apart(giver, [name]) for giver in self.givers(name)), rows)
        return _only(rows, lambda key: _number(key) % 7 != config["options"].get("drops"))

    def _good(self, name: str) -> Keys:
        """Those that go on."""
        if is_lucky(self.components[name]):
            return self.given(name) - self.set_apart(name, self.places(name))
        splitting = [check for check in self.sound(name) if check.get("action") in ("drop", "quarantine")]
        return _only(self.given(name), lambda key: not any(_is_bad(key, check) for check in splitting))

    def set_apart(self, name: str, places: Collection[str | None]) -> Keys:
        """The rows that go to some places; each goes to that of the first check that finds it bad."""
        if is_lucky(self.components[name]):
            return reduce(add, (self.unlucky.get((name, place), _NONE) for place in {*places}), _NONE)
        keeping = [check for check in self.sound(name) if check.get("action") == "quarantine"]
        place_of = {key: [c.get("quarantine_to") for c in keeping if _is_bad(key, c)][:1] for key in self.given(name)}
        return _only(self.given(name), lambda key: any(place in places for place in place_of[key]))

    def in_folder(self, name: str) -> Keys:
        """Those that go to the folder of the run: of a rejected component all, as evidence."""
        return self.set_apart(name, self.places(name) if self.is_rejected(name) else [None])

    def _is_rejected(self, name: str) -> bool:
        """Whether its checks forbid to show its rows."""
        return any(self.fails(name, check) for check in self.checks(name))

    def fails(self, name: str, check: Config) -> bool:
        """Whether a check forbids it; one that cannot be evaluated does."""
        rows, action = self.given(name).total(), check.get("action", "fail")
        if check not in self.sound(name):
            return True
        if check["check"] != "number":
            return action != "warn" and rows > check["options"]["most"]
        if "error_if" in check:
            return _is_reached(check["error_if"], self.bad(name, check), rows)
        return self.bad(name, check) > 0 and action == "fail" and "warn_if" not in check

    def bad(self, name: str, check: Config) -> int:
        """How many rows a check finds bad."""
        return _only(self.given(name), lambda key: _is_bad(key, check)).total()

    def checks(self, name: str) -> list[Config]:
        """The checks of a component."""
        return list(self.components[name].get("quality", ()))

    def sound(self, name: str) -> list[Config]:
        """Those that do not raise on its rows."""
        numbers = {*map(_number, self.given(name)), True}
        return [check for check in self.checks(name) if not {*map(check["options"].get, ("broken", "raises"))} & numbers]

    def places(self, name: str) -> list[str | None]:
        """Where bad rows of a component may go; None: to the folder of the run."""
        return [check.get("quarantine_to") for check in self.checks(name) if check.get("action") == "quarantine"]

    def givers(self, sink: str) -> list[str]:
        """Whose bad rows a sink takes."""
        return [name for name in self.components if sink in self.places(name)]

    def feeding(self, name: str) -> set[str]:
        """The component and all whose rows reach it."""
        return _reached(name, lambda each: {*inputs_of(self.components[each]), *self.givers(each)})

    def below(self, name: str) -> set[str]:
        """The component and all that its rows reach."""
        return {each for each in self.components if name in self.feeding(each)}

    def before(self, name: str) -> set[str]:
        """The component and all that it waits for."""
        after = {each: {*inputs_of(config), *config.get("after", ())} for each, config in self.components.items()}
        return _reached(name, lambda each: {*after[each], *self.givers(each)})

    def is_chancy(self, name: str) -> bool:
        """Whether chance decides which rows it has."""
        return any(is_lucky(self.components[each]) for each in self.feeding(name))

    def sinks(self, names: Collection[str]) -> set[str]:
        """Those that are sinks."""
        return {name for name in names if "sink" in self.components[name]}

    def selected(self, only: Collection[str]) -> set[str]:
        """What runs: these, all that they need, and the sinks of their bad rows. Without names: all."""
        found = {need for name in only or self.components for need in self.before(name)}
        while more := {each for name in found for sink in self.places(name) if sink for each in self.before(sink)} - found:
            found |= more
        return found


def _reached(name: str, above: Callable[[str], set[str]]) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        more = above(waiting.pop()) - found
        found |= more
        waiting += more
    return found


def _only(rows: Keys, is_wanted: Callable[[str], bool]) -> Keys:
    return Counter({key: count for key, count in rows.items() if is_wanted(key)})


def _number(key: str) -> int:
    return int(key.rpartition(":")[2])


def _is_bad(key: str, check: Config) -> bool:
    return check["check"] == "number" and _number(key) % check["options"].get("by", 5) in check["options"].get("bad", ())


def _is_reached(threshold: str, bad: int, rows: int) -> bool:
    how, bound = threshold.split(" ")
    found = (100 * bad / rows if rows else 0.0) if bound.endswith("%") else bad
    return {">": gt, ">=": ge}[how](found, float(bound.rstrip("%")))
