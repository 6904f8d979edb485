"""The reference is complete: every key with its default, every problem's code, every hook, every command."""

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from ppf_testing.pages import index, page

from ppf_core.cli.main import ppf
from ppf_core.config import model
from ppf_core.plugins.hookspecs import HOOKS
from ppf_core.plugins.known import KNOWN
from ppf_core.plugins.registry import PluginRegistry

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
SECTIONS = {
    "The file": model.PipelineConfig,
    "`spark`": model.SparkConfig,
    "A component": model.ComponentConfig,
    "A check": model.CheckConfig,
    "`retry`": model.RetryConfig,
    "`circuit_breaker`": model.CircuitBreakerConfig,
    "`watermark`": model.WatermarkConfig,
    "`defaults`": model.DefaultsConfig,
    "`runtime`": model.RuntimeConfig,
    "`health`": model.HealthConfig,
    "`plugins`": model.PluginsConfig,
}


def _shown_default(field: "dataclasses.Field[Any]") -> str:
    """A default as the table shows it."""
    if field.default_factory is not dataclasses.MISSING:
        return {list: "[]"}.get(type(field.default_factory()), "{}")
    if field.default is dataclasses.MISSING or field.name == "components":
        return "required"
    if isinstance(field.default, timedelta):
        return f"{field.default.total_seconds():g} s"
    return {"None": "null", "True": "true", "False": "false"}.get(str(field.default), str(field.default))


@pytest.mark.parametrize("title", SECTIONS)
def test_the_page_of_the_pipeline_file_has_every_key_with_its_default(title: str) -> None:
    page = (REFERENCE / "pipeline-file.md").read_text()
    section = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", section, re.MULTILINE))
    shown = {name: default.strip("`") for name, default in rows.items()}
    wanted = {field.name: _shown_default(field) for field in dataclasses.fields(SECTIONS[title])}
    if title == "The file":
        wanted["components"] = "required"
    if title == "A component":
        wanted["inputs"] = "{}"
    assert shown == wanted


def test_every_code_of_a_problem_is_explained() -> None:
    used = set()
    for module in (ROOT / "ppf_core").rglob("*.py"):
        text = module.read_text()
        used.update(re.findall(r"\b(?:code=|code: ClassVar\[str\] = |code = )\"([a-z-]+)\"", text))
        used.update(re.findall(r"\b_?(?:problem|Problem)\(\s*\"([a-z]+(?:-[a-z]+)*)\"", text))
        used.update(re.findall(r"\"((?:plugin|unknown|missing|bad|wrong|deprecated)-[a-z-]+)\"", text))
    explained = set(re.findall(r"`([a-z-]+)`", (REFERENCE / "problems.md").read_text()))
    assert sorted(used - explained) == []


def test_every_hook_that_is_called_today_is_named() -> None:
    named = set(re.findall(r"`(ppf_\w+)`", (REFERENCE / "hooks.md").read_text()))
    assert named <= set(HOOKS)


def test_every_command_shows_its_help() -> None:
    page = (REFERENCE / "command-line.md").read_text()
    shown = re.findall(r"^ppf([a-z ]*) --help$", page, re.MULTILINE)
    assert sorted(_commands(ppf, "")) == sorted(shown)


def _commands(command: click.Command, name: str) -> Iterator[str]:
    """The names of a command and of all below it."""
    yield name
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from _commands(found, f"{name} {inner}")


def test_every_dependency_of_the_kernel_has_its_reason() -> None:
    page = (ROOT / "docs" / "explanation" / "dependencies.md").read_text()
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert [need for need in needs if f"| {re.split('[<>=]', need)[0]} |" not in page] == []


def test_the_pages_of_plugins_are_what_their_classes_say() -> None:
    registry, folder = PluginRegistry.discover({}), REFERENCE / "plugins"
    ours = [each for each in registry.distributions if each.name in KNOWN]
    assert {each.name for each in ours} == KNOWN.keys()
    made = {f"{each.name}.md": page(registry, each) for each in ours} | {"index.md": index(ours)}
    found = {each.name: each.read_text() for each in folder.iterdir()}
    stale = sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name))
    assert stale == [], "Run: ppf plugins docs --into docs/reference/plugins"
