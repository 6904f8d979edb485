"""Good and bad rows in one pass, as files: which paths can, what Spark does for it, and what is left when it is cut short."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ppf_files.options import WriteOptions
from ppf_files.place import Place
from ppf_files.sinks import CsvSink, OrcSink, ParquetSink
from ppf_files.writing import write_apart
from pyspark.sql import SparkSession

from ppf_core.storage import Files, LocalFiles
from ppf_core.storage.hadoop_files import HadoopFiles
from ppf_core.testing import build, context

ROWS = "SELECT id, id % 2 = 0 AS bad FROM range(0, 1000, 1, 1)"


def sink(folder: Path, **options: Any) -> ParquetSink:
    return build(ParquetSink, path=str(folder / "out"), **options)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("scheme", ["s3a", "S3", "gs", "wasbs"])
@pytest.mark.parametrize("kind", [ParquetSink, OrcSink])
def test_where_a_rename_copies_nothing_is_split(scheme: str, kind: type[ParquetSink]) -> None:
    assert not build(kind, path=f"{scheme}://bucket/out").can_split
    assert build(kind, path="hdfs://host/out").can_split


def test_text_is_not_split() -> None:
    assert not build(CsvSink, path="out").can_split


def test_rows_are_written_as_they_come_and_not_sorted_first(spark: SparkSession, tmp_path: Path) -> None:
    """When the last row is computed, some files are complete already."""
    now = "bigint(reflect('java.lang.System', 'currentTimeMillis')) AS at"
    rows = spark.range(0, 100_000, 1, 1).selectExpr("id", now, "id % 2 = 0 AS bad")
    made, here = sink(tmp_path, max_records_per_file=1000), context(spark)
    found = made.stage_split(here, rows, "bad")
    assert found is not None
    completed = min(each.stat().st_mtime for each in tmp_path.rglob("part-*"))
    assert completed * 1000 < found[1].agg({"at": "max"}).collect()[0][0]
    made.discard(here, None)


def test_the_settings_of_the_session_stay(spark: SparkSession, tmp_path: Path) -> None:
    key, session = "spark.sql.maxConcurrentOutputFileWriters", spark.newSession()
    session.conf.set(key, "1")
    made, here = sink(tmp_path), context(session)
    found = made.stage_split(here, session.sql(ROWS), "bad")
    assert found is not None
    assert (session.conf.get(key), found[1].count(), found[1].sparkSession) == ("1", 500, session)
    made.discard(here, None)


@pytest.mark.parametrize("kind", ["local", "hadoop"])
def test_each_file_system_parts_the_folders(kind: str, spark: SparkSession, tmp_path: Path) -> None:
    files: Files = LocalFiles() if kind == "local" else HadoopFiles(spark, f"file:{tmp_path}")
    place = Place.new(files, str(tmp_path / "out"), context(spark))
    place.open()
    write_apart(spark.sql(ROWS), "bad", "parquet", place, WriteOptions(path="out"), {})
    assert not files.exists(place.both)
    for folder, rest in ((place.stage, 1), (place.apart, 0)):
        assert {row["id"] % 2 for row in spark.read.parquet(files.uri(folder)).collect()} == {rest}


def test_a_target_that_is_to_stay_is_left_to_stage(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    made, here = sink(tmp_path, mode="ignore"), context(spark)
    assert made.stage_split(here, spark.sql(ROWS), "bad") is None
    assert names(tmp_path) == ["out"]
    assert made.stage(here, spark.sql(ROWS).drop("bad")) == {"ignored": "true"}


@pytest.mark.parametrize("at", range(4))
def test_what_a_split_left_that_was_cut_short_goes_with_its_write(
    at: int, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first folder is renamed, between the two, before what is left of both goes, and before the end is noted."""
    done: list[str] = []

    def cut(name: str) -> None:
        effect = getattr(LocalFiles, name)

        def deadly(self: LocalFiles, *arguments: str) -> Any:
            if name == "rename" and "/.both-" not in arguments[0]:
                return effect(self, *arguments)
            if name == "delete" and "/.both-" not in arguments[0]:
                return effect(self, *arguments)
            if name == "write" and "/.stage-" not in arguments[0]:
                return effect(self, *arguments)
            if len(done) == at:
                raise KeyboardInterrupt
            done.append(name)
            return effect(self, *arguments)

        patched.setattr(LocalFiles, name, deadly)

    made, here = sink(tmp_path), replace(context(spark), run_id="cut")
    with monkeypatch.context() as patched:
        for name in ("rename", "delete", "write"):
            cut(name)
        with pytest.raises(KeyboardInterrupt):
            made.stage_split(here, spark.sql(ROWS), "bad")
    assert len(done) == at
    made.close()
    sink(tmp_path).discard(here, None)
    assert names(tmp_path) == []
