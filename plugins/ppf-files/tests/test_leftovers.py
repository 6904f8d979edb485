"""What killed writers left is removed or completed by the next, and what is at work or may still be published is not."""

import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pyarrow.dataset as arrow
import pytest
from ppf_files import leases, leftovers
from ppf_files.leftovers import KEPT_FOR
from ppf_files.owner import EXPIRES_AFTER, Owner
from ppf_files.place import MARK, Place
from ppf_files.processes import Process
from ppf_files.sinks import ParquetSink
from pyspark.sql import SparkSession

from ppf_core import PpfError, TargetMoved
from ppf_core.storage import LocalFiles
from ppf_core.testing import build, context

LOGGER = logging.getLogger(__name__)
ENDED = replace(Process.this(), started="long ago")
AWAY = replace(Process.this(), host="far-away")


def opened(target: Path, run: str, process: Process) -> Place:
    place = Place(LocalFiles(), str(target), Owner("p", run, "out", f"w{run}_0", "0a", process))
    place.open()
    return place


def swept(target: Path) -> list[str]:
    """What is there after the next writer looked."""
    mine = opened(target, "mine", Process.this())
    leftovers.sweep(mine, LOGGER)
    leftovers.clear(mine, LOGGER)
    return sorted(each.name for each in target.parent.iterdir())


def age(path: str, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


@pytest.mark.parametrize(("process", "kept"), [(ENDED, False), (Process.this(), True), (AWAY, True)])
def test_an_unfinished_stage_is_removed_when_its_process_has_ended(process: Process, kept: bool, tmp_path: Path) -> None:
    left = opened(tmp_path / "out", "left", process)
    leases.take(left, left.lease)
    (tmp_path / left.stage).mkdir()
    assert swept(tmp_path / "out") == ([".out.ppf-lease", ".out.ppf-wleft_0"] if kept else [])


def test_an_unfinished_stage_of_another_host_is_removed_after_a_while_without_a_sign_of_life(tmp_path: Path) -> None:
    left = opened(tmp_path / "out", "left", AWAY)
    age(left.owner_file, EXPIRES_AFTER + 5)
    assert swept(tmp_path / "out") == []


@pytest.mark.parametrize(("seconds", "kept"), [(0, True), (KEPT_FOR - 60, True), (KEPT_FOR + 60, False)])
def test_a_complete_stage_stays_for_a_week(seconds: float, kept: bool, tmp_path: Path) -> None:
    left = opened(tmp_path / "out", "left", ENDED)
    left.finish(left.stage)
    age(f"{left.stage}/{MARK}", seconds)
    assert swept(tmp_path / "out") == ([".out.ppf-wleft_0"] if kept else [])


def test_a_complete_stage_of_a_running_process_stays_for_ever(tmp_path: Path) -> None:
    left = opened(tmp_path / "out", "left", Process.this())
    left.finish(left.stage)
    age(f"{left.stage}/{MARK}", 10 * KEPT_FOR)
    assert swept(tmp_path / "out") == [".out.ppf-wleft_0"]


@pytest.mark.parametrize("text", ["", '{"format"'])
def test_a_container_that_was_not_finished_is_removed(text: str, tmp_path: Path) -> None:
    (tmp_path / ".out.ppf-new-w0_0-0a1b2c3d").mkdir()
    (tmp_path / ".out.ppf-new-w0_0-0a1b2c3d" / "..owner.part").write_text(text)
    (tmp_path / ".out.ppf-w0_0" / ".stage-00").mkdir(parents=True)
    age(f"{tmp_path}/.out.ppf-w0_0", EXPIRES_AFTER + 9)
    assert swept(tmp_path / "out") == []


def test_a_container_that_is_swept_while_it_is_made_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, calls = LocalFiles.write, iter([True])

    def swept_at_once(files: LocalFiles, path: str, text: str) -> None:
        write(files, path, text)
        if next(calls, False):
            files.delete(str(Path(path).parent))

    monkeypatch.setattr(LocalFiles, "write", swept_at_once)
    place = opened(tmp_path / "out", "mine", Process.this())
    assert Owner.parse(Path(place.owner_file).read_text()) == place.owner


def test_containers_can_be_made_while_others_sweep_the_same_folder_all_the_time(tmp_path: Path) -> None:
    def sweep(number: int) -> None:
        for _ in range(40):
            place = opened(tmp_path / "out", f"r{number}", Process.this())
            leftovers.sweep(place, LOGGER)
            leftovers.clear(place, LOGGER)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(sweep, range(6)))
    assert list(tmp_path.iterdir()) == []


def test_what_belongs_to_other_targets_or_to_nobody_we_know_is_left_alone(tmp_path: Path) -> None:
    for target in ("out.ppf-x", "out2", "ou"):
        left = opened(tmp_path / target, "left", ENDED)
        leases.take(left, left.lease)
    (tmp_path / ".out.ppf-notes.txt").write_text("mine")
    (tmp_path / ".out.ppf-kept-0a").mkdir()
    before = sorted(each.name for each in tmp_path.iterdir())
    assert swept(tmp_path / "out") == before


def test_a_publish_that_was_cut_short_and_cannot_be_completed_is_told_to_its_own_run(
    spark: SparkSession, tmp_path: Path
) -> None:
    build(ParquetSink, path=str(tmp_path / "out")).write(context(spark, run_id="one"), spark.range(1))
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode="overwrite"), context(spark, run_id="two")
    ticket = sink.stage(here, spark.range(2))
    sink.close()
    place = Place(LocalFiles(), str(tmp_path / "out"), replace(Owner.of(here, ticket["token"]), process=ENDED))
    place.adopt()
    place.begin("overwrite", ticket)
    spark.range(7, 8).write.mode("append").parquet(str(tmp_path / "out"))
    build(ParquetSink, path=str(tmp_path / "out"), mode="append").write(context(spark, run_id="three"), spark.range(8, 9))
    assert ids(tmp_path / "out") == [0, 7, 8]
    with pytest.raises(TargetMoved):
        sink.publish(here, ticket)
    sink.discard(here, ticket)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_a_publish_that_was_cut_short_and_meets_an_obstacle_stops_the_next_run(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode="append"), context(spark, run_id="one")
    ticket = sink.stage(here, spark.range(2))
    sink.close()
    place = Place(LocalFiles(), str(tmp_path / "out"), replace(Owner.of(here, ticket["token"]), process=ENDED))
    place.adopt()
    leases.wait_for_turn(place)
    place.begin("append", ticket)
    more, more_here = build(ParquetSink, path=str(tmp_path / "out"), mode="append"), context(spark, run_id="two")
    with monkeypatch.context() as patched:
        patched.setattr(LocalFiles, "rename", refuse(LocalFiles.rename))
        with pytest.raises(
            PpfError, match=r"half-published by run 'one' of .*, which ended, and cannot be completed: .*is full"
        ):
            more.stage(more_here, spark.range(2, 3))
    more.write(more_here, spark.range(2, 3))
    assert ids(tmp_path / "out") == [0, 1, 2]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def refuse(move: Callable[[LocalFiles, str, str], None]) -> Callable[[LocalFiles, str, str], None]:
    def refusing(files: LocalFiles, source: str, target: str) -> None:
        if "/out/" in target:
            raise OSError(28, "The disk is full")
        move(files, source, target)

    return refusing


def ids(target: Path) -> list[int]:
    return sorted(arrow.dataset(target, format="parquet").to_table().column("id").to_pylist())


# Replaces a target and adds to it, again and again: 100 rows a time, all of one number. It never gets to its end.
ENDLESS = """
import itertools, logging, sys
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as parquet
from ppf_files import leases, leftovers, turns
from ppf_core.storage import fingerprint, outline
from ppf_core.storage import LocalFiles
from ppf_files.owner import Owner
from ppf_files.place import Place
from ppf_files.processes import Process

logger = logging.getLogger()
for number in itertools.count(int(sys.argv[2])):
    way = "append" if number % 3 else "overwrite"
    place = Place(LocalFiles(), sys.argv[1], Owner("p", f"r{number}", "out", f"w{number}_0", "0a", Process.this()))
    place.open()
    leftovers.sweep(place, logger)
    if way == "overwrite":
        leases.take(place, place.lease)
    seen = fingerprint(place.files.walk(place.target))
    Path(place.stage).mkdir()
    for part in range(4):
        parquet.write_table(pa.table({"id": [number] * 25}), f"{place.stage}/part-{part}.parquet")
    place.finish(place.stage)
    staged = place.files.walk(place.stage)
    ticket = {"seen": seen, "staged": outline(staged), "files": str(len(staged))}
    if number == int(sys.argv[2]):
        print("ready", flush=True)
    turns.publish(place, way, ticket, lambda: None, logger)
    leftovers.clear(place, logger)
"""


def test_a_process_that_is_really_killed_again_and_again_leaves_whole_writes_only(tmp_path: Path) -> None:
    """Every write is there with its 100 rows or not at all, once the next one has looked."""
    target, moment = tmp_path / "out", random.Random(7)  # noqa: S311 -- any moment will do
    for start in range(0, 30_000, 1000):
        with subprocess.Popen([sys.executable, "-c", ENDLESS, str(target), str(start)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(moment.uniform(0, 0.06))
            process.send_signal(signal.SIGKILL)
        names = swept(target)
        assert len([name for name in names if name.startswith(".out.ppf-w")]) <= start // 1000 + 1
        if target.exists():
            numbers = ids(target)
            assert {number: numbers.count(number) for number in numbers} == dict.fromkeys(numbers, 100)
