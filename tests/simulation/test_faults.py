"""Faults that the simulation has found, each as the smallest scenario that shows it."""

from dataclasses import replace

import pytest
from play import Play
from scenario import Act, Scenario
from simulated_world import Fault
from simulation import simulate

pytestmark = pytest.mark.usefixtures("simulated_plugins")


LUCK = {"check": "number", "name": "luck", "options": {"luck": True}, "action": "quarantine"}


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
            "z": {"sink": "plain", "options": {"target": "z"}, "inputs": ["t"]},
        },
        acts=(Act("run"),),
        tables={"a": 3},
        runtime={"on_failure": "continue"},
    )
    assert simulate(scenario).broken == ()


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
                "quality": [{"check": "amount", "options": {"most": 3}}],
            },
        },
        acts=(Act("run", faults=(Fault("x.stage", "raise"),)), Act("resume")),
        tables={"b": 2},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


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
            "x": {"sink": "plain", "options": {"target": "x"}, "inputs": ["a"]},
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


def test_a_secrets_backend_that_ends_the_program_is_told_in_words() -> None:
    scenario = Scenario(
        components={"a": {"source": "lines", "options": {"table": "a", "token": "secret://safe/key"}}},
        acts=(Act("run", faults=(Fault("safe.fetch", "exit"),)),),
        tables={"a": 0},
    )
    assert simulate(scenario).broken == ()


def test_rows_that_come_after_a_check_of_an_unpinned_source_are_not_judged() -> None:
    source = {
        "source": "lines",
        "options": {"table": "a", "pins": False},
        "quality": [{"check": "number", "options": {"bad": [1]}}],
    }
    scenario = Scenario(
        components={"a": source},
        acts=(Act("run", faults=(Fault("a.job+", "arrive"),)),),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()


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


def test_a_cursor_above_a_checkpoint_moves_when_a_resumed_run_shows_its_rows() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "cursor": True}},
            "b": {"source": "lines", "options": {"table": "b"}},
            "u": {"transform": "mix", "inputs": ["a"], "options": {}, "checkpoint": True},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["u"]},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["b"]},
        },
        acts=(Act("run", faults=(Fault("y.stage", "raise"),)), Act("resume"), Act("run")),
        tables={"a": 1, "b": 1},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_what_differs_each_time_is_computed_once_for_a_frame_check_and_two_sinks() -> None:
    scenario = Scenario(
        components={
            "a": {
                "source": "lines",
                "options": {"table": "a", "draws": True},
                "quality": [{"check": "few", "options": {"most": 3}}],
            },
            "x": {"sink": "plain", "options": {"target": "x"}, "inputs": ["a"]},
            "y": {"sink": "plain", "options": {"target": "y"}, "inputs": ["a"]},
        },
        acts=(Act("run"),),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()


def test_a_run_of_some_components_can_be_resumed_with_all() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}, "checkpoint": True},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["a"]},
        },
        acts=(Act("run", only=("y",)), Act("resume")),
        tables={"a": 1},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_a_resumed_run_shows_no_rows_that_a_check_rejected_above_a_checkpoint() -> None:
    scenario = Scenario(
        components={
            "b": {"source": "lines", "options": {"table": "b"}, "quality": [{"check": "amount", "options": {"most": 3}}]},
            "t": {"transform": "mix", "inputs": ["b"], "options": {}, "checkpoint": True},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["t"]},
        },
        acts=(Act("run"), Act("resume")),
        tables={"b": 4},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_a_signal_after_the_last_step_changes_nothing() -> None:
    scenario = Scenario(
        components={
            "a": {
                "source": "lines",
                "options": {"table": "a"},
                "quality": [{"check": "number", "options": {}, "action": "quarantine"}],
                "checkpoint": True,
            },
            "x": {"sink": "plain", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run"),),
        tables={"a": 0},
    )
    acts = [Act("run", faults=(Fault("step", "terminate", number),)) for number in range(60, 140)]
    assert not [broken for act in acts if (broken := simulate(replace(scenario, acts=(act,))).broken)]


def test_a_sink_sets_rows_apart_that_differ_each_time() -> None:
    scenario = Scenario(
        components={
            "b": {"source": "lines", "options": {"table": "b"}},
            "u": {"transform": "mix", "inputs": ["b"], "options": {"draws": True}},
            "y": {
                "sink": "staged",
                "options": {"target": "y"},
                "inputs": ["u"],
                "quality": [{**LUCK, "quarantine_to": "bad0"}],
            },
            "bad0": {"sink": "staged", "options": {"target": "bad0"}},
        },
        acts=(Act("run"),),
        tables={"b": 1},
    )
    assert simulate(scenario).broken == ()


def test_rows_that_cannot_be_counted_again_are_judged_where_no_plan_is_known() -> None:
    scenario = Scenario(
        components={
            "b": {"source": "lines", "options": {"table": "b", "pins": False}},
            "x": {
                "sink": "staged",
                "options": {"target": "x"},
                "inputs": ["b"],
                "quality": [{"check": "number", "options": {}}],
            },
        },
        acts=(Act("run"),),
        tables={"b": 1},
        plans=False,
    )
    assert simulate(scenario).broken == ()


def test_bad_rows_of_an_unstaged_sink_that_has_written_can_be_had_by_a_resumed_run() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "z": {
                "sink": "plain",
                "options": {"target": "z"},
                "inputs": ["a"],
                "quality": [{"check": "number", "options": {"bad": [1]}, "action": "quarantine", "quarantine_to": "bad0"}],
            },
            "bad0": {"sink": "staged", "options": {"target": "bad0"}},
        },
        acts=(Act("run", faults=(Fault("bad0.stage", "kill"),)), Act("resume")),
        tables={"a": 2},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_two_signals_leave_no_start_without_its_end() -> None:
    scenario = Scenario(
        components={"c": {"source": "lines", "options": {"table": "c"}}},
        acts=(Act("run"),),
        tables={"c": 0},
        hooks={"watcher": {}},
    )
    pairs = [(first, first + later) for first in range(10, 90) for later in (1, 3, 9, 20)]
    acts = [Act("run", faults=(Fault("step", "terminate", one), Fault("step", "terminate", two))) for one, two in pairs]
    assert not [broken for act in acts if (broken := simulate(replace(scenario, acts=(act,))).broken)]


def test_two_signals_leave_nothing_that_recovery_does_not_finish() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run"),),
        tables={"a": 0},
    )
    acts = [Act("run", faults=tuple(Fault("step", "terminate", number + each) for each in (0, 1))) for number in range(60, 120)]
    assert not [broken for act in acts if (broken := simulate(replace(scenario, acts=(act, Act("recover")))).broken)]


def test_the_record_of_a_recovered_run_has_all_that_was_shown() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["a"]},
        },
        acts=(Act("run"),),
        tables={"a": 1},
    )
    runs = [Act("run", faults=(Fault("step", "kill", number),)) for number in range(60, 110)]
    assert not [broken for act in runs if (broken := simulate(replace(scenario, acts=(act, Act("recover")))).broken)]


def test_a_run_that_goes_on_without_only_gives_the_slice_to_the_other_sinks() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "cursor": True}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
            "y": {"sink": "plain", "options": {"target": "y"}, "inputs": ["a"]},
        },
        acts=(Act("run", only=("y",)), Act("arrive", of="a", count=1), Act("resume"), Act("run")),
        tables={"a": 1},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_a_slice_that_another_run_has_shown_since_is_not_shown_again() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "cursor": True}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run", faults=(Fault("x.stage", "raise"),)), Act("arrive", of="a", count=1), Act("run"), Act("run")),
        tables={"a": 1},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_bad_rows_that_wait_hold_the_cursor() -> None:
    scenario = Scenario(
        components={
            "a": {
                "source": "lines",
                "options": {"table": "a", "cursor": True},
                "quality": [{"check": "number", "options": {"bad": [1]}, "action": "quarantine"}],
            },
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run", faults=(Fault("files.show", "raise"),)), Act("abandon"), Act("run")),
        tables={"a": 3},
        runtime={"on_failure": "continue"},
    )
    assert simulate(scenario).broken == ()


def test_bad_rows_that_were_given_up_hold_the_cursor_of_what_an_unstaged_sink_shows() -> None:
    check = {"check": "number", "options": {"bad": [0]}, "action": "quarantine"}
    scenario = Scenario(
        components={
            "b": {"source": "lines", "options": {"table": "b", "cursor": True}},
            "v": {"transform": "mix", "inputs": ["b"], "options": {}, "quality": [check]},
            "x": {"sink": "plain", "options": {"target": "x"}, "inputs": ["v"]},
        },
        acts=(Act("run"),),
        tables={"b": 1},
    )
    acts = [Act("run", faults=(Fault("disk", "broken", number),)) for number in range(15, 35)]
    assert not [broken for act in acts if (broken := simulate(replace(scenario, acts=(act,))).broken)]


def test_evidence_holds_no_cursor() -> None:
    checks = [{"check": "number", "options": {"bad": [1]}, "action": "quarantine"}, {"check": "amount", "options": {"most": 3}}]
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "cursor": True}},
            "t": {"transform": "mix", "inputs": ["a"], "options": {}, "quality": checks},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["a"]},
        },
        acts=(Act("run"),),
        tables={"a": 4},
        runtime={"on_failure": "continue"},
    )
    assert simulate(scenario).broken == ()


def test_bad_rows_that_were_given_up_can_be_had_where_their_good_ones_are_shown() -> None:
    check = {"check": "number", "options": {"bad": [0]}, "action": "quarantine"}
    scenario = Scenario(
        components={
            "b": {"source": "lines", "options": {"table": "b"}},
            "c": {"source": "lines", "options": {"table": "c"}, "quality": [check]},
            "x": {"sink": "plain", "options": {"target": "x"}, "inputs": ["c"]},
            "y": {"sink": "plain", "options": {"target": "y", "repeatable": True}, "inputs": ["b"]},
        },
        acts=(Act("run", faults=(Fault("y.write", "raise"),)), Act("resume")),
        tables={"b": 1, "c": 1},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_a_frame_that_is_kept_for_one_check_is_let_go_when_another_wants_its_rows_first() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "draws": True}},
            "t": {
                "transform": "mix",
                "inputs": ["a"],
                "options": {},
                "quality": [{"check": "few", "options": {"most": 20}}],
            },
            "x": {
                "sink": "staged",
                "options": {"target": "x"},
                "inputs": ["t"],
                "quality": [{"check": "number", "options": {}, "action": "quarantine", "quarantine_to": "bad0"}],
            },
            "bad0": {"sink": "staged", "options": {"target": "bad0"}},
        },
        acts=(Act("run"),),
        tables={"a": 0},
    )
    assert simulate(scenario).broken == ()


def test_a_replay_leaves_alone_what_shares_the_sink_of_bad_rows() -> None:
    scenario = Scenario(
        components={
            "b": {
                "source": "lines",
                "options": {"table": "b"},
                "quality": [{"check": "number", "options": {}, "action": "quarantine", "quarantine_to": "bad0"}],
            },
            "c": {"source": "lines", "options": {"table": "c"}},
            "u": {
                "transform": "mix",
                "inputs": ["c"],
                "options": {},
                "quality": [
                    {"check": "number", "options": {"bad": [1]}, "action": "quarantine", "quarantine_to": "bad0"},
                    {"check": "number", "options": {"broken": True}},
                ],
            },
            "bad0": {"sink": "staged", "options": {"target": "bad0"}},
        },
        acts=(Act("run"), Act("replay", of="u")),
        tables={"b": 1, "c": 2},
    )
    assert simulate(scenario).broken == ()


def test_a_signal_that_prevents_nothing_leaves_the_run_as_it_went() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}, "quality": [{"check": "number", "options": {"broken": True}}]},
            "b": {"source": "lines", "options": {"table": "b"}},
            "y": {
                "sink": "plain",
                "options": {"target": "y"},
                "inputs": ["b"],
                "quality": [{"check": "few", "options": {"most": 20}}],
            },
        },
        acts=(Act("run"),),
        tables={"a": 0, "b": 0},
        runtime={"on_failure": "continue"},
        hooks={"watcher": {}},
    )
    for step in range(80, 120, 3):
        signalled = replace(scenario, acts=(Act("run", faults=(Fault("step", "terminate", step),)),))
        assert simulate(signalled).broken == ()


def test_a_run_with_an_unstaged_sink_that_succeeded_can_be_resumed() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "z": {
                "sink": "plain",
                "options": {"target": "z"},
                "inputs": ["a"],
                "quality": [{"check": "number", "options": {"bad": [1]}, "action": "quarantine"}],
            },
        },
        acts=(Act("run"), Act("resume")),
        tables={"a": 2},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


def test_a_full_disk_leaves_no_end_without_its_start() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["a"]},
        },
        acts=(Act("run"),),
        tables={"a": 0},
        hooks={"watcher": {}},
    )
    acts = [Act("run", faults=(Fault("disk", "full", number),)) for number in range(60)]
    assert not [broken for act in acts if (broken := simulate(replace(scenario, acts=(act,))).broken)]


def test_the_record_has_the_exit_code_of_the_run_on_a_disk_that_breaks() -> None:
    scenario = Scenario(
        components={
            "a": {
                "source": "lines",
                "options": {"table": "a"},
                "quality": [{"check": "number", "options": {"bad": [0]}}],
            },
        },
        acts=(Act("run"),),
        tables={"a": 1},
    )
    acts = [Act("run", faults=(Fault("disk", "broken", number),)) for number in range(60)]
    assert not [broken for act in acts if (broken := simulate(replace(scenario, acts=(act,))).broken)]


def test_a_mark_that_the_disk_keeps_is_removed_by_the_next_run() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run"),),
        tables={"a": 1},
    )
    acts = [Act("run", faults=(Fault("disk", "broken", number),)) for number in range(20, 60)]
    assert not [broken for act in acts if (broken := simulate(replace(scenario, acts=(act, Act("run")))).broken)]


def test_a_sink_that_is_staged_twice_keeps_no_frame() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "pins": False}},
            "t": {
                "transform": "mix",
                "inputs": ["a"],
                "options": {},
                "quality": [{"check": "few", "options": {"most": 20}}],
            },
            "x": {
                "sink": "staged",
                "options": {"target": "x"},
                "inputs": ["t"],
                "quality": [{"check": "number", "options": {}, "action": "quarantine", "quarantine_to": "bad0"}],
            },
            "bad0": {"sink": "staged", "options": {"target": "bad0"}},
        },
        acts=(Act("run"),),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()


def test_nothing_is_marked_as_unfinished_after_a_full_disk() -> None:
    scenario = Scenario(
        components={
            "a": {
                "source": "lines",
                "options": {"table": "a"},
                "quality": [{"check": "number", "options": {"bad": [0]}, "action": "quarantine"}],
            },
            "x": {
                "sink": "staged",
                "options": {"target": "x"},
                "inputs": ["a"],
                "quality": [{"check": "number", "options": {"bad": [1]}}],
            },
        },
        acts=(Act("run"),),
        tables={"a": 2},
    )
    acts = [Act("run", faults=(Fault("disk", "full", number),)) for number in range(80)]
    assert not [broken for act in acts if (broken := simulate(replace(scenario, acts=(act,))).broken)]


def test_a_resumed_run_knows_that_bad_rows_were_shown_before() -> None:
    scenario = Scenario(
        components={
            "a": {
                "source": "lines",
                "options": {"table": "a"},
                "quality": [{"check": "number", "options": {"bad": [1]}, "action": "quarantine"}],
            },
            "x": {
                "sink": "plain",
                "options": {"target": "x"},
                "inputs": ["a"],
                "quality": [{"check": "number", "options": {"bad": [0]}}],
            },
        },
        acts=(Act("run", only=("a",)), Act("resume")),
        tables={"a": 2},
        hooks={"keeper": {}},
    )
    assert simulate(scenario).broken == ()


@pytest.mark.parametrize(("pins", "code"), [(True, 0), (False, 5)])
def test_bad_rows_of_a_sink_that_is_published_can_be_had_where_its_source_is_pinned(pins: bool, code: int) -> None:
    check = {"check": "number", "options": {"bad": [1]}, "action": "quarantine", "quarantine_to": "bad0"}
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a", "pins": pins}},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["a"], "quality": [check]},
            "bad0": {"sink": "staged", "options": {"target": "bad0", "mode": "overwrite"}},
        },
        acts=(Act("run", faults=(Fault("bad0.publish", "moved"),)), Act("resume")),
        tables={"a": 2},
        hooks={"keeper": {}},
    )
    play = Play(scenario)
    assert [play.act(act).exit_code for act in scenario.acts] == [1, code]
    assert [row.key for row in play.world.target("bad0").rows] == ["a:1"] * pins


@pytest.mark.parametrize(("place", "codes"), [("x.stage+", (1, 0)), ("x.publish", (0, 1)), ("x.publish+", (0, 1))])
def test_of_two_runs_at_once_one_shows_a_slice(place: str, codes: tuple[int, int]) -> None:
    source = {"source": "lines", "options": {"table": "a", "cursor": True}}
    sink = {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]}
    play = Play(Scenario(components={"a": source, "x": sink}, acts=(), tables={"a": 3}))
    first = play.act(Act("run", faults=(Fault(place, "run"),)))
    (second,) = play.beside
    assert (first.exit_code, second.exit_code) == codes
    refused = first if codes[0] else second
    assert refused.result is not None
    (problem,) = refused.result.problems
    assert (problem.code, problem.path) == ("cursor-moved", "components.a")
    assert [row.key for row in play.world.target("x").rows] == ["a:0", "a:1", "a:2"]
    assert (play.world.target("x").stages, first.cursors) == ({}, {"a": {"end": "3"}})
    assert play.act(Act("run")).exit_code == 0


def test_of_two_runs_at_once_the_later_one_moves_no_cursor_of_an_unstaged_sink_back() -> None:
    source = {"source": "lines", "options": {"table": "a", "cursor": True}}
    sink = {"sink": "plain", "options": {"target": "x"}, "inputs": ["a"]}
    play = Play(Scenario(components={"a": source, "x": sink}, acts=(), tables={"a": 3}))
    first = play.act(Act("run", faults=(Fault("a.read+", "run"),)))
    assert [first.exit_code, *(each.exit_code for each in play.beside)] == [1, 0]
    assert [row.key for row in play.world.target("x").rows] == ["a:0", "a:1", "a:2"]
    play.act(Act("arrive", of="a", count=1))
    late = play.act(Act("run", faults=(Fault("a.read+", "arrive"), Fault("x.write+", "run"))))
    assert late.result is not None
    assert [problem.code for problem in late.result.problems] == ["cursor-moved"]
    assert late.cursors == {"a": {"end": "5"}}


def folder_after(play: Play, *acts: Act) -> list[str]:
    """Which bad rows of `a` lie in its folder after some acts."""
    for act in acts:
        assert play.act(act).error == ""
    (folder,) = play.world.frames.values()
    return [row.key for row in folder.rows]


def test_bad_rows_that_were_shown_stay_when_their_run_is_resumed() -> None:
    check = {"check": "number", "options": {"bad": [0]}, "action": "quarantine"}
    source = {"source": "lines", "options": {"table": "a", "pins": False}, "quality": [check]}
    play = Play(Scenario(components={"a": source}, acts=(), tables={"a": 1}, hooks={"keeper": {}}))
    assert folder_after(play, Act("run")) == ["a:0"]
    assert folder_after(play, Act("arrive", of="a", count=5), Act("resume")) == ["a:0"]


def test_evidence_gives_way_to_the_bad_rows_of_a_resumed_run_that_passes() -> None:
    check = {"check": "number", "options": {"bad": [0]}, "action": "quarantine", "error_if": "> 50%"}
    source = {"source": "lines", "options": {"table": "a", "pins": False}, "quality": [check]}
    play = Play(Scenario(components={"a": source}, acts=(), tables={"a": 1}, hooks={"keeper": {}}))
    assert folder_after(play, Act("run")) == ["a:0"]
    assert folder_after(play, Act("arrive", of="a", count=5), Act("resume")) == ["a:0", "a:5"]


def test_bad_rows_that_a_sink_has_set_apart_are_there_for_whoever_keeps_them_after_a_rejection() -> None:
    check = {"check": "number", "options": {"by": 2, "bad": [1]}, "action": "quarantine", "error_if": "> 0"}
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}, "quality": [check]},
            "x": {"sink": "staged", "options": {"target": "x", "readable": True, "splits": True}, "inputs": ["a"]},
        },
        acts=(Act("run"),),
        tables={"a": 5},
    )
    assert simulate(scenario).broken == ()


def test_a_check_that_a_signal_ended_has_found_nothing() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "b": {"source": "lines", "options": {"table": "b"}},
            "x": {
                "sink": "staged",
                "options": {"target": "x"},
                "inputs": ["b"],
                "quality": [
                    {"check": "few", "options": {"most": 20}},
                    {"check": "number", "options": {"bad": [1]}, "action": "quarantine", "quarantine_to": "bad0"},
                ],
            },
            "bad0": {"sink": "staged", "options": {"target": "bad0"}},
        },
        acts=(Act("run"),),
        tables={"a": 0, "b": 2},
        runtime={"parallelism": 1},
        hooks={"watcher": {}},
    )
    for step in range(130, 150):
        signalled = replace(scenario, acts=(Act("run", faults=(Fault("step", "terminate", step),)),))
        assert simulate(signalled).broken == ()


def test_a_replay_leaves_alone_what_its_sinks_wait_for() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "b": {
                "source": "lines",
                "options": {"table": "b"},
                "quality": [{"check": "number", "options": {"bad": [1]}, "action": "quarantine"}],
            },
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["b"], "after": ["y"]},
            "y": {"sink": "staged", "options": {"target": "y"}, "inputs": ["a"]},
        },
        acts=(Act("run"), Act("replay", of="b")),
        tables={"a": 1, "b": 2},
    )
    assert simulate(scenario).broken == ()


def test_a_resumed_run_needs_no_bad_rows_where_an_unstaged_sink_found_none() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "x": {
                "sink": "plain",
                "options": {"target": "x"},
                "inputs": ["a"],
                "quality": [{"check": "number", "options": {}, "action": "quarantine", "quarantine_to": "bad0"}],
            },
            "bad0": {"sink": "staged", "options": {"target": "bad0"}},
        },
        acts=(Act("run", faults=(Fault("bad0.publish", "kill"),)), Act("resume")),
        tables={"a": 1},
        hooks={"keeper": {}},
    )
    acts = [Act("run", faults=(Fault("disk", "broken", number),)) for number in range(10, 30)]
    assert not [broken for act in acts if (broken := simulate(replace(scenario, acts=(act, Act("resume")))).broken)]


def test_a_plugin_that_ends_the_program_ends_no_recovery() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run", faults=(Fault("x.publish", "kill"),)), Act("recover", faults=(Fault("x.publish", "exit"),))),
        tables={"a": 1},
    )
    assert simulate(scenario).broken == ()


def test_a_sink_that_waits_for_an_unstaged_one_writes_no_rows_that_its_check_rejects() -> None:
    scenario = Scenario(
        components={
            "a": {"source": "lines", "options": {"table": "a"}},
            "b": {"source": "lines", "options": {"table": "b"}},
            "u": {"transform": "mix", "inputs": ["a"], "options": {}, "after": ["x"]},
            "x": {"sink": "plain", "options": {"target": "x"}, "inputs": ["b"]},
            "y": {
                "sink": "plain",
                "options": {"target": "y"},
                "inputs": ["u"],
                "quality": [{"check": "number", "options": {"bad": [1]}}],
            },
        },
        acts=(Act("run"),),
        tables={"a": 2, "b": 1},
    )
    assert simulate(scenario).broken == ()


def test_a_replay_that_was_killed_is_not_the_last_run_to_resume() -> None:
    scenario = Scenario(
        components={
            "a": {
                "source": "lines",
                "options": {"table": "a"},
                "quality": [{"check": "number", "options": {"bad": [0]}, "action": "quarantine"}],
            },
            "x": {"sink": "staged", "options": {"target": "x"}, "inputs": ["a"]},
        },
        acts=(Act("run"),),
        tables={"a": 1},
        hooks={"keeper": {}},
    )
    for step in range(1, 50):
        replay = Act("replay", of="a", faults=(Fault("step", "kill", step),))
        assert simulate(replace(scenario, acts=(Act("run"), replay, Act("resume")))).broken == ()
