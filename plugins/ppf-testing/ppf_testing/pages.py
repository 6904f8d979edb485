"""The page of a distribution: what its plugins are, take, promise and need, out of the plugins themselves."""

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from textwrap import indent
from typing import Any

from ppf_core import (
    AggregateCheck,
    FrameCheck,
    Hooks,
    Plugin,
    RowCheck,
    Source,
    StagedSink,
    StreamingSink,
    StreamingSource,
    Transform,
)
from ppf_core.config.binding import OptionSpec
from ppf_core.plugins.description import PluginDescription, describe
from ppf_core.plugins.hooks import implemented_hooks
from ppf_core.plugins.installed import Distribution
from ppf_core.plugins.refusals import KINDS
from ppf_core.plugins.registry import PluginRegistry
from ppf_testing.cases import cases_of

_WRITTEN = {"sources": "source", "transforms": "transform", "sinks": "sink", "checks": "check"}
_WRITTEN |= {"streaming_sources": "source", "streaming_sinks": "sink"}
"""Group → the key that names such a plugin in a pipeline file."""
MADE = "<!-- Made by `ppf plugins docs`: change the plugin, not this page. -->"


def page(registry: PluginRegistry, distribution: Distribution) -> str:
    """The Markdown of one distribution."""
    entries = [each for each in registry.entries if each.distribution == distribution.name]
    lines = [f"# {distribution.name}", "", MADE, "", distribution.summary or "", ""]
    lines += ["```shell", f"pip install {distribution.name}", "```", ""]
    for entry in entries:
        lines += _section(registry, describe(registry, entry))
    return "\n".join(lines).rstrip() + "\n"


def index(distributions: Sequence[Distribution]) -> str:
    """A page that leads to those of some distributions."""
    lines = ["# Plugins and their options", "", MADE, ""]
    lines += ["`ppf plugins show NAME` prints the same for what is installed. Paths are relative to the pipeline file.", ""]
    lines += ["| distribution | what it is | brings |", "|---|---|---|"]
    for each in distributions:
        offered = ", ".join(
            f"{KINDS.get(offer.group, offer.group)} `{_typed(offer.group, offer.name)}`" for offer in each.offers
        )
        lines.append(f"| [{each.name}]({each.name}.md) | {_cell(each.summary or '')} | {offered} |")
    return "\n".join(lines) + "\n"


def _section(registry: PluginRegistry, found: PluginDescription) -> Iterator[str]:
    entry, is_command = found.entry, found.entry.group == "commands"
    yield f"## {KINDS[entry.group]} `{_typed(entry.group, entry.name)}` {{ #{entry.qualified} }}\n"
    if entry.state != "ready":
        yield f"It is {entry.state}. {entry.reason}\n"
    if found.doc:
        yield f"{found.doc}\n"
    if is_command:
        yield f"```shell\n{_usage(entry.name, found.options)}\n```\n"
    yield from _table([each for each in found.options if not (is_command and _is_argument(each))])
    if entry.is_usable and not is_command:
        plugin = registry.load(entry)
        yield from (f"- {line}" for line in _promises(plugin))
        yield from (f"- {line}" for line in _needs(found.requirements or {}))
        cases = [case.__name__ for case in cases_of(entry.distribution) if case.plugin is plugin]
        asked = f"in the cases {', '.join(f'`{name}`' for name in cases)}" if cases else "in no case of its own"
        yield f"- The kit asks it {asked}: `ppf plugins test {entry.distribution}`.\n"
    for example in found.examples:
        yield f"```hocon\n{_example(entry.group, entry.name, inspect.cleandoc(example))}\n```\n"


def _typed(group: str, name: str) -> str:
    """A command is typed with blanks."""
    return f"ppf {name.replace('.', ' ')}" if group == "commands" else name


def _usage(name: str, options: Sequence[OptionSpec]) -> str:
    arguments = [each.name.upper() if each.required else f"[{each.name.upper()}]" for each in options if _is_argument(each)]
    return " ".join(("ppf", *name.split("."), *arguments, "[OPTIONS]"))


def _is_argument(option: OptionSpec) -> bool:
    """Of a command: what is written without a name."""
    return not option.name.startswith("-")


def _table(options: Sequence[OptionSpec]) -> Iterator[str]:
    """A row for each option; a sentence where there are none."""
    if not options:
        yield "It has no options.\n"
        return
    yield "| option | type | default | what it is |\n|---|---|---|---|"
    for each in options:
        default = "required" if each.required else f"`{_written(each.default)}`"
        yield f"| `{each.name}` | {_cell(each.type)} | {_cell(default)} | {_cell(each.help)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _written(value: Any) -> str:
    """As it would be written in a pipeline file."""
    return json.dumps(value, default=str, ensure_ascii=False)


def _promises(plugin: type[Plugin[Any]]) -> Iterator[str]:
    """What its class says of it, apart from its options."""
    yield f"Works with Spark {' and '.join(sorted(plugin.supports))}."
    if issubclass(plugin, Source) and plugin.pin is not Source.pin:
        yield "What it reads can be pinned: retries and resumed runs read what the run has read."
    if issubclass(plugin, StreamingSource) and plugin.changeable:
        yield f"May change under a checkpoint: {', '.join(f'`{name}`' for name in sorted(plugin.changeable))}."
    if issubclass(plugin, Transform) and plugin.expects is not None:
        yield f"Inputs: {plugin.expects if isinstance(plugin.expects, int) else ', '.join(plugin.expects)}."
    if issubclass(plugin, StagedSink):
        yield "Staged: readers see nothing of a run before it is published."
        if plugin.stage_split is not StagedSink.stage_split:
            yield "Writes good and bad rows in one pass, where their types and the options allow it."
    if issubclass(plugin, StreamingSink):
        yield "Writes with a writer of Spark's own."
    yield from (line for base, line in _JUDGING.items() if issubclass(plugin, base))
    if issubclass(plugin, Hooks):
        yield f"Hears of {', '.join(f'`{name}`' for name in implemented_hooks(plugin))}."


_JUDGING: Mapping[type[Any], str] = {
    RowCheck: "Judges row by row, in one pass with all other checks of a frame.",
    AggregateCheck: "Judges numbers over all rows, in one pass with all other checks of a frame.",
    FrameCheck: "Judges the whole frame, in a job of its own.",
}


def _needs(requirements: Mapping[str, Any]) -> Iterator[str]:
    for key, value in requirements.items():
        if value:
            each = [f"{name} = {wanted}" for name, wanted in value.items()] if isinstance(value, Mapping) else value
            shown = value if isinstance(value, str) else ", ".join(f"`{part}`" for part in each)
            yield f"Needs {key}: {shown}."


def _example(group: str, name: str, example: str) -> str:
    """Its place in a pipeline file."""
    block = (
        example if example.startswith("{") else f"{{\n{indent(example, '  ')}\n}}" if "\n" in example else f"{{ {example} }}"
    )
    block = block if example else "{}"
    if group in _WRITTEN:
        return f"{{ {_WRITTEN[group]} = {name}, options {block} }}"
    return f"{group} {{ {name} {block} }}"
