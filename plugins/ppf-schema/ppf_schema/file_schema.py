"""The JSON Schema of a whole pipeline file, merged from the kernel's own blocks and the installed plugins."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ppf_schema.options_schema import Described, Schema, options_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_NAME: Schema = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"}
_COMPONENT_NAME: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"}
_OPTIONS: Schema = {"type": ["object", "null"]}
_IS_SIDE_INPUT: Schema = {"properties": {"batch": {"const": True}}, "required": ["batch"]}


@dataclass(frozen=True)
class _Offer:
    """A plugin that a file may use: the names that mean it, and where the schema of its options stands.

    Of several plugins with one name, each is only meant by its full name; the bare name then has no options of its own.
    """

    group: str
    names: tuple[str, ...]
    definition: str
    schema: Schema

    @property
    def reference(self) -> Schema:
        return {"$ref": f"#/$defs/{self.definition}"}

    @property
    def needs_options(self) -> bool:
        return bool(self.schema.get("required") or self.schema.get("allOf"))


def pipeline_schema(grammar: Described) -> Schema:
    """The schema of a pipeline file (2020-12), from what `ppf_core.pipeline_grammar` gives."""
    offers = _Offers(grammar["plugins"])
    file = options_schema(grammar["pipeline"])
    properties = file["properties"]
    properties["name"] = _NAME
    properties["components"] = {"type": "object", "minProperties": 1, "propertyNames": _COMPONENT_NAME}
    properties["hooks"] = _instances(offers, "hooks")
    properties["secrets"] = _instances(offers, "secrets")
    # These may be written with nested keys, which the loader flattens.
    properties["tags"] = {"type": ["object", "null"]}
    properties["spark"]["properties"]["conf"] = {"type": ["object", "null"]}
    properties["plugins"]["properties"]["prefer"] = {"type": ["object", "null"]}
    properties["runtime"]["properties"]["parallelism"]["minimum"] = 1
    return {
        "$schema": DIALECT,
        "title": "ppf pipeline",
        **file,
        "required": ["name", "components"],
        "if": {"properties": {"mode": {"const": "streaming"}}, "required": ["mode"]},
        "then": _all_components("streaming"),
        "else": _all_components("batch"),
        "$defs": {
            "batch": _component(grammar["component"], _batch_rules(offers)),
            "streaming": _component(grammar["component"], _streaming_rules(offers)),
            "check": _check(grammar["check"], offers),
            "hooks": _named_instance(offers, "hooks"),
            "secrets": _named_instance(offers, "secrets"),
            **offers.definitions,
        },
    }


class _Offers:
    """The installed plugins that can be used, by group."""

    def __init__(self, plugins: Sequence[Described]) -> None:
        self._offers = [_offer(plugin) for plugin in plugins]
        self._ambiguous = [(each["group"], each["name"]) for each in plugins if each["state"] == "duplicate"]

    @property
    def definitions(self) -> Schema:
        return {offer.definition: offer.schema for offer in self._offers}

    def of(self, *groups: str) -> list[_Offer]:
        """The offers of these groups; an earlier group wins a name."""
        found: dict[str, _Offer] = {}
        for group in groups:
            found |= {offer.names[0]: offer for offer in self._offers if offer.group == group and offer.names[0] not in found}
        return list(found.values())

    def names(self, *groups: str) -> list[str]:
        """All that a file may write where a plugin of these groups is wanted."""
        ambiguous = [name for group, name in self._ambiguous if group in groups]
        return sorted({*ambiguous, *(name for offer in self.of(*groups) for name in offer.names)})


def _offer(plugin: Described) -> _Offer:
    group, name, owner = (plugin[key] for key in ("group", "name", "distribution"))
    schema = options_schema(plugin["options"])
    if group in ("hooks", "secrets"):
        # There the options stand beside two keys of the kernel.
        schema["properties"] |= {"plugin": {"type": "string"}, "required": {"type": ["boolean", "null"]}}
    full = f"{owner}:{name}"
    return _Offer(
        group=group,
        names=(name, full) if plugin["state"] == "ready" else (full,),
        definition=re.sub(r"[^A-Za-z0-9._-]", "_", f"{group}.{owner}.{name}"),
        schema={**schema, "description": plugin["doc"]} if plugin["doc"] else schema,
    )


def _all_components(mode: str) -> Schema:
    return {"properties": {"components": {"additionalProperties": {"$ref": f"#/$defs/{mode}"}}}}


def _component(block: Described, rules: Iterable[Schema]) -> Schema:
    schema = options_schema(block)
    schema["properties"]["options"] = _OPTIONS
    schema["properties"]["quality"] = {"type": ["array", "null"], "items": {"$ref": "#/$defs/check"}}
    schema["properties"]["inputs"] = {
        "anyOf": [
            {"type": "array", "items": _COMPONENT_NAME},
            {"type": "object", "additionalProperties": _COMPONENT_NAME},
            {"type": "null"},
        ]
    }
    kinds = [{"required": [kind], "properties": {kind: {"type": "string"}}} for kind in ("source", "transform", "sink")]
    return {**schema, "oneOf": kinds, "allOf": list(rules)}


def _batch_rules(offers: _Offers) -> Iterator[Schema]:
    for kind in ("source", "transform", "sink"):
        yield _plugin(kind, offers, f"{kind}s")


def _streaming_rules(offers: _Offers) -> Iterator[Schema]:
    yield {
        "if": _IS_SIDE_INPUT,
        "then": _plugin("source", offers, "sources"),
        "else": _plugin("source", offers, "streaming_sources"),
    }
    yield _plugin("transform", offers, "transforms")
    yield _plugin("sink", offers, "streaming_sinks", "sinks")


def _check(block: Described, offers: _Offers) -> Schema:
    schema = options_schema(block)
    schema["properties"]["options"] = _OPTIONS
    return {**schema, "allOf": [_plugin("check", offers, "checks")]}


def _plugin(key: str, offers: _Offers, *groups: str) -> Schema:
    """Where `key` names a plugin, it is one of these groups, and `options` are the options of that plugin."""
    rules: list[Schema] = [{"properties": {key: {"enum": offers.names(*groups)}}}]
    for offer in offers.of(*groups):
        then: Schema = {"properties": {"options": offer.reference}}
        if offer.needs_options:
            then["required"] = ["options"]
        rules.append({"if": {"properties": {key: {"enum": list(offer.names)}}}, "then": then})
    return {"if": {"required": [key], "properties": {key: {"type": "string"}}}, "then": {"allOf": rules}}


def _instances(offers: _Offers, group: str) -> Schema:
    """The block `hooks` or `secrets`: the key names the plugin unless `plugin` does, and the options stand beside it."""
    by_plugin: Schema = {"$ref": f"#/$defs/{group}"}
    either = {
        name: {"if": {"required": ["plugin"]}, "then": by_plugin, "else": offer.reference}
        for offer in offers.of(group)
        for name in offer.names
    }
    return {"type": ["object", "null"], "properties": either, "additionalProperties": by_plugin}


def _named_instance(offers: _Offers, group: str) -> Schema:
    rules: list[Schema] = [{"properties": {"plugin": {"enum": offers.names(group)}}}]
    rules += [
        {"if": {"properties": {"plugin": {"enum": list(offer.names)}}}, "then": offer.reference} for offer in offers.of(group)
    ]
    return {"type": "object", "required": ["plugin"], "allOf": rules}
