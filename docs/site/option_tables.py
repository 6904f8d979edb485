"""Puts the plugins' option tables into reference/plugins.md while MkDocs builds it, out of the options classes themselves."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ppf_core.config.binding import OptionSpec
from ppf_core.plugins.description import describe
from ppf_core.plugins.registry import PluginRegistry

KINDS = {"secrets": "secrets backend", "streaming_sources": "streaming source", "streaming_sinks": "streaming sink"}
MARK = "<!-- the tables of all plugins -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs for each page."""
    return markdown.replace(MARK, "\n".join(plugin_tables())) if MARK in markdown else markdown


def plugin_tables() -> Iterator[str]:
    """The Markdown of all installed plugins: a section a distribution, a table a plugin."""
    registry = PluginRegistry.discover(environ={})
    by_distribution = sorted(registry.entries, key=lambda entry: entry.distribution)
    for distribution, entries in groupby(by_distribution, key=lambda entry: entry.distribution):
        yield f"## {distribution}\n"
        for entry in entries:
            described = describe(registry, entry)
            yield f"### {KINDS.get(entry.group, entry.group[:-1])} `{entry.name}` {{ #{entry.qualified} }}\n"
            yield f"{described.doc}\n"
            yield from option_table(described.options)


def option_table(options: tuple[OptionSpec, ...]) -> Iterator[str]:
    """One row an option; a sentence where there are none."""
    if not options:
        yield "It has no options.\n"
        return
    yield "| option | type | default | what it is |\n|---|---|---|---|"
    for option in options:
        default = "required" if option.required else f"`{_hocon(option.default)}`"
        yield f"| `{option.name}` | {option.type} | {default} | {option.help} |"
    yield ""


def _hocon(value: Any) -> str:
    """A default as one would write it in a pipeline file; a quoted text, since an empty one must be seen."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f'"{value}"' if isinstance(value, str) else str(value)
