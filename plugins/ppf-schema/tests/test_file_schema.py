"""The JSON Schema of a pipeline file, merged from small real plugins."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ppf_schema.file_schema import pipeline_schema
from wheels import build_wheel, install

from ppf_core import pipeline_grammar

CODE = """
from ppf_core import AggregateCheck, Hooks, NoOptions, SecretsBackend, Sink, Source, StreamingSource, Transform, option, options

@options
class ReadOptions:
    path: str = option("What to read.", path=True)
    header: bool = option("The first line holds names.", default=True)

@options
class QueryOptions:
    query: str | None = option("The text.", default=None, one_of="query")
    query_file: str | None = option("A file with the text.", default=None, one_of="query")

@options
class TellOptions:
    level: str = option("How much.", default="info")

class Read(Source[ReadOptions]):
    "Reads a file."
    def read(self, context): ...

class Flow(StreamingSource[NoOptions]):
    def read_stream(self, context): ...

class Ask(Transform[QueryOptions]):
    def transform(self, context, inputs): ...

class Write(Sink[NoOptions]):
    def write(self, context, frame): ...

class Count(AggregateCheck[TellOptions]):
    def metrics(self, columns): ...
    def judge(self, values): ...

class Vault(SecretsBackend[ReadOptions]):
    def fetch(self, key, field): ...

class Tell(Hooks[TellOptions]): ...
"""

CLASSES = {
    "sources.read": "Read",
    "sources.lost": "Lost",
    "sources.both": "Read",
    "streaming_sources.flow": "Flow",
    "transforms.ask": "Ask",
    "sinks.write": "Write",
    "checks.count": "Count",
    "secrets.vault": "Vault",
    "hooks.tell": "Tell",
}

GOOD: dict[str, Any] = {
    "name": "flights",
    "tags": {"team": "ops", "cost": {"centre": 7}, "old": None},
    "spark": {"conf": {"spark": {"sql": {"shuffle": {"partitions": 4}}}}},
    "components": {
        "in": {"source": "read", "options": {"path": "x", "header": "${HEADER}"}},
        "step": {
            "transform": "ask",
            "inputs": ["in"],
            "options": {"query": "SELECT 1"},
            "quality": [{"check": "count", "options": {"level": "x"}, "action": "warn", "warn_if": "> 1%"}],
            "retry": {"max_attempts": 5, "initial_delay": "10 seconds"},
        },
        "out": {"sink": "dist:write", "inputs": {"rows": "step"}, "timeout": "2 hours"},
    },
    "hooks": {"tell": {"level": "debug"}, "other": {"plugin": "tell", "required": True}},
    "secrets": {"vault_eu": {"plugin": "vault", "path": "p"}},
    "runtime": {"parallelism": 2, "timeout": "1h"},
    "plugins": {"require": ["dist>=1"], "prefer": {"sources.read": "dist"}},
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Of the distribution `dist`, which has one broken plugin, and of `rival`, which offers one name once more."""
    folder = tmp_path_factory.mktemp("site")
    offers = {name: f"dist:{cls}" for name, cls in CLASSES.items()}
    install(build_wheel(folder, "dist", offers=offers, code=CODE), folder)
    install(build_wheel(folder, "rival", offers={"sources.both": "rival:Flow"}, code=CODE.replace("(Streaming", "(")), folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setenv("PPF_PLUGINS", "dist,rival")
        yield pipeline_schema(pipeline_grammar())


def mistakes(schema: dict[str, Any], *changes: tuple[str, Any]) -> list[str]:
    """The dotted places that are wrong in the good file with these changes; None removes a key."""
    document = deepcopy(GOOD)
    for path, value in changes:
        *parents, last = path.split(".")
        block = document
        for parent in parents:
            block = block.setdefault(parent, {})
        if value is None:
            del block[last]
        else:
            block[last] = value
    return [".".join(map(str, error.absolute_path)) for error in Draft202012Validator(schema).iter_errors(document)]


def test_the_schema_is_valid(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_a_good_file_is_valid(schema: dict[str, Any]) -> None:
    assert mistakes(schema) == []


@pytest.mark.parametrize(
    ("place", "path", "value"),
    [
        ("", "nmae", "x"),
        ("", "name", None),
        ("name", "name", "no spaces"),
        ("mode", "mode", "bath"),
        ("components", "components", {}),
        ("components", "components.a b", {"source": "read", "options": {"path": "x"}}),
        ("components.in", "components.in.enabeld", True),
        ("components.out", "components.out.transform", "ask"),
        ("components.in", "components.in.source", None),
        ("components.in.source", "components.in.source", "raed"),
        ("components.in.source", "components.in.source", "write"),
        ("components.in.options", "components.in.options.heder", True),
        ("components.in.options.header", "components.in.options.header", "maybe"),
        ("components.in.options", "components.in.options.path", None),
        ("components.in", "components.in.options", None),
        ("components.step.options", "components.step.options.query_file", "x"),
        ("components.step.retry.max_attempts", "components.step.retry.max_attempts", "five"),
        ("components.step.quality.0.action", "components.step.quality", [{"check": "count", "action": "fial"}]),
        ("components.step.quality.0.check", "components.step.quality", [{"check": "cuont"}]),
        ("components.step.quality.0.options", "components.step.quality", [{"check": "count", "options": {"levle": "x"}}]),
        ("hooks.tell", "hooks.tell.levle", "x"),
        ("hooks.other", "hooks.other.levle", "x"),
        ("hooks.other.plugin", "hooks.other.plugin", "tlel"),
        ("hooks.ops", "hooks.ops", {}),
        ("secrets.vault_eu", "secrets.vault_eu.path", None),
        ("runtime.parallelism", "runtime.parallelism", 0),
    ],
)
def test_a_bad_file_is_invalid_at_its_place(schema: dict[str, Any], place: str, path: str, value: Any) -> None:
    assert set(mistakes(schema, (path, value))) == {place}


def test_a_full_name_has_the_options_of_its_plugin(schema: dict[str, Any]) -> None:
    found = mistakes(schema, ("components.in.source", "dist:read"), ("components.in.options.heder", 1))

    assert found == ["components.in.options"]


def test_a_broken_plugin_is_left_out(schema: dict[str, Any]) -> None:
    assert mistakes(schema, ("components.in.source", "lost")) == ["components.in.source"]


def test_of_two_plugins_with_one_name_each_is_meant_by_its_full_name(schema: dict[str, Any]) -> None:
    assert mistakes(schema, ("components.in.source", "both")) == []
    assert mistakes(schema, ("components.in.source", "dist:both"), ("components.in.options.heder", 1)) == [
        "components.in.options"
    ]


def test_a_stream_reads_from_streaming_sources_and_side_inputs(schema: dict[str, Any]) -> None:
    flow = ("components.flow", {"source": "flow"})

    assert mistakes(schema, ("mode", "streaming"), ("components.in.batch", True), flow) == []
    assert mistakes(schema, ("mode", "streaming"), flow) == ["components.in.source"]
    assert mistakes(schema, flow) == ["components.flow.source"]


def test_it_carries_what_plugins_say_of_themselves(schema: dict[str, Any]) -> None:
    assert schema["$defs"]["sources.dist.read"]["description"] == "Reads a file."
