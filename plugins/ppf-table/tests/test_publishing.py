"""Publishing into tables of files: killed at any effect, and watched by readers that are not Spark.

test_hive.py runs most of it once more with Hive's catalog.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.dataset as arrow
import pyarrow.parquet as parquet
import pytest
from points import steps
from ppf_table import catalog, partitions
from ppf_table.place import Place
from ppf_table.sink import TableSink
from pyspark.sql import SparkSession

from ppf_core import TargetMoved, Ticket
from ppf_core.storage import LocalFiles
from ppf_core.testing import build, context

Rows = set[tuple[int, str]]
TARGET = ("spark_catalog", "ground", "people")
OLD: Rows = {(1, "a"), (2, "it's 100%")}
NEW: Rows = {(7, "it's 100%"), (8, "c/d")}


class Killed(BaseException):
    """The process is no more."""


@dataclass(frozen=True)
class Case:
    """A kind of table, and what a sink does to it. steps: whether a reader may see some of the new rows before all."""

    external: bool = False
    partitioned: bool = False
    mode: str = "overwrite"
    dynamic: bool = False
    renames: bool = False
    exists: bool = True

    @property
    def options(self) -> dict[str, Any]:
        return {
            "name": "ground.people",
            "mode": self.mode,
            "partition_overwrite": "dynamic" if self.dynamic else "static",
            "partition_by": ["k"] if self.partitioned else [],
        }

    def after(self, before: Rows, rows: Rows) -> Rows:
        """What is there when all is well."""
        if self.mode == "append":
            return before | rows
        keys = {key for _, key in rows}
        return rows | {row for row in before if self.dynamic and row[1] not in keys}

    def may_show(self, found: Rows, before: Rows, after: Rows) -> bool:
        """Whether a reader may see it while the second is put in the place of the first."""
        if self.mode == "append":
            return before <= found <= after
        if self.partitioned and self.exists:
            return all(_of(found, key) in (_of(before, key), _of(after, key)) for _, key in before | after)
        return found in (before, after) or (self.renames and not found)


def _of(rows: Rows, key: str) -> Rows:
    return {row for row in rows if row[1] == key}


CASES = {
    "create": Case(mode="error", partitioned=True, exists=False),
    "external": Case(external=True),
    "managed": Case(),
    "managed, by renames": Case(renames=True),
    "external partitions": Case(external=True, partitioned=True),
    "some managed partitions": Case(partitioned=True, dynamic=True),
    "append": Case(mode="append"),
    "append to external partitions": Case(mode="append", external=True, partitioned=True),
}


@dataclass(frozen=True)
class Ground:
    """A folder with the files of one schema, and the table `people` in it."""

    spark: SparkSession
    folder: Path
    case: Case

    def start(self) -> Rows:
        """The table with the old rows in it, unless the case needs that there is none."""
        self.clear()
        self.spark.sql(f"CREATE DATABASE ground LOCATION '{self.folder}/ground'")
        if not self.case.exists:
            return set()
        by = "PARTITIONED BY (k)" if self.case.partitioned else ""
        place = self.folder / ("out of/people" if self.case.external else "ground/people")
        told = f"LOCATION '{place}'" if self.case.external else ""
        self.spark.sql(f"CREATE TABLE ground.people (id BIGINT, k STRING) USING parquet {by} COMMENT 'Ada''s' {told}")
        # Not by Spark, since that takes its time.
        for number, key in OLD:
            folder = place / f"k={quote(key, safe=' ')}" if self.case.partitioned else place
            folder.mkdir(parents=True, exist_ok=True)
            columns = {"id": [number]} if self.case.partitioned else {"id": [number], "k": [key]}
            parquet.write_table(pa.table(columns), folder / f"part-{number}.parquet")
        if self.case.partitioned:
            self.spark.sql("MSCK REPAIR TABLE ground.people")
        return OLD

    def clear(self) -> None:
        self.spark.sql("DROP DATABASE IF EXISTS ground CASCADE")
        for name in ("out of", "ground"):
            LocalFiles().delete(str(self.folder / name))

    def sink(self) -> TableSink:
        return build(TableSink, **self.case.options)

    def stage(self, sink: TableSink, rows: Rows, run: str = "second") -> Ticket:
        frame = self.spark.createDataFrame(sorted(rows), "id BIGINT, k STRING").coalesce(1)
        return sink.stage(context(self.spark, run_id=run), frame)

    def publish(self, sink: TableSink, ticket: Ticket, run: str = "second") -> None:
        sink.publish(context(self.spark, run_id=run), ticket)

    def discard(self, sink: TableSink, ticket: Ticket | None) -> None:
        sink.discard(context(self.spark, run_id="second"), ticket)

    def seen(self) -> Rows:
        """What Spark reads."""
        self.spark.catalog.refreshTable("spark_catalog.ground.people")
        found = [(row.id, row.k) for row in self.spark.table("spark_catalog.ground.people").collect()]
        assert len(found) == len(set(found))
        return set(found)

    def rows(self) -> Rows:
        """What a reader that is not Spark sees where the catalog says that the files are; twice the same row is a failure."""
        found = catalog.describe(self.spark, TARGET)
        if found is None:
            return set()
        folders = self.partitions() if self.case.partitioned else {(): found.location}
        rows: list[tuple[int, str]] = []
        for values, folder in folders.items():
            table = arrow.dataset(folder.removeprefix("file:"), format="parquet").to_table()
            if table.num_columns:
                keys = values * table.num_rows or table["k"].to_pylist()
                rows += zip(table["id"].to_pylist(), keys, strict=True)
        assert len(rows) == len(set(rows))
        return set(rows)

    def partitions(self) -> dict[tuple[str, ...], str]:
        """The folder of each partition, as the catalog tells."""
        return partitions.locations(Place(self.spark, TARGET, "", partition_columns=("k",)))

    def leftovers(self) -> list[str]:
        """Tables beside the one that was written, and hidden or empty folders that nobody needs."""
        tables = [each.name for each in self.spark.catalog.listTables("spark_catalog.ground") if each.name != "people"]
        hidden = [each.name for each in self.folder.rglob("*") if each.is_dir() and ".ppf-" in each.name]
        stages = [each.name for each in self.folder.rglob("_ppf*")]
        empty = [each.name for each in self.folder.rglob("ppf-*") if not list(each.rglob("*.parquet"))]
        return tables + hidden + stages + empty + (self._unused() if self.case.external else [])

    def _unused(self) -> list[str]:
        """Files that the table does not have, or no more."""
        files = {str(each) for each in (self.folder / "out of").rglob("*.parquet")}
        return sorted(files - {each.removeprefix("file://").replace("%20", " ") for each in _files_of(self)})


def _files_of(ground: Ground) -> list[str]:
    found = catalog.describe(ground.spark, TARGET)
    assert found is not None
    folders = ground.partitions().values() if ground.case.partitioned else [found.location]
    files = LocalFiles()
    return [f"{each.removeprefix('file:')}/{entry.relative}" for each in folders for entry in files.walk(each)]


@pytest.fixture(params=CASES)
def ground(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ground]:
    case = CASES[request.param]
    if case.renames:
        monkeypatch.setattr(LocalFiles, "exchange", lambda *_: False)
    made = Ground(spark, tmp_path, case)
    yield made
    made.clear()


EFFECTS = [(LocalFiles, name) for name in ("copy_rights", "delete", "exchange", "rename", "write")]
STATEMENTS = [(catalog, "change"), (catalog, "insert")]


def deaths(monkeypatch: pytest.MonkeyPatch, prepare: Callable[[], Callable[[], object]]) -> Iterator[int]:
    """Does what `prepare` gives, killed before one of its effects after another; after one effect is before the next."""
    for at in steps(4):
        act, done = prepare(), [0]

        def deadly(effect: Callable[..., Any], at: int = at, done: list[int] = done) -> Callable[..., Any]:
            def wrapped(*arguments: Any, **further: Any) -> Any:
                done[0] += 1
                if done[0] > at:
                    raise Killed
                return effect(*arguments, **further)

            return wrapped

        with monkeypatch.context() as patched:
            for holder, name in (*EFFECTS, *STATEMENTS):
                patched.setattr(holder, name, deadly(getattr(holder, name)))
            with suppress(Killed):
                act()
        if done[0] <= at:
            assert at > 1
            return
        yield at


def test_a_publish_that_was_killed_goes_on(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for at, before, after, ticket in killed_publishes(ground, monkeypatch):
        with suppress(FileNotFoundError):
            assert ground.case.may_show(ground.rows(), before, after), at
        for _ in range(2):
            ground.publish(ground.sink(), ticket)
            assert (ground.rows(), ground.leftovers()) == (after, []), at
        assert ground.seen() == after


# One of each kind; the others have the same effects.
GIVEN_UP = ["create", "external", "managed, by renames", "some managed partitions", "append to external partitions"]


@pytest.mark.parametrize("ground", GIVEN_UP, indirect=True)
def test_a_publish_that_was_killed_can_be_given_up(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for at, before, after, ticket in killed_publishes(ground, monkeypatch):
        for _ in range(2):
            ground.discard(ground.sink(), ticket)
            assert ground.case.may_show(ground.rows(), before, after), at
            assert ground.leftovers() == [], at


def killed_publishes(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, Rows, Rows, Ticket]]:
    """A second write, killed before each effect of its publish."""
    state: dict[str, Any] = {}

    def prepare() -> Callable[[], object]:
        before, sink = ground.start(), ground.sink()
        ticket = ground.stage(sink, NEW)
        state.update(before=before, after=ground.case.after(before, NEW), ticket=ticket)
        return lambda: ground.publish(sink, ticket)

    for at in deaths(monkeypatch, prepare):
        yield at, state["before"], state["after"], state["ticket"]


@pytest.mark.parametrize("returned", [True, False])
def test_what_was_staged_leaves_no_trace_when_it_is_discarded(returned: bool, ground: Ground) -> None:
    before, sink = ground.start(), ground.sink()
    ticket = ground.stage(sink, NEW)
    assert ground.rows() == before
    staged = sink.staged(context(ground.spark, run_id="second"), ticket)
    if ground.case.partitioned:  # by a text, which folders may give back as another
        assert staged is None
    else:
        assert staged is not None
        assert {(row.id, row.k) for row in staged.collect()} == NEW
    for _ in range(2):
        ground.discard(ground.sink(), ticket if returned else None)
        assert (ground.rows(), ground.leftovers()) == (before, [])


def test_a_stage_that_was_killed_leaves_no_trace_when_it_is_discarded(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Rows] = {}

    def prepare() -> Callable[[], object]:
        state.update(before=ground.start())
        return lambda: ground.stage(ground.sink(), NEW)

    for at in deaths(monkeypatch, prepare):
        ground.discard(ground.sink(), None)
        assert (ground.rows(), ground.leftovers()) == (state["before"], []), at


def test_a_reader_never_sees_half_of_what_is_replaced(ground: Ground) -> None:
    before, sink = ground.start(), ground.sink()
    ticket, seen, ended = ground.stage(sink, NEW), list[Rows](), threading.Event()

    def poll() -> None:
        while not ended.is_set():
            with suppress(FileNotFoundError):  # a file that is gone: list again
                seen.append(ground.rows())

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        ground.publish(sink, ticket)
    finally:
        ended.set()
        reader.join()
    assert seen
    # One that was between catalog and files when a part was replaced may have missed it, as it may with any writer.
    after = ground.case.after(before, NEW)
    assert all(rows <= before | after for rows in seen)
    if not ground.case.partitioned:
        assert all(ground.case.may_show(rows, before, after) for rows in seen)


def test_writing_again_and_again_leaves_only_what_the_last_ones_wrote(ground: Ground) -> None:
    expected = ground.start()
    for run, rows in enumerate([{(3, "a")}, {(4, "x"), (5, "a")}, {(6, "it's 100%")}, {(9, "a")}]):
        if expected and ground.case.mode == "error":
            return
        sink = ground.sink()
        ticket = ground.stage(sink, rows, str(run))
        for _ in range(2):
            ground.publish(sink, ticket, str(run))
        expected = ground.case.after(expected, rows)
        assert (ground.rows(), ground.seen(), ground.leftovers()) == (expected, expected, [])


def test_the_table_stays_the_same_table(ground: Ground) -> None:
    ground.start()
    if not ground.case.exists:
        return
    ground.spark.sql("ALTER TABLE ground.people SET TBLPROPERTIES ('mail' = 'ada@example.org')")
    ground.spark.sql("ALTER TABLE ground.people ALTER COLUMN id COMMENT 'a number'")
    ground.spark.sql("ANALYZE TABLE ground.people COMPUTE STATISTICS FOR ALL COLUMNS")
    before, sink = _told(ground), ground.sink()
    ground.publish(sink, ground.stage(sink, NEW))
    after = _told(ground)
    assert "2 rows" in before.pop("Statistics")
    assert "2 rows" not in after.pop("Statistics", "")
    changed = {"Location"} if ground.case.external and not ground.case.partitioned else set()
    assert {name for name in before if after[name] != before[name]} <= {*changed, "Table Properties"}
    assert "mail=ada@example.org" in after["Table Properties"]
    comments = [field.metadata.get("comment") for field in ground.spark.table("ground.people").schema.fields]
    assert (before["Comment"], comments[0]) == ("Ada's", "a number")


def _told(ground: Ground) -> dict[str, str]:
    found = catalog.describe(ground.spark, TARGET)
    assert found is not None
    return dict(found.details)


MEANWHILE = {
    "dropped": "DROP TABLE ground.people",
    "other columns": "ALTER TABLE ground.people ADD COLUMN name STRING",
    "other rows": "INSERT INTO ground.people (id, k) VALUES (99, 'a')",
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_a_table_that_somebody_else_changed_meanwhile_is_left_alone(what: str, ground: Ground) -> None:
    adds = ground.case.mode == "append" or ground.case.dynamic
    if not ground.case.exists or (adds and what == "other rows"):
        return
    ground.start()
    sink = ground.sink()
    ticket = ground.stage(sink, NEW)
    ground.spark.sql(MEANWHILE[what])
    before = ground.rows()
    with pytest.raises(TargetMoved, match="by somebody else during the run"):
        ground.publish(sink, ticket)
    ground.discard(sink, ticket)
    assert ground.rows() == before
    if what != "dropped":
        assert ground.leftovers() == []


@pytest.mark.parametrize("ground", ["external", "external partitions"], indirect=True)
def test_files_that_a_renamed_table_has_are_not_removed(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.start()
    sink = ground.sink()
    ticket = ground.stage(sink, NEW)
    with monkeypatch.context() as patched:
        # Everything is told to the catalog, and nothing old was removed yet.
        patched.setattr(LocalFiles, "delete", _dies)
        with pytest.raises(Killed):
            ground.publish(sink, ticket)
    ground.spark.sql("ALTER TABLE ground.people RENAME TO ground.others")
    ground.spark.sql(f"CREATE TABLE ground.people (name STRING) USING parquet LOCATION '{ground.folder}/elsewhere'")
    ground.discard(sink, ticket)
    others = {(row.id, row.k) for row in ground.spark.table("ground.others").collect()}
    assert others == NEW


def _dies(*_: object) -> None:
    raise Killed


def test_what_somebody_removed_between_stage_and_publish_is_told(ground: Ground) -> None:
    before, sink = ground.start(), ground.sink()
    ticket = ground.stage(sink, NEW)
    if ground.case.exists:
        for file in ground.folder.rglob("rows/**/*.parquet"):
            file.unlink()
    else:
        ground.spark.sql(f"DROP TABLE ground._ppf_{context(ground.spark, run_id='second').write_id}")
    with pytest.raises(TargetMoved, match="is gone or was changed"):
        ground.publish(sink, ticket)
    ground.discard(sink, ticket)
    assert (ground.rows(), ground.leftovers()) == (before, [])


def test_the_parts_that_the_kills_cut_are_the_parts_that_publishing_has() -> None:
    modules = Path(catalog.__file__).parent.glob("*.py")
    asked = {name for each in modules for name in re.findall(r"\bfiles(?:_at\([^)]*\))?\.(\w+)", each.read_text())}
    assert asked - {name for _, name in EFFECTS} == {"alone", "exists", "folders", "read", "walk"}
