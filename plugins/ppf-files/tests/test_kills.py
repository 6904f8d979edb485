"""A process killed before or after any effect: the old rows or the new ones are there, and nothing stays beside them.

The process dies for good: after the moment of its death no effect of it happens any more, also not in an `except` block, and
others see that it has ended.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as arrow
import pyarrow.parquet as parquet
import pytest
from points import steps
from ppf_files import leases, leftovers, publishing, turns
from ppf_files.named_partitions import NamedPartitions
from ppf_files.owner import Owner
from ppf_files.place import Place
from ppf_files.processes import Process
from pyspark.sql import SparkSession

from ppf_core import TargetMoved, Ticket
from ppf_core.storage import Files, LocalFiles, durable, fingerprint, local_files, outline
from ppf_core.storage.hadoop_files import HadoopFiles

LOGGER = logging.getLogger(__name__)
EFFECTS = ("delete", "rename", "exchange", "copy_rights", "link", "write", "claim", "sync", "touch")
DEAD = replace(Process.this(), started="long ago")
WAYS = ["create", "ignore", "overwrite", "partitions", "named", "append"]
# Named partitions go the way of partitions, with their names in the ticket. For the first of them no row comes.
BY_PARTITION, NAMED = ("partitions", "named"), {"a", "b", "c"}
Rows = set[tuple[int, str]]
OLD, NEW = {(1, "a"), (2, "b"), (3, "d")}, {(7, "b"), (8, "c")}


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Death:
    """Kills at one of the effects. half: in the middle of it, for those that can be cut in two."""

    at: int
    when: str
    done: int = 0
    happened: bool = False

    def around(self, effect: Callable[..., Any], half: Callable[..., Any] | None) -> Callable[..., Any]:
        def deadly(*arguments: Any) -> Any:
            if self.happened:
                raise Killed
            number, self.done = self.done, self.done + 1
            if number != self.at:
                return effect(*arguments)
            if self.when == "half" and half is not None:
                half(*arguments)
            elif self.when == "half":
                return effect(*arguments)
            self.happened = True
            raise Killed

        return deadly


def half_written(handle: int, data: bytes) -> None:
    os.write(handle, data[: len(data) // 2])


def half_deleted(_: Any, path: str) -> None:
    """Files go one by one, in any order; those that steer what happens next go first here."""
    for file in sorted(Path(path).rglob(".*"))[:1]:
        LocalFiles().delete(str(file))


def half_moved(_: Any, source: str, target: str) -> None:
    """A store that renames by copying: a file is there twice for a moment."""
    if Path(source).is_file():
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    else:
        for file in sorted(each for each in Path(source).rglob("*") if each.is_file())[::2]:
            half_moved(None, str(file), f"{target}/{file.relative_to(source)}")


class CopyingFiles(LocalFiles):
    """Renames as an object store does: each file is copied, then deleted."""

    renames_by_copying = True

    def rename(self, source: str, target: str) -> None:
        if self.exists(target):
            raise FileExistsError(target)
        if Path(source).is_dir():
            shutil.copytree(source, target, copy_function=shutil.copy)
        else:
            half_moved(None, source, target)
        LocalFiles().delete(source)

    def exchange(self, one: str, other: str) -> bool:
        return False


# What of an effect may be done when the process dies in the middle of it.
HALVES: dict[tuple[type, str], Callable[..., Any]] = {
    (LocalFiles, "delete"): half_deleted,
    (CopyingFiles, "delete"): half_deleted,
    (CopyingFiles, "rename"): half_moved,
}


@dataclass(frozen=True)
class Ground:
    """A target on some file system, and the same as a local folder, for readers that are not ours."""

    files: Files
    folder: str
    local: Path
    kind: type = LocalFiles
    exchanges: bool = False

    def place(self, run: str, process: Process | None = None) -> Place:
        owner = Owner("p", run, "out", f"w{run}_0", run[::-1].encode().hex(), process or Process.this())
        return Place(self.files, f"{self.folder}/out", owner)

    def rows(self) -> Rows:
        """What a reader that is not Spark sees; twice the same row is a failure."""
        if not (self.local / "out").exists():
            return set()
        table = arrow.dataset(self.local / "out", format="parquet", partitioning="hive").to_table()
        if table.num_columns < 2:
            return set()
        found = list(zip(table["id"].to_pylist(), table["k"].to_pylist(), strict=True))
        assert len(found) == len(set(found))
        return set(found)

    def names(self) -> list[str]:
        return sorted(each.name for each in self.local.iterdir() if each.suffix != ".crc")

    def stage(self, place: Place, way: str, rows: Rows) -> Ticket:
        """What the sinks do, with rows that Spark did not write."""
        place.open()
        leftovers.sweep(place, LOGGER)
        if really(way) not in publishing.ADDING:
            leases.take(place, place.lease)
        seen = fingerprint(place.files.walk(place.target))
        for number, key in rows:
            stage = place.stage.rpartition("/.out")[2]
            folder = self.local / f".out{stage}" / f"k={key}"
            folder.mkdir(parents=True, exist_ok=True)
            parquet.write_table(pa.table({"id": [number]}), folder / f"part-{number}.parquet")
        place.finish(place.stage)
        staged = place.files.walk(place.stage)
        named = NamedPartitions(frozenset((("k", key),) for key in NAMED)).note(entry.folder for entry in staged)
        ticket = {"seen": seen, "staged": outline(staged), "files": str(len(staged))}
        return {**ticket, **named} if way == "named" else ticket


def really(way: str) -> str:
    """The way that the sinks know."""
    return "partitions" if way == "named" else way


def publish(place: Place, way: str, ticket: Ticket) -> None:
    """What the sinks do."""
    turns.publish(place, really(way), ticket, lambda: None, LOGGER)
    leftovers.clear(place, LOGGER)


def after(way: str, before: Rows, rows: Rows) -> Rows:
    """What a reader finds when all is well."""
    keys = {key for _, key in rows} | (NAMED if way == "named" else set())
    others = {row for row in before if row[1] not in keys}
    return {"append": before, **dict.fromkeys(BY_PARTITION, others)}.get(way, set()) | rows


@pytest.fixture(params=["exchange", "renames", "copies", "hadoop"])
def ground(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """A file system that exchanges, one that cannot, one that renames by copying, and one that only Hadoop knows."""
    if request.param == "hadoop":
        spark: SparkSession = request.getfixturevalue("spark")
        name = tmp_path.name.replace("_", "-")
        mount = f"fs.viewfs.mounttable.{name}.link./data"
        spark.sparkContext._jsc.hadoopConfiguration().set(mount, f"file://{tmp_path}")
        folder = f"viewfs://{name}/data"
        return Ground(HadoopFiles(spark, folder), folder, tmp_path, HadoopFiles)
    if request.param == "copies":
        return Ground(CopyingFiles(), str(tmp_path), tmp_path, CopyingFiles)
    if request.param == "renames":
        monkeypatch.setattr(local_files, "exchange", lambda *_: False)
    return Ground(LocalFiles(), str(tmp_path), tmp_path, exchanges=request.param == "exchange")


def deaths(ground: Ground, monkeypatch: pytest.MonkeyPatch, prepare: Callable[[], Callable[[], object]]) -> Iterator[Death]:
    """Does what `prepare` gives, killed at one effect after another, until it comes through alive."""
    # After one effect is before the next.
    for when in ("before", "half") if issubclass(ground.kind, LocalFiles) else ("before",):
        for at in steps(5 if ground.kind is HadoopFiles else 3):
            death, act = Death(at, when), prepare()
            with monkeypatch.context() as patched:
                _arm(patched, ground, death)
                with suppress(Killed):
                    act()
            if death.done <= at:
                assert at > 3
                break
            if death.happened:
                yield death


def _arm(patched: pytest.MonkeyPatch, ground: Ground, death: Death) -> None:
    for name in (each for each in EFFECTS if hasattr(ground.kind, each)):
        patched.setattr(ground.kind, name, death.around(getattr(ground.kind, name), HALVES.get((ground.kind, name))))
    patched.setattr(durable, "fill", death.around(durable.fill, half_written))
    patched.setattr(Process, "this", classmethod(lambda _: DEAD))


def start(ground: Ground, way: str) -> Rows:
    """A fresh target with the old rows in it, unless the way needs that there is none."""
    for name in ground.names():
        LocalFiles().delete(str(ground.local / name))
    if way in ("create", "ignore"):
        return set()
    first = ground.place("first")
    publish(first, "create", ground.stage(first, "create", OLD))
    return OLD


def in_between(way: str, ground: Ground, before: Rows) -> bool:
    """Whether a reader may see what it sees now, after the writer died."""
    found, full = ground.rows(), after(way, before, NEW)
    if way == "append" or (way in BY_PARTITION and ground.kind is HadoopFiles):
        return found <= before | full
    if ground.kind is CopyingFiles:
        return found <= before or found <= full
    return found in (before, full) or (not ground.exchanges and not found)


@pytest.mark.parametrize("way", WAYS)
def test_a_killed_publish_is_completed_by_publishing_again(way: str, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for _, second, ticket, before in killed_publishes(way, ground, monkeypatch):
        assert in_between(way, ground, before)
        for _ in range(2):
            publish(alive(second), way, ticket)
            assert ground.rows() == after(way, before, NEW)
            assert ground.names() == ["out"]


@pytest.mark.parametrize("way", WAYS)
def test_a_killed_publish_can_be_abandoned(way: str, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for _, second, _, before in killed_publishes(way, ground, monkeypatch):
        leftovers.clear(alive(second), LOGGER)
        by_partition = way in BY_PARTITION and ground.kind is HadoopFiles
        assert in_between(way, ground, before) if by_partition else ground.rows() in (before, after(way, before, NEW))
        assert set(ground.names()) <= {"out"}


@pytest.mark.parametrize(("way", "next_way"), [*((way, "append") for way in WAYS), ("overwrite", "overwrite")])
def test_the_next_run_completes_what_was_being_published(
    way: str, next_way: str, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _, second, ticket, before in killed_publishes(way, ground, monkeypatch):
        had_begun, was_shown = second.begun() is not None, second.is_published
        third = ground.place("third")
        publish(third, next_way, ground.stage(third, next_way, {(9, "a")}))
        base = after(way, before, NEW) if had_begun or was_shown else before
        assert ground.rows() == after(next_way, base, {(9, "a")})
        waits = not (had_begun or was_shown)
        assert set(ground.names()) <= {"out"} | ({".out.ppf-lease", ".out.ppf-wsecond_0"} if waits else set())
        # Its own run comes back to it: what was completed for it is no failure.
        moved = waits and way in ("create", "overwrite")
        try:
            publish(alive(second), way, ticket)
            assert not moved
        except TargetMoved:
            assert moved
            leftovers.clear(alive(second), LOGGER)
        assert ground.names() == ["out"]


@pytest.mark.parametrize("way", WAYS)
def test_what_a_killed_stage_left_is_discarded(way: str, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for _, second, _ in killed_stages(way, ground, monkeypatch):
        leftovers.clear(replace(alive(second), owner=replace(alive(second).owner, token="")), LOGGER)
        assert set(ground.names()) <= {"out"}
        third = ground.place("third")
        publish(third, "overwrite", ground.stage(third, "overwrite", {(9, "a")}))
        assert ground.rows() == {(9, "a")}
        assert ground.names() == ["out"]


@pytest.mark.parametrize("way", WAYS)
def test_what_a_killed_stage_left_is_swept_by_the_next_run(way: str, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for _, second, before in killed_stages(way, ground, monkeypatch):
        assert ground.rows() == before
        complete = second.is_complete
        third = ground.place("third")
        publish(third, "overwrite", ground.stage(third, "overwrite", {(9, "a")}))
        assert ground.rows() == {(9, "a")}
        # Its own run may still publish, or rather refuse to publish, what is complete.
        assert ground.names() == ([".out.ppf-wsecond_0", "out"] if complete else ["out"])


def test_who_dies_while_it_completes_another_is_followed_by_the_next(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare() -> Callable[[], object]:
        start(ground, "overwrite")
        second = ground.place("second", DEAD)
        ticket = ground.stage(second, "append", NEW)
        leases.wait_for_turn(second)
        second.begin("append", ticket)
        third = ground.place("third", DEAD)
        return lambda: ground.stage(third, "append", {(9, "a")})

    for _ in deaths(ground, monkeypatch, prepare):
        fourth = ground.place("fourth")
        publish(fourth, "append", ground.stage(fourth, "append", {(10, "a")}))
        assert ground.rows() == OLD | NEW | {(10, "a")}
        assert set(ground.names()) <= {"out", ".out.ppf-wthird_0"}


def killed_publishes(way: str, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Death, Place, Ticket, Rows]]:
    """A second write, killed at each effect of its publish."""
    state: dict[str, Any] = {}

    def prepare() -> Callable[[], object]:
        before = start(ground, way)
        second = ground.place("second", DEAD)
        ticket = ground.stage(second, way, NEW)
        state.update(before=before, second=second, ticket=ticket)
        return lambda: publish(second, way, ticket)

    for death in deaths(ground, monkeypatch, prepare):
        yield death, state["second"], state["ticket"], state["before"]


def killed_stages(way: str, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Death, Place, Rows]]:
    """A second write, killed at each effect of its stage."""
    state: dict[str, Any] = {}

    def prepare() -> Callable[[], object]:
        before = start(ground, way)
        second = ground.place("second", DEAD)
        state.update(before=before, second=second)
        return lambda: ground.stage(second, way, NEW)

    for death in deaths(ground, monkeypatch, prepare):
        yield death, state["second"], state["before"]


def alive(place: Place) -> Place:
    """The same attempt, completed by this process."""
    return replace(place, owner=replace(place.owner, process=Process.this()))
