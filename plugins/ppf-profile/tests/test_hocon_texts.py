"""Values written as HOCON, and read back by the loader."""

import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ppf_profile.hocon_texts import write_fields, write_value

from ppf_core.config.loader import ConfigLoader

NASTY_TEXTS = (
    *("", " ", "true", "null", "include", "include x", "5", "01234", "1.10", "1e5", "-0", "1d", "5 m", "5 days later"),
    *('"', '"""', "\\", "a\\", "a\nb", "\r\n", "\t", "\x00", "\x7f", "\u2028", "\ufeff", "\ufffd", "ÿÿ", "ÿ2eÿ"),
    *("${x}", "${?HOME}", "# no", "a // b", "a=b", "{", "]", "a, b", "a.b", "`a`", "'a'", "$", "jdbc:x://h?a=1", "%s"),
    *("naïve", "日本", "😀", "e\u0301", "\u202eabc", "a" * 5000),
)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(NASTY_TEXTS)
NUMBERS = st.integers(-(10**40), 10**40) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


def read(path: Path, value: Any, *, ascii_only: bool = False) -> Any:
    """What the loader finds where the value was written."""
    options = write_fields({"options": {"value": value}}, ascii_only=ascii_only)
    path.write_text(f"name = test\ncomponents {{ a {{ source = x, {options} }} }}\n", encoding="utf-8", newline="")
    file = ConfigLoader(path).load()
    assert [str(problem) for problem in file.problems] == []
    return file.values["components"]["a"]["options"]["value"]


def kinds(value: Any) -> Any:
    """The value with the types of its parts, for 1 == 1.0 == True."""
    if isinstance(value, dict):
        return {key: kinds(item) for key, item in value.items()}
    if isinstance(value, list):
        return [kinds(item) for item in value]
    return (float if isinstance(value, float) else type(value), value)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_the_loader_reads_back_what_was_written(tmp_path: Path, value: Any) -> None:
    assert kinds(read(tmp_path / "p.conf", value)) == kinds(value)


@pytest.mark.parametrize("text", NASTY_TEXTS, ids=ascii)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_nasty_text_stays_itself_as_a_key_and_as_a_value(tmp_path: Path, text: str, ascii_only: bool) -> None:
    assert read(tmp_path / "p.conf", {text: [text]}, ascii_only=ascii_only) == {text: [text]}


@pytest.mark.parametrize("number", [0.0, -0.0, 1e16, 1e22, 1e-5, 5e-324, 1.7976931348623157e308, 2**63, -(10**38), 0.1])
def test_a_number_stays_itself_to_the_last_digit(tmp_path: Path, number: float) -> None:
    assert kinds(read(tmp_path / "p.conf", number)) == kinds(number)


def test_plain_words_need_no_quotes_and_others_have_them() -> None:
    assert write_fields({"check": "in_set", "options": {"column": "a b", "values": ["EWR", "9"]}}) == (
        'check = in_set, options { column = "a b", values = [EWR, "9"] }'
    )


def test_a_text_can_be_written_in_ascii_alone() -> None:
    written = write_value(["é", "日", "😀"], ascii_only=True)
    assert written == r'["\u00e9", "\u65e5", "\ud83d\ude00"]'
    assert set(written) <= set(string.printable)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {1, 2}, b"x", [object()]], ids=ascii)
def test_what_hocon_does_not_have_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"HOCON|is no"):
        write_value(value)
