"""What Hadoop tells of files is what this machine tells, whether a file system puts it into words or not."""

from pathlib import Path
from typing import Any

import pytest
from ppf_files.sinks import ParquetSink
from pyspark.sql import SparkSession

from ppf_core.storage import Entry, LocalFiles, hadoop_files
from ppf_core.storage.hadoop_files import HadoopFiles
from ppf_core.testing import build, context

NAMES = ["part-0", "k=a b/part,1", "k=ü{}/l=1/part-2", "k=c; length=3/part-3", "_hidden/x", ".hidden", "k=d/_SUCCESS"]


@pytest.fixture(params=["file", "viewfs"])
def seen(request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path) -> tuple[HadoopFiles, str]:
    """A folder with files, as Hadoop sees it: on this machine, and through a file system that only Hadoop knows."""
    for number, name in enumerate(NAMES):
        file = tmp_path / "out" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x" * number)
    if request.param == "file":
        return HadoopFiles(spark, f"file:{tmp_path}"), f"file:{tmp_path}/out"
    authority = tmp_path.name.replace("_", "-")
    spark.sparkContext._jsc.hadoopConfiguration().set(f"fs.viewfs.mounttable.{authority}.link./data", f"file://{tmp_path}")
    path = f"viewfs://{authority}/data/out"
    return HadoopFiles(spark, path), path


def in_milliseconds(entries: list[Entry]) -> list[Entry]:
    return [Entry(entry.relative, entry.size, entry.modified // 1_000_000) for entry in entries]


def test_a_walk_finds_the_visible_files(seen: tuple[HadoopFiles, str], tmp_path: Path) -> None:
    files, path = seen
    assert files.walk(path) == in_milliseconds(LocalFiles().walk(str(tmp_path / "out")))
    assert [entry.relative for entry in files.walk(path)] == sorted(NAMES[:4])
    assert set(files.names(path)) >= {"part-0", "_hidden", ".hidden", "k=a b"}


def test_a_folder_that_tells_of_itself_takes_few_questions(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "part-0").touch()
    monkeypatch.delattr(hadoop_files, "_told")
    assert [entry.relative for entry in HadoopFiles(spark, f"file:{tmp_path}").walk(f"file:{tmp_path}")] == ["part-0"]


def test_of_what_is_not_there_nothing_is_found(seen: tuple[HadoopFiles, str]) -> None:
    files, path = seen
    there = files.walk(f"{path}/no"), files.names(f"{path}/no"), files.read(f"{path}/no"), files.modified(f"{path}/no")
    assert there == ([], [], None, None)


def test_a_file_system_that_knows_only_the_older_interface_serves_too(spark: SparkSession, tmp_path: Path) -> None:
    conf = spark.sparkContext._jsc.hadoopConfiguration()
    conf.set("fs.older.impl", "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme")
    conf.set("fs.viewfs.overload.scheme.target.older.impl", "org.apache.hadoop.fs.LocalFileSystem")
    conf.set("fs.viewfs.mounttable.torn.link./data", f"file://{tmp_path}")
    files = HadoopFiles(spark, "older://torn/data")
    for text in ("one", "two"):
        files.write("older://torn/data/mark", text)
        assert files.read("older://torn/data/mark") == text
    assert files.names("older://torn/data") == ["mark"]


def test_a_file_that_cannot_be_written_leaves_nothing(seen: tuple[HadoopFiles, str]) -> None:
    files, path = seen
    with pytest.raises(OSError, match="k=d"):
        files.write(f"{path}/k=d", "in the place of a folder with files")
    assert not [name for name in files.names(path) if "part" in name and name != "part-0"]
    assert files.names(f"{path}/k=d") == ["_SUCCESS"]


def test_a_mark_that_was_cut_short_is_written_again(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL leaves a file that was made and not yet written; the stage behind it is as complete as before."""
    (tmp_path / "here").mkdir()
    spark.sparkContext._jsc.hadoopConfiguration().set("fs.viewfs.mounttable.torn.link./data", f"file://{tmp_path}/here")
    target = "viewfs://torn/data/out"
    build(ParquetSink, path=target).write(context(spark, run_id="old"), spark.range(2))
    sink, here = build(ParquetSink, path=target, mode="overwrite"), context(spark, run_id="new")
    ticket = sink.stage(here, spark.range(10, 13))
    fill = HadoopFiles._fill

    def torn(self: HadoopFiles, path: str, text: str, opened: Any) -> None:
        if "_SUCCESS" in path and ".stage-" in path:
            opened().close()
            raise KeyboardInterrupt
        fill(self, path, text, opened)

    monkeypatch.setattr(HadoopFiles, "_fill", torn)
    with pytest.raises(KeyboardInterrupt):
        sink.publish(here, ticket)
    monkeypatch.undo()
    sink.publish(here, ticket)
    assert spark.read.parquet(target).count() == 3
