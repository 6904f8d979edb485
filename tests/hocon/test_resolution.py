"""Merging and substitutions, as HOCON defines them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pipeline_files import SOUND, load, options, places

BASE = 'base { p = "/d", n = 4, v = 1.10, z = null, b = true, l = [1, 2], o { a = 1, b = 2 } }\ntags { n = ${base.n} }'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x { a = 1 }\nx { b = 2 }", {"a": 1, "b": 2}),
        ("x { a = 1 }\nx = 2\nx { b = 2 }", {"b": 2}),
        ("x { a { b = 1 } }\nx.a.c = 2", {"a": {"b": 1, "c": 2}}),
        ("x = { a = 1 } { b = 2 }", {"a": 1, "b": 2}),
        ("x = [1] [2, 3]", [1, 2, 3]),
        ("x = [1]\nx += 2\nx += { a = 3 }", [1, 2, {"a": 3}]),
        ("x += 1", [1]),
        ("x = [1]\nx = ${components.a.options.x} [2]", [1, 2]),
        ("x = ${base.n}", 4),
        ("x = ${base.n}px", "4px"),
        ("x = ${base.v}", 1.1),
        ("x = v${base.v}", "v1.10"),
        ('x = "is "${base.b}', "is true"),
        ("x = ${base.p}/y  ${base.n}", "/d/y  4"),
        ("x = ${base.l} [3] ${base.l}", [1, 2, 3, 1, 2]),
        ("x = ${base.l}\nx += 3", [1, 2, 3]),
        ("x = ${base.o} { b = 3 }", {"a": 1, "b": 3}),
        ("x = ${base.o}\nx.b = 3", {"a": 1, "b": 3}),
        ("x { b = 3 }\nx = ${base.o}", {"b": 2, "a": 1}),
        ("x = [${base.n}, ${?NOT_SET}, ${base.o} { b = 3 }]", [4, {"a": 1, "b": 3}]),
        ("x = ${base.z}", None),
        ('x = "/a"\nx = ${components.a.options.x}"/b"', "/a/b"),
        ("x = 1\nx = ${?NOT_SET}", 1),
        ('x = "a"${?NOT_SET}"b"', "ab"),
        ("x = ${NOT_SET}\nx = 1", 1),
        ("x = ${y}\ny = ${components.a.options.q.r}\nq { r = 7 }".replace("${y}", "${components.a.options.y}"), 7),
        ("x = ${base.o.a}", 1),
        ("l += q\nx = ${components.a.options.own} { k = 1 }\nown { l += q }", {"l": ["q"], "k": 1}),
        ("x { l += q }\nx = ${components.a.options.x} { k = 1 }", {"l": ["q"], "k": 1}),
        ("x { p = a, q = ${components.a.options.x.p} }\nx = ${components.a.options.x} { p = b }", {"p": "b", "q": "b"}),
        ("x = ${base.o} ${base.o} { b = ${components.a.options.x.a} }", {"a": 1, "b": 1}),
        ("x { y = ${?components.a.options.x}, z = 1 }", {"z": 1}),
    ],
)
def test_a_value_is_merged_and_substituted(text: str, value: Any, tmp_path: Path) -> None:
    assert options(tmp_path, text, BASE)["x"] == value


@pytest.mark.parametrize("order", [("p", "e"), ("e", "p")])
@pytest.mark.parametrize(
    ("statements", "values"),
    [
        ("p = /a\ne = ${p}/x\np = ${e}/y", {"p": "/a/x/y", "e": "/a/x"}),
        ("p = 1\ne = ${?p}2\np = ${?e}3", {"p": "123", "e": "12"}),
        ("p = [1]\ne = ${p} [2]\np = ${m} [4]\nm = ${e} [3]", {"p": [1, 2, 3, 4], "e": [1, 2]}),
    ],
)
def test_a_circle_looks_back_whatever_is_asked_for_first(
    order: tuple[str, str], statements: str, values: dict[str, Any], tmp_path: Path
) -> None:
    asked = "".join(f"x{name} = ${{{name}}}\n" for name in order)
    found = options(tmp_path, asked, head=statements)
    assert found == {f"x{name}": values[name] for name in order}


def test_a_circle_that_has_nothing_to_look_back_to_is_a_mistake(tmp_path: Path) -> None:
    text = SOUND + "description = ${environment}\nenvironment = ${version}\nversion = ${description}\n"
    (problem,) = load(tmp_path, text).problems
    assert (problem.line, "circle" in problem.message) == (5, True)


def test_a_long_circle_is_broken_in_bounded_time(tmp_path: Path) -> None:
    chain = "".join(f"c{n} = 0\nc{n} = ${{c{n + 1}}}\n" for n in range(2000)) + "c2000 = ${c0}\n"
    assert options(tmp_path, "x = ${c2000}", head=chain) == {"x": 0}


def test_an_optional_substitution_without_a_value_is_no_key(tmp_path: Path) -> None:
    assert options(tmp_path, "x = ${?NOT_SET}, y = ${?NOT_SET}${?NEITHER}, z = [${?NOT_SET}]") == {"z": []}


def test_environment_variables_are_texts_that_become_what_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPF_TEST", "5")
    text = "environment = ${?PPF_TEST}\nruntime { parallelism = ${PPF_TEST}, timeout = ${PPF_TEST} }\n" + SOUND
    config = load(tmp_path, text).config
    assert (config.environment, config.runtime.parallelism, config.runtime.timeout) == ("5", 5, timedelta(seconds=5))
    assert options(tmp_path, "x = ${PPF_TEST}, y = ${PPF_TEST}s")["x"] == "5"


def test_a_key_wins_over_an_environment_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("name", "environment")
    assert options(tmp_path, "x = ${name}") == {"x": "x"}


def test_a_key_of_the_root_that_is_only_substituted_is_a_variable_and_no_mistake(tmp_path: Path) -> None:
    file = load(tmp_path, "folder = /data\nfoldr = /x\ntags { d = ${folder} }\n" + SOUND)
    assert [problem.path for problem in file.problems] == ["foldr"]


def test_what_is_left_when_the_other_pieces_are_absent_keeps_its_type(tmp_path: Path) -> None:
    text = "b = true\nx = ${?NOPE}${components.a.options.b}\ny = ${?NOPE} ${?NOPE}"
    assert options(tmp_path, text) == {"b": True, "x": True}


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("version = ${nope.it}", 3, 11, "${nope.it} has no value"),
        ("tags { a = x${nope} }", 3, 13, "${nope} has no value"),
        ("tags { a = ${nam} }", 3, 12, "${nam} has no value"),
        ("version = ${version}", 3, 11, "circle"),
        ("version = ${description}\ndescription = ${version}", 4, 15, "circle"),
        ("tags { a = ${tags} }", 3, 12, "contains itself"),
        ("version = a [1]", 3, 13, "cannot be joined"),
        ("version = {} ${name}", 3, 14, "cannot be joined"),
        ("tags { a = true, a += x }", 3, 23, "'+=' adds to a list, but 'tags.a' is 'true'"),
    ],
)
def test_what_cannot_be_resolved_is_one_located_mistake(text: str, line: int, column: int, words: str, tmp_path: Path) -> None:
    (problem,) = load(tmp_path, SOUND + text).problems
    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message


def test_a_near_miss_of_a_substitution_is_suggested(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, SOUND + "base { path = x }\ntags { a = ${base.pth} }").problems
    assert "${base.path}" in (problem.hint or "")


def test_a_mistake_in_a_block_that_is_used_twice_is_reported_once(tmp_path: Path) -> None:
    components = "a { source = csv, retry = ${try} }\n b { source = csv, retry = ${try} }"
    text = f"name = x\ntry {{ max_attemps = 3 }}\ncomponents {{ {components} }}"
    assert places(load(tmp_path, text).problems) == [("unknown-key", 2, 7)]


def test_the_value_of_an_environment_variable_is_not_in_messages_about_joining(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PPF_TEST", "hunter22")
    (problem,) = load(tmp_path, SOUND + "version = ${PPF_TEST} [1]").problems
    assert "hunter22" not in str(problem)


def test_a_key_that_is_made_of_itself_and_nothing_else_is_told_once(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, SOUND + "vars { dir = ${?vars.dir}, path = ${vars.dir}/x }").problems
    assert problem.message.endswith("'vars.dir' is ${?vars.dir}, and vars.dir is not set.")
