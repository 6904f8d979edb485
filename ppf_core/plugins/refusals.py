"""Why a plugin that somebody asks for cannot be had: each reason with its code, and with what to do."""

from collections.abc import Sequence

from ppf_core.errors import PluginError, Problem, suggestion
from ppf_core.plugins.entries import PluginEntry, choice
from ppf_core.plugins.installed import normalise
from ppf_core.plugins.known import distribution_of

KINDS = {
    "sources": "source",
    "transforms": "transform",
    "sinks": "sink",
    "streaming_sources": "streaming source",
    "streaming_sinks": "streaming sink",
    "checks": "check",
    "secrets": "secrets backend",
    "hooks": "hook",
    "commands": "command",
}


def unusable(entry: PluginEntry) -> PluginError:
    """It is blocked, incompatible or broken."""
    return _refusal(f"plugin-{entry.state}", f"The plugin {entry} is {entry.state}. {entry.reason}")


def ambiguous(group: str, name: str, rivals: Sequence[PluginEntry]) -> PluginError:
    """Several distributions offer it."""
    return _refusal("plugin-ambiguous", f"The {_told(group, name)} is ambiguous.", choice(rivals))


def missing(group: str, name: str, entries: Sequence[PluginEntry]) -> PluginError:
    """No distribution offers it: a mistyped name, or the name of another kind of plugin."""
    message = f"There is no {_told(group, name)}."
    elsewhere = [entry for entry in entries if normalise(entry.name) == normalise(name)]
    if elsewhere and distribution_of(group, name) is None:
        return _refusal("plugin-missing", message, f"The name stands for {_listed(elsewhere)}.")
    if (owner := distribution_of(group, name)) is not None:
        return _refusal("plugin-missing", message, f"It comes with {owner}. Run: pip install {owner}")
    return _refusal("plugin-missing", message, suggestion(name, {entry.name for entry in entries if entry.group == group}))


def not_offered_by(
    owner: str, group: str, name: str, entries: Sequence[PluginEntry], distributions: Sequence[str]
) -> PluginError:
    """The distribution that was asked for does not offer it, or does not exist."""
    if normalise(owner) not in map(normalise, distributions):
        hint = suggestion(owner, distributions)
        return _refusal("plugin-missing", f"There is no distribution {owner!r} with plugins.", hint)
    message = f"The distribution {owner!r} offers no {_told(group, name)}."
    rivals = [entry for entry in entries if entry.group == group and normalise(entry.name) == normalise(name)]
    own = [entry.name for entry in entries if entry.group == group and normalise(entry.distribution) == normalise(owner)]
    return _refusal("plugin-missing", message, f"There is {_listed(rivals)}." if rivals else suggestion(name, own))


def no_preference(key: str) -> PluginError:
    """A key of `plugins.prefer` that names no plugin."""
    groups = [f"{group}.…" for group in KINDS]
    return _refusal("bad-value", f"{key!r} is not a group and a name such as 'sources.csv'.", suggestion(key, groups))


def _told(group: str, name: str) -> str:
    """A command as it is typed: `runs report`."""
    shown = name.replace(".", " ") if group == "commands" else name
    return f"{KINDS[group]} {shown!r}"


def _refusal(code: str, message: str, hint: str | None = None) -> PluginError:
    return PluginError(message, hint=hint, problems=[Problem(code=code, message=message, hint=hint)])


def _listed(entries: Sequence[PluginEntry]) -> str:
    return ", ".join(map(str, entries))
