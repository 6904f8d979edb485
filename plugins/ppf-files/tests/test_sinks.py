"""File sinks: staged beside the target, shown at once, and what fails leaves all as it was."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.dataset as arrow
import pytest
from ppf_files.sinks import CsvSink, JsonSink, OrcSink, ParquetSink, TextSink
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError, TargetMoved
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def write(
    spark: SparkSession, target: Path, frame: DataFrame, *, sink: Any = ParquetSink, run: str = "r", **options: Any
) -> None:
    made = build(sink, path=str(target), **options)
    here = context(spark, run_id=run)
    ticket = made.stage(here, frame)
    made.publish(here, ticket)
    made.publish(here, ticket)


def ids(target: Path) -> list[int]:
    """What a reader that is not Spark sees."""
    return sorted(arrow.dataset(target, format="parquet", partitioning="hive").to_table().column("id").to_pylist())


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize(
    ("sink", "format_name"),
    [(ParquetSink, "parquet"), (OrcSink, "orc"), (JsonSink, "json"), (CsvSink, "csv"), (TextSink, "text")],
)
def test_nothing_is_seen_before_publishing_and_all_after_it(
    sink: Any, format_name: str, spark: SparkSession, tmp_path: Path
) -> None:
    made, here = build(sink, path=str(tmp_path / "out")), context(spark)
    frame = spark.range(7).selectExpr("CAST(id AS STRING) AS value")
    ticket = made.stage(here, frame)
    assert not [name for name in names(tmp_path) if not name.startswith(".")]
    made.publish(here, ticket)
    assert names(tmp_path) == ["out"]
    reader = spark.read.format(format_name).option("header", True)
    assert reader.load(str(tmp_path / "out")).count() == 7


def test_overwrite_replaces_all_rows_and_leaves_nothing_beside(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path / "out", spark.range(5), run="one")
    write(spark, tmp_path / "out", spark.range(2), run="two", mode="overwrite")
    assert ids(tmp_path / "out") == [0, 1]
    assert names(tmp_path) == ["out"]


def test_a_folder_may_be_read_and_overwritten_in_one_run(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path / "out", spark.range(4), run="one")
    frame = spark.read.parquet(str(tmp_path / "out")).selectExpr("id + 10 AS id")
    write(spark, tmp_path / "out", frame, run="two", mode="overwrite")
    assert ids(tmp_path / "out") == [10, 11, 12, 13]
    assert spark.read.parquet(str(tmp_path / "out")).count() == 4


def test_a_failing_stage_leaves_the_old_rows_and_discard_removes_the_rest(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path / "out", spark.range(3), run="one")
    made, here = build(ParquetSink, path=str(tmp_path / "out"), mode="overwrite"), context(spark, run_id="two")
    with pytest.raises(Exception, match=r"(?i)zero"):
        made.stage(here, spark.range(9).selectExpr("CAST(raise_error('divided by zero') AS BIGINT) AS id"))
    assert ids(tmp_path / "out") == [0, 1, 2]
    made.discard(here, None)
    made.discard(here, None)
    assert names(tmp_path) == ["out"]


def test_append_adds_once_also_when_it_is_published_twice(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path / "out", spark.range(2), run="one", mode="append")
    write(spark, tmp_path / "out", spark.range(3), run="two", mode="append")
    assert ids(tmp_path / "out") == [0, 0, 1, 1, 2]


def test_error_refuses_a_target_that_exists_before_anything_is_written(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path / "out", spark.range(1), run="one")
    with pytest.raises(PpfError, match="exists, and mode is 'error'"):
        write(spark, tmp_path / "out", spark.range(2), run="two")
    assert ids(tmp_path / "out") == [0]
    assert names(tmp_path) == ["out"]


def test_ignore_leaves_a_target_that_exists(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path / "out", spark.range(1), run="one")
    write(spark, tmp_path / "out", spark.range(2), run="two", mode="ignore")
    assert ids(tmp_path / "out") == [0]


@pytest.mark.parametrize("mode", ["error", "overwrite"])
def test_a_target_that_moved_meanwhile_is_not_replaced(mode: str, spark: SparkSession, tmp_path: Path) -> None:
    if mode == "overwrite":
        write(spark, tmp_path / "out", spark.range(1), run="one")
    made, here = build(ParquetSink, path=str(tmp_path / "out"), mode=mode), context(spark, run_id="two")
    ticket = made.stage(here, spark.range(5))
    spark.range(2).write.mode("append").parquet(str(tmp_path / "out"))
    before = ids(tmp_path / "out")
    with pytest.raises(TargetMoved):
        made.publish(here, ticket)
    assert ids(tmp_path / "out") == before


def test_dynamic_overwrite_replaces_only_the_partitions_it_holds(spark: SparkSession, tmp_path: Path) -> None:
    both = spark.range(4).selectExpr("id", "id % 2 AS half")
    write(spark, tmp_path / "out", both, run="one", partition_by=["half"])
    one = spark.range(1).selectExpr("100 + id AS id", "1L AS half")
    options = {"mode": "overwrite", "partition_by": ["half"], "partition_overwrite": "dynamic"}
    write(spark, tmp_path / "out", one, run="two", **options)
    assert ids(tmp_path / "out") == [0, 2, 100]
    assert names(tmp_path) == ["out"]


def test_partitions_replace_the_empty_result_before_them(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.range(4).selectExpr("id", "id % 2 AS half")
    for run, rows in enumerate([frame.where("id < 0"), frame, frame.where("id < 0")]):
        write(spark, tmp_path / "out", rows, run=str(run), mode="append", partition_by=["half"])
        assert ids(tmp_path / "out") == ([] if run == 0 else [0, 1, 2, 3])
    assert sorted(map(tuple, spark.read.parquet(str(tmp_path / "out")).collect())) == [(0, 0), (1, 1), (2, 0), (3, 1)]


@pytest.mark.parametrize("sink", [CsvSink, JsonSink, OrcSink, TextSink])
@pytest.mark.parametrize("partition_by", [[], ["half"]])
def test_an_empty_result_of_any_format_is_one_file(
    sink: Any, partition_by: list[str], spark: SparkSession, tmp_path: Path
) -> None:
    frame = (
        spark.range(4).selectExpr("CAST(id AS STRING) AS name", *(["id % 2 AS half"] if partition_by else [])).where("id < 0")
    )
    write(spark, tmp_path / "out", frame, sink=sink, partition_by=partition_by)
    (file,) = [each for each in (tmp_path / "out").iterdir() if each.name[0] not in "._"]
    if sink is CsvSink:
        assert file.read_text() == ",".join(frame.columns) + "\n"


@pytest.mark.parametrize("partition_by", [[], ["half"]])
def test_an_empty_result_can_be_read_with_its_schema(partition_by: list[str], spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.range(4).selectExpr("id", "id % 2 AS half").where("id < 0")
    write(spark, tmp_path / "out", frame, partition_by=partition_by)
    assert spark.read.parquet(str(tmp_path / "out")).schema.simpleString() == "struct<id:bigint,half:bigint>"
    assert ids(tmp_path / "out") == []


@pytest.mark.parametrize("marker", ["_delta_log", "_spark_metadata", ".hoodie"])
def test_a_folder_of_a_table_format_is_refused(marker: str, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "out" / marker).mkdir(parents=True)
    with pytest.raises(PpfError, match=marker):
        write(spark, tmp_path / "out", spark.range(1), mode="overwrite")


def test_a_target_that_is_a_file_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(PpfError, match="is a file"):
        write(spark, tmp_path / "out", spark.range(1), mode="overwrite")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_target_below_a_file_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(PpfError, match=r"lies below '.*/file', which is a file"):
        write(spark, tmp_path / "file" / "in" / "out", spark.range(1))


@pytest.mark.parametrize(
    ("query", "rows", "options"),
    [
        ("SELECT id, id % 3 AS k FROM range(1234)", 1234, {"partition_by": ["k"]}),
        ("SELECT id % 2 AS k, count(*) AS n FROM range(1234) GROUP BY 1", 2, {"repartition": 3}),
        ("SELECT id FROM range(5) WHERE id < 0", 0, {}),
        ("SELECT id, id AS k FROM range(5) WHERE id < 0", 0, {"partition_by": ["k"]}),
    ],
)
def test_rows_written_are_reported_without_another_job(
    query: str, rows: int, options: dict[str, Any], spark: SparkSession, tmp_path: Path
) -> None:
    told: list[int | None] = []
    here = replace(context(spark), _report=lambda number, _: told.append(number))
    build(CsvSink, path=str(tmp_path / "out"), **options).stage(here, spark.sql(query))
    assert told == [rows]


@pytest.mark.parametrize("name", ["with space", "per%20cent", "ünï", "a=b#c", "br[a]ck*et"])
def test_names_are_taken_as_they_are(name: str, spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path / name, spark.range(2), run="one", mode="overwrite")
    write(spark, tmp_path / name, spark.range(3), run="two", mode="overwrite")
    assert ids(tmp_path / name) == [0, 1, 2]
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_a_link_stays_a_link(mode: str, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    write(spark, tmp_path / "disk" / "out", spark.range(1), run="one")
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "out")
    write(spark, tmp_path / "out", spark.range(1, 2), run="two", mode=mode)
    assert (tmp_path / "out").is_symlink()
    assert ids(tmp_path / "disk" / "out") == ([0, 1] if mode == "append" else [1])
    assert names(tmp_path / "disk") == ["out"]


def test_the_new_folder_has_the_rights_of_the_old(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path / "out", spark.range(1), run="one")
    (tmp_path / "out").chmod(0o750)
    write(spark, tmp_path / "out", spark.range(2), run="two", mode="overwrite")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750


def test_the_current_folder_is_not_overwritten(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PpfError, match="holds the current folder"):
        write(spark, tmp_path, spark.range(2), mode="overwrite")
    assert names(tmp_path) == ["mine.txt"]


def test_the_home_folder_is_not_overwritten(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    with pytest.raises(PpfError, match="holds your home folder"):
        write(spark, tmp_path, spark.range(2), mode="overwrite")


def test_a_column_that_is_not_there_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(PpfError, match=r"no column 'idd', which partition_by names\. Did you mean 'id'\?"):
        write(spark, tmp_path / "out", spark.range(2), partition_by=["idd"])


COLUMNS = "1 AS `a.b`, CAST(2.50 AS DECIMAL(9, 2)) AS price, concat('one', char(10), 'two') AS text"
TIMES = "TIMESTAMP '1582-10-10 00:00:00.123456' AS at, TIMESTAMP_NTZ '1969-12-31 23:59:59.999999' AS local"


def staged(spark: SparkSession, sink: Any, frame: DataFrame, path: Path, **options: Any) -> DataFrame | None:
    made = build(sink, path=str(path), **options)
    return made.staged(context(spark), made.stage(context(spark), frame))


def test_what_was_staged_is_read_back_as_it_was_given(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.sql(f"SELECT {COLUMNS}, DATE '2024-01-01' AS day, {TIMES}")
    found = staged(spark, ParquetSink, frame, tmp_path / "out", partition_by=["Day"], writer={"compression": "gzip"})
    assert found is not None
    assert (found.schema.simpleString(), found.collect()) == (frame.schema.simpleString(), frame.collect())


@pytest.mark.parametrize("sink", [CsvSink, JsonSink, TextSink])
def test_text_does_not_stand_for_the_rows_that_were_given(sink: Any, spark: SparkSession, tmp_path: Path) -> None:
    assert staged(spark, sink, spark.sql("SELECT ' a' AS value"), tmp_path / "out") is None


@pytest.mark.parametrize(
    ("sink", "query", "options"),
    [
        (ParquetSink, "SELECT 1 AS id, '' AS part", {"partition_by": ["part"]}),
        (ParquetSink, "SELECT 1 AS id, '01' AS part", {"partition_by": ["Part"]}),
        (ParquetSink, "SELECT 1 AS id, 1 AS `.part`", {"partition_by": [".part"]}),
        (ParquetSink, "SELECT 1 AS id", {"writer": {"timestampFormat": "yyyy"}}),
        (OrcSink, "SELECT DATE '1582-10-10' AS day", {}),
        (OrcSink, "SELECT map(1, array(TIMESTAMP '1969-12-31 23:59:59.999999')) AS times", {}),
        (OrcSink, "SELECT INTERVAL '1' YEAR AS age", {}),
        (OrcSink, "SELECT 1 AS `a``b`", {}),
    ],
)
def test_a_stage_that_may_have_changed_the_rows_does_not_stand_for_them(
    sink: Any, query: str, options: dict[str, Any], spark: SparkSession, tmp_path: Path
) -> None:
    assert staged(spark, sink, spark.sql(query), tmp_path / "out", **options) is None


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("spark.sql.parquet.outputTimestampType", "timestamp_millis"),
        ("spark.sql.parquet.datetimeRebaseModeInWrite", "LEGACY"),
        ("spark.sql.parquet.int96RebaseModeInWrite", "LEGACY"),
        ("spark.sql.parquet.writeLegacyFormat", "true"),
    ],
)
def test_a_setting_that_changes_values_is_seen(setting: str, value: str, spark: SparkSession, tmp_path: Path) -> None:
    other = spark.newSession()
    assert staged(other, ParquetSink, other.range(1), tmp_path / "as it is") is not None
    other.conf.set(setting, value)
    assert staged(other, ParquetSink, other.range(1), tmp_path / "out") is None


def test_texts_of_a_fixed_length_do_not_stand_for_what_was_given(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.range(1).selectExpr("'a' AS code")
    fixed = frame.withMetadata("code", {"__CHAR_VARCHAR_TYPE_STRING": "char(3)"})
    assert staged(spark, ParquetSink, fixed, tmp_path / "out") is None


def test_shaping_options_reach_the_files(spark: SparkSession, tmp_path: Path) -> None:
    write(spark, tmp_path / "one", spark.range(20, numPartitions=4), coalesce=1, sort_by=["id"])
    write(spark, tmp_path / "many", spark.range(20), repartition=1, max_records_per_file=5)
    assert len(list((tmp_path / "one").glob("part-*"))) == 1
    assert len(list((tmp_path / "many").glob("part-*"))) == 4


def test_each_file_is_sorted_also_below_partition_folders(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.range(1000).selectExpr("(id * 7919) % 1000 AS id", "concat('p', id % 3) AS p")
    write(spark, tmp_path / "out", frame, repartition=1, partition_by=["p"], sort_by=["id"])
    for file in (tmp_path / "out").glob("p=*/*.parquet"):
        found = arrow.dataset(file).to_table().column("id").to_pylist()
        assert found == sorted(found)


@pytest.mark.parametrize(
    ("options", "atomic"),
    [({"mode": "overwrite"}, True), ({"mode": "append"}, False), ({"path": "s3a://bucket/x", "mode": "overwrite"}, False)],
)
def test_the_plan_is_told_what_is_atomic(options: dict[str, Any], atomic: bool, tmp_path: Path) -> None:
    assert build(ParquetSink, **{"path": str(tmp_path / "out"), **options}).atomic is atomic


@pytest.mark.parametrize(
    ("options", "exclusive"),
    [
        ({"mode": "error"}, True),
        ({"mode": "overwrite"}, True),
        ({"mode": "append"}, False),
        ({"mode": "overwrite", "partition_by": ["day"], "partition_overwrite": "dynamic"}, False),
    ],
)
def test_what_leaves_room_for_another_sink_is_not_exclusive(options: dict[str, Any], exclusive: bool, tmp_path: Path) -> None:
    assert build(ParquetSink, path=str(tmp_path / "out"), **options).exclusive is exclusive


def test_a_csv_sink_needs_a_delimiter(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be at least one character"):
        build(CsvSink, path=str(tmp_path / "out"), delimiter="")


@pytest.mark.parametrize(
    ("sink", "query", "told"),
    [
        (CsvSink, "1 AS n, named_struct('x', 1) AS s", r"'s' holds struct<x:int>, which csv does not have.*to_json"),
        (CsvSink, "array(1) AS s", r"'s' holds array<int>, which csv does not have.*to_json"),
        (CsvSink, "NULL AS s", r"'s' holds void, which csv does not have.*CAST"),
        (OrcSink, "NULL AS s", r"'s' holds void, which orc does not have.*CAST"),
        (TextSink, "map('k', 1) AS s", r"'s' holds map<string,int>, which text does not have.*to_json"),
        (TextSink, "1 AS s", r"'s' holds int, which text does not have.*CAST"),
        (TextSink, "'a' AS x, 'b' AS y", r"has one column, but there are 2: 'x', 'y'.*concat_ws"),
    ],
)
def test_a_column_that_the_format_does_not_have_is_named(
    sink: Any, query: str, told: str, spark: SparkSession, tmp_path: Path
) -> None:
    with pytest.raises(PpfError) as caught:
        build(sink, tmp_path, path="out").write(context(spark), spark.sql(f"SELECT {query}"))
    assert re.search(told, str(caught.value))
    assert not list(tmp_path.iterdir())
