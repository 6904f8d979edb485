"""The JSON Schema of an options class: it is valid, and says the same as binding."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from option_classes import Connection, Every, Located, Query, Tree, Window
from ppf_schema import options_schema as of_block

from ppf_core import NoOptions
from ppf_core.config.binding import bind, option_specs
from ppf_core.config.model import PipelineConfig
from ppf_core.editing.grammar import describe_block


def options_schema(cls: type[Any]) -> dict[str, Any]:
    return of_block.options_schema(describe_block(cls))


EVERY = Draft202012Validator(options_schema(Every))


def fits(cls: type[Any], **values: Any) -> bool:
    return bool(Draft202012Validator(options_schema(cls)).is_valid(values))


@pytest.mark.parametrize("cls", [Connection, Every, Located, NoOptions, PipelineConfig, Query, Tree, Window])
def test_the_schema_is_valid(cls: type[Any]) -> None:
    Draft202012Validator.check_schema(options_schema(cls))


def test_it_carries_help_defaults_and_choices() -> None:
    properties = options_schema(Every)["properties"]

    assert properties["mode"] == {
        "enum": ["append", "overwrite", None],
        "default": "append",
        "description": "What happens to old rows.",
    }
    assert properties["wait"]["default"] == 90
    assert options_schema(Every)["description"] == "One option of each type."


def test_a_secret_is_a_text_that_is_only_written() -> None:
    assert options_schema(Connection)["properties"]["password"]["writeOnly"]


@pytest.mark.parametrize(
    "values",
    [
        {"whole": "5"}, {"whole": "${PORT}"}, {"whole": "secret://env/PORT"}, {"wait": "2 hours"}, {"wait": 5}, {"flag": "yes"},
        {"one_or_many": ["a"]}, {"login": {"kind": "token", "token": "t"}}, {"text": 1.5}, {"maybe": None}, {"text": None},
    ],
)  # fmt: skip
def test_what_binding_accepts_is_valid(values: dict[str, Any]) -> None:
    assert fits(Every, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"nope": 1}, {"whole": "five"}, {"whole": 1.5}, {"flag": "maybe"}, {"flag": 1}, {"mode": "overwite"}, {"wait": -1},
        {"wait": "soon"}, {"wait": "5 parsecs"}, {"wait": "-1 s"},
        {"texts": "a"}, {"texts": [None]}, {"table": {"a": "x"}}, {"plain": {}}, {"plain": {"name": "n", "nope": 1}},
        {"one_or_many": {}}, {"secret": ["s"]},
        {"login": {"kind": "basik"}}, {"login": {"token": "t"}}, {"login": {"kind": "basic", "token": "t"}},
    ],
)  # fmt: skip
def test_what_binding_refuses_is_invalid(values: dict[str, Any]) -> None:
    assert bind(Every, values, folder=Path("/work")).faults
    assert not fits(Every, **values)


def test_exactly_one_of_a_group_is_wanted() -> None:
    assert fits(Query, query="a", query_file=None)
    assert not fits(Query)
    assert not fits(Query, query="a", query_file="b")


def test_an_old_name_is_allowed_and_deprecated() -> None:
    assert fits(Window, cols=["a"])
    assert not fits(Window)
    assert options_schema(Window)["properties"]["cols"]["deprecated"]


def test_an_empty_path_is_invalid() -> None:
    assert not fits(Located, path="")


TEXTS = st.text(max_size=3) | st.sampled_from(["1", "true", "OFF", "append", "basic", "10 seconds", "1e3"])
KEYS = st.sampled_from(["kind", "name", "user", "token"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([spec.name for spec in option_specs(Every)]), VALUES, max_size=4))
def test_the_schema_allows_all_that_binds(values: dict[str, Any]) -> None:
    if bind(Every, values, folder=Path("/work")).options is not None:
        assert EVERY.is_valid(values)
