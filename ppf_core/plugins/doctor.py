"""What `ppf plugins doctor` tells: every plugin imported and verified, one after the other."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from ppf_core.errors import PluginError, suggestion
from ppf_core.plugins.installed import GROUPS
from ppf_core.plugins.versions import missing_requirements

if TYPE_CHECKING:
    from ppf_core.plugins.registry import PluginEntry, PluginRegistry


class PluginCheck(NamedTuple):
    """One line of the doctor's report."""

    name: str
    status: Literal["ok", "warning", "error"]
    message: str
    hint: str | None = None


def registry_checks(registry: "PluginRegistry") -> list[PluginCheck]:
    """The environment variables, every distribution's metadata, and every plugin that can be imported."""
    variables = [PluginCheck("environment", "error", problem.message, problem.hint) for problem in registry.problems]
    return [*variables, *_distributions(registry), *(_plugin(registry, entry) for entry in registry.entries)]


def _distributions(registry: "PluginRegistry") -> Iterator[PluginCheck]:
    for distribution in registry.distributions:
        name = f"{distribution.name} {distribution.version}"
        if distribution.fault:
            yield PluginCheck(name, "error", distribution.fault, f"Reinstall {distribution.name}.")
        for group in sorted({offer.group for offer in distribution.offers} - set(GROUPS)):
            known = [f"ppf.{each}" for each in GROUPS]
            message = f"It offers plugins under the unknown entry-point group 'ppf.{group}'; nothing finds them there."
            yield PluginCheck(name, "warning", message, suggestion(f"ppf.{group}", known))
        missing = list(missing_requirements(distribution.requires))
        if missing:
            message = f"Requirements are not met: {', '.join(missing)}."
            yield PluginCheck(name, "warning", message, f"Run: pip install {' '.join(map(repr, missing))}")


def _plugin(registry: "PluginRegistry", entry: "PluginEntry") -> PluginCheck:
    if entry.state == "blocked":
        return PluginCheck(str(entry), "ok", f"It is blocked. {entry.reason}")
    started = time.perf_counter()
    try:
        registry.load(entry)
    except PluginError as error:
        return PluginCheck(str(entry), "error", error.message, error.hint)
    took = f"Imported in {(time.perf_counter() - started) * 1000:.0f} ms."
    return PluginCheck(str(entry), "warning", f"{took} {entry.reason}") if entry.reason else PluginCheck(str(entry), "ok", took)
