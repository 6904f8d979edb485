"""The JSON Schema of an options class, for editors: it allows what binding accepts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from ppf_core.config.annotations import Option, options_of
from ppf_core.config.binding import default_of
from ppf_core.config.durations import PATTERN
from ppf_core.config.option_types import (
    Block,
    Choice,
    Many,
    Maybe,
    OneOrMany,
    OptionType,
    Scalar,
    Table,
    Tagged,
)
from ppf_core.contracts.options import OptionInfo
from ppf_core.contracts.secrets import MASK, Secret

Schema: TypeAlias = dict[str, Any]

# Where something else than a text is wanted, a text may still hold it, or be filled in later.
_FILLED_IN = r"\$\{|secret://"
_NUMBER = rf"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$|{_FILLED_IN}"
_FLAG = rf"^\s*(true|True|TRUE|yes|Yes|YES|on|On|ON|false|False|FALSE|no|No|NO|off|Off|OFF)\s*$|{_FILLED_IN}"
_TEXT = ["string", "number", "boolean"]
_SCALARS: dict[type, Schema] = {
    str: {"type": _TEXT},
    int: {"type": ["integer", "string"], "pattern": _NUMBER},
    float: {"type": ["number", "string"], "pattern": _NUMBER},
    bool: {"type": ["boolean", "string"], "pattern": _FLAG},
    Decimal: {"type": ["number", "string"], "pattern": _NUMBER},
    timedelta: {
        "type": ["string", "number"],
        "minimum": 0,
        "pattern": f"{PATTERN}|{_FILLED_IN}",
        "examples": ["10 seconds", "2 hours"],
    },
    Secret: {"type": _TEXT, "writeOnly": True, "examples": ["secret://env/NAME"]},
    object: {},
}


def options_schema(options_class: type[Any]) -> Schema:
    """The schema of an options block. Raises UnsupportedOption."""
    return _block(options_class, ())


def _block(options_class: type[Any], above: tuple[type[Any], ...]) -> Schema:
    if options_class in above:
        return {"type": "object"}  # a class that contains itself: its first level is what an editor can show
    options = options_of(options_class)
    properties: Schema = {}
    for option in options:
        properties[option.name] = _property(option, (*above, options_class))
        properties |= {alias: {**properties[option.name], "deprecated": True} for alias in option.info.aliases}
    schema: Schema = {**_described(options_class), "type": "object", "properties": properties, "additionalProperties": False}
    required = [option.name for option in options if option.required and not option.info.aliases]
    rules = [*_renamed(options), *_groups(options)]
    return schema | ({"required": required} if required else {}) | ({"allOf": rules} if rules else {})


def _described(options_class: type[Any]) -> Schema:
    # A dataclass without a docstring is given its signature as one.
    doc = (vars(options_class).get("__doc__") or "").strip()
    return {"description": doc.splitlines()[0]} if doc and not doc.startswith(f"{options_class.__name__}(") else {}


def _property(option: Option, above: tuple[type[Any], ...]) -> Schema:
    schema = _type(option.type, option.info, above)
    if not option.required:
        schema = _nullable(schema)
    default = default_of(option)
    if default is not None and MASK not in str(default):
        schema = {**schema, "default": default}
    return {**schema, "description": option.info.help} if option.info.help else schema


def _renamed(options: tuple[Option, ...]) -> list[Schema]:
    """A required option with old names: exactly one of them is there."""
    return [
        {"oneOf": [{"required": [name]} for name in (option.name, *option.info.aliases)]}
        for option in options
        if option.required and option.info.aliases
    ]


def _groups(options: tuple[Option, ...]) -> list[Schema]:
    """The labels of `one_of`: exactly one option is there and not null."""
    groups: dict[str, list[str]] = {}
    for option in options:
        if option.info.one_of:
            groups.setdefault(option.info.one_of, []).extend((option.name, *option.info.aliases))
    return [
        {"oneOf": [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names]}
        for names in groups.values()
    ]


def _type(type_: OptionType, info: OptionInfo, above: tuple[type[Any], ...]) -> Schema:
    match type_:
        case Scalar(python):
            return {**_SCALARS[python], **({"minLength": 1} if info.path and python is str else {})}
        case Choice(members):
            return {"enum": [written for written, _member in members]}
        case Maybe(inner):
            return _nullable(_type(inner, info, above))
        case Many(item):
            return {"type": "array", "items": _type(item, info, above)}
        case Table(value):
            return {"type": "object", "additionalProperties": _type(value, info, above)}
        case OneOrMany(one, many):
            return {"anyOf": [_type(one, info, above), _type(many, info, above)]}
        case Block(options_class):
            return _block(options_class, above)
        case Tagged():
            return {"anyOf": [_tagged(type_, block, above) for block in dict(type_.blocks).values()]}


def _tagged(type_: Tagged, block: Block, above: tuple[type[Any], ...]) -> Schema:
    schema = _block(block.options_class, above)
    tags = [value for value, other in type_.blocks if other == block]
    required = [type_.tag, *(name for name in schema.get("required", ()) if name != type_.tag)]
    properties = schema.get("properties", {}) | {type_.tag: {"enum": tags}}
    return {**schema, "properties": properties, "required": required}


def _nullable(schema: Schema) -> Schema:
    if not schema or {"type": "null"} in schema.get("anyOf", ()):
        return schema
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return {**schema, "type": list(dict.fromkeys([*types, "null"]))}
    return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
