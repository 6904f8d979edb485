"""What `ppf plugins show` tells of one plugin."""

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_core.config.binding import OptionSpec, option_specs
from ppf_core.contracts.plugin import options_class
from ppf_core.errors import PluginError
from ppf_core.plugins.loading import quiet

if TYPE_CHECKING:
    from ppf_core.plugins.registry import PluginEntry, PluginRegistry


@dataclass(frozen=True)
class PluginDescription:
    """All that is known of a plugin. Of one that cannot be used there is only the entry, whose state and reason say why."""

    entry: "PluginEntry"
    options: tuple[OptionSpec, ...] = ()
    supports: tuple[str, ...] = ()
    requirements: Mapping[str, Any] | None = None
    doc: str | None = None
    examples: Sequence[str] = ()


def describe(registry: "PluginRegistry", entry: "PluginEntry") -> PluginDescription:
    """Loads a plugin, if it can be used, and reads what it says of itself."""
    try:
        if entry.group == "commands":
            return _of_command(registry, entry)
        plugin = registry.load(entry)
    except PluginError:  # told by the entry: its state, and the reason
        return PluginDescription(registry.current(entry))
    try:
        with quiet():
            requirements = plugin.requirements(None)
    except Exception as error:  # noqa: BLE001 -- the code is the plugin's, so it may raise anything
        reason = f"Its requirements(None) failed: {type(error).__name__}: {error}. Tell the author of {entry.distribution}."
        return PluginDescription(dataclasses.replace(entry, state="broken", reason=reason))
    return PluginDescription(
        entry=registry.current(entry),
        options=option_specs(options_class(plugin)),
        supports=tuple(sorted(plugin.supports)),
        requirements=dataclasses.asdict(requirements),
        doc=inspect.cleandoc(plugin.__doc__ or "") or None,
        examples=tuple(plugin.examples),
    )


def _of_command(registry: "PluginRegistry", entry: "PluginEntry") -> PluginDescription:
    """A command and what it takes. An argument goes by the name that its help shows."""
    command = registry.load_command(entry)
    parameters = [parameter.to_info_dict() for parameter in command.params]
    return PluginDescription(
        entry=registry.current(entry),
        options=tuple(_of_parameter(each) for each in parameters if not each.get("hidden")),
        doc=inspect.cleandoc(command.help or "").replace("\b\n", "") or None,
    )


def _of_parameter(parameter: Mapping[str, Any]) -> OptionSpec:
    default = parameter["default"]
    return OptionSpec(
        name=max(parameter["opts"], key=len),
        type=parameter["type"]["name"],
        required=parameter["required"],
        default=default if isinstance(default, str | int | float) else None,
        help=parameter.get("help") or "",
        secret=False,
        path=parameter["type"]["name"] in ("path", "filename"),
        component=False,
        one_of=None,
        aliases=(),
    )
