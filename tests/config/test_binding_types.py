"""Which values fit which types."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from option_classes import Basic, Bearer, Every, Mode, Plain, Tree

from ppf_core import Secret
from ppf_core.config.binding import Bound, bind

FOLDER = Path("/work")


def bound(**values: Any) -> Bound:
    return bind(Every, values, folder=FOLDER)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("text", 1.0, "1.0"),
        ("text", 1, "1"),
        ("text", True, "true"),
        ("whole", "42", 42),
        ("whole", " -7 ", -7),
        ("whole", 3.0, 3),
        ("whole", "1e3", 1000),
        ("real", 1, 1.0),
        ("real", "-.5", -0.5),
        ("flag", "TRUE", True),
        ("flag", "off", False),
        ("exact", 0.1, Decimal("0.1")),
        ("exact", "12345678901234567890.5", Decimal("12345678901234567890.5")),
        ("wait", 1.5, timedelta(seconds=1.5)),
        ("wait", "2 hours", timedelta(hours=2)),
        ("wait", "10", timedelta(seconds=10)),
        ("secret", "s3cret", Secret("s3cret")),
        ("secret", 1234, Secret("1234")),
        ("free", {"a": [1, None, {"b": "c"}]}, {"a": [1, None, {"b": "c"}]}),
        ("literal", "b", "b"),
        ("literal", "1", 1),
        ("mode", "overwrite", Mode.OVERWRITE),
        ("maybe", None, None),
        ("maybe", "5", 5),
        ("texts", [1, "a"], ["1", "a"]),
        ("pair", [1, "2"], (1, 2)),
        ("table", {"a.b": "1.5"}, {"a.b": 1.5}),
        ("plain", {"name": "n"}, Plain(name="n")),
        ("one_or_many", "a", "a"),
        ("one_or_many", ["a", 1], ["a", "1"]),
        ("login", {"kind": "token", "token": "t"}, Bearer(kind="token", token=Secret("t"))),
        ("logins", [{"kind": "basic", "user": "u", "password": "p"}], [Basic(kind="basic", user="u", password=Secret("p"))]),
    ],
)
def test_a_value_that_fits_is_converted(name: str, value: Any, wanted: Any) -> None:
    found = bound(**{name: value})

    assert found.faults == ()
    assert getattr(found.options, name) == wanted
    assert type(getattr(found.options, name)) is type(wanted)


@pytest.mark.parametrize("value", [timedelta(1), Decimal("1.5"), Secret("s"), Mode.APPEND, Plain(name="n")])
def test_what_is_already_of_its_type_passes(value: Any) -> None:
    name = {timedelta: "wait", Decimal: "exact", Secret: "secret", Mode: "mode", Plain: "plain"}[type(value)]

    assert getattr(bound(**{name: value}).options, name) == value


@pytest.mark.parametrize(
    ("name", "value", "code", "message"),
    [
        ("text", ["a"], "wrong-type", "Option 'text' is a list, but must be a string."),
        ("text", {"a": 1}, "wrong-type", "Option 'text' is an object, but must be a string."),
        ("whole", 1.5, "wrong-type", "Option 'whole' is 1.5, but must be a whole number."),
        ("whole", True, "wrong-type", "Option 'whole' is true, but must be a whole number."),
        ("whole", "five", "wrong-type", "Option 'whole' is 'five', but must be a whole number."),
        ("whole", "1_000", "wrong-type", "Option 'whole' is '1_000', but must be a whole number."),
        ("whole", "1e30", "wrong-type", "Option 'whole' is '1e30', but must be a whole number."),
        ("real", True, "wrong-type", "Option 'real' is true, but must be a number."),
        ("real", "NaN", "wrong-type", "Option 'real' is 'NaN', but must be a number."),
        ("real", float("inf"), "bad-value", "Option 'real' is inf, but must be a number."),
        ("real", "1e999", "bad-value", "Option 'real' is '1e999', but must be a number."),
        ("flag", 1, "wrong-type", "Option 'flag' is 1, but must be true or false."),
        ("flag", "maybe", "wrong-type", "Option 'flag' is 'maybe', but must be true or false."),
        ("exact", "x", "wrong-type", "Option 'exact' is 'x', but must be a decimal number."),
        ("wait", "soon", "bad-value", "Option 'wait' is 'soon', but must be a duration such as 10 seconds."),
        ("wait", -1, "bad-value", "Option 'wait' is -1, but must be a duration such as 10 seconds."),
        ("wait", True, "wrong-type", "Option 'wait' is true, but must be a duration such as 10 seconds."),
        ("literal", "c", "bad-value", "Option 'literal' is 'c', but must be one of a, b, 1."),
        ("literal", [], "wrong-type", "Option 'literal' is a list, but must be one of a, b, 1."),
        ("mode", "APPEND", "bad-value", "Option 'mode' is 'APPEND', but must be one of append, overwrite."),
        ("maybe", "x", "wrong-type", "Option 'maybe' is 'x', but must be a whole number."),
        ("texts", "a", "wrong-type", "Option 'texts' is 'a', but must be a list of strings."),
        ("texts", ["a", None], "wrong-type", "Option 'texts[1]' is null, but must be a string."),
        ("pair", [1, "x"], "wrong-type", "Option 'pair[1]' is 'x', but must be a whole number."),
        ("table", {"a.b": "x"}, "wrong-type", "Option 'table.\"a.b\"' is 'x', but must be a number."),
        ("table", [], "wrong-type", "Option 'table' is a list, but must be a map of numbers."),
        ("plain", 1, "wrong-type", "Option 'plain' is 1, but must be an object."),
        ("plain", {"name": "n", "size": "x"}, "wrong-type", "Option 'plain.size' is 'x', but must be a whole number."),
        ("plain", {}, "missing-option", "Option 'plain.name' is missing. It must be a string."),
        ("one_or_many", {}, "wrong-type", "Option 'one_or_many' is an object, but must be a string or a list of strings."),
        ("one_or_many", [{}], "wrong-type", "Option 'one_or_many[0]' is an object, but must be a string."),
        ("login", {"kind": "basik"}, "bad-value", "Option 'login.kind' is 'basik', but must be one of basic, bearer, token."),
        ("login", {"user": "u"}, "missing-option", "Option 'login.kind' is missing. It must be one of basic, bearer, token."),
        ("login", {"kind": "basic", "token": "t"}, "unknown-option", "Unknown option 'token'."),
        ("logins", [{"kind": "basic"}], "missing-option", "Option 'logins[0].user' is missing. It must be a string."),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_named_with_what_is_wanted(name: str, value: Any, code: str, message: str) -> None:
    found = bound(**{name: value})

    assert found.options is None
    assert (found.faults[0].code, found.faults[0].message) == (code, message)


def test_a_long_text_is_shortened_in_messages() -> None:
    (fault,) = bound(whole="x" * 1000).faults

    assert len(fault.message) < 150


def test_null_unsets_an_option_that_has_a_default() -> None:
    options = bound(text=None, wait=None, mode=None).options

    assert (options.text, options.wait, options.mode) == ("", timedelta(seconds=90), Mode.APPEND)


def test_null_is_a_value_where_the_type_says_so() -> None:
    assert bound(maybe=None).options.maybe is None


def test_a_class_may_contain_itself() -> None:
    options = bind(Tree, {"name": "a", "children": [{"name": "b"}]}, folder=FOLDER).options

    assert options == Tree(name="a", children=[Tree(name="b")])


def test_lists_and_objects_are_copies() -> None:
    free = {"a": [1]}
    options = bound(free=free).options
    free["a"].append(2)

    assert options.free == {"a": [1]}
