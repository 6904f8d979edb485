"""Faults that the simulation has found, each as the smallest scenario that shows it."""

import pytest
from scenario import Act, Scenario
from simulated_world import Fault
from simulation import simulate

pytestmark = pytest.mark.usefixtures("simulated_plugins")


def unmended(reason: str) -> pytest.MarkDecorator:
    """A fault that is known; once it is mended, its test says so."""
    return pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)


def test_rows_that_a_check_rejects_are_not_shown_below_another_transform() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "t": {
                "transform": "mix",
                "inputs": ["a"],
                "options": {},
                "quality": [{"check": "number", "options": {"bad": [1]}}],
            },
            "u": {"transform": "mix", "inputs": ["t"], "options": {}},
            "z": {"sink": "staged", "options": {"target": "z"}, "inputs": ["u"]},
        },
        acts=(Act("run"),),
        tables={"a": 2},
        runtime={"on_failure": "continue"},
    )
    assert simulate(scenario).broken == ()


def test_rows_that_a_check_rejects_are_not_written_by_an_unstaged_sink() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}, "quality": [{"check": "number", "options": {"bad": [1]}}]},
            "t": {"transform": "mix", "inputs": ["a"], "options": {}},
            "z": {"sink": "direct", "options": {"target": "z"}, "inputs": ["t"]},
        },
        acts=(Act("run"),),
        tables={"a": 3},
        runtime={"on_failure": "continue"},
    )
    assert simulate(scenario).broken == ()


@unmended("issue 11, fault 2")
def test_a_recovered_publish_moves_the_cursor() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "cursor": True}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run", faults=(Fault("x.publish", "raise"),)), Act("recover"), Act("run")),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()


@unmended("issue 11, fault 3")
def test_a_cursor_waits_for_the_sinks_that_were_not_asked_for() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "cursor": True}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["a"]},
        },
        acts=(Act("run", only=("x",)),),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()


def test_bad_rows_that_a_sink_takes_can_be_had_from_a_checkpoint() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "v": {
                "transform": "mix",
                "inputs": ["a"],
                "options": {},
                "checkpoint": True,
                "quality": [{"check": "number", "options": {}, "action": "quarantine", "quarantine_to": "bad0"}],
            },
            "bad0": {"sink": "staged", "options": {"target": "bad0"}},
        },
        acts=(Act("run", faults=(Fault("watcher.ppf_quality_result", "raise"),)), Act("resume")),
        tables={"a": 1},
        hooks={"keeper": {}, "watcher": {"required": True}},
    )
    assert simulate(scenario).broken == ()


def test_bad_rows_of_a_checkpointed_component_are_kept_by_the_run_that_goes_on() -> None:
    scenario = Scenario(
        components={
            "a": {
                "source": "lines",
                "options": {"table": "a"},
                "checkpoint": True,
                "quality": [{"check": "number", "options": {"bad": [1]}, "action": "quarantine"}],
            },
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run", faults=(Fault("x.stage", "raise"),)), Act("resume")),
        tables={"a": 3},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_a_run_goes_on_where_checks_lie_below_a_checkpoint() -> None:
    scenario = Scenario(
        components={
            "b": {"source": "lines", "options": {"table": "b"}},
            "v": {"transform": "mix", "inputs": ["b"], "options": {}, "checkpoint": True},
            "x": {
                "sink": "staged",
                "options": {"target": "x"},
                "inputs": ["v"],
                "quality": [{"check": "total", "options": {"most": 3}}],
            },
        },
        acts=(Act("run", faults=(Fault("x.stage", "raise"),)), Act("resume")),
        tables={"b": 2},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


@unmended("issue 11, fault 5")
def test_a_recovery_that_shows_one_sink_of_two_is_no_success() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "x": {"sink": "staged", "options": {"target": "x", "mode": "overwrite"}, "inputs": ["a"]},
            "y": {"sink": "staged", "options": {"target": "y", "mode": "overwrite"}, "inputs": ["a"]},
        },
        acts=(Act("run", faults=(Fault("x.publish", "kill"),)), Act("recover", faults=(Fault("y.publish", "moved"),))),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()


def test_a_replay_feeds_a_union_nothing_but_the_replayed_rows() -> None:
    scenario = Scenario(
        components={
            "a": {
                "source": "lines",
                "options": {"table": "a"},
                "quality": [{"check": "number", "options": {"bad": [1]}, "action": "quarantine"}],
            },
            "b": {"source": "lines", "options": {"table": "b"}},
            "t": {"transform": "mix", "inputs": ["a", "b"], "options": {}},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["t"]},
        },
        acts=(Act("run"), Act("replay", of="a")),
        tables={"a": 2, "b": 1},
    )
    assert simulate(scenario).broken == ()


@unmended("issue 11, fault 7")
def test_the_next_run_shows_what_sinks_without_datasets_have_left_to_show() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "x": {"sink": "staged", "options": {"target": "x", "mode": "overwrite", "tells": False}, "inputs": ["a"]},
            "y": {"sink": "staged", "options": {"target": "y", "mode": "overwrite", "tells": False}, "inputs": ["a"]},
        },
        acts=(Act("run", faults=(Fault("y.publish", "raise"),)), Act("run")),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()


def test_a_secrets_backend_that_cannot_be_closed_leaves_a_good_run_good() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "token": "secret://safe/key"}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run", faults=(Fault("safe.close", "raise"),)),),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()


def test_a_signal_after_the_commit_of_a_resumed_run_changes_nothing() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "x": {"sink": "direct", "options": {"target": "x"}, "inputs": ["a"]},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["a"]},
        },
        acts=(
            Act("run", faults=(Fault("y.publish", "raise"),)),
            Act("resume", faults=(Fault("y.publish+", "interrupt"),)),
        ),
        tables={"a": 1},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


@pytest.mark.parametrize("place", ["a.close", "a.ping"])
def test_a_plugin_that_ends_the_program_ends_no_run(place: str) -> None:
    scenario = Scenario(
        components={"a": {"source": "lines", "options": {"table": "a"}}},
        acts=(Act("run", faults=(Fault(place, "exit"),)),),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()


@unmended("a cursor moves by `after`")
def test_a_cursor_of_which_no_sink_gets_rows_stays() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}, "after": ["b"]},
            "b": {"source": "lines", "options": {"table": "b", "cursor": True}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run"),),
        tables={"a": 0, "b": 1},
    )
    assert simulate(scenario).broken == ()


def test_a_replay_leaves_alone_what_gets_none_of_its_rows() -> None:
    scenario = Scenario(
        components={
            "a": {
                "source": "lines",
                "options": {"table": "a"},
                "quality": [{"check": "number", "options": {"bad": [1]}, "action": "quarantine"}],
            },
            "b": {"source": "lines", "options": {"table": "b"}, "after": ["a"]},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["b"]},
        },
        acts=(Act("run"), Act("replay", of="a")),
        tables={"a": 2, "b": 1},
    )
    assert simulate(scenario).broken == ()


def test_a_run_that_succeeded_can_be_resumed() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}, "after": ["b"]},
            "b": {"source": "lines", "options": {"table": "b"}, "checkpoint": True},
        },
        acts=(Act("run"), Act("resume")),
        tables={"a": 1, "b": 1},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_the_record_of_a_resumed_run_keeps_what_was_published_before() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run"), Act("resume", faults=(Fault("keeper.ppf_checkpoint_save", "raise"),))),
        tables={"a": 1},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_a_checkpoint_that_cannot_be_loaded_is_told_in_words() -> None:
    scenario = Scenario(
        components={"a": {"source": "lines", "options": {"table": "a"}}},
        acts=(Act("run"), Act("resume", faults=(Fault("keeper.ppf_checkpoint_load", "raise"),))),
        tables={"a": 1},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_checks_above_a_sink_that_tells_no_count_are_evaluated() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "pins": False}},
            "x": {
                "sink": "staged",
                "options": {"target": "x", "counts": False},
                "inputs": ["a"],
                "quality": [{"check": "number", "options": {}}],
            },
        },
        acts=(Act("run"),),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()
