"""What checks cost, counted in Spark's event log. An action is one SQL execution; Spark makes more than one job of some."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

Costs = dict[str, dict[str, int]]
ROWS = 10_000


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> Costs:
    command = [sys.executable, Path(__file__).with_name("costs.py"), tmp_path_factory.mktemp("costs")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: Costs = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", ["staged", "sink"])
def test_what_goes_straight_into_a_staged_sink_is_checked_in_its_write(costs: Costs, name: str) -> None:
    assert costs[name] == costs["bare"]
    assert costs["bare"]["read"] == ROWS


@pytest.mark.parametrize("name", ["staged-bad", "dropped"])
def test_one_action_more_where_a_row_is_bad(costs: Costs, name: str) -> None:
    assert costs[name]["actions"] == costs["bare"]["actions"] + 1


def test_bad_rows_alone_are_read_again_where_a_sink_writes_them_with_the_good_ones(costs: Costs) -> None:
    assert costs["dear-dropped"]["read"] == ROWS + 10
    assert costs["dear-set-apart"]["read"] == ROWS + 3 * 10  # counted, written once more, and counted there


def test_rows_that_are_read_again_for_little_are_not_parted(costs: Costs) -> None:
    assert costs["dropped"]["read"] == costs["staged-bad"]["read"] == 2 * ROWS
    assert costs["set-apart"]["read"] == 3 * ROWS + 10


def test_otherwise_one_action_counts_for_all_row_and_aggregate_checks(costs: Costs) -> None:
    assert costs["between"]["actions"] == costs["between-bare"]["actions"] + 1
    assert costs["unread"]["actions"] == costs["unread-bare"]["actions"] + 1
    assert costs["between-bad"]["actions"] == costs["between-bare"]["actions"] + 2


def test_a_frame_that_is_computed_once_is_counted_by_the_same_action(costs: Costs) -> None:
    assert costs["shared"] == costs["shared-bare"]


def test_unique_is_one_action(costs: Costs) -> None:
    assert costs["keys"]["actions"] == costs["bare"]["actions"] + 1


def test_keys_are_looked_at_once_whatever_the_order_of_their_columns(costs: Costs) -> None:
    assert costs["same-keys"]["actions"] == costs["bare"]["actions"] + 1
    assert costs["other-keys"]["actions"] == costs["bare"]["actions"] + 2


def test_references_are_looked_up_once_whatever_the_order_of_their_pairs(costs: Costs) -> None:
    assert costs["same-references"]["actions"] == costs["references-bare"]["actions"] + 1
    assert costs["other-references"]["actions"] == costs["references-bare"]["actions"] + 2
