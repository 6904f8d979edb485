"""`ppf plugins`: what is installed, what one plugin can do, and whether all of them are sound."""

from typing import TYPE_CHECKING, Any

import click

from ppf_core.cli.options import LazyGroup, verb
from ppf_core.cli.output import Output

if TYPE_CHECKING:
    from ppf_core.plugins.description import PluginDescription

_COLUMNS = ("group", "name", "distribution", "version", "state", "reason", "summary")
_OPTION_KEYS = ("name", "type", "required", "default", "help", "secret")


command = LazyGroup(
    "List, show and check the installed plugins.",
    {"list": f"{__name__}:list_", "show": f"{__name__}:show", "doctor": f"{__name__}:doctor"},
    "ppf plugins list",
    "ppf plugins show csv",
)


@verb("ppf plugins list", "ppf plugins list --json", plugins=[], problems=[])
def list_(output: Output) -> int:
    """List every installed plugin and its state. Imports none of them."""
    from ppf_core.plugins.registry import PluginRegistry

    registry = PluginRegistry.discover()
    exit_code = 2 if registry.problems else 0
    rows = [{key: getattr(entry, key) for key in _COLUMNS} for entry in registry.entries]
    if output.json:
        output.expect(plugins=rows)
    elif rows:
        about = [(*(row[key] for key in _COLUMNS[:5]), row["reason"] or row["summary"]) for row in rows]
        output.table((*_COLUMNS[:5], "summary"), about)
    else:
        output.text('No plugins are installed. Install some, for example: pip install "ppf"')
    if exit_code:
        return output.failure(registry.problems, exit_code)
    if output.json:
        output.document({"plugins": rows})
    return 0


@verb("ppf plugins show csv", "ppf plugins show sources.csv", plugins=[], problems=[])
@click.argument("name")
def show(output: Output, name: str) -> int:
    """Show the options and promises of the plugins that NAME means: csv, sources.csv or ppf-files:csv."""
    from ppf_core.errors import PluginError, Problem, suggestion
    from ppf_core.plugins.description import describe
    from ppf_core.plugins.registry import PluginRegistry

    registry = PluginRegistry.discover()
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


@verb("ppf plugins doctor", checks=[])
def doctor(output: Output) -> int:
    """Import every installed plugin and report which ones cannot be used, and why."""
    from ppf_core.cli.doctor import report
    from ppf_core.plugins.doctor import plugin_checks
    from ppf_core.plugins.registry import PluginRegistry

    return report(output, plugin_checks(PluginRegistry.discover(), load=True))


def _document(plugin: "PluginDescription") -> dict[str, Any]:
    from ppf_core.pipeline.documents import to_document

    document = {key: getattr(plugin.entry, key) for key in _COLUMNS}
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
