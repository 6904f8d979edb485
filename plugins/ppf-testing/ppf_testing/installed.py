"""The installed distributions that somebody names."""

from collections.abc import Sequence

from ppf_core import suggestion
from ppf_core.errors import PluginError, Problem
from ppf_core.plugins.installed import Distribution, normalise
from ppf_core.plugins.registry import PluginRegistry


def found_distributions(registry: PluginRegistry, names: Sequence[str]) -> Sequence[Distribution]:
    """Those of these names, or all. Raises PluginError, with a near miss, for one that is not there."""
    known = {normalise(each.name): each for each in registry.distributions}
    missing = [name for name in names if normalise(name) not in known]
    if missing:
        message = f"There is no distribution {missing[0]!r} with plugins."
        hint = f"{suggestion(missing[0], [each.name for each in known.values()])} 'ppf plugins list' shows all."
        raise PluginError(message, hint=hint, problems=[Problem(code="plugin-missing", message=message, hint=hint)])
    return [known[normalise(name)] for name in names] or list(known.values())
