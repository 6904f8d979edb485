"""Whether the installed plugins can be used: `ppf plugins doctor` imports them, `ppf doctor` does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ppf_core.errors import PluginError, suggestion
from ppf_core.plugins.installed import GROUPS, Distribution
from ppf_core.plugins.versions import missing_requirements

if TYPE_CHECKING:
    from ppf_core.plugins.registry import PluginEntry, PluginRegistry


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. Field names are the keys of the document."""

    name: str
    status: Literal["ok", "warning", "error"]
    message: str
    hint: str | None = None


def plugin_checks(registry: "PluginRegistry", *, load: bool) -> Iterator[Check]:
    """What is wrong with the environment variables, with a distribution or with a plugin; each plugin when they are loaded."""
    for problem in registry.problems:
        yield Check("plugins", "error", problem.message, problem.hint)
    for distribution in registry.distributions:
        yield from _distribution(distribution)
    checks = [_plugin(registry, entry, load=load) for entry in registry.entries]
    yield from (check for check in checks if load or check.status != "ok")
    if not load or not checks:
        ready = sum(entry.state == "ready" for entry in registry.entries)
        hint = None if checks else "Install some, for example: pip install ppf"
        yield Check("plugins", "ok" if checks else "warning", f"{ready} of {len(checks)} installed plugins are ready.", hint)


def _distribution(distribution: Distribution) -> Iterator[Check]:
    """What its metadata gets wrong, apart from what the states of its plugins tell."""
    name = f"{distribution.name} {distribution.version}"
    if distribution.fault and not distribution.offers:
        yield Check(name, "error", distribution.fault, f"Reinstall {distribution.name}.")
    for group in sorted({offer.group for offer in distribution.offers} - set(GROUPS)):
        message = f"It offers plugins under the unknown entry-point group 'ppf.{group}'; nothing finds them there."
        yield Check(name, "warning", message, suggestion(f"ppf.{group}", [f"ppf.{each}" for each in GROUPS]))
    missing = list(missing_requirements(distribution.requires))
    if missing:
        message = f"Requirements are not met: {', '.join(missing)}."
        yield Check(name, "warning", message, f"Run: pip install {' '.join(map(repr, missing))}")


def _plugin(registry: "PluginRegistry", entry: "PluginEntry", *, load: bool) -> Check:
    name = f"{entry.distribution}:{entry.qualified}"
    if entry.state == "blocked":
        return Check(name, "ok", f"It is blocked. {entry.reason}")  # somebody wanted it so
    if entry.state != "ready":
        return Check(name, "error", f"It is {entry.state}. {entry.reason}")
    if load:
        try:
            (registry.load_command if entry.group == "commands" else registry.load)(entry)
        except PluginError as error:
            return Check(name, "error", error.message, error.hint)
    return Check(name, "ok", f"{entry.distribution} {entry.version}")
