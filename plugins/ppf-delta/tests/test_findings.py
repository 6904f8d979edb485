"""What goes wrong around a write: notes that end, files that go, other writers; each on real tables."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from delta_reader import commits, ids, staged
from ppf_delta import adding
from ppf_delta.log import Log, Transaction
from ppf_delta.sink import DeltaSink
from ppf_delta.source import DeltaSource
from ppf_delta.stages import Stage
from ppf_delta.stream_sink import DeltaStreamSink
from ppf_delta.stream_source import DeltaStreamSource
from pyspark.sql import SparkSession

from ppf_core import CheckpointRefused, Context, PipelineRunner, PpfError, TargetMoved, Ticket, WriteId
from ppf_core.testing import build, context


class Writing:
    """One write of a few rows into the table `t` of a folder."""

    def __init__(self, spark: SparkSession, folder: Path, number: int, rows: str = "1L AS id", **options: Any) -> None:
        self.sink = build(DeltaSink, folder, path="t", **{"mode": "append", **options})
        self.here: Context = context(spark, write_id=WriteId(f"findings {number}", 0))
        self.frame = spark.range(1).coalesce(1).selectExpr(*rows.split("; "))
        self.ticket: Ticket | None = None

    def stage(self) -> "Writing":
        self.ticket = self.sink.stage(self.here, self.frame)
        return self

    def publish(self) -> None:
        assert self.ticket is not None
        self.sink.publish(self.here, self.ticket)

    def discard(self, *, ticket: bool = True) -> None:
        self.sink.discard(self.here, self.ticket if ticket else None)


def set_(spark: SparkSession, table: Path, **properties: str) -> None:
    told = ", ".join(f"'delta.{name}' = '{value}'" for name, value in properties.items())
    spark.sql(f"ALTER TABLE delta.`{table}` SET TBLPROPERTIES ({told})")


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_a_write_is_known_where_notes_of_writes_end(mode: str, spark: SparkSession, tmp_path: Path) -> None:
    table = tmp_path / "t"
    spark.range(1).coalesce(1).write.format("delta").save(str(table))
    set_(spark, table, setTransactionRetentionDuration="interval 30 days")
    expected = (0, 1) if mode == "append" else (1,)
    first = Writing(spark, tmp_path, 1, mode=mode).stage()
    first.publish()
    first.publish()
    first.discard(ticket=False)
    again = Writing(spark, tmp_path, 1, mode=mode).stage()
    assert "committed" in (again.ticket or {})
    again.publish()
    assert (ids(table), commits(table), staged(table)) == (expected, 3, [])
    # The note ends before the next look; the files tell.
    set_(spark, table, setTransactionRetentionDuration="interval 0 seconds")
    time.sleep(0.01)
    last = Writing(spark, tmp_path, 2, rows="2L AS id", mode=mode).stage()
    last.publish()
    later = Log.of(spark, str(table), None).newest()
    assert later.last_write(f"ppf-{str(last.here.write_id).rpartition('_')[0]}") == -1
    last.publish()
    last.discard()
    expected = (0, 1, 2) if mode == "append" else (2,)
    assert (ids(table), commits(table)) == (expected, 5)
    # Files that only an older version names stay as well, until VACUUM takes them.
    spark.range(9, 10).coalesce(1).write.format("delta").mode("overwrite").save(str(table))
    last.discard()
    old = spark.read.format("delta").option("versionAsOf", 4).load(str(table))
    assert sorted(row.id for row in old.collect()) == list(expected)


def test_files_that_are_gone_or_strange_are_seen(spark: SparkSession, tmp_path: Path) -> None:
    table = tmp_path / "t"
    spark.range(1).coalesce(1).write.format("delta").save(str(table))
    for number, options in enumerate([{}, {"mode": "merge", "keys": ["id"]}]):
        write = Writing(spark, tmp_path, number, rows="5L AS id", **options).stage()
        assert write.ticket is not None
        (file,) = staged(table)
        strange = Path(file).with_name("part-of-a-task-that-failed.parquet")
        if not options:
            strange.write_bytes(Path(file).read_bytes())
        rows = write.sink.staged(write.here, write.ticket)
        assert rows is not None
        assert [row.id for row in rows.collect()] == [5]
        assert [each for each in table.glob("ppf-*/**/*") if each.name.startswith("_")] == []
        strange.unlink(missing_ok=True)
        Path(file).unlink()  # as VACUUM does
        assert write.sink.staged(write.here, write.ticket) is None
        with pytest.raises(TargetMoved, match="is gone from"):
            write.publish()
        write.discard()
    assert (ids(table), commits(table)) == ((0,), 1)
    set_(spark, table, randomizeFilePrefixes="true")
    write = Writing(spark, tmp_path, 7).stage()
    assert write.ticket is not None
    assert write.sink.staged(write.here, write.ticket) is None
    write.publish()
    assert ids(table) == (0, 1)


def test_two_sinks_of_one_new_table_and_a_write_that_another_process_was_faster_with(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, other = (Writing(spark, tmp_path, number, rows=f"{number}L AS id") for number in (1, 2, 3))
    odd = Writing(spark, tmp_path, 4, rows="4 AS id")
    for each in (one, two, other, odd):
        each.stage()
    one.publish()
    two.publish()
    with pytest.raises(TargetMoved, match="got other columns"):
        odd.publish()
    odd.discard()
    assert ids(tmp_path / "t") == (1, 2)
    commit = Transaction.commit

    def slow(transaction: Transaction, *arguments: Any) -> int:
        monkeypatch.setattr(Transaction, "commit", commit)
        snapshot = other.sink._log(other.here).newest()
        adding.publish(
            other.here,
            Stage.of(other.sink._log(other.here), other.here.write_id, other.ticket),
            other.sink.options,
            snapshot,
            -1,
        )
        return commit(transaction, *arguments)

    monkeypatch.setattr(Transaction, "commit", slow)
    other.publish()
    assert (ids(tmp_path / "t"), commits(tmp_path / "t")) == ((1, 2, 3), 3)


def test_a_folder_that_was_there_stays(spark: SparkSession, tmp_path: Path) -> None:
    table = tmp_path / "t"
    for is_there in (True, False):
        if is_there:
            table.mkdir()
        for ticket in (True, False):
            Writing(spark, tmp_path, 1).stage().discard(ticket=ticket)
            assert (table.exists(), list(table.glob("*"))) == (is_there, [])
        if is_there:
            table.rmdir()
    write = Writing(spark, tmp_path, 1).stage()
    write.publish()
    assert [each.name for each in table.glob("ppf-*/*") if each.is_file()] == []


def test_what_a_table_leaves_no_room_for_is_refused_at_the_stage(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path

    def refused(rows: str = "1L AS id; 'a' AS name", **options: Any) -> str:
        write = Writing(spark, folder, 1, rows=rows, **options)
        with pytest.raises(PpfError) as caught:
            write.stage()
        write.discard()
        assert list(folder.glob("t/ppf-*")) == []
        return str(caught.value)

    def make(columns: str, **properties: str) -> None:
        nonlocal folder
        folder = folder / "next"
        set_to = ", ".join(f"'delta.{name}' = '{value}'" for name, value in {"minWriterVersion": "2", **properties}.items())
        spark.sql(f"CREATE TABLE delta.`{folder}/t` ({columns}) USING delta TBLPROPERTIES ({set_to})")

    match = {"mode": "merge", "keys": ["id"]}
    history = {"mode": "scd2", "keys": ["id"]}
    dated = "1L AS id; 'a' AS name; CAST(NULL AS TIMESTAMP) AS at"
    # Where there is no table yet.
    assert "nothing" in refused(**match, delete_when="nothing = 1")
    assert "row of the key id = 1 has NULL in 'at'" in refused(dated, **history, effective="at")
    assert "must be a timestamp or a date" in refused("1L AS id; 'a' AS at", **history, effective="at")
    assert "2 rows have the key count = 1" in refused("explode(array(1, 1)) AS count", mode="merge", keys=["count"])
    make("id LONG, name STRING, valid_from TIMESTAMP, valid_to TIMESTAMP, is_current BOOLEAN", appendOnly="true")
    assert "delta.appendOnly" in refused(mode="overwrite")
    assert "delta.appendOnly" in refused(**match)
    assert "delta.appendOnly" in refused(**history)
    make("id LONG, name STRING, more MAP<STRING, INT>, valid_from TIMESTAMP, valid_to TIMESTAMP, is_current BOOLEAN")
    assert "nothing" in refused(**match, delete_when="nothing = 1")
    assert "is bigint in the table" in refused("'x' AS id; 'a' AS name", **match)
    assert "MAP" in refused("1L AS id; 'a' AS name; map('a', 1) AS more", **history)
    make("id LONG, name STRING NOT NULL, valid_from TIMESTAMP, valid_to TIMESTAMP, is_current BOOLEAN")
    spark.sql(f"ALTER TABLE delta.`{folder}/t` ADD CONSTRAINT short CHECK (length(name) < 3)")
    no_name = "7L AS id; CAST(NULL AS STRING) AS name"
    assert "The row of the key id = 7 breaks NOT NULL" in refused(no_name, **match)
    assert "breaks CHECK short of the table" in refused("7L AS id; 'long' AS name", **history)
    Writing(spark, folder, 2, rows=no_name, **match, delete_when="name IS NULL").stage().publish()
    make("id LONG, name STRING", enableChangeDataFeed="true", enableDeletionVectors="false")
    assert "has a change data feed, and replace_where names 'name'" in refused(mode="overwrite", replace_where="name = 'a'")
    make("id LONG, name STRING, number BIGINT GENERATED ALWAYS AS IDENTITY")
    assert "counts its column 'number' itself" in refused()
    assert "counts its column 'number' itself" in refused(mode="overwrite")


def test_a_version_that_vacuum_ended_is_refused_before_a_run_reads_it(spark: SparkSession, tmp_path: Path) -> None:
    table = tmp_path / "t"
    for number in (1, 2, 3):
        spark.range(number).coalesce(1).write.format("delta").mode("overwrite").save(str(table))
    source, here = build(DeltaSource, tmp_path, path="t", version=1), context(spark)
    pinned = source.pin(here)
    assert source.read(context(spark, pinned=pinned)).count() == 2
    session = spark.newSession()
    session.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    session.sql(f"VACUUM delta.`{table}` RETAIN 0 HOURS")
    newest = commits(table) - 1
    for ask in (source.ping, source.pin, lambda _: source.read(context(spark, pinned=pinned))):
        with pytest.raises(PpfError, match=rf"no version 1 that can be read; the newest is {newest}\.\n?.*Read a newer"):
            ask(here)
    assert build(DeltaSource, tmp_path, path="t", version=2).read(here).count() == 3
    # Delta itself refuses versions older than the table promises to keep.
    set_(spark, table, deletedFileRetentionDuration="interval 0 seconds")
    with pytest.raises(PpfError, match="no version 2 that can be read"):
        build(DeltaSource, tmp_path, path="t", version=2).pin(here)
    # An overwrite of the version that it was staged for goes on, though that one may not be read any more.
    late = Writing(spark, tmp_path, 1, rows="9L AS id", mode="overwrite").stage()
    Writing(spark, tmp_path, 2, rows="0L AS id", mode="merge", keys=["id"], update=[]).stage().publish()
    late.publish()
    assert [row.id for row in spark.read.format("delta").load(str(table)).collect()] == [9]


def test_a_merge_notes_what_the_writer_is_given(spark: SparkSession, tmp_path: Path) -> None:
    for number in (1, 2):
        write = Writing(
            spark, tmp_path, number, rows=f"{number}L AS id", mode="merge", keys=["id"], writer={"userMetadata": "x"}
        )
        write.stage().publish()
    log = [json.loads(line) for file in sorted((tmp_path / "t/_delta_log").glob("*.json")) for line in file.open()]
    assert [each["commitInfo"].get("userMetadata") for each in log if "commitInfo" in each] == ["x", "x"]


def test_a_stream_begins_where_the_log_still_reaches_and_knows_its_table(spark: SparkSession, tmp_path: Path) -> None:
    table = tmp_path / "t"
    set_to = "'delta.checkpointInterval' = '2'"
    spark.sql(f"CREATE TABLE delta.`{table}` (id LONG) USING delta TBLPROPERTIES ({set_to})")
    for number in (1, 2, 3):
        spark.range(number, number + 1).coalesce(1).write.format("delta").mode("append").save(str(table))
    for version in (0, 1):  # as the clean-up of the log does
        (table / "_delta_log" / f"{version:020}.json").unlink()

    def source(**options: Any) -> DeltaStreamSource:
        return build(DeltaStreamSource, tmp_path, path="t", **options)

    (tmp_path / "p.conf").write_text("""
name = late
mode = streaming
components {
  in  { source = delta, options { path = t, starting_version = 1 } }
  out { sink = delta, inputs = [in], trigger = available_now, options { path = out } }
}
""")
    result = PipelineRunner.from_file(tmp_path / "p.conf").run(spark=spark)
    (problem,) = result.problems
    assert (result.exit_code, (tmp_path / "out").exists()) == (1, False)
    assert "has versions from 2 to 3, and starting_version is 1" in problem.message
    for wrong in ("1", "5"):
        with pytest.raises(PpfError, match="Begin later"):
            source(starting_version=wrong).recognise(context(spark), None)
    shared = source(starting_version="2")  # by two queries
    known = shared.recognise(context(spark), None)
    assert shared.recognise(context(spark), known) == known
    with pytest.raises(CheckpointRefused, match="was replaced by another"):
        shared.recognise(context(spark), "another table")
    # A stream that has begun goes on, wherever it began.
    assert source(starting_version="1").recognise(context(spark), known) == known
    shutil.rmtree(table)
    with pytest.raises(PpfError, match="There is no Delta table"):
        source().recognise(context(spark), known)
    spark.range(9).write.format("delta").save(str(table))
    with pytest.raises(CheckpointRefused, match=r"was replaced by another .*--fresh"):
        source().recognise(context(spark), known)


def test_notes_of_runs_end_in_a_table_that_a_run_makes(spark: SparkSession, tmp_path: Path) -> None:
    Writing(spark, tmp_path, 1).stage().publish()
    properties = spark.sql(f"DESCRIBE DETAIL delta.`{tmp_path}/t`").collect()[0].properties
    assert properties == {"delta.setTransactionRetentionDuration": "interval 90 days"}
    given = {"delta.setTransactionRetentionDuration": "interval 9 days"}
    Writing(spark, tmp_path / "own", 1, mode="merge", keys=["id"], properties=given).stage().publish()
    assert spark.sql(f"DESCRIBE DETAIL delta.`{tmp_path}/own/t`").collect()[0].properties == given
    # A stream has one note for all its batches.
    streamed, here = build(DeltaStreamSink, tmp_path, path="streamed"), context(spark)
    streamed.publish(here, streamed.stage(here, spark.range(1)))
    assert spark.sql(f"DESCRIBE DETAIL delta.`{tmp_path}/streamed`").collect()[0].properties == {}
