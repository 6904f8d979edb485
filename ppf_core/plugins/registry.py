"""Which plugins there are, which one a name means, and its class."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ppf_core.errors import PluginError
from ppf_core.plugins import refusals
from ppf_core.plugins.entries import Bans, PluginEntry, State, entries_of
from ppf_core.plugins.installed import GROUPS, Distribution, normalise, scan
from ppf_core.plugins.versions import unmet
from ppf_core.threads import threads

if TYPE_CHECKING:
    from click import Command

    from ppf_core.contracts.plugin import Plugin

__all__ = ["GROUPS", "PluginEntry", "PluginRegistry", "State"]


class PluginRegistry:
    """The installed plugins. Listing and choosing import none of them; `load` imports one.

    registry = PluginRegistry.discover()
    csv = registry.load(registry.select("sources", "csv"))
    """

    def __init__(self, distributions: Sequence[Distribution], environ: Mapping[str, str]) -> None:
        self.distributions = tuple(distributions)
        self._bans = Bans(environ)
        self.problems = tuple(self._bans.problems(distributions))
        self._entries = {_key(entry): entry for entry in entries_of(distributions, self._bans)}
        self._loaded: dict[tuple[str, ...], Any] = {}
        self._notes: dict[tuple[str, ...], list[str]] = {}
        self._causes: dict[tuple[str, ...], BaseException | None] = {}
        self._lock = threads().lock()

    @classmethod
    def discover(cls, environ: Mapping[str, str] = os.environ) -> "PluginRegistry":
        """The plugins of this environment, as `PPF_PLUGINS` and `PPF_PLUGINS_OFF` allow them. Imports no plugin."""
        return cls(scan(), environ)

    def mark_hidden(self, is_taken: Callable[[str], bool]) -> "PluginRegistry":
        """Takes the commands of plugins for duplicates whose path is taken, so that nobody reaches them."""
        for key, entry in self._entries.items():
            if entry.group == "commands" and entry.state == "ready" and is_taken(entry.name):
                hidden = f"A command of ppf's own hides {entry.name.replace('.', ' ')!r}."
                reason = f"{hidden} Ask the author of {entry.distribution} for another name."
                self._entries[key] = replace(entry, state="duplicate", reason=reason)
        return self

    def mark_broken(self, entry: PluginEntry, reason: str) -> None:
        """From here on it is broken, and is not imported."""
        self._entries[_key(entry)] = replace(entry, state="broken", reason=reason)

    @property
    def entries(self) -> tuple[PluginEntry, ...]:
        """All plugins, by group, name and distribution; one that failed to load meanwhile is broken."""
        return tuple(self._entries.values())

    def find(self, name: str) -> tuple[PluginEntry, ...]:
        """All plugins that a name may mean: `csv`, `sources.csv` or `ppf-files:csv`."""
        owner, plain = _split(name)
        return tuple(
            entry
            for entry in self.entries
            if (_same(entry.name, plain) or _same(entry.qualified, plain)) and (not owner or _same(entry.distribution, owner))
        )

    def select(self, group: str, name: str, prefer: Mapping[str, str] | None = None) -> PluginEntry:
        """The one plugin that a pipeline file means. Raises PluginError when there is none, or none that can be used."""
        owner, plain = _split(name)
        owner = owner or _preferred(f"{group}.{plain}", prefer or {})
        matches = self._offered(group, plain, owner)
        if owner and not matches:
            raise refusals.not_offered_by(owner, group, plain, self.entries, self._names())
        if not matches:
            raise refusals.missing(group, plain, self.entries)
        candidates = [entry for entry in matches if entry.state != "blocked"] or matches[:1]
        if len({entry.distribution for entry in candidates}) > 1:
            raise refusals.ambiguous(group, plain, candidates)
        if not candidates[0].is_usable:
            raise refusals.unusable(candidates[0])
        return candidates[0]

    def load(self, entry: PluginEntry) -> "type[Plugin[Any]]":
        """The class of a plugin, imported and verified. Raises PluginError, its cause chained; then the entry is broken."""
        plugin: type[Plugin[Any]] = self._load(entry)
        return plugin

    def load_command(self, entry: PluginEntry) -> "Command":
        """A verb, imported and verified. Raises PluginError as `load`."""
        command: Command = self._load(entry)
        return command

    def _load(self, entry: PluginEntry) -> Any:
        from ppf_core.plugins.loading import load_object
        from ppf_core.plugins.verification import BrokenPlugin

        key = _key(entry)
        with self._lock:
            current = self._entries.get(key, entry)
            if not current.is_usable:
                raise refusals.unusable(current) from self._causes.get(key)
            if key not in self._loaded:
                try:
                    self._loaded[key] = load_object(current, self._requires(current), self._notes.setdefault(key, []))
                except BrokenPlugin as error:
                    self.mark_broken(current, str(error))
                    self._causes[key] = error.__cause__
                    raise refusals.unusable(self._entries[key]) from error.__cause__
            return self._loaded[key]

    def notes(self, entry: PluginEntry) -> tuple[str, ...]:
        """What loading it showed that is no reason to refuse it."""
        return tuple(self._notes.get(_key(entry), ()))

    def current(self, entry: PluginEntry) -> PluginEntry:
        """The entry as it is now: loading may have shown that it is broken."""
        return self._entries.get(_key(entry), entry)

    def unmet(self, requirements: Sequence[str]) -> tuple[tuple[int, str], ...]:
        """Which entries of `plugins.require` do not hold: index, and a message with wanted and found."""
        validated = [(index, unmet(text, self._names(), self._bans.reason)) for index, text in enumerate(requirements)]
        return tuple((index, message) for index, message in validated if message)

    def unfit_preferences(self, prefer: Mapping[str, str]) -> Mapping[str, PluginError]:
        """The keys of `plugins.prefer` that can never hold, each with the reason."""
        found = {}
        for key, owner in prefer.items():
            group, _, name = key.partition(".")
            if group not in GROUPS or not name:
                found[key] = refusals.no_preference(key)
            elif not self._offered(group, name, owner):
                found[key] = refusals.not_offered_by(owner, group, name, self.entries, self._names())
        return found

    def _offered(self, group: str, name: str, owner: str = "") -> list[PluginEntry]:
        return [
            entry
            for entry in self.entries
            if entry.group == group and _same(entry.name, name) and (not owner or _same(entry.distribution, owner))
        ]

    def _names(self) -> list[str]:
        return [distribution.name for distribution in self.distributions]

    def _requires(self, entry: PluginEntry) -> tuple[str, ...]:
        return next((owner.requires for owner in self.distributions if owner.name == entry.distribution), ())


def _preferred(qualified: str, prefer: Mapping[str, str]) -> str:
    return next((owner for name, owner in prefer.items() if _same(name, qualified)), "")


def _split(name: str) -> tuple[str, str]:
    """The distribution, empty when none is named, and the rest."""
    owner, _, plain = name.rpartition(":")
    return owner, plain


def _same(one: str, other: str) -> bool:
    return normalise(one) == normalise(other)


def _key(entry: PluginEntry) -> tuple[str, ...]:
    return entry.group, entry.name, entry.distribution, entry.value
