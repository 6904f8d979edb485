import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from ppf_memory.memory import MemorySink
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from ppf_core.errors import ConfigError
from ppf_core.testing import MemoryStream, build, memory_stream, write_stream


@pytest.fixture
def session(spark: SparkSession) -> Iterator[SparkSession]:
    """A session of its own, as a run has one."""
    yield spark.newSession()
    spark.sql("DROP VIEW IF EXISTS global_temp.kept")


@pytest.fixture
def stream(session: SparkSession) -> MemoryStream:
    made = memory_stream(session, "id INT")
    made.add([(1,), (2,)])
    return made


def kept(spark: SparkSession) -> list[int]:
    return sorted(row.id for row in spark.table("global_temp.kept").collect())


def test_the_rows_are_in_the_table_for_every_session(spark: SparkSession, stream: MemoryStream, tmp_path: Path) -> None:
    write_stream(build(MemorySink, table="kept"), stream.frame, tmp_path, component="another_name")
    assert kept(spark) == [1, 2]


def test_a_stream_starts_anew_and_says_so(
    spark: SparkSession, stream: MemoryStream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for added in ([], [(3,)], [(4,)]):
        stream.add(added)
        write_stream(build(MemorySink, table="kept"), stream.frame, tmp_path)
    assert kept(spark) == [1, 2, 3, 4]
    with caplog.at_level(logging.WARNING):
        write_stream(build(MemorySink, table="kept"), stream.frame, tmp_path)
    assert "The table 'kept' lives in memory, so it starts anew" in caplog.text


def test_a_deduplication_starts_anew_as_a_whole(spark: SparkSession, stream: MemoryStream, tmp_path: Path) -> None:
    for _ in range(2):
        stream.add([(1,), (3,)])
        write_stream(build(MemorySink, table="kept"), stream.frame.dropDuplicates(), tmp_path)
        assert kept(spark) == [1, 2, 3]


def test_a_complete_result_goes_on(spark: SparkSession, stream: MemoryStream, tmp_path: Path) -> None:
    counted = stream.frame.groupBy().count().selectExpr("CAST(count AS INT) AS id")
    for whole in ([2], [3]):
        write_stream(build(MemorySink, table="kept"), counted, tmp_path, output_mode="complete")
        assert kept(spark) == whole
        stream.add([(7,)])


def test_what_else_spark_refuses_is_not_hidden(session: SparkSession, stream: MemoryStream, tmp_path: Path) -> None:
    with pytest.raises(AnalysisException, match=r"(?i)complete"):
        write_stream(build(MemorySink, table="kept"), stream.frame, tmp_path, output_mode="complete")


@pytest.mark.parametrize("name", ["", "a.b", "1a", "a b"])
def test_a_name_that_is_no_name_of_a_table_is_a_mistake(name: str) -> None:
    with pytest.raises(ConfigError, match="must be letters, digits and underscores"):
        build(MemorySink, table=name)
