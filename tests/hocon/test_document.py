"""From the values of a file to the tree, and what plugins get of it."""

import copy
import json
import pickle
import threading
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_files import SOUND, load

from ppf_core.config.binding import bind

_KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(["include", "a.b", "true", "ÿ"])
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(["ÿÿ", "x" * 5000 + '"'])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=10,
)


def quoted(text: str) -> str:
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}
    return '"' + "".join(escapes.get(character, character) for character in text) + '"'


def hocon(value: Any) -> str:
    """A value in HOCON, by the shortest way."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{quoted(key)}:{hocon(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(hocon, value)) + "]"
    if isinstance(value, str):
        return quoted(value)
    return {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else repr(value)


@given(st.dictionaries(_KEYS, _VALUES, max_size=3))
def test_any_value_arrives(tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any]) -> None:
    text = f"name = x\ncomponents {{ a {{ source = csv, options {hocon(values)} }} }}"
    file = load(tmp_path_factory.getbasetemp(), text)
    assert (file.config.components["a"].options, file.problems) == (values, ())


def test_a_number_is_the_text_of_the_file_where_a_text_is_wanted(tmp_path: Path) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Options:
        text: str
        texts: list[str]
        exact: Decimal
        real: float
        anything: Any

    file = load(
        tmp_path, f"{SOUND}components.a.options {{ text = 1.10, texts = [1e2, -0], exact = 0.10, real = 1.50, anything = 2.0 }}"
    )
    found = bind(Options, file.config.components["a"].options, folder=tmp_path).options
    assert found == Options(text="1.10", texts=["1e2", "-0"], exact=Decimal("0.10"), real=1.5, anything=2.0)
    assert str(found.exact) == "0.10"
    assert (type(found.real), type(found.anything)) == (float, float)


def test_values_may_be_nested_as_deep_as_the_limit(tmp_path: Path) -> None:
    assert load(tmp_path, SOUND + "components.a.options.x = " + "[{a = " * 48 + "1" + "}]" * 48).problems == ()


def test_the_values_are_a_config_tree_whose_keys_are_taken_as_they_are(tmp_path: Path) -> None:
    from pyhocon import ConfigTree

    values = load(tmp_path, SOUND + 'vars { "a.b" = 1, a.b = 1.10, n = null }').values
    assert isinstance(values, ConfigTree)
    found = values["vars"]
    assert (found["a.b"], found["a"]["b"], found["n"]) == (1, 1.1, None)
    assert ("a.b" in found, "a" in found, "c" in found, found.get("b.c")) == (True, True, False, None)
    assert list(found.items()) == [("a.b", 1), ("a", {"b": 1.1}), ("n", None)]
    assert json.loads(json.dumps(values)) == values == copy.deepcopy(values)
    assert pickle.loads(pickle.dumps(values)) == values  # noqa: S301 -- our own


def test_the_environment_variables_of_each_value_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPF_ONE", "1")
    monkeypatch.setenv("PPF_TWO", "2")
    text = SOUND + 'spark.conf { "a.b" = ${PPF_ONE}x${?PPF_TWO} }\ntags { one = ${?PPF_ONE}, none = x, list = [${tags.one}] }'
    found = load(tmp_path, text).variables
    assert found == {
        ("spark", "conf", "a.b"): ("PPF_ONE", "PPF_TWO"),
        ("tags", "one"): ("PPF_ONE",),
        ("tags", "list", 0): ("PPF_ONE",),
    }


def test_files_can_be_loaded_from_several_threads(tmp_path: Path) -> None:
    names: list[str] = []

    def one(index: int) -> None:
        folder = tmp_path / str(index)
        folder.mkdir()
        names.append(load(folder, f"{SOUND}name = n{index}").config.name)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == [f"n{index}" for index in range(8)]
