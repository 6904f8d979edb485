"""What `ppf plugins show` and `ppf plugins doctor` tell."""

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.plugin import options_class
from ppf_core.errors import PluginError
from ppf_core.plugins.loading import quiet

if TYPE_CHECKING:
    from ppf_core.config.binding import OptionSpec
    from ppf_core.plugins.registry import PluginEntry, PluginRegistry


@dataclass(frozen=True)
class PluginDescription:
    """All that is known of a plugin. Of one that cannot be loaded, only the entry, whose state and reason say why."""

    entry: "PluginEntry"
    options: "tuple[OptionSpec, ...]" = ()
    supports: tuple[str, ...] = ()
    requirements: Mapping[str, Any] | None = None
    doc: str | None = None
    examples: Sequence[str] = ()


def describe(registry: "PluginRegistry", entry: "PluginEntry") -> PluginDescription:
    """Loads a plugin, if it can be used, and reads what it says of itself."""
    from ppf_core.config.binding import option_specs

    try:
        plugin = registry.load(entry)
    except PluginError:
        current = next(
            (known for known in registry.entries if (known.qualified, known.value) == (entry.qualified, entry.value)), entry
        )
        return PluginDescription(current)
    with quiet():
        requirements = plugin.requirements(None)
    return PluginDescription(
        entry=entry,
        options=option_specs(options_class(plugin)),
        supports=tuple(sorted(plugin.supports)),
        requirements=dataclasses.asdict(requirements),
        doc=inspect.getdoc(plugin),
        examples=tuple(plugin.examples),
    )
