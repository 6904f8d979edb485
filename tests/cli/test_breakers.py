"""`ppf runs breakers`: what is open, and closing it by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ppf_core.config.model import CircuitBreakerConfig
from ppf_core.pipeline.breaker import CircuitBreaker

Ppf = Callable[..., Any]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    for component in ("out", "load"):
        config = CircuitBreakerConfig(failure_threshold=1)
        CircuitBreaker(tmp_path / "breakers", "flights", component, config).failed()
    return tmp_path


def test_open_breakers_are_listed(ppf: Ppf, state: Path) -> None:
    found = ppf("runs", "breakers", "--state-dir", state, "--json").document["breakers"]
    assert [(each["pipeline"], each["component"], each["state"], each["failures"]) for each in found] == [
        ("flights", "load", "open", 1),
        ("flights", "out", "open", 1),
    ]
    assert "open" in ppf("runs", "breakers", "--state-dir", state).out


def test_one_or_all_are_reset(ppf: Ppf, state: Path) -> None:
    left = ppf("runs", "breakers", "--state-dir", state, "--reset", "out", "--json").document["breakers"]
    assert [each["component"] for each in left] == ["load"]
    assert "No circuit breaker" in ppf("runs", "breakers", "--state-dir", state, "--reset-all").out


def test_an_unknown_name_has_its_near_miss_and_nothing_is_reset(ppf: Ppf, state: Path) -> None:
    answer = ppf("runs", "breakers", "--state-dir", state, "--reset", "laod", "--reset", "out")
    assert answer.code == 2
    assert "Did you mean 'load'?" in answer.err
    assert len(ppf("runs", "breakers", "--state-dir", state, "--json").document["breakers"]) == 2
