"""The JSON Schema of an options block, for editors: it allows what binding accepts."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
Described: TypeAlias = Mapping[str, Any]
"""A block, an option or a type, as `ppf_core.pipeline_grammar` describes it."""

# Where something else than a text is wanted, a text may still hold it, or be filled in later.
_FILLED_IN = r"\$\{|secret://"
_NUMBER = rf"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$|{_FILLED_IN}"
_FLAG = rf"^\s*(true|True|TRUE|yes|Yes|YES|on|On|ON|false|False|FALSE|no|No|NO|off|Off|OFF)\s*$|{_FILLED_IN}"
_TEXT = ["string", "number", "boolean"]
_SCALARS: Mapping[str, Schema] = {
    "str": {"type": _TEXT},
    "int": {"type": ["integer", "string"], "pattern": _NUMBER},
    "float": {"type": ["number", "string"], "pattern": _NUMBER},
    "bool": {"type": ["boolean", "string"], "pattern": _FLAG},
    "Decimal": {"type": ["number", "string"], "pattern": _NUMBER},
    "timedelta": {"type": ["string", "number"], "minimum": 0, "examples": ["10 seconds", "2 hours"]},
    "Secret": {"type": _TEXT, "writeOnly": True, "examples": ["secret://env/NAME"]},
    "object": {},
}


def options_schema(block: Described) -> Schema:
    """The schema of an options block."""
    options = block["options"]
    if options is None:
        return {"type": "object"}  # a class that contains itself: its first level is what an editor can show
    properties: Schema = {}
    for option in options:
        properties[option["name"]] = _property(option)
        properties |= {alias: {**properties[option["name"]], "deprecated": True} for alias in option["aliases"]}
    described = {"description": block["doc"]} if block["doc"] else {}
    schema: Schema = {**described, "type": "object", "properties": properties, "additionalProperties": False}
    required = [option["name"] for option in options if option["required"] and not option["aliases"]]
    rules = [*_renamed(options), *_groups(options)]
    return schema | ({"required": required} if required else {}) | ({"allOf": rules} if rules else {})


def _property(option: Described) -> Schema:
    schema = _type(option["type"], is_path=option["path"])
    if not option["required"]:
        schema = _nullable(schema)
    if option["default"] is not None:
        schema = {**schema, "default": option["default"]}
    return {**schema, "description": option["help"]} if option["help"] else schema


def _renamed(options: Sequence[Described]) -> list[Schema]:
    """A required option with old names: exactly one of them is there."""
    return [
        {"oneOf": [{"required": [name]} for name in (option["name"], *option["aliases"])]}
        for option in options
        if option["required"] and option["aliases"]
    ]


def _groups(options: Sequence[Described]) -> list[Schema]:
    """The labels of `one_of`: exactly one option is there and not null."""
    groups: dict[str, list[str]] = {}
    for option in options:
        if option["one_of"]:
            groups.setdefault(option["one_of"], []).extend((option["name"], *option["aliases"]))
    return [
        {"oneOf": [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names]}
        for names in groups.values()
    ]


def _type(type_: Described, *, is_path: bool) -> Schema:
    match type_:
        case {"kind": "scalar", "of": scalar}:
            pattern = {"pattern": f"{type_['pattern']}|{_FILLED_IN}"} if "pattern" in type_ else {}
            return {**_SCALARS[scalar], **pattern, **({"minLength": 1} if is_path and scalar == "str" else {})}
        case {"kind": "choice", "values": values}:
            return {"enum": values}
        case {"kind": "maybe", "of": inner}:
            return _nullable(_type(inner, is_path=is_path))
        case {"kind": "many", "of": item}:
            return {"type": "array", "items": _type(item, is_path=is_path)}
        case {"kind": "table", "of": value}:
            return {"type": "object", "additionalProperties": _type(value, is_path=is_path)}
        case {"kind": "one_or_many", "one": one, "many": many}:
            return {"anyOf": [_type(one, is_path=is_path), _type(many, is_path=is_path)]}
        case {"kind": "tagged", "tag": tag, "blocks": blocks}:
            return {"anyOf": [_tagged(tag, block) for block in blocks]}
    return options_schema(type_)


def _tagged(tag: str, block: Described) -> Schema:
    schema = options_schema(block)
    required = [tag, *(name for name in schema.get("required", ()) if name != tag)]
    properties = schema.get("properties", {}) | {tag: {"enum": block["values"]}}
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
