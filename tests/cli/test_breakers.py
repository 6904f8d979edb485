"""`ppf runs breakers`: what is open, and closing it by hand."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ppf_core.config.model import CircuitBreakerConfig
from ppf_core.state.breaker import CircuitBreaker

Ppf = Callable[..., Any]

AT = 1_767_225_599.5  # 2025-12-31T23:59:59.500Z


def breaker(state: Path, component: str, pipeline: str = "flights") -> CircuitBreaker:
    config = CircuitBreakerConfig(failure_threshold=1, reset_timeout=timedelta(0))
    return CircuitBreaker(state, pipeline, component, config, lambda: AT)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with two open breakers of one pipeline."""
    for component in ("out", "load"):
        breaker(tmp_path, component).failed()
    return tmp_path


def left(ppf: Ppf, state: Path) -> list[str]:
    found = ppf("runs", "breakers", "--state-dir", state, "--json").document["breakers"]
    return [f"{each['pipeline']}/{each['component']}" for each in found]


def test_breakers_are_listed_with_who_tries_them(ppf: Ppf, state: Path) -> None:
    probe = breaker(state, "out")
    assert probe.admit("r1").allowed
    document = ppf("runs", "breakers", "--state-dir", state, "--json").document
    opened = {"pipeline": "flights", "failures": 1, "opened_at": "2025-12-31T23:59:59.500Z"}
    who = {"host": os.uname().nodename, "pid": os.getpid(), "since": "2025-12-31T23:59:59.500Z"}
    assert document["breakers"] == [
        {**opened, "component": "load", "state": "open", "probe": None},
        {**opened, "component": "out", "state": "half_open", "probe": who},
    ]
    assert document["reset"] == []
    table = [line.split() for line in ppf("runs", "breakers", "--state-dir", state).out.splitlines()]
    assert table[1] == ["flights", "load", "open", "1", "2025-12-31T23:59:59.500Z", "-"]
    assert table[2][5:] == ["process", str(os.getpid()), "on", *os.uname().nodename.split()]


def test_one_is_reset_by_its_component_or_in_full(ppf: Ppf, state: Path) -> None:
    answer = ppf("runs", "breakers", "--state-dir", state, "--reset", "out", "--json")
    assert answer.document["reset"] == [{"pipeline": "flights", "component": "out"}]
    assert [each["component"] for each in answer.document["breakers"]] == ["load"]
    answer = ppf("runs", "breakers", "--state-dir", state, "--reset", "flights/load")
    assert answer.err == "Closed the circuit breaker of flights/load.\n"
    assert answer.out == f"No circuit breaker has counted a failure in {state}.\n"


def test_all_are_reset_at_once(ppf: Ppf, state: Path) -> None:
    answer = ppf("runs", "breakers", "--state-dir", state, "--reset-all", "--json")
    assert [each["component"] for each in answer.document["reset"]] == ["load", "out"]
    assert left(ppf, state) == []


def test_resetting_all_closes_those_that_can_be_read_and_names_the_other(ppf: Ppf, state: Path) -> None:
    breaker(state, "in", "arrivals").failed()
    torn = state / "breakers" / "flights.json"
    torn.write_text("")
    answer = ppf("runs", "breakers", "--state-dir", state, "--reset-all", "--json")
    assert (answer.code, [each["component"] for each in answer.document["reset"]]) == (1, ["in"])
    assert f"{torn} holds no circuit breakers" in answer.document["problems"][0]["message"]
    assert [path.name for path in (state / "breakers").glob("*.json")] == [torn.name]


def test_an_unknown_name_has_its_near_miss_and_nothing_is_reset(ppf: Ppf, state: Path) -> None:
    answer = ppf("runs", "breakers", "--state-dir", state, "--reset", "out", "--reset", "laod")
    assert answer.code == 2
    assert "No circuit breaker of 'laod' has counted a failure.\n    Did you mean 'load'?" in answer.err
    answer = ppf("runs", "breakers", "--state-dir", state, "--reset", "fligths/out")
    assert "Did you mean 'flights/out'?" in answer.err
    assert left(ppf, state) == ["flights/load", "flights/out"]


def test_a_name_that_two_pipelines_have_must_be_said_in_full(ppf: Ppf, state: Path) -> None:
    breaker(state, "out", "arrivals").failed()
    answer = ppf("runs", "breakers", "--state-dir", state, "--reset", "out")
    assert answer.code == 2
    assert "'out' has a circuit breaker in several pipelines.\n    Name one: arrivals/out, flights/out." in answer.err
    ppf("runs", "breakers", "--state-dir", state, "--reset", "arrivals/out")
    assert left(ppf, state) == ["flights/load", "flights/out"]


def test_a_pipeline_file_says_where_they_lie_and_whose_they_are(ppf: Ppf, tmp_path: Path) -> None:
    file = tmp_path / "flights.conf"
    file.write_text("name = flights, runtime { state_dir = kept }, components { a { source = inline } }")
    for pipeline in ("flights", "arrivals"):
        breaker(tmp_path / "kept", "out", pipeline).failed()
    answer = ppf("runs", "breakers", "--pipeline", file, "--reset-all", "--json")
    assert answer.document["reset"] == [{"pipeline": "flights", "component": "out"}]
    assert left(ppf, tmp_path / "kept") == ["arrivals/out"]
    assert ppf("runs", "breakers", "--pipeline", file).out.startswith("No circuit breaker of flights has counted a failure")


def test_one_whose_file_is_torn_is_named_beside_the_others_and_can_be_reset_in_full(ppf: Ppf, state: Path) -> None:
    breaker(state, "in", "arrivals").failed()
    torn = state / "breakers" / "flights.json"
    torn.write_text("{")
    answer = ppf("runs", "breakers", "--state-dir", state, "--json")
    assert (answer.code, [each["component"] for each in answer.document["breakers"]]) == (1, ["in"])
    assert [str(torn) in problem["message"] for problem in answer.document["problems"]] == [True]
    table = ppf("runs", "breakers", "--state-dir", state)
    assert (table.code, table.out.splitlines()[1].split()[1]) == (1, "in")
    assert f"{torn} holds no circuit breakers of ppf" in table.err
    assert "all circuit breakers of 'flights' are closed then." in table.err
    assert ppf("runs", "breakers", "--state-dir", state, "--reset", "flights/out").code == 0
    assert left(ppf, state) == ["arrivals/in"]


def test_looking_at_a_state_directory_that_is_not_there_makes_none(ppf: Ppf, tmp_path: Path) -> None:
    assert ppf("runs", "breakers", "--state-dir", tmp_path / "none").code == 0
    assert list(tmp_path.iterdir()) == []
