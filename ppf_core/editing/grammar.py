"""What a pipeline file may say, as plain data: for editors, and for whoever draws a form or a page of it."""

import inspect
from collections.abc import Iterator
from typing import Any, TypeAlias

from ppf_core.config.annotations import Option, UnsupportedOption, options_of
from ppf_core.config.binding import default_of
from ppf_core.config.durations import PATTERN
from ppf_core.config.model import CheckConfig, ComponentConfig, PipelineConfig
from ppf_core.config.option_types import Block, Choice, Many, Maybe, OneOrMany, OptionType, Scalar, Table, Tagged
from ppf_core.contracts.plugin import options_class
from ppf_core.contracts.secrets import MASK
from ppf_core.errors import PluginError
from ppf_core.plugins.registry import PluginRegistry

Description: TypeAlias = dict[str, Any]


def pipeline_grammar() -> dict[str, Any]:
    """What a pipeline file may say, in JSON's types. Imports every plugin that can be used, and leaves out those that cannot.

    pipeline, component, check: the blocks of the kernel. plugins: each with `group`, `name`, `distribution`, `state` (`ready`,
    or `duplicate`, which only `distribution:name` means), `doc` and `options`, a block.

    A block has `doc` and `options`: `name`, `aliases`, `help`, `required`, `default`, `path`, `one_of`, and `type`, whose
    `kind` is `scalar` (`of`: str int float bool Decimal timedelta Secret or object; `pattern` where texts are checked),
    `choice` (`values`), `maybe`, `many` or `table` (`of`), `one_or_many` (`one`, `many`), `tagged` (`tag`, `blocks` with their
    `values`), or `block`; within itself a block has `options` null.
    """
    return {
        "pipeline": describe_block(PipelineConfig),
        "component": describe_block(ComponentConfig),
        "check": describe_block(CheckConfig),
        "plugins": list(_plugins(PluginRegistry.discover())),
    }


def describe_block(options: type[Any], above: tuple[type[Any], ...] = ()) -> Description:
    """One options class. Raises UnsupportedOption."""
    # A dataclass without a docstring is given its signature as one.
    doc = (vars(options).get("__doc__") or "").strip()
    own = "" if doc.startswith(f"{options.__name__}(") else doc.partition("\n")[0]
    within = [_option(each, (*above, options)) for each in options_of(options)] if options not in above else None
    return {"kind": "block", "doc": own, "options": within}


def _plugins(registry: PluginRegistry) -> Iterator[Description]:
    for entry in registry.entries:
        if entry.is_usable and entry.group != "commands":
            try:
                plugin = registry.load(entry)
                options = describe_block(options_class(plugin))
            except (PluginError, UnsupportedOption):
                continue  # `ppf plugins list` tells why
            doc = (inspect.getdoc(plugin) or "").partition("\n")[0]
            facts = {key: getattr(entry, key) for key in ("group", "name", "distribution", "state")}
            yield {**facts, "doc": doc, "options": options}


def _option(option: Option, above: tuple[type[Any], ...]) -> Description:
    default = default_of(option)
    return {
        "name": option.name,
        "aliases": list(option.info.aliases),
        "help": option.info.help,
        "required": option.required,
        "default": default if MASK not in str(default) else None,
        "path": option.info.path,
        "one_of": option.info.one_of,
        "type": _type(option.type, above),
    }


def _type(type_: OptionType, above: tuple[type[Any], ...]) -> Description:
    match type_:
        case Scalar(python):
            found = {"kind": "scalar", "of": python.__name__}
            return {**found, "pattern": PATTERN} if python.__name__ == "timedelta" else found
        case Choice(members):
            return {"kind": "choice", "values": [written for written, _member in members]}
        case Maybe(inner) | Many(inner, _) | Table(inner):
            return {"kind": type(type_).__name__.lower(), "of": _type(inner, above)}
        case OneOrMany(one, many):
            return {"kind": "one_or_many", "one": _type(one, above), "many": _type(many, above)}
        case Block(options):
            return describe_block(options, above)
        case Tagged(tag, blocks):
            values = {block: [value for value, other in blocks if other == block] for _, block in blocks}
            described = [{**describe_block(block.options_class, above), "values": values[block]} for block in values]
            return {"kind": "tagged", "tag": tag, "blocks": described}
