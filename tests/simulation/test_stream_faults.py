"""Faults that the simulation has found in streams, each as a small scenario, and deaths at every effect of one of them."""

import os
from collections.abc import Mapping
from typing import Any

import pytest
from scenario import Act, Scenario
from simulated_world import Fault
from simulation import simulate

pytestmark = pytest.mark.usefixtures("simulated_plugins")

STRIDE = 1 if os.environ.get("PPF_FAULTS") == "all" else 9
STAGED = {"sink": "staged", "inputs": ["a"], "trigger": "available_now"}
KEEPS = {"check": "number", "options": {"bad": [1]}, "action": "quarantine"}
PAIR: Mapping[str, Mapping[str, Any]] = {
    "a": {"source": "feed", "options": {"table": "a", "most": 2}, "quality": [KEEPS]},
    "x": {**STAGED, "options": {"target": "x"}},
    "y": {**STAGED, "options": {"target": "y"}},
}


def broken(*acts: Act, components: Mapping[str, Mapping[str, Any]] = PAIR, rows: int = 3) -> tuple[str, ...]:
    """The promises that a stream breaks."""
    outcome = simulate(Scenario(components=components, acts=acts, tables={"a": rows}, mode="streaming"))
    assert outcome is not None
    return outcome.broken


def test_a_rejected_batch_of_which_evidence_was_kept_is_tried_again() -> None:
    few = {"check": "amount", "options": {"most": 1}}
    components = {**PAIR, "a": {**PAIR["a"], "quality": [few, KEEPS]}}
    assert broken(Act("run"), Act("run"), components=components) == ()


def test_bad_rows_that_a_dead_stream_had_staged_are_removed_by_the_next_run() -> None:
    assert broken(Act("run", faults=(Fault("x.stage+", "kill"),)), Act("run")) == ()


@pytest.mark.parametrize("place", ["x.holds_rows", "a.read_stream"])
def test_a_plugin_that_ends_the_process_before_a_stream_begins_only_fails_the_run(place: str) -> None:
    assert broken(Act("fresh", faults=(Fault(place, "exit"),)), Act("run")) == ()


def test_an_interrupt_at_any_time_leaves_a_stream_that_goes_on() -> None:
    again = (Act("arrive", of="a", count=2), Act("run"))
    found = {step: broken(Act("run", faults=(Fault("step", "interrupt", step),)), *again) for step in range(1, 420, 2 * STRIDE)}
    assert {step: texts for step, texts in found.items() if texts} == {}


@pytest.mark.parametrize("what", ["killed within", "killed after", "full"])
def test_after_trouble_at_any_effect_of_the_disk_no_batch_is_lost_or_shown_twice(what: str) -> None:
    again = (Act("recover"), Act("arrive", of="a", count=2), Act("run"))
    found = {effect: broken(Act("run", faults=(Fault("disk", what, effect),)), *again) for effect in range(0, 120, STRIDE)}
    assert {effect: texts for effect, texts in found.items() if texts} == {}
