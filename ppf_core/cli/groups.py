"""Groups of commands: the kernel's own load lazily, those of plugins are looked for when the kernel has none of that name.

A plugin's verb is an entry point of the group `ppf.commands` that is named as its path: `runs.report`. The kernel's verb wins.
Listing, help and completion of names read metadata alone; a plugin is imported when its verb is run, or asked for its own help.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ppf_core.cli.options import CONTEXT, Verb, epilog, json_option
from ppf_core.errors import PluginError, suggestion

if TYPE_CHECKING:
    from ppf_core.plugins.registry import PluginEntry, PluginRegistry

_ABOUT = {"quarantine": "Look at the rows that checks set apart, and run them again."}
"""What the groups are for in which plugins alone have verbs. Of another one, its verbs have to say it."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for.

    members: name → `module:attribute`. path: the group's name, as plugins write it before those of their verbs.
    """

    def __init__(
        self, about: str, members: Mapping[str, str], *examples: str, path: str = "", options: Sequence[click.Option] = ()
    ) -> None:
        super().__init__(
            help=about,
            epilog=epilog(examples),
            params=[*options, json_option()],
            callback=click.pass_context(_help),
            invoke_without_command=True,
            context_settings=CONTEXT,
        )
        self.members = members
        self.path = path

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order in which a newcomer meets them; those of plugins last."""
        return [*self.members, *_summaries(self.path, self.members)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command; None when there is none of this name. PluginError when its plugin cannot be used."""
        if cmd_name in self.members:
            return self._member(cmd_name)
        return None if cmd_name.startswith("-") else _of_plugin(f"{self.path}.{cmd_name}".lstrip("."))

    def has(self, path: str) -> bool:
        """Whether the kernel has a command of this path, or one that ends before it."""
        name, _, rest = path.partition(".")
        if name not in self.members or not rest:
            return name in self.members
        member = self._member(name)
        return not isinstance(member, LazyGroup) or member.has(rest)

    def _member(self, name: str) -> click.Command:
        module, _, attribute = self.members[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Like click's, with a near miss for an unknown name. From here on a failure's document has the keys of the command."""
        name = args[0]
        if ctx.resilient_parsing:  # for completion, in which nothing can be told
            try:
                return super().resolve_command(ctx, args)
            except PluginError:
                return None, None, []
        found = self.get_command(ctx, name)
        if found is None and not name.startswith("-"):
            ctx.fail(f"Unknown command {name!r}. {suggestion(name, self.list_commands(ctx))}")
        if isinstance(found, Verb):
            ctx.obj.expect(**found.shape)
        return super().resolve_command(ctx, args) if found is None else (name, found, args[1:])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click's, but for plugins it says what their metadata says."""
        limit = formatter.width - 6 - max(map(len, self.list_commands(ctx)), default=0)
        with formatter.section("Commands"):
            formatter.write_dl([(name, _short(about, limit)) for name, about in self._summaries(ctx).items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """As click's, but imports no plugin."""
        found = [
            CompletionItem(name, help=about) for name, about in self._summaries(ctx).items() if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def _summaries(self, ctx: click.Context) -> dict[str, str]:
        own = {name: self.get_command(ctx, name) for name in self.members}
        told = {name: command.get_short_help_str(1000) for name, command in own.items() if command is not None}
        return {**told, **_summaries(self.path, self.members)}


def _help(ctx: click.Context) -> int:
    """A group without a command: the help, or, when a document is wanted, a usage error."""
    if ctx.invoked_subcommand is None:
        if ctx.obj.json:
            ctx.fail(f"Missing command. {suggestion('', ctx.command.list_commands(ctx))}")  # type: ignore[attr-defined]
        ctx.obj.text(ctx.get_help())
    return 0


def _short(about: str, limit: int) -> str:
    return click.Command(None, help=about).get_short_help_str(limit)


def listed_plugins() -> "PluginRegistry":
    """The plugins of this environment; of their commands it is known which ones the kernel's hide."""
    root = click.get_current_context().find_root().command
    return _registry().mark_hidden(root.has) if isinstance(root, LazyGroup) else _registry()


def _registry() -> "PluginRegistry":
    from ppf_core.plugins.registry import PluginRegistry

    return PluginRegistry.discover()


def _of_plugin(path: str) -> click.Command | None:
    """The verb of a plugin, or a group of such. PluginError where it cannot be used, or one of ours that is not installed."""
    from ppf_core.plugins.known import distribution_of
    from ppf_core.plugins.refusals import missing

    registry = _registry()
    entries = [entry for entry in registry.entries if entry.group == "commands"]
    if any(entry.name == path for entry in entries):
        return registry.load_command(registry.select("commands", path))
    if any(entry.name.startswith(f"{path}.") for entry in entries):
        first = next(entry.name for entry in entries if entry.name.startswith(f"{path}."))
        return LazyGroup(_about(path, entries), {}, f"ppf {first.replace('.', ' ')} --help", path=path)
    if distribution_of("commands", path) is not None:
        raise missing("commands", path, registry.entries)
    return None


def _summaries(path: str, but: Mapping[str, str]) -> dict[str, str]:
    """The names of the verbs of plugins, and of groups of such, below a path, each with what it does."""
    prefix = f"{path}." if path else ""
    entries = [entry for entry in _registry().entries if entry.group == "commands" and entry.state != "blocked"]
    found: dict[str, list[PluginEntry]] = {}
    for entry in entries:
        name = entry.name.removeprefix(prefix).partition(".")[0]
        if entry.name.startswith(prefix) and name not in but:
            found.setdefault(name, []).append(entry)
    return {name: _summary(prefix + name, found[name], entries) for name in sorted(found)}


def _about(path: str, entries: "Sequence[PluginEntry]") -> str:
    """What a group is for that only plugins fill."""
    owners = sorted({entry.distribution for entry in entries if entry.name.startswith(f"{path}.")})
    return _ABOUT.get(path, f"Commands of {', '.join(owners)}.")


def _summary(path: str, below: "Sequence[PluginEntry]", entries: "Sequence[PluginEntry]") -> str:
    """What the distribution says of itself; where it has several verbs, what this one says."""
    from ppf_core.plugins.summaries import summary_of

    exact = [entry for entry in below if entry.name == path]
    if not exact:
        return _about(path, below)
    if len(exact) > 1 or not exact[0].is_usable:
        return f"Cannot be used: see 'ppf plugins show commands.{path}'."
    alone = sum(entry.distribution == exact[0].distribution for entry in entries) == 1
    return (exact[0].summary if alone else summary_of(exact[0])) or ""
