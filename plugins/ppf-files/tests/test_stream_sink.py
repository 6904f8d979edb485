"""The streaming sink: each batch once, for every reader, whatever is killed and tried again."""

from pathlib import Path
from typing import Any

import pyarrow.dataset as arrow
import pytest
from ppf_files.stream_sink import FilesSink
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError, WriteId
from ppf_core.errors import ConfigError
from ppf_core.storage import Entry, LocalFiles
from ppf_core.testing import build, context, memory_stream, write_stream


def sink(folder: Path, **options: Any) -> FilesSink:
    return build(FilesSink, folder, **{"path": "out", **options})


def ids(folder: Path) -> list[int]:
    """What a reader that is not Spark sees."""
    return sorted(arrow.dataset(folder / "out", format="parquet", partitioning="hive").to_table().column("id").to_pylist())


def rows(spark: SparkSession, *numbers: int) -> DataFrame:
    return spark.createDataFrame([(number,) for number in numbers], "id INT")


@pytest.mark.parametrize("format_name", ["csv", "json", "orc", "parquet", "text"])
def test_batches_are_added_in_every_format(format_name: str, spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "value STRING")
    for batch in (["a", "ä"], [], ["a"]):
        stream.add([(text,) for text in batch])
        write_stream(sink(tmp_path, format=format_name), stream.frame, tmp_path / "checkpoint")
    found = spark.read.format(format_name).option("header", True).load(str(tmp_path / "out"))
    assert sorted(row.value for row in found.collect()) == ["a", "a", "ä"]


def test_a_batch_that_is_tried_again_is_there_once(spark: SparkSession, tmp_path: Path) -> None:
    """Under one id, after it was published, staged, or killed in its stage, and also by another process."""
    for number, given in enumerate([[1, 2], [3]]):
        here = context(spark, write_id=WriteId("late", number))
        sink(tmp_path).stage(here, rows(spark, *given))
        for _ in range(2):
            again = sink(tmp_path)
            ticket = again.stage(here, rows(spark, *given))
            again.publish(here, ticket)
            sink(tmp_path).publish(here, dict(ticket))
    assert ids(tmp_path) == [1, 2, 3]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_two_streams_may_fill_one_folder(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT")
    stream.add([(1,)])
    for number in range(2):
        write_stream(sink(tmp_path), stream.frame, tmp_path / f"checkpoint {number}")
    assert ids(tmp_path) == [1, 1]


def test_rows_go_into_folders(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT, day INT")
    stream.add([(1, 1), (2, 2)])
    stream.add([(3, 2)])
    write_stream(sink(tmp_path, partition_by=["day"]), stream.frame, tmp_path / "checkpoint")
    assert ids(tmp_path) == [1, 2, 3]
    assert sorted(each.name for each in (tmp_path / "out").iterdir() if each.is_dir()) == ["day=1", "day=2"]


def test_a_complete_result_replaces_the_one_before(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT")
    totals = stream.frame.groupBy().count().selectExpr("CAST(count AS INT) AS id")
    for total in (2, 4):
        stream.add([(1,), (1,)])
        write_stream(sink(tmp_path, mode="overwrite"), totals, tmp_path / "checkpoint", output_mode="complete")
        assert ids(tmp_path) == [total]


@pytest.mark.parametrize("header", [True, False])
def test_writer_says_what_csv_looks_like(header: bool, spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT, name STRING")
    made = sink(tmp_path, format="csv", writer={"Header": header, "delimiter": ";"})
    for number in range(2):
        stream.add([(number, "x")])
    write_stream(made, stream.frame, tmp_path / "checkpoint")
    texts = sorted(file.read_text() for file in (tmp_path / "out").glob("part-*"))
    start = "id;name\n" if header else ""
    assert texts == [f"{start}0;x\n", f"{start}1;x\n"]


def test_readers_see_no_stage_and_it_can_be_discarded(spark: SparkSession, tmp_path: Path) -> None:
    made, here = sink(tmp_path), context(spark)
    ticket = made.stage(here, rows(spark, 1))
    staged = made.staged(here, ticket)
    assert staged is not None
    assert [row.id for row in staged.collect()] == [1]
    assert [each.name for each in tmp_path.iterdir() if not each.name.startswith(".")] == []
    made.discard(here, ticket)
    made.close()
    assert list(tmp_path.iterdir()) == []


def test_good_and_bad_rows_part_in_one_pass(spark: SparkSession, tmp_path: Path) -> None:
    made, here = sink(tmp_path), context(spark)
    assert made.can_split
    split = made.stage_split(here, rows(spark, 1, 2, 3).selectExpr("*", "id = 2 AS bad"), "bad")
    assert split is not None
    ticket, bad = split
    assert [row.id for row in bad.collect()] == [2]
    made.publish(here, ticket)
    assert ids(tmp_path) == [1, 3]


def test_the_folder_of_sparks_own_streaming_sink_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT")
    stream.add([(1,)])
    writer = stream.frame.writeStream.trigger(availableNow=True).option("checkpointLocation", str(tmp_path / "other"))
    writer.start(str(tmp_path / "out")).awaitTermination()
    with pytest.raises(PpfError, match=r"output of Spark's own streaming sink: it holds '_spark_metadata'\.") as caught:
        write_stream(sink(tmp_path), stream.frame, tmp_path / "checkpoint")
    assert "Name another path" in str(caught.value.problems[0].hint)


def test_nothing_in_the_folder_is_a_log_of_sparks(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "id INT")
    stream.add([(1,)])
    write_stream(sink(tmp_path), stream.frame, tmp_path / "checkpoint")
    assert {each.name.split("-")[0] for each in (tmp_path / "out").iterdir()} == {"_SUCCESS", "part"}


def test_it_says_what_the_sink_of_the_format_says(tmp_path: Path) -> None:
    adding, replacing = sink(tmp_path), sink(tmp_path, mode="overwrite", format="csv")
    assert (adding.idempotent, adding.exclusive, adding.atomic) == (True, False, False)
    assert (replacing.idempotent, replacing.exclusive, replacing.can_split) == (True, True, False)
    assert [dataset.name for dataset in adding.datasets()] == [f"{tmp_path}/out"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "error"}, "overwrite"),
        ({"format": "xml"}, "xml"),
        ({"writer": {"sep": []}}, "must be text, a number or a boolean"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        sink(tmp_path, **options)


def test_the_next_batch_looks_at_nothing_again_however_much_is_there(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a stream would be slower with each batch."""
    made, walked = sink(tmp_path), list[str]()
    walk = LocalFiles.walk

    def noting(files: LocalFiles, path: str) -> list[Entry]:
        walked.append(path)
        return walk(files, path)

    monkeypatch.setattr(LocalFiles, "walk", noting)
    for number in range(4):
        spark.sparkContext.setJobGroup(f"{tmp_path} {number}", "batch")
        made.write(context(spark, write_id=WriteId("late", number)), rows(spark, number))
        looked = [path for path in walked if not path.rpartition("/")[2].startswith(".")]
        jobs = spark.sparkContext.statusTracker().getJobIdsForGroup(f"{tmp_path} {number}")
        assert number == 0 or (looked, len(jobs)) == ([], 1)
        walked.clear()
    assert ids(tmp_path) == [0, 1, 2, 3]


def test_batches_of_other_columns_are_refused_also_in_the_middle(spark: SparkSession, tmp_path: Path) -> None:
    made = sink(tmp_path)
    for number in range(2):
        made.write(context(spark, write_id=WriteId("late", number)), rows(spark, number))
    with pytest.raises(PpfError, match="does not fit the files in"):
        made.write(context(spark, write_id=WriteId("late", 2)), rows(spark, 2).toDF("other"))
    assert ids(tmp_path) == [0, 1]


def test_several_batches_that_come_again_are_there_once(spark: SparkSession, tmp_path: Path) -> None:
    """A checkpoint of yesterday was put back."""
    for first in (0, 1):
        made = sink(tmp_path)
        for number in range(first, 4):
            made.write(context(spark, write_id=WriteId("late", number)), rows(spark, 10 * first + number))
    assert ids(tmp_path) == [0, 11, 12, 13]


def test_batches_without_rows_leave_folders_as_they_are(spark: SparkSession, tmp_path: Path) -> None:
    made = sink(tmp_path, partition_by=["day"])
    for number, given in enumerate([[], [(1, 1)], [], [(2, 2)], []]):
        frame = spark.createDataFrame(given, "id INT, day INT")
        made.write(context(spark, write_id=WriteId("late", number)), frame)
        assert len(spark.read.parquet(str(tmp_path / "out")).columns) == 2
    assert ids(tmp_path) == [1, 2]
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["_SUCCESS", "day=1", "day=2"]
