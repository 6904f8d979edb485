"""Places where a run cannot write: a clear error, the old rows as they were, and nothing left once the run is finished.

What the sinks themselves refuse is tested with them. Here a whole run meets it: its status, and its other sink.
"""

import ctypes
import datetime
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from forking import forked
from programs import require_mounting
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.errors import RunError
from ppf_core.resources.finishing import Finished
from ppf_core.runs.recovery import recover
from ppf_core.runs.runner import RunRequest
from ppf_core.spark.engines import engines
from ppf_core.state.events import Event, Observer, StepStarted
from ppf_core.state.store import RunRecords

# Of capget(2): the version of its structures, and the right to ignore the rights of files.
_CAPABILITIES = 0x20080522
_IGNORE_RIGHTS = 0b110

PIPELINE = """
name = test
components {
  numbers { source = range, options { end = 3 } }
  out     { sink = parquet, inputs = [numbers], options { path = "disk/out", mode = overwrite } }
  other   { sink = parquet, inputs = [numbers], options { path = other, mode = overwrite } }
}
runtime { parallelism = 1 }
"""


@dataclass(frozen=True)
class Place:
    """A pipeline with two targets: first `disk/out`, on a disk that a test spoils, then `other`, beside the pipeline."""

    folder: Path
    spark: SparkSession

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    @property
    def store(self) -> RunRecords:
        return RunRecords(self.folder / ".ppf")

    def run(self, run_id: str, rows: int, *observers: Observer, **out: str) -> PipelineResult:
        """out: options of the second sink."""
        options = {f"components.out.options.{name}": value for name, value in out.items()}
        runner = PipelineRunner.from_file(self.folder / "test.conf", {"components.numbers.options.end": rows, **options})
        return runner.execute(RunRequest(spark=self.spark, run_id=run_id, observers=observers))

    def recover(self, run_id: str) -> Finished:
        return recover(self.store, run_id, lambda _workspace: engines().engine(self.spark))

    def status(self, run_id: str) -> str:
        return str(self.store.show(run_id)["status"])

    def rows(self) -> tuple[int, ...]:
        """How many rows another reader finds in both targets."""
        targets = [self.disk / "out", self.folder / "other"]
        return tuple(sum(pq.read_table(file).num_rows for file in target.glob("*.parquet")) for target in targets)

    def left(self) -> list[str]:
        known = {"disk", "other", "out", "ballast", ".ppf", "test.conf", "__pycache__"}
        beside = [path.name for folder in (self.folder, self.disk) for path in folder.iterdir() if path.name not in known]
        return beside + [path.name for path in (self.folder / ".ppf" / "unfinished").iterdir()]


@pytest.fixture
def place(quiet_spark: SparkSession, tmp_path: Path) -> Iterator[Place]:
    """Both targets hold three rows. Small disks are real ones, which only root can make."""
    require_mounting()
    place = Place(tmp_path, quiet_spark)
    place.disk.mkdir()
    mount("-t", "tmpfs", "-o", "size=2m", "none", place.disk)
    (tmp_path / "test.conf").write_text(PIPELINE)
    assert place.run("first", 3).ok
    yield place
    subprocess.run(["umount", "--lazy", place.disk], check=True)


def mount(*options: str | Path) -> None:
    subprocess.run(["mount", *options], check=True)


def before(step: str, component: str, act: Callable[[], object]) -> Observer:
    """An observer that does something when a step of a component begins."""

    def observe(event: Event) -> None:
        if event == StepStarted(component, step):  # type: ignore[arg-type]
            act()

    return observe


def fill(disk: Path) -> None:
    command = ["dd", "if=/dev/zero", f"of={disk / 'ballast'}", "bs=512"]
    assert "No space left" in subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_a_disk_that_is_full_while_a_sink_stages_fails_the_run(place: Place) -> None:
    fill(place.disk)
    result = place.run("second", 5)
    assert (result.status, result["out"].status, result["other"].published) == ("failed", "failed", False)
    assert "No space left on device" in str(result["out"].error)
    assert place.rows() == (3, 3)
    assert place.left() == []
    (place.disk / "ballast").unlink()
    assert place.run("third", 4).ok
    assert place.rows() == (4, 4)


@pytest.mark.parametrize("spoil", ["full", "read-only"])
def test_a_run_whose_disk_is_spoilt_before_it_publishes_is_finished_later(spoil: str, place: Place) -> None:
    def spoilt() -> None:
        if spoil == "full":
            fill(place.disk)
        else:
            mount("-o", "remount,ro", place.disk)

    result = place.run("second", 5, before("publish", "out", spoilt))
    words = "No space left on device" if spoil == "full" else "Read-only file system"
    assert words in str(result["out"].error)
    assert "ppf runs recover" in str(result["out"].error)
    assert (place.status("second"), place.rows()) == ("publishing", (3, 3))
    if spoil == "full":
        (place.disk / "ballast").unlink()
    else:
        mount("-o", "remount,rw", place.disk)
    assert sorted(place.recover("second").published) == ["other", "out"]
    assert (place.status("second"), place.rows(), place.left()) == ("success", (5, 5), [])


@pytest.mark.parametrize(
    ("target", "mode", "words"),
    [
        ("disk/out", "error", "/disk/out' exists, and mode is 'error'. Remove it, or set mode"),
        ("/proc/out", "overwrite", "'/proc/' cannot be written"),
        ("ballast", "overwrite", "/ballast' is a file"),
    ],
)
def test_a_target_that_is_refused_keeps_the_other_one_from_being_shown(
    target: str, mode: str, words: str, place: Place
) -> None:
    (place.folder / "ballast").touch()
    result = place.run("second", 5, path=target, mode=mode)
    assert words in str(result["out"].error)
    assert (place.status("second"), place.rows(), place.left()) == ("failed", (3, 3), [])


def test_a_stage_that_somebody_deleted_is_told_and_nothing_is_shown(place: Place) -> None:
    def delete() -> None:
        for container in place.disk.glob(".out.ppf-w*"):
            shutil.rmtree(container)

    result = place.run("second", 5, before("publish", "out", delete))
    assert "is gone from" in str(result["out"].error)
    assert (place.status("second"), place.rows(), place.left()) == ("failed", (3, 3), [])


def test_a_state_directory_that_is_read_only_stops_the_run_before_it_begins(place: Place) -> None:
    mount("--bind", place.folder / ".ppf", place.folder / ".ppf")
    try:
        mount("-o", "remount,bind,ro", place.folder / ".ppf")
        with pytest.raises(RunError, match=r"/\.ppf cannot be written: .*Read-only file system.* set runtime\.state_dir"):
            place.run("second", 5)
    finally:
        subprocess.run(["umount", place.folder / ".ppf"], check=True)
    assert (place.rows(), place.left()) == ((3, 3), [])


@pytest.mark.parametrize(
    ("forbidden", "words"),
    [
        ("disk", "/disk/' cannot be written: Permission denied"),
        ("disk/out", "/disk/out' cannot be written"),
        (".ppf/runs", "/.ppf cannot be written: "),
    ],
)
def test_a_folder_that_this_user_may_not_write_is_told(
    forbidden: str, words: str, place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (place.folder / forbidden).chmod(0o555)
    told = tmp_path_factory.mktemp("told") / "error"

    def act() -> int:
        obey_rights()
        try:
            told.write_text(str(place.run("second", 5)["out"].error))
        except RunError as error:
            told.write_text(str(error))
        return 0

    assert forked(act) == 0
    assert words in told.read_text()
    assert (place.rows(), place.left()) == ((3, 3), [])


def obey_rights() -> None:
    """From now on, the rights of files count for this thread and for those that it starts, although they are root's."""
    libc, header, sets = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(_CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    for number in (0, 1):  # what is in effect, and what is permitted
        sets[number] &= ~_IGNORE_RIGHTS
    assert libc.capset(header, sets) == 0


@pytest.mark.parametrize("moment", ["before it publishes", "before the next run"])
def test_a_clock_that_is_set_back_changes_nothing(moment: str, place: Place) -> None:
    if moment == "before it publishes":
        assert place.run("second", 5, before("publish", "out", partial(move_to_tomorrow, place.folder))).ok
    else:
        place.run("second", 5, before("publish", "out", partial(fill, place.disk)))
        (place.disk / "ballast").unlink()
        move_to_tomorrow(place.folder)
        assert place.status("second") == "publishing"
    assert place.run("third", 4).ok
    assert (place.status("second"), place.rows(), place.left()) == ("success", (4, 4), [])


def move_to_tomorrow(folder: Path) -> None:
    """What a run keeps to itself was written a day from now: that is how it looks once a clock was set back."""
    now = datetime.datetime.now(datetime.UTC)
    tomorrow = now + datetime.timedelta(days=1)
    for record in folder.glob(".ppf/runs/*/record.jsonl"):
        text = record.read_text().replace(f"{now:%Y-%m-%dT}", f"{tomorrow:%Y-%m-%dT}")
        with record.open("r+") as file:  # the run that writes it has it open
            file.write(text)
    for path in (*folder.glob(".ppf/**/*"), *folder.glob("**/.out.ppf-*/**/*"), *folder.glob("**/.out.ppf-*")):
        os.utime(path, (tomorrow.timestamp(), tomorrow.timestamp()))
