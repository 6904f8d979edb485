"""The rows of a listing: each installed plugin with its state and what to do about it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ppf_core.errors import Problem, suggestion
from ppf_core.plugins.installed import GROUPS, Distribution, Offer, normalise
from ppf_core.plugins.versions import kernel_mismatch

State = Literal["ready", "blocked", "incompatible", "duplicate", "broken"]

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

    @property
    def package(self) -> str:
        """What Python imports, without the modules in it."""
        return self.value.partition(":")[0].partition(".")[0].strip()

    @property
    def is_usable(self) -> bool:
        """Whether it can be loaded; of duplicates, one that was chosen can."""
        return self.state in ("ready", "duplicate")

    def __str__(self) -> str:
        return f"{self.qualified} of {self.distribution} {self.version}"


class Bans:
    """Which distributions the environment variables keep out. An empty `PPF_PLUGINS` allows none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._allowed = _names(environ[_ALLOW]) if _ALLOW in environ else None
        self._blocked = _names(environ.get(_BLOCK, ""))

    def reason(self, distribution: str) -> str | None:
        """Why a distribution is blocked, or None."""
        name = normalise(distribution)
        if self._allowed is not None and name not in self._allowed:
            return f"{_ALLOW} does not allow it. Add {distribution} there to use it."
        if name in self._blocked:
            return f"{_BLOCK} blocks it. Remove {distribution} there to use it."
        return None

    def problems(self, installed: Sequence[Distribution]) -> Iterator[Problem]:
        """The names in the variables that no installed distribution has."""
        known = {normalise(distribution.name): distribution.name for distribution in installed}
        for variable, names in ((_ALLOW, self._allowed or {}), (_BLOCK, self._blocked)):
            for name in names.keys() - known.keys():
                yield Problem(
                    code="unknown-distribution",
                    message=f"{variable} names {names[name]!r}, but no installed distribution of this name offers plugins.",
                    hint=suggestion(names[name], known.values()),
                )


def entries_of(installed: Sequence[Distribution], bans: Bans) -> list[PluginEntry]:
    """All plugins, by group, name and distribution."""
    rows = [_entry(owner, offer, bans) for owner in installed for offer in owner.offers if offer.group in GROUPS]
    rows.sort(key=lambda row: (GROUPS.index(row.group), normalise(row.name), normalise(row.distribution)))
    rivals: dict[tuple[str, str], list[PluginEntry]] = defaultdict(list)
    for row in rows:
        if row.state != "blocked":
            rivals[row.group, normalise(row.name)].append(row)
    return [_judged(row, rivals[row.group, normalise(row.name)]) for row in rows]


def choice(rivals: Sequence[PluginEntry]) -> str:
    """Who offers a name, and the ways out."""
    first = rivals[0]
    offered = f"It is offered by {' and '.join(f'{rival.distribution} {rival.version}' for rival in rivals)}. Uninstall one, "
    if first.group == "commands":
        return f"{offered}or block one: {_BLOCK}={first.distribution}"
    return (
        f"{offered}"
        f'or set plugins.prefer {{ "{first.qualified}" = "{first.distribution}" }}, '
        f'or write the name as "{first.distribution}:{first.name}".'
    )


def _entry(owner: Distribution, offer: Offer, bans: Bans) -> PluginEntry:
    state, reason = _state(owner, offer, bans)
    return PluginEntry(offer.group, offer.name, owner.name, owner.version, state, reason, owner.summary, offer.value)


def _state(owner: Distribution, offer: Offer, bans: Bans) -> tuple[State, str | None]:
    """What is known before duplicates are counted."""
    ban = bans.reason(owner.name)
    if ban:
        return "blocked", ban
    fault = owner.fault or offer.fault
    if fault:
        return "broken", f"{fault} Reinstall {owner.name}, or tell its author."
    try:
        mismatch = kernel_mismatch(owner.requires)
    except ValueError as error:
        return "broken", f"Its Requires-Dist is malformed: {str(error).splitlines()[0]}. Tell the author of {owner.name}."
    if mismatch:
        return "incompatible", f"{mismatch} Install a version of {owner.name} that fits, or the ppf-core that it wants."
    return "ready", None


def _judged(row: PluginEntry, rivals: Sequence[PluginEntry]) -> PluginEntry:
    """The row in view of all that is not blocked and has its name."""
    if row.state != "ready" or len(rivals) < 2:
        return row
    if sum(rival.distribution == row.distribution for rival in rivals) > 1:
        return replace(row, state="broken", reason=f"{row.distribution} offers this name more than once. Tell its author.")
    return replace(row, state="duplicate", reason=choice(rivals))


def _names(text: str) -> dict[str, str]:
    """The names of a comma-separated list by their normalised form."""
    return {normalise(name.strip()): name.strip() for name in text.split(",") if name.strip()}
