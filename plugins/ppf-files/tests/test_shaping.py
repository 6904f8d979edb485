"""Which partitions are replaced, and how large files become."""

from pathlib import Path
from typing import Any

import pytest
from ppf_files.sinks import CsvSink, JsonSink, OrcSink, ParquetSink
from ppf_files.sizes import size_of
from ppf_files.sizing import _keys
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context

KINDS = "id INT, day DATE, hour STRING"


def days(spark: SparkSession, *rows: tuple[int, str, str | None]) -> DataFrame:
    frame = spark.createDataFrame(list(rows), "id INT, day STRING, hour STRING")
    return frame.selectExpr("id", "CAST(day AS DATE) AS day", "hour")


def found(spark: SparkSession, folder: Path) -> list[tuple[int, str, str | None]]:
    frame = spark.read.schema(KINDS).parquet(str(folder / "out"))
    return sorted((row.id, str(row.day), row.hour) for row in frame.collect())


def replace(spark: SparkSession, folder: Path, frame: DataFrame, partitions: list[str], run_id: str = "second") -> None:
    options: dict[str, Any] = {"path": "out", "mode": "overwrite", "partition_by": ["day", "hour"]}
    sink, here = (
        build(ParquetSink, folder, partition_overwrite="named", partitions=partitions, **options),
        context(spark, run_id=run_id),
    )
    try:
        sink.publish(here, sink.stage(here, frame))
    finally:
        sink.discard(here, None)


OLD = [(1, "2025-01-01", "08:00"), (2, "2025-01-01", None), (3, "2025-01-02", "08:00"), (4, "2025-01-03", "08:00")]


@pytest.fixture
def target(spark: SparkSession, tmp_path: Path) -> Path:
    options: dict[str, Any] = {"path": "out", "mode": "overwrite", "partition_by": ["day", "hour"]}
    build(ParquetSink, tmp_path, **options).write(context(spark, run_id="first"), days(spark, *OLD))
    return tmp_path


@pytest.mark.parametrize(
    ("partitions", "rows", "kept"),
    [
        (["day=2025-01-01/hour=08:00"], [(9, "2025-01-01", "08:00")], OLD[1:]),
        (["day=2025-1-1/hour=08%3A00", "DAY=2025-01-03"], [(9, "2025-01-03", "10:00")], OLD[1:3]),
        (["day=2025-01-01"], [], OLD[2:]),
        (["day=2025-01-01/hour=__HIVE_DEFAULT_PARTITION__"], [(9, "2025-01-01", None)], [OLD[0], *OLD[2:]]),
        (["day=2025-01-09"], [], OLD),
        (["day=2025-01-01", "day=2025-01-02", "day=2025-01-03"], [], []),
    ],
)
def test_the_named_partitions_are_replaced_and_no_others(
    partitions: list[str], rows: list[Any], kept: list[Any], spark: SparkSession, target: Path
) -> None:
    replace(spark, target, days(spark, *rows), partitions)
    assert found(spark, target) == sorted([*rows, *kept], key=lambda row: row[0])
    names = sorted(each.name for each in target.iterdir())
    assert names == ["out"]
    replace(spark, target, days(spark, (5, "2025-01-05", "1")), ["day=2025-01-05"], "third")
    assert (5, "2025-01-05", "1") in found(spark, target)


@pytest.mark.parametrize(
    ("partitions", "told"),
    [
        (["day=2025-01-01/hour=08:00"], r"There are rows for 'day=2025-01-01/hour=09%3A00', which 'partitions' does not name"),
        (["day=soon"], "'soon' is no value of the type date"),
    ],
)
def test_rows_of_other_partitions_leave_the_target_as_it_was(
    partitions: list[str], told: str, spark: SparkSession, target: Path
) -> None:
    with pytest.raises(PpfError, match=told):
        replace(spark, target, days(spark, (8, "2025-01-01", "08:00"), (9, "2025-01-01", "09:00")), partitions)
    assert (found(spark, target), [each.name for each in target.iterdir()]) == (OLD, ["out"])


WHOLE = {"mode": "overwrite", "partition_by": ["day", "hour"]}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"partitions": ["day=1"]}, "needs partition_overwrite = named"),
        ({"partition_overwrite": "named", "partitions": ["day=1"], "partition_by": ["day"]}, "needs mode = overwrite"),
        ({**WHOLE, "partition_overwrite": "named"}, "needs the names"),
        ({**WHOLE, "partition_overwrite": "named", "partitions": ["hour=1"]}, r"holds 'hour=1', but must .* 'day=…/hour=…'"),
        ({**WHOLE, "partition_overwrite": "named", "partitions": ["day"]}, "holds 'day'"),
        ({"target_file_size": "large"}, "is 'large', but must be a size"),
        ({"target_file_size": "1 MB", "coalesce": 1}, "cannot be set together with target_file_size"),
    ],
)
def test_what_cannot_be_is_a_mistake(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(ParquetSink, path="x", **options)


def test_sizes_are_those_of_hocon() -> None:
    assert [size_of(text) for text in ("7", "1.5 kB", "128 MB", "1 MiB", "2k", "1 G")] == [
        *(7, 1500, 128_000_000, 1 << 20, 2048),
        1 << 30,
    ]
    for text in ("0", "-1 MB", "1 mb", "MB"):
        with pytest.raises(ValueError, match="must be a size"):
            size_of(text)


def test_the_hash_is_that_of_spark(spark: SparkSession) -> None:
    keys = _keys(97)
    frame = spark.createDataFrame([(key,) for key in keys], "key INT").selectExpr("pmod(hash(key), 97) AS at")
    assert [row["at"] for row in frame.collect()] == list(range(97))


@pytest.mark.parametrize("sink", [ParquetSink, OrcSink, CsvSink, JsonSink])
@pytest.mark.parametrize("parts", [1, 60])
def test_files_become_as_large_as_wanted(sink: Any, parts: int, spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.range(0, 60_000, 1, parts).selectExpr("id", "sha2(CAST(id AS STRING), 256) AS text")
    made = build(sink, tmp_path, path="out", target_file_size="200 kB", sort_by=["id DESC"])
    made.write(context(spark), frame)
    sizes = [file.stat().st_size for file in (tmp_path / "out").glob("part-*")]
    assert len(sizes) > 5
    assert min(sizes) >= 100_000
    assert max(sizes) <= 400_000
    back = spark.read.format(sink.format).options(header=True).load(str(tmp_path / "out"))
    assert back.selectExpr("count(DISTINCT text)", "count(*)").first() == (60_000, 60_000)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_each_partition_has_files_of_the_size(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.range(0, 60_000, 1, 7).selectExpr(
        "id",
        "sha2(CAST(id AS STRING), 256) AS text",
        "IF(id < 40000, 'large', IF(id < 59990, 'a b', nullif(CAST(id % 2 AS STRING), '0'))) AS k",
    )
    made = build(ParquetSink, tmp_path, path="out", partition_by=["k"], target_file_size="200 kB")
    made.write(context(spark), frame)
    sizes = {
        folder.name: [file.stat().st_size for file in folder.glob("part-*")]
        for folder in (tmp_path / "out").iterdir()
        if folder.is_dir()
    }
    assert {name: len(found) for name, found in sizes.items() if len(found) == 1} == dict.fromkeys(
        ["k=1", "k=__HIVE_DEFAULT_PARTITION__"], 1
    )
    for name in ("k=large", "k=a b"):
        assert min(sizes[name]) >= 100_000
        assert max(sizes[name]) <= 400_000
    assert 1.5 <= len(sizes["k=large"]) / len(sizes["k=a b"]) <= 2.5
    assert spark.read.parquet(str(tmp_path / "out")).count() == 60_000
