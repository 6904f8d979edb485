"""Counts are exact when Spark does part of the work twice: a stage that lost its shuffle files, a task that failed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("again.py")


def ran(folder: Path, scenario: str) -> dict[str, Any]:
    command = [sys.executable, SCRIPT, folder, scenario]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return ran(tmp_path_factory.mktemp("lost"), "lost")


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return ran(tmp_path_factory.mktemp("failed"), "failed")


def test_an_observation_alone_counts_the_rows_of_a_lost_stage_twice(lost: dict[str, Any]) -> None:
    assert (lost["naive"], lost["deleted"]) == (200_000, [1, 1, 1, 1])


@pytest.mark.parametrize("scenario", ["lost", "failed"])
@pytest.mark.parametrize(
    ("action", "out", "quarantined"), [("warn", 100_000, None), ("drop", 99_900, None), ("quarantine", 99_900, 100)]
)
def test_counts_and_rows_are_exact_all_the_same(
    request: pytest.FixtureRequest, scenario: str, action: str, out: int, quarantined: int | None
) -> None:
    found = request.getfixturevalue(scenario)[action]
    assert found["told"] == [["warned", 100, 100_000, None], ["passed", None, None, 100_000.0]]
    assert (found["status"], found["out"], found["quarantined"]) == ("success", out, quarantined)
