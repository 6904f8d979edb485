"""Which plugins there are, which one a name means, and its class."""

import os
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ppf_core.errors import PluginError, Problem, suggestion
from ppf_core.plugins.installed import GROUPS, Distribution, Offer, normalise, scan
from ppf_core.plugins.versions import kernel_mismatch, unmet

if TYPE_CHECKING:
    from ppf_core.contracts.plugin import Plugin
    from ppf_core.plugins.description import PluginDescription

__all__ = ["GROUPS", "KINDS", "PluginEntry", "PluginRegistry", "State"]

State = Literal["ready", "blocked", "incompatible", "duplicate", "broken"]

KINDS = {
    "sources": "source",
    "transforms": "transform",
    "sinks": "sink",
    "streaming_sources": "streaming source",
    "streaming_sinks": "streaming sink",
    "checks": "check",
    "secrets": "secrets backend",
    "hooks": "hook",
}

_ALLOW, _BLOCK = "PPF_PLUGINS", "PPF_PLUGINS_OFF"


@dataclass(frozen=True)
class PluginEntry:
    """A plugin as a listing shows it: what its distribution's metadata says, and whether it can be used."""

    group: str
    name: str
    distribution: str
    version: str
    state: State
    reason: str | None
    summary: str | None
    value: str

    @property
    def qualified(self) -> str:
        """The name with its group, such as `sources.csv`."""
        return f"{self.group}.{self.name}"

    def __str__(self) -> str:
        return f"{self.qualified} of {self.distribution} {self.version}"


class PluginRegistry:
    """The installed plugins. Listing and choosing import none of them; `load` imports one.

    registry = PluginRegistry.discover()
    csv = registry.load(registry.select("sources", "csv"))
    """

    def __init__(self, distributions: Sequence[Distribution], environ: Mapping[str, str]) -> None:
        self._distributions = {normalise(distribution.name): distribution for distribution in distributions}
        self._allowed = _names(environ[_ALLOW]) if _ALLOW in environ else None
        self._blocked = _names(environ.get(_BLOCK, ""))
        self.problems = tuple(self._unknown_names())
        self._entries = {_key(entry): entry for entry in _with_duplicates(self._rows())}
        self._classes: dict[tuple[str, ...], type[Plugin[Any]]] = {}
        self._causes: dict[tuple[str, ...], BaseException | None] = {}
        self._lock = threading.RLock()

    @classmethod
    def discover(cls, environ: Mapping[str, str] = os.environ) -> "PluginRegistry":
        """The plugins of this environment, as `PPF_PLUGINS` and `PPF_PLUGINS_OFF` allow them. Imports no plugin."""
        return cls(scan(), environ)

    @property
    def entries(self) -> tuple[PluginEntry, ...]:
        """All plugins, by group, name and distribution; one that failed to load meanwhile is broken."""
        return tuple(self._entries.values())

    def find(self, name: str) -> tuple[PluginEntry, ...]:
        """All plugins that a name may mean: `csv`, `sources.csv` or `ppf-files:csv`."""
        owner, plain = _split(name)
        group, _, rest = plain.partition(".")
        return tuple(
            entry
            for entry in self.entries
            if _same(entry.name, plain) or (entry.group == group and _same(entry.name, rest))
            if not owner or _same(entry.distribution, owner)
        )

    def select(self, group: str, name: str, prefer: Mapping[str, str] | None = None) -> PluginEntry:
        """The one plugin that a pipeline file means. Raises PluginError when there is none, or none that can be used."""
        owner, plain = _split(name)
        owner = owner or _preferred(f"{group}.{plain}", prefer or {})
        offered = [entry for entry in self.entries if entry.group == group and _same(entry.name, plain)]
        matches = [entry for entry in offered if not owner or _same(entry.distribution, owner)]
        if not matches:
            raise self._missing(group, plain, owner, offered)
        usable = [entry for entry in matches if entry.state != "blocked"] or matches
        if len({entry.distribution for entry in usable}) > 1 and usable[0].state != "blocked":
            raise _refusal("plugin-ambiguous", f"The {KINDS[group]} {plain!r} is ambiguous.", _choice(usable))
        if usable[0].state not in ("ready", "duplicate"):
            raise _unusable(usable[0])
        return usable[0]

    def load(self, entry: PluginEntry) -> "type[Plugin[Any]]":
        """The class of a plugin, imported and verified. Raises PluginError, its cause chained; then the entry is broken."""
        from ppf_core.plugins.loading import BrokenPlugin, load_class

        key = _key(entry)
        with self._lock:
            current = self._entries.get(key, entry)
            if current.state not in ("ready", "duplicate"):
                raise _unusable(current) from self._causes.get(key)
            if key not in self._classes:
                try:
                    self._classes[key] = load_class(current, self._requires(current))
                except BrokenPlugin as error:
                    self._entries[key] = replace(current, state="broken", reason=str(error))
                    self._causes[key] = error.__cause__
                    raise _unusable(self._entries[key]) from error.__cause__
            return self._classes[key]

    def describe(self, entry: PluginEntry) -> "PluginDescription":
        """What `ppf plugins show` tells of a plugin: its options and promises, as far as it can be loaded."""
        from ppf_core.plugins.description import describe

        return describe(self, entry)

    def unmet(self, requirements: Sequence[str]) -> tuple[tuple[int, str], ...]:
        """Which entries of `plugins.require` do not hold: index, and a message with wanted and found."""
        blocked = [name for name in self._distributions if self._ban(name)]
        checked = [(index, unmet(text, blocked, self._known())) for index, text in enumerate(requirements)]
        return tuple((index, message) for index, message in checked if message)

    def _rows(self) -> list[PluginEntry]:
        rows = [
            _row(owner, offer, *self._state(owner, offer)) for owner in self._distributions.values() for offer in owner.offers
        ]
        known = [row for row in rows if row.group in GROUPS]
        return sorted(known, key=lambda row: (GROUPS.index(row.group), normalise(row.name), normalise(row.distribution)))

    def _state(self, owner: Distribution, offer: Offer) -> tuple[State, str | None]:
        """What is known before duplicates are counted."""
        ban = self._ban(normalise(owner.name))
        fault = owner.fault or offer.fault
        if ban:
            return "blocked", ban
        if fault:
            return "broken", f"{fault} Reinstall {owner.name}, or tell its author."
        try:
            mismatch = kernel_mismatch(owner.requires)
        except ValueError as error:
            return (
                "broken",
                f"Its requirement on ppf-core is malformed: {str(error).splitlines()[0]}. Tell the author of {owner.name}.",
            )
        if mismatch:
            return "incompatible", f"{mismatch} Install a version of {owner.name} that fits, or the ppf-core that it wants."
        return "ready", None

    def _ban(self, name: str) -> str | None:
        if self._allowed is not None and name not in self._allowed:
            return f"{_ALLOW} does not allow it. Add {name} there to use it."
        if name in self._blocked:
            return f"{_BLOCK} blocks it. Remove {name} there to use it."
        return None

    def _unknown_names(self) -> list[Problem]:
        return [
            Problem(
                code="unknown-distribution",
                message=f"{variable} names {name!r}, but no installed distribution of this name offers plugins.",
                hint=suggestion(name, self._known()),
            )
            for variable, names in ((_ALLOW, self._allowed or {}), (_BLOCK, self._blocked))
            for normalised, name in names.items()
            if normalised not in self._distributions
        ]

    def _known(self) -> list[str]:
        return [distribution.name for distribution in self._distributions.values()]

    def _requires(self, entry: PluginEntry) -> tuple[str, ...]:
        owner = self._distributions.get(normalise(entry.distribution))
        return owner.requires if owner else ()

    def _missing(self, group: str, name: str, owner: str, offered: Sequence[PluginEntry]) -> PluginError:
        """Nothing of this name: a mistyped name, another kind of plugin, or another distribution than the one asked for."""
        kind = KINDS[group]
        if owner and offered:
            message = f"The distribution {owner!r} offers no {kind} {name!r}."
            return _refusal("plugin-missing", message, f"It comes from {_listed(offered)}.")
        if owner and normalise(owner) not in self._distributions:
            return _refusal(
                "plugin-missing", f"There is no distribution {owner!r} with plugins.", suggestion(owner, self._known())
            )
        elsewhere = [entry for entry in self.entries if _same(entry.name, name)]
        if elsewhere:
            return _refusal("plugin-missing", f"There is no {kind} {name!r}.", f"The name stands for {_listed(elsewhere)}.")
        names = [entry.name for entry in self.entries if entry.group == group]
        return _refusal("plugin-missing", f"There is no {kind} {name!r}.", suggestion(name, names))


def _row(owner: Distribution, offer: Offer, state: State, reason: str | None) -> PluginEntry:
    return PluginEntry(offer.group, offer.name, owner.name, owner.version, state, reason, owner.summary, offer.value)


def _with_duplicates(rows: Sequence[PluginEntry]) -> list[PluginEntry]:
    """The rows, with the state of those whose name is offered more than once among what is not blocked."""
    rivals: dict[tuple[str, str], list[PluginEntry]] = defaultdict(list)
    for row in rows:
        if row.state != "blocked":
            rivals[row.group, normalise(row.name)].append(row)
    return [_judged(row, rivals[row.group, normalise(row.name)]) for row in rows]


def _judged(row: PluginEntry, rivals: Sequence[PluginEntry]) -> PluginEntry:
    if row.state != "ready" or len(rivals) < 2:
        return row
    if sum(rival.distribution == row.distribution for rival in rivals) > 1:
        return replace(row, state="broken", reason=f"{row.distribution} offers this name more than once. Tell its author.")
    return replace(row, state="duplicate", reason=_choice(rivals))


def _choice(rivals: Sequence[PluginEntry]) -> str:
    """Who offers a name, and the three ways out."""
    first = rivals[0]
    return (
        f"It is offered by {' and '.join(f'{rival.distribution} {rival.version}' for rival in rivals)}. Uninstall one, "
        f'or set plugins.prefer {{ "{first.qualified}" = "{first.distribution}" }}, '
        f'or write the name as "{first.distribution}:{first.name}".'
    )


def _unusable(entry: PluginEntry) -> PluginError:
    return _refusal(f"plugin-{entry.state}", f"The plugin {entry} is {entry.state}. {entry.reason}")


def _refusal(code: str, message: str, hint: str | None = None) -> PluginError:
    return PluginError(message, hint=hint, problems=[Problem(code=code, message=message, hint=hint)])


def _preferred(qualified: str, prefer: Mapping[str, str]) -> str:
    return next((owner for name, owner in prefer.items() if _same(name, qualified)), "")


def _listed(entries: Sequence[PluginEntry]) -> str:
    return ", ".join(str(entry) for entry in entries)


def _split(name: str) -> tuple[str, str]:
    """The distribution, empty when none is named, and the rest."""
    owner, _, plain = name.rpartition(":")
    return owner, plain


def _same(one: str, other: str) -> bool:
    return normalise(one) == normalise(other)


def _names(text: str) -> dict[str, str]:
    """The names of a comma-separated list by their normalised form."""
    return {normalise(name.strip()): name.strip() for name in text.split(",") if name.strip()}


def _key(entry: PluginEntry) -> tuple[str, ...]:
    return entry.group, entry.name, entry.distribution, entry.value
