"""Durations: seconds, HOCON's units, ISO 8601."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppf_core.config.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (0, 0), (10, 10), (1.5, 1.5), ("10", 10), ("0.25", 0.25),
        ("500 ms", 0.5), ("5000 micros", 0.005), ("1s", 1), ("5 m", 300), ("1.5 hours", 5400), ("1d", 86400),
        (" 2 weeks ", 1209600),
        ("PT1H30M", 5400), ("P1DT1S", 86401), ("PT0.5S", 0.5), ("P1W", 604800), ("pt1m", 60),
    ],
)  # fmt: skip
def test_a_duration_is_understood(text: str | float, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "5 days later",
        "1 fortnight",
        "P",
        "PT",
        "P1DT",
        "P1Y",
        "1e3",
        "1,5 h",
        "9" * 15 + "w",
        float("nan"),
        float("inf"),
    ],
)
def test_what_is_no_duration_says_what_would_be(text: str | float) -> None:
    with pytest.raises(ValueError, match=r"is not a duration\. Write seconds"):
        parse_duration(text)


@pytest.mark.parametrize("text", [-1, "-1", "-5 minutes", "-PT1M"])
def test_a_negative_duration_is_refused(text: str | float) -> None:
    with pytest.raises(ValueError, match=r"is negative"):
        parse_duration(text)


@given(st.text())
def test_no_text_ends_otherwise(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_duration(text) >= timedelta(0)
