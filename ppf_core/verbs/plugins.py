"""`ppf plugins`: what is installed, what one plugin can do, and whether all of them are sound."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import click

from ppf_core.cli.groups import LazyGroup, listed_plugins
from ppf_core.cli.options import set_option, verb
from ppf_core.cli.output import Output
from ppf_core.plugins.installed import GROUPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppf_core.plugins.description import PluginDescription
    from ppf_core.plugins.entries import PluginEntry

_COLUMNS = ("group", "name", "distribution", "version", "state", "reason", "summary")
_OPTION_KEYS = ("name", "type", "required", "default", "help", "secret")


command = LazyGroup(
    "List, show and check the installed plugins.",
    {
        "list": f"{__name__}:list_",
        "show": f"{__name__}:show",
        "hooks": f"{__name__}:hooks",
        "doctor": f"{__name__}:doctor",
    },
    "ppf plugins list",
    "ppf plugins show csv",
    path="plugins",
)


@verb("ppf plugins list", "ppf plugins list --kind sources --long", "ppf plugins list --json", plugins=[], problems=[])
@click.option(
    "--kind", type=click.Choice(GROUPS), metavar="KIND", help="List the plugins of one kind: sources, checks, commands …"
)
@click.option("--long", "is_long", is_flag=True, help="Say of each plugin what it is.")
@click.option("--requirements", "is_pinned", is_flag=True, help="Print what pip would install: each distribution, pinned.")
def list_(output: Output, kind: str | None, *, is_long: bool, is_pinned: bool) -> int:
    """List every installed plugin and its state. Imports none of them."""
    registry = listed_plugins()
    entries = [entry for entry in registry.entries if kind in (None, entry.group)]
    rows = [_row(entry) for entry in entries] if output.json else []
    if output.json:
        output.expect(plugins=rows)
    elif is_pinned:
        output.text("\n".join(sorted({f"{entry.distribution}=={entry.version}" for entry in entries})))
    elif registry.entries:
        _print_list(output, entries, is_long=is_long)
    else:
        output.text('No plugins are installed. Install some, for example: pip install "ppf"')
    if registry.problems:
        return output.failure(registry.problems, 2)
    if output.json:
        output.document({"plugins": rows})
    return 0


def _row(entry: "PluginEntry") -> dict[str, str | None]:
    from ppf_core.plugins.summaries import summary_of

    return {**{key: getattr(entry, key) for key in _COLUMNS}, "summary": summary_of(entry)}


def _print_list(output: Output, entries: "Sequence[PluginEntry]", *, is_long: bool) -> None:
    """A table for each kind."""
    reasons = any(entry.reason for entry in entries)
    headings = [*_COLUMNS[1:5], *(["reason"] if reasons else []), *(["summary"] if is_long else [])]
    for group in GROUPS:
        rows = [_row(entry) if is_long else vars(entry) for entry in entries if entry.group == group]
        if rows:
            output.text(f"{group.replace('_', ' ')}:")
            output.table(headings, [[row[heading] for heading in headings] for row in rows])
            output.text("")


@verb("ppf plugins show csv", "ppf plugins show sources.csv", plugins=[], problems=[])
@click.argument("name")
def show(output: Output, name: str) -> int:
    """Show the options and promises of the plugins that NAME means: csv, sources.csv or ppf-files:csv."""
    from ppf_core.errors import PluginError, Problem, suggestion
    from ppf_core.plugins.description import describe

    registry = listed_plugins()
    found = registry.find(name)
    if not found:
        message = f"There is no plugin {name!r}. {suggestion(name, {entry.name for entry in registry.entries})}"
        missing = Problem(code="plugin", message=message, hint="'ppf plugins list' shows them with their distributions.")
        raise PluginError(message, problems=[missing, *registry.problems])
    described = [_document(describe(registry, entry)) for entry in found]
    if output.json:
        output.expect(plugins=described)
    else:
        for plugin in described:
            _print(output, plugin)
    if registry.problems:
        return output.failure(registry.problems, 2)
    if output.json:
        output.document({"plugins": described})
    return 0


@verb("ppf plugins hooks", "ppf plugins hooks pipeline.conf", hooks=[], problems=[])
@click.argument("pipeline", type=click.Path(), required=False)
@set_option
def hooks(output: Output, pipeline: str | None, overrides: dict[str, str]) -> int:
    """Show which plugins are called when: those that are installed, or those of a PIPELINE in their order."""
    called = _of_pipeline(pipeline, overrides) if pipeline is not None else _of_installed()
    if output.json:
        output.document({"hooks": [{"hook": hook, "implementations": names} for hook, names in called.items()]})
    else:
        output.table(("hook", "implementations"), [(hook, ", ".join(names)) for hook, names in called.items()])
    return 0


def _of_pipeline(pipeline: str, overrides: dict[str, str]) -> "dict[str, list[str]]":
    from ppf_core.planning.plan import make_plan
    from ppf_core.validation.validate import validate_pipeline

    plan = make_plan(validate_pipeline(pipeline, overrides))
    return {each.hook: list(each.implementations) for each in plan.hooks}


def _of_installed() -> "dict[str, list[str]]":
    """Hook → the plugins that implement it, by their qualified names. Plugins that cannot be used are left to the doctor."""
    from ppf_core.errors import PluginError
    from ppf_core.plugins.hooks import implemented_hooks

    registry, found = listed_plugins(), dict[str, list[str]]()
    for entry in registry.entries:
        if entry.group == "hooks" and entry.state == "ready":
            with suppress(PluginError):
                for hook in implemented_hooks(cast(Any, registry.load(entry))):
                    found.setdefault(hook, []).append(entry.qualified)
    return dict(sorted(found.items()))


@verb("ppf plugins doctor", checks=[])
def doctor(output: Output) -> int:
    """Import every installed plugin and report which ones cannot be used, why, and what mends it.

    The exit code is 3 if there is one.
    """
    from ppf_core.plugins.doctor import plugin_checks, set_aside_deadly
    from ppf_core.verbs.doctor import report

    registry = listed_plugins()
    set_aside_deadly(registry)
    return report(output, plugin_checks(registry, load=True), failed=3)


def _document(plugin: "PluginDescription") -> dict[str, Any]:
    from ppf_core.state.documents import to_document

    document: dict[str, Any] = dict(_row(plugin.entry))
    document["options"] = [{key: getattr(option, key) for key in _OPTION_KEYS} for option in plugin.options]
    document |= {"supports": plugin.supports, "requirements": plugin.requirements, "doc": plugin.doc}
    document["examples"] = plugin.examples
    plain: dict[str, Any] = to_document(document)
    return plain


def _print(output: Output, plugin: dict[str, Any]) -> None:
    output.text(f"{plugin['group']}.{plugin['name']}, {plugin['distribution']} {plugin['version']}: {plugin['state']}")
    for text in (plugin["reason"], plugin["doc"]):
        if text:
            output.text(f"\n{text}")
    if plugin["options"]:
        output.text("")
        rows = [(each["name"], each["type"], _default(each), each["help"]) for each in plugin["options"]]
        output.table(("option", "type", "default", "help"), rows)
    if plugin["supports"]:
        output.text(f"\nWorks with Spark: {', '.join(plugin['supports'])}.")
    for key, value in (plugin["requirements"] or {}).items():
        if value:
            output.text(f"Needs {key}: {value if isinstance(value, str) else ', '.join(map(str, value))}.")
    for example_ in plugin["examples"]:
        output.text(f"\nExample:\n{example_}")
    output.text("")


def _default(option: dict[str, Any]) -> str:
    import json

    return "required" if option["required"] else json.dumps(option["default"])
