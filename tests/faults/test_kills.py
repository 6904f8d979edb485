"""A slow run is killed for real, at random moments, while another reader polls: nothing is lost, doubled, mixed or left."""

import random
from pathlib import Path

import pytest
from books import Findings
from killing import Account, Alone, Killer
from points import EVERY_POINT, KILLS, KILLS_WITH_JVM
from polling import polling
from pyspark.sql import SparkSession
from scene import Scene

_SEED = 5
# A new scene begins after so many kills, so that what only grows can still be read at every look.
_KILLS_PER_SCENE = 25
# How slow one row of eight is, and how long a run of its own takes from when Spark is ready.
_SLOW = 0.02
_SECONDS_WITH_JVM = 8.0


def test_kills_at_random_moments_lose_double_mix_and_leave_nothing(
    quiet_spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, account = seeded(), Account()
    for number in range(-(-KILLS // _KILLS_PER_SCENE)):
        until = min(KILLS, account.kills + _KILLS_PER_SCENE)
        scene = Scene.new(tmp_path / f"scene-{number}", _SLOW)
        with polling(scene.folder) as poll:
            killer = Killer(scene, quiet_spark, chance, account)
            while account.kills < until:
                killer.strike()
        account.add(killer.books.findings)
        account.reads, account.gone = account.reads + poll.seen.reads, account.gone + poll.seen.gone
        account.findings.mixed += poll.seen.wrong
    tell(account, capsys)
    assert account.findings == Findings()
    assert account.reads > account.kills


def test_a_run_that_is_killed_with_its_jvm_loses_and_leaves_nothing(
    quiet_spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, account = seeded(), Account()
    scene = Scene.new(tmp_path / "scene", _SLOW)
    alone = Alone(scene, chance, _SECONDS_WITH_JVM)
    with polling(scene.folder) as poll:
        killer = Killer(scene, quiet_spark, chance, account)
        while account.kills < KILLS_WITH_JVM:
            killer.strike(alone.kill)
    account.add(killer.books.findings)
    account.reads, account.gone = poll.seen.reads, poll.seen.gone
    account.findings.mixed += poll.seen.wrong
    tell(account, capsys)
    assert account.findings == Findings()


def seeded() -> random.Random:
    """The same moments each time, as far as the machine is as fast each time."""
    return random.Random(_SEED)  # noqa: S311 -- no secret


def tell(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """The table, for those who run all of it."""
    if EVERY_POINT:
        with capsys.disabled():
            print(f"\n{account.table}")  # noqa: T201 -- this is what `tox -e faults` is for
