"""The keys of a block: old names, unknown names, missing ones, and options of which exactly one must be set."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ppf_core.config.annotations import Option
from ppf_core.config.faults import Fault, Spot, sentences
from ppf_core.config.option_types import OptionType
from ppf_core.config.type_texts import expected
from ppf_core.errors import near_miss, suggestion
from ppf_core.hocon.places import dotted, shown

_MANY = 100  # unknown keys, after which no near misses are looked for: that takes a while for each


@dataclass
class BlockKeys:
    """Under which key each option stands, and what is wrong with the keys.

    meant: the options that are faulty, as the caller knows, or that unknown keys probably mean. That these are missing is no
    second mistake.
    """

    values: Mapping[str, Any]
    options: Sequence[Option]
    spot: Spot
    meant: set[str] = field(default_factory=set)
    written: dict[str, str] = field(init=False)
    faults: list[Fault] = field(default_factory=list, init=False)
    warnings: list[Fault] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.written = {option.name: self._key(option) for option in self.options}
        self.faults += self._unknown()
        self.faults += self._groups()

    def _key(self, option: Option) -> str:
        """The name of an option, or the old name under which the file has it."""
        key = option.name
        for alias in (alias for alias in option.info.aliases if alias in self.values):
            there = self.spot.at(alias)
            if key != option.name or option.name in self.values:
                message = f"{there} is an old name of {option.name!r}, which is set already."
                self.faults.append(self._fault(alias, f"unknown-{there.noun}", message, f"Remove {alias!r}."))
            else:
                message = f"{there} is called {option.name!r} now."
                hint = f"Write {option.name!r}: the old name will go away."
                self.warnings.append(self._fault(alias, f"renamed-{there.noun}", message, hint))
                key = alias
        return key

    def _unknown(self) -> Iterator[Fault]:
        helps = {option.name: option.info.help for option in self.options}
        known = {*helps, *(alias for option in self.options for alias in option.info.aliases)}
        for count, key in enumerate(str(key) for key in self.values if key not in known):
            close = near_miss(key, helps) if count < _MANY else None
            self.meant |= {close} if close else set()
            there_is = suggestion(key, helps) if count < _MANY else ""
            hint = sentences(there_is, f"{close}: {helps[close]}" if close and helps[close] else "")
            message = f"Unknown {self.spot.noun} {shown(key)}."
            yield self._fault(key, f"unknown-{self.spot.noun}", message, hint)

    def _groups(self) -> Iterator[Fault]:
        """Of the options that carry one label in `one_of`, exactly one is set."""
        for group in dict.fromkeys(option.info.one_of for option in self.options if option.info.one_of):
            members = [option for option in self.options if option.info.one_of == group]
            named = ", ".join(repr(dotted(self.spot.at(option.name).path)) for option in members)
            given = [key for option in members if self.values.get(key := self.written[option.name]) is not None]
            if not given and self.meant.isdisjoint(option.name for option in members):
                hint = sentences(*(f"{option.name}: {option.info.help}" for option in members if option.info.help))
                yield Fault(self.spot.path, "one-of", f"Exactly one of {named} must be set, but none is.", hint, "key")
            for key in given[1:]:
                message = f"{self.spot.at(key)} is set besides {given[0]!r}, but exactly one of {named} must be set."
                yield self._fault(key, "one-of", message, "Remove all but one.")

    def _fault(self, key: str, code: str, message: str, hint: str | None) -> Fault:
        return Fault(self.spot.at(key).path, code, message, hint, "key")


def missing(type_: OptionType, spot: Spot) -> Fault:
    """That what must stand here does not."""
    message = f"{spot} is missing. It must be {expected(type_, spot.info)}."
    return Fault(spot.path, f"missing-{spot.noun}", message, sentences(spot.info.help), "key")
