"""Texts of HOCON, and what the reference implementation makes of them (`corpus.json`)."""

from typing import Any

import pytest
from hocon_texts import CORPUS, read

REFUSED = object()

ADDRESS = "An address without quotes is accepted where nothing follows it on its line: connectors are full of them."
DIGITS = "Leading zeros and a dot without digits are no number of JSON: a code such as 00123 stays what it is."
DOT = "White space beside the dot of a key is a slip: a key with a blank at its end would never be found again."
INDEX = "An object is no list, also with numbers as keys: a located mistake instead."
REFERENCE = "The reference implementation trips over itself."
BASE = {"default": {}, "problem": {"b": "value"}}
CIRCLE = {"a": 1, "b": {"pa": [1], "pb": [1]}, "c": {}, "d": {"pc": [1]}, "e": {"pa": [1], "pb": [1]}}

DEVIATIONS: dict[str, tuple[object, str]] = {
    "a = http://example.com/x": ({"a": "http://example.com/x"}, ADDRESS),
    "a = x:y": ({"a": "x:y"}, ADDRESS),
    "a = jdbc:postgresql://h:5432/db?user=a&b=c": ({"a": "jdbc:postgresql://h:5432/db?user=a&b=c"}, ADDRESS),
    "a = s3://bucket/key=1/x": ({"a": "s3://bucket/key=1/x"}, ADDRESS),
    "include : 42": ({"include": 42}, "A plugin may have an option of this name."),
    'a = "tab\tin string"': ({"a": "tab\tin string"}, "A tab between quotes has one meaning."),
    "a = 00123": ({"a": "00123"}, DIGITS),
    "a = 5.": ({"a": "5."}, DIGITS),
    "a = 12345678901234567890": ({"a": 12345678901234567890}, "Whole numbers of Python have no largest one."),
    'a { "0" = x, "1" = y }\na = ${a} [z]': (REFUSED, INDEX),
    'a = [x]\na = ${a} { "0" = y }': (REFUSED, INDEX),
    "a: 1\nb: ${c} {\n  pa: [${a}]\n  pb: ${b.pa}\n}\nc: { }\nd: { pc: ${b.pa} }\ne: ${b}": (CIRCLE, REFERENCE),
    "a { default = {} \n problem = ${a.default} { b = value\n b = ${?VAR} } }": ({"a": BASE}, REFERENCE),
    'prod { catalog { k = "1", l = ["1"] } }\ndev = ${prod} { catalog { k = "2", k = ${?NOPE}, l = ["2", ${?NOPE}] } }': (
        {"prod": {"catalog": {"k": "1", "l": ["1"]}}, "dev": {"catalog": {"k": "2", "l": ["2"]}}},
        REFERENCE,
    ),
    "a . b = 1": (REFUSED, DOT),
    "a. b = 1": (REFUSED, DOT),
    "a .b = 1": (REFUSED, DOT),
}


@pytest.mark.parametrize("case", CORPUS["cases"], ids=lambda case: ascii(case["hocon"]))
def test_a_text_means_what_the_reference_implementation_makes_of_it(case: dict[str, Any]) -> None:
    expected, _reason = DEVIATIONS.get(case["hocon"], (case.get("value", REFUSED), ""))
    found, problems = read(case["hocon"])
    if expected is REFUSED:
        assert problems
        assert all(problem.line for problem in problems)
    else:
        assert (found, problems) == (expected, [])


def test_each_deviation_is_one_of_the_corpus_and_has_its_reason() -> None:
    texts = {case["hocon"]: case.get("value", REFUSED) for case in CORPUS["cases"]}
    for text, (expected, reason) in DEVIATIONS.items():
        assert texts[text] != expected
        assert reason
