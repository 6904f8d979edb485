"""One replaces a target at a time, the others hear at once; those who add wait for each other."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.dataset as arrow
import pytest
from ppf_files import leases
from ppf_files.heartbeat import Heartbeat
from ppf_files.owner import EXPIRES_AFTER, Owner
from ppf_files.place import Place
from ppf_files.processes import Process
from ppf_files.sinks import ParquetSink
from pyspark.sql import SparkSession

from ppf_core import PpfError, TargetMoved
from ppf_core.storage import LocalFiles
from ppf_core.testing import build, context

DYNAMIC = {"mode": "overwrite", "partition_by": ["k"], "partition_overwrite": "dynamic"}
# Another process, from another pipeline with another state directory: it stages as sinks do, then waits.
OTHER = """
import sys, time
from ppf_files import leases
from ppf_core.storage import LocalFiles
from ppf_files.owner import Owner
from ppf_files.place import Place
from ppf_files.processes import Process
place = Place(LocalFiles(), sys.argv[1], Owner("theirs", "nightly", "out", "w1_0", "00", Process.this()))
place.open()
for path in map(place.beside, sys.argv[2:]):
    leases.take(place, path)
print("ready", flush=True)
time.sleep(600)
"""


@contextmanager
def other(target: Path, *held: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", OTHER, str(target), *held]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def place_of(target: Path, run: str = "mine", process: Process | None = None) -> Place:
    return Place(LocalFiles(), str(target), Owner("p", run, "out", f"w{run}_0", "0a", process or Process.this()))


def opened(target: Path, run: str = "mine", process: Process | None = None) -> Place:
    place = place_of(target, run, process)
    place.open()
    return place


def ids(target: Path) -> list[int]:
    return sorted(arrow.dataset(target, format="parquet", partitioning="hive").to_table().column("id").to_pylist())


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("mode", ["overwrite", "error", "ignore"])
def test_a_second_run_that_replaces_a_target_ends_before_it_stages(mode: str, spark: SparkSession, tmp_path: Path) -> None:
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode=mode), context(spark, run_id="two")
    with other(tmp_path / "out", "lease") as process:
        before = names(tmp_path)
        with pytest.raises(PpfError, match=rf"run 'nightly' of pipeline 'theirs' \(process {process.pid} on host") as told:
            sink.stage(here, spark.range(1).selectExpr("raise_error('staged') AS id"))
        assert told.value.hint == "Try again when that run has ended. If there is no such run any more, remove that file."
        sink.discard(here, None)
        assert names(tmp_path) == before


@pytest.mark.parametrize("mode", ["overwrite", "error", "ignore"])
def test_the_lease_of_a_killed_process_is_taken_over_and_all_it_left_is_removed(
    mode: str, spark: SparkSession, tmp_path: Path
) -> None:
    with other(tmp_path / "out", "lease", "turn") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    build(ParquetSink, path=str(tmp_path / "out"), mode=mode).write(context(spark), spark.range(2))
    assert ids(tmp_path / "out") == [0, 1]
    assert names(tmp_path) == ["out"]


def test_two_runs_of_one_process_are_two_runs(spark: SparkSession, tmp_path: Path) -> None:
    one, two = (build(ParquetSink, path=str(tmp_path / "out"), mode="overwrite") for _ in range(2))
    ticket = one.stage(context(spark, run_id="one"), spark.range(1))
    with pytest.raises(PpfError, match="is being written by run 'one'"):
        two.stage(context(spark, run_id="two"), spark.range(2))
    one.publish(context(spark, run_id="one"), ticket)
    two.write(context(spark, run_id="two"), spark.range(2))
    assert ids(tmp_path / "out") == [0, 1]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("ends", ["publish", "discard", "failure"])
def test_the_lease_ends_with_the_write(ends: str, spark: SparkSession, tmp_path: Path) -> None:
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode="overwrite"), context(spark, run_id="one")
    if ends == "failure":
        with pytest.raises(Exception, match="no column"):
            build(ParquetSink, path=str(tmp_path / "out"), mode="overwrite", sort_by=["x"]).stage(here, spark.range(1))
    else:
        ticket = sink.stage(here, spark.range(1))
        assert ".out.ppf-lease" in names(tmp_path)
        getattr(sink, ends)(here, ticket)
    assert not [name for name in names(tmp_path) if name != "out"]


def test_a_retry_of_the_same_write_takes_its_own_lease(spark: SparkSession, tmp_path: Path) -> None:
    sink = build(ParquetSink, path=str(tmp_path / "out"), mode="overwrite")
    sink.stage(context(spark), spark.range(1))
    sink.write(context(spark, attempt=2), spark.range(2))
    assert ids(tmp_path / "out") == [0, 1]
    assert names(tmp_path) == ["out"]


def test_another_process_under_the_same_run_id_is_not_taken_for_a_retry(spark: SparkSession, tmp_path: Path) -> None:
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode="append"), context(spark)
    with other(tmp_path / "out") as process:
        twin = place_of(tmp_path / "out")
        owner = replace(place_of(tmp_path / "out").owner, write_id=str(here.write_id), process=their(process))
        twin = replace(twin, owner=owner)
        twin.open()
        before = names(tmp_path)
        with pytest.raises(PpfError, match="under the same run id"):
            sink.stage(here, spark.range(1))
        sink.discard(here, None)
        assert names(tmp_path) == before


def their(process: subprocess.Popen[str]) -> Process:
    values = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return replace(Process.this(), pid=process.pid, started=values[19])


def test_who_adds_is_not_refused_while_another_replaces_and_the_later_one_is_told(spark: SparkSession, tmp_path: Path) -> None:
    first = build(ParquetSink, path=str(tmp_path / "out"))
    first.write(context(spark, run_id="first"), spark.range(1))
    over, over_here = build(ParquetSink, path=str(tmp_path / "out"), mode="overwrite"), context(spark, run_id="over")
    ticket = over.stage(over_here, spark.range(10, 12))
    build(ParquetSink, path=str(tmp_path / "out"), mode="append").write(context(spark, run_id="more"), spark.range(1, 3))
    with pytest.raises(TargetMoved, match="was changed by somebody else"):
        over.publish(over_here, ticket)
    over.discard(over_here, ticket)
    assert ids(tmp_path / "out") == [0, 1, 2]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("options", [{"mode": "append", "partition_by": ["k"]}, DYNAMIC])
def test_many_that_add_all_succeed(options: dict[str, Any], spark: SparkSession, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def add(number: int) -> None:
        sink, here = build(ParquetSink, path=str(tmp_path / "out"), **options), context(spark, run_id=f"run{number}")
        try:
            sink.write(here, spark.sql(f"SELECT {number} AS id, {number} AS k"))
        except BaseException as error:  # noqa: BLE001 -- raised below, in the thread of the test
            failures.append(error)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert ids(tmp_path / "out") == [0, 1, 2, 3, 4, 5]
    assert names(tmp_path) == ["out"]


def test_who_waits_too_long_for_its_turn_may_publish_later(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "PATIENCE", 0.3)
    sink, here = build(ParquetSink, path=str(tmp_path / "out"), mode="append"), context(spark)
    ticket = sink.stage(here, spark.range(2))
    with other(tmp_path / "out", "turn"), pytest.raises(PpfError, match="is being published by run 'nightly'"):
        sink.publish(here, ticket)
    assert not (tmp_path / "out").exists()
    sink.publish(here, ticket)
    assert ids(tmp_path / "out") == [0, 1]


def test_only_one_of_many_takes_a_lease_whose_holder_ended(tmp_path: Path) -> None:
    ended = opened(tmp_path / "out", "ended", replace(Process.this(), started="long ago"))
    leases.take(ended, ended.lease)
    runs = [opened(tmp_path / "out", f"run{number}") for number in range(8)]
    together, taken = threading.Barrier(len(runs)), []

    def take(place: Place) -> None:
        together.wait()
        try:
            leases.take(place, place.lease)
        except leases.Held:
            return
        taken.append(place.owner)

    threads = [threading.Thread(target=take, args=(place,)) for place in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [Owner.parse(Path(ended.lease).read_text())]


def test_a_running_process_of_this_host_holds_whatever_the_clock_says(tmp_path: Path) -> None:
    with other(tmp_path / "out", "lease"):
        for seconds in (-10 * EXPIRES_AFTER, 10 * EXPIRES_AFTER):
            os.utime(tmp_path / ".out.ppf-lease", (time.time() + seconds,) * 2)
            mine = opened(tmp_path / "out", f"run{seconds < 0:d}")
            with pytest.raises(leases.Held):
                leases.take(mine, mine.lease)


@pytest.mark.parametrize("text", [None, "{", '{"format": 2}'])
def test_a_lease_of_another_host_or_version_holds_until_it_gave_no_sign_of_life_for_long(
    text: str | None, tmp_path: Path
) -> None:
    theirs = opened(tmp_path / "out", "theirs", replace(Process.this(), host="far-away", pid=1))
    leases.take(theirs, theirs.lease)
    if text is not None:
        (tmp_path / ".out.ppf-lease").write_text(text)
    mine = opened(tmp_path / "out")
    with pytest.raises(leases.Held, match="Without a sign of life it ends 10 minutes after the last one"):
        leases.take(mine, mine.lease)
    os.utime(theirs.lease, (time.time() - EXPIRES_AFTER - 5,) * 2)
    assert leases.take(mine, mine.lease)
    assert Owner.parse(Path(mine.lease).read_text()) == mine.owner


def test_signs_of_life_renew_what_others_look_at_and_nothing_of_others(tmp_path: Path) -> None:
    mine = opened(tmp_path / "out")
    theirs = opened(tmp_path / "out", "theirs")
    leases.take(mine, mine.lease)
    leases.take(theirs, theirs.turn)
    old = time.time() - 1000
    for path in (mine.owner_file, theirs.owner_file):
        os.utime(path, (old, old))
    heartbeat = Heartbeat(mine)
    heartbeat.beat()
    heartbeat.stop()
    assert Path(mine.lease).stat().st_mtime > old + 900
    assert Path(mine.owner_file).stat().st_mtime > old + 900
    assert Path(theirs.turn).stat().st_mtime == pytest.approx(old)
