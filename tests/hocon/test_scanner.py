"""The scanner: what is written where, and mistakes that do not hide each other."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_files import options, places, refused

from ppf_core.hocon.budget import Budget
from ppf_core.hocon.scanner import Scanner, Unbalanced
from ppf_core.hocon.syntax import Array, Field, Object, Value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x = 12", 12),
        ("x = -1.5e3", -1500.0),
        ("x = 1e+3", 1000.0),
        ("x = true", True),
        ('x = "true"', "true"),
        ("x = null", None),
        ("x : 1", 1),
        ("x =\n  1", 1),
        ('"x" = 1', 1),
        ("x { a = 1 }", {"a": 1}),
        ("x\n{ a = 1 }", {"a": 1}),
        ("x = a b  c  # said", "a b  c"),
        ("x = a // said", "a"),
        ('x = "a" b "c"', "a b c"),
        ('x = "#ops // no comment"', "#ops // no comment"),
        ("x = [1, 2\n3,\n]", [1, 2, 3]),
        ("x = [{ a = 1 }, { b = 2 }\n{ c = 3 }]", [{"a": 1}, {"b": 2}, {"c": 3}]),
        ('x = ["", "a", ""]', ["", "a", ""]),
        ("x = 1\r\n", 1),
        ("include = 1, x = ${components.a.options.include}", 1),
        ('x { include = 1, includes = 2, "a b" = 3, "" = 4 }', {"include": 1, "includes": 2, "a b": 3, "": 4}),
        ('x { "a.b" = 1, c.d = 2, "e".f = 3 }', {"a.b": 1, "c": {"d": 2}, "e": {"f": 3}}),
        ('x { "with \\"quotes\\"" = 1, "ÿé$" = 2 }', {'with "quotes"': 1, "ÿé$": 2}),
        ('x = "caf\\u00e9 \\ud83d\\ude00 \\n \\t \\/ \\"q\\""', 'café 😀 \n \t / "q"'),
        ('x = "\\\\d+\\\\.csv"', "\\d+\\.csv"),
        ('x = """\\d+\\.csv"""', "\\d+\\.csv"),
        ('x { a "b" = 1, c"d.e".f = 2 }', {"a b": 1, "cd.e": {"f": 2}}),
        ("x = s3a://b/x, y = 1", "s3a://b/x"),
        ("x = s3a://b/x # said", "s3a://b/x"),
        ("x = { y = s3a://b/x }", {"y": "s3a://b/x"}),
        ('x = "\ttab"', "\ttab"),
        ('x = """one\n\t"two" \\n"""', 'one\n\t"two" \\n'),
        ('x = """quoted""""', 'quoted"'),
        ('x = ""', ""),
        ("x = ÿÿ", "ÿÿ"),
    ],
)
def test_a_value_arrives_as_it_was_written(text: str, value: object, tmp_path: Path) -> None:
    assert options(tmp_path, text)["x"] == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1d",
            "5 m",
            "5 days later",
            "2 hours",
            "01234",
            "0x10",
            "1_000",
            "1.",
            "1e999",
            "9" * 5000,
            "True",
            "yes",
            "Infinity",
        ),
        *("jdbc:postgresql://h/db?x=1&y=2", "s3a://bucket/a=1/*.csv", "ppf-files:csv", "package.module:function", "10:30"),
    ],
)
def test_what_pyhocon_would_change_or_refuse_stays_the_text_it_is(text: str, tmp_path: Path) -> None:
    assert options(tmp_path, f"x = {text}") == {"x": text}


def test_json_is_a_pipeline_file_too(tmp_path: Path) -> None:
    assert options(tmp_path, '"x" : [ { "a" : 1.5 , "b" : null } ]') == {"x": [{"a": 1.5, "b": None}]}


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a {\n", 1, 3, "never closed"),
        ("a = 1 }", 1, 7, "closes nothing"),
        ("a = [1, 2", 1, 5, "never closed"),
        ("a = [1, }", 1, 9, "'}'"),
        ('a = "open\n', 1, 5, "quote is never closed"),
        ('a = """open\n', 1, 5, "never closed"),
        ("b\n", 1, 1, "'b' has no value"),
        ("a =\nb = 1", 1, 1, "'a' has no value"),
        ("a = # nothing\n", 1, 1, "'a' has no value"),
        ("a = , b = 1", 1, 1, "'a' has no value"),
        ("= 1", 1, 1, "a key is expected"),
        ("a..b = 1", 1, 3, "a key is expected"),
        ("a = [1,, 2]", 1, 8, "a value is expected"),
        ("a = 1 b = 2", 1, 9, "'='"),
        ("a = {} b = 2", 1, 10, "'='"),
        ("a = local?", 1, 10, "'?'"),
        ("a = \\data", 1, 5, "'\\\\'"),
        ("a = $5", 1, 5, "'$'"),
        ("a = ${}", 1, 5, "names nothing"),
        ("a = ${=}", 1, 7, "the path of a key"),
        ("a = ${b", 1, 8, "'}'"),
        ('a = "\\ud800"', 1, 5, "half of a character"),
        ('a = "C:\\new\\data.csv"', 1, 12, "\\d means nothing"),
        ('a = "x\\d+", b = "\\n"', 1, 7, "write \\\\d"),
        ('a = "\\u12"', 1, 6, "\\u means nothing"),
        ('include "a\\d"', 1, 11, "\\d means nothing"),
        ("a = s3a://b/x header = false", 1, 15, "'header'"),
        ("a = s3a://${b} c", 1, 16, "'c'"),
        ("a. b = 1", 1, 2, "beside the dot"),
        ("a = ${b .c}", 1, 8, "beside the dot"),
        ("[1]", 1, 1, "must be an object"),
        ("{ a = 1 } b", 1, 11, "file should end"),
        ("include x", 1, 9, "include cannot be read"),
    ],
)
def test_a_mistake_in_the_syntax_is_located_and_says_what_is_expected(text: str, line: int, column: int, words: str) -> None:
    scanner = Scanner(text, "p.conf", Budget())
    with contextlib.suppress(Unbalanced):
        scanner.scan()
    (problem,) = scanner.problems
    assert (problem.code, problem.file, problem.line, problem.column) == ("syntax", "p.conf", line, column)
    assert words in str(problem)


def test_one_mistake_in_the_syntax_does_not_hide_the_next(tmp_path: Path) -> None:
    text = 'name = x?y\nspark { master = local[*] }\ntags = [\n  z*\n]\nversion = "open\nruntime { paralelism = 2 }\n'
    expected = [("syntax", 1, 9), ("syntax", 2, 24), ("syntax", 4, 4), ("syntax", 6, 11), ("unknown-key", 7, 11)]
    assert places(refused(tmp_path, text)) == expected


def test_what_a_broken_statement_would_have_said_is_not_missing_as_well(tmp_path: Path) -> None:
    assert places(refused(tmp_path, "name = x?\ncomponents { a { source = y? } }")) == [("syntax", 1, 9), ("syntax", 2, 28)]


# ---- places, against files that are made of known pieces

_KEYS = st.sampled_from(["a", "b-c", '"d.e"', "f.g", '"é "'])
_SCALARS = st.sampled_from(["1", "x y", '"q, }"', '"""t\n"t""""', "${?n.o}", "p:q", "${?r} s"])
_GAPS = st.sampled_from(["", " ", "\n", " # note } \n", "\n\t// x\n", "\r\n", "\ufeff"])


_SIGNS = st.sampled_from([" = ", ":", " += "])
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.tuples(st.just("{"), st.lists(st.tuples(_GAPS, _KEYS, _SIGNS, inner), max_size=3)),
        st.tuples(st.just("["), st.lists(st.tuples(_GAPS, inner), max_size=3)),
    ),
    max_leaves=12,
)


def _write(value: object, text: list[str], expected: list[int]) -> None:
    expected.append(len("".join(text)))
    if isinstance(value, str):
        text.append(value)
        return
    opening, parts = value  # type: ignore[misc]  # not a text, so a pair
    text.append(opening)
    for index, (gap, *rest) in enumerate(parts):
        text.append(("," if index else "") + gap)
        if opening == "{":
            expected.append(len("".join(text)))
            text += rest[:2]
        _write(rest[-1], text, expected)
    text.append("}" if opening == "{" else "]")


def _found(value: Value, offsets: list[int], starts: list[int]) -> None:
    def offset(line: int | None, column: int | None) -> int:
        return starts[(line or 0) - 1] + (column or 0) - 1

    offsets.append(offset(value.place.line, value.place.column))
    for piece in value.pieces:
        for member in piece.members if isinstance(piece, Object) else ():
            assert isinstance(member, Field)
            offsets.append(offset(member.places[0].line, member.places[0].column))
            _found(member.value, offsets, starts)
        for item in piece.items if isinstance(piece, Array) else ():
            _found(item, offsets, starts)


@given(_VALUES)
def test_every_key_and_value_is_found_where_it_was_written(value: object) -> None:
    text, expected, found = ["top = "], list[int](), list[int]()
    _write(value, text, expected)
    whole = "".join(text)
    scanner = Scanner(whole, "p.conf", Budget())
    (statement,) = scanner.scan().members
    assert isinstance(statement, Field)
    starts = [0, *(index + 1 for index, character in enumerate(whole) if character == "\n")]
    _found(statement.value, found, starts)
    assert (found, scanner.problems) == (expected, [])
