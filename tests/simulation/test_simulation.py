"""Scenarios by the hundred, each played on the real kernel, with what it does held against the reference model.

A fault that is found is made small and printed as Python, to be pasted into a test of its own.
"""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest
from generator import generate, shrink
from scenario import Scenario
from simulation import Outcome, simulate
from stream_generator import generate_stream

ALL = os.environ.get("PPF_FAULTS") == "all"
COUNT = 20_000 if ALL else int(os.environ.get("PPF_SCENARIOS", "500"))
PORTION = 125
KINDS = {"batch": generate, "stream": generate_stream}


def look(kind: str, first: int, last: int) -> tuple[str | None, int]:
    """The first fault that these seeds show, as a text; and how many scenarios ran."""
    played = 0
    for seed in range(first, last):
        scenario = KINDS[kind](seed)
        outcome = simulate(scenario)
        played += outcome is not None
        if outcome is not None and outcome.broken:
            return reproduction(scenario, outcome, f"{kind} {seed}"), played
    return None, played


def reproduction(scenario: Scenario, outcome: Outcome, seed: str) -> str:
    """The smallest scenario that breaks a promise like this one, as a test."""

    def fails(smaller: Scenario) -> bool:
        found = simulate(smaller)
        return found is not None and bool(found.kinds & outcome.kinds)

    small = shrink(scenario, fails)
    found = simulate(small)
    broken = found.broken if found is not None else outcome.broken
    return "\n".join(
        [f"Seed {seed} breaks a promise:", *(f"  {text}" for text in broken), f"assert simulate({small!r}).broken == ()"]
    )


@pytest.mark.usefixtures("simulated_plugins")
def test_no_scenario_breaks_a_promise() -> None:
    share = COUNT // len(KINDS)
    portions = [(kind, first, min(first + PORTION, share)) for first in range(0, share, PORTION) for kind in KINDS]
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(look, *zip(*portions, strict=True)))
    texts = [text for text, _ in found if text is not None]
    assert not texts, "\n\n".join(texts)
    assert sum(played for _, played in found) > 0.8 * COUNT
