"""pyhocon's own parser as a second opinion, on texts that it reads well."""

import re
from pathlib import Path
from typing import Any

import pytest
from hocon_texts import read
from hypothesis import given
from hypothesis import strategies as st
from ppf_profile.hocon_texts import write_fields
from pyhocon import ConfigFactory
from pyhocon.config_tree import NoneValue

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
TEXTS = st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters=" ._#/:="), min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXTS.map("x".__add__),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.from_regex("[a-df-z]{1,5}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=8,
)


def plain(value: Any) -> Any:
    """A value of pyhocon with the keys that are meant, and without its own null."""
    if isinstance(value, dict):
        return {key.strip('"'): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, NoneValue) else value


@pytest.mark.parametrize(
    "text",
    [
        "a = 1, b = 2",
        "a { b = x y, c = [1, 2] } # said\na.d = true",
        "a = { b = 1 } { c = 2 }",
        'a = ${b}\nb = { c = "q" }',
        'p = "/d"\na = ${p}"/x"',
        "a = [1, 2] [3]",
        'a = """x\ny"""',
        "a = 1\na = ${?NOT_SET}",
    ],
)
def test_pyhocon_reads_the_same(text: str) -> None:
    assert (plain(ConfigFactory.parse_string(text)), []) == read(text)


@given(st.dictionaries(st.from_regex("[a-df-z]{1,5}", fullmatch=True), VALUES, min_size=1, max_size=4))
def test_pyhocon_reads_the_same_from_values_that_were_written(values: dict[str, Any]) -> None:
    text = write_fields(values)
    assert (plain(ConfigFactory.parse_string(text)), []) == read(text)


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.conf")), ids=lambda path: path.name)
def test_pyhocon_reads_the_same_from_an_example(path: Path) -> None:
    text = re.sub(r"\$\{[A-Z]+\}", "environment", path.read_text())
    assert (plain(ConfigFactory.parse_string(text)), []) == read(text)
