"""Secrets are taken out of Spark's event log, however it is stored, and what is left as it is, is told."""

import stat
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from ppf_core.jvm.event_log import EventLog

LINES = "".join(f'{{"Event":"{number}","Reason":"s3cret ü"}}\n' for number in range(1000))


def mask(text: str) -> str:
    return text.replace("s3cret", "****")


def log(spark: SparkSession, path: Path, codec: str | None = None) -> EventLog:
    java: Any = spark._jvm
    conf = java.org.apache.spark.SparkConf(False)
    return EventLog(f"file:{path}", java, codec and java.org.apache.spark.io.CompressionCodec.createCodec(conf, codec))


def write(log: EventLog, path: Path, text: str) -> None:
    with log._writing(path) as put:
        put(text.encode())


def text(log: EventLog, path: Path) -> str:
    return "".join(log._texts(path))


@pytest.mark.parametrize("codec", [None, "zstd", "lz4", "lzf", "snappy"])
def test_each_file_of_a_rolling_log_is_masked_and_keeps_its_permissions(
    spark: SparkSession, tmp_path: Path, codec: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ppf_core.jvm.event_log._CHUNK", 1001)
    events = log(spark, tmp_path, codec)
    files = [tmp_path / f"events_{number}_local-1" for number in (1, 2)]
    for file in files:
        write(events, file, LINES)
        file.chmod(0o660)
    told: list[str] = []
    events.mask(mask, told.append)
    assert told == []
    assert [text(events, file) for file in files] == [mask(LINES)] * 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o660}
    assert sorted(tmp_path.iterdir()) == files


def test_a_file_without_secrets_is_not_written_again(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "local-1"
    file.write_text("{}\n")
    before = file.stat().st_ino
    log(spark, file).mask(mask, print)
    assert file.stat().st_ino == before


def test_the_log_of_a_spark_that_was_killed_is_masked(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "local-1.inprogress").write_text(LINES + '{"Event":"s3cret')
    log(spark, tmp_path / "local-1").mask(mask, print)
    assert (tmp_path / "local-1.inprogress").read_text() == mask(LINES) + '{"Event":"****'


def test_a_file_that_cannot_be_masked_is_told_and_stays(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "local-1.zstd"
    file.write_text("s3cret, and no zstd at all")
    told: list[str] = []
    log(spark, file, "zstd").mask(mask, told.append)
    assert len(told) == 1
    assert told[0].startswith(f"Secrets may stand in Spark's event log '{file}', which was not masked: ")
    assert [each.name for each in tmp_path.iterdir()] == ["local-1.zstd"]


def test_a_log_on_another_file_system_is_told_beforehand() -> None:
    assert EventLog("file:/logs/local-1", None).obstacle is None
    obstacle = EventLog("hdfs://nodes/logs/local-1", None).obstacle
    assert obstacle is not None
    assert "'hdfs://nodes/logs/local-1'" in obstacle.message
    assert obstacle.path == 'spark.conf."spark.eventLog.dir"'
