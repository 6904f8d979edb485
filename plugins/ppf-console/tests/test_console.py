from dataclasses import replace
from pathlib import Path

import pytest
from ppf_console.console import ConsoleSink, ConsoleStreamSink
from pyspark.sql import SparkSession

from ppf_core.errors import ConfigError
from ppf_core.testing import build, context, memory_stream, write_stream


def test_prints_the_first_rows_as_a_table(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
    build(ConsoleSink, rows=2).write(context(spark), spark.range(3))
    table = ["+---+", "| id|", "+---+", "|  0|", "|  1|", "+---+", "only showing top 2 rows"]
    assert capsys.readouterr().out.split("\n")[: len(table)] == table


@pytest.mark.parametrize(("truncate", "shown"), [(True, "x" * 17 + "..."), (False, "x" * 30)])
def test_long_values_are_cut_unless_told(
    spark: SparkSession, capsys: pytest.CaptureFixture[str], truncate: bool, shown: str
) -> None:
    build(ConsoleSink, truncate=truncate).write(context(spark), spark.createDataFrame([("x" * 30,)], "v STRING"))
    assert f"|{shown}|" in capsys.readouterr().out


@pytest.mark.parametrize("truncate", [True, False])
@pytest.mark.parametrize("rows", [0, 1, 2, 20])
def test_a_table_looks_as_spark_draws_it(
    spark: SparkSession, capsys: pytest.CaptureFixture[str], truncate: bool, rows: int
) -> None:
    frame = spark.sql(
        "SELECT 1 AS id, 'a\\nb' AS text, 1.5D AS number, DATE'2024-01-02' AS day, X'0AFF' AS raw, array(1, 2) AS list, "
        "named_struct('x', 'y') AS struct, true AS flag, '日本語 is much longer than that' AS wide "
        "UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
    )
    frame.show(rows, truncate)
    drawn = capsys.readouterr().out
    build(ConsoleSink, rows=rows, truncate=truncate).write(context(spark), frame)
    assert capsys.readouterr().out == drawn


def test_columns_of_one_name_are_shown_side_by_side(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
    build(ConsoleSink).write(context(spark), spark.sql("SELECT 1 AS `a.b`, 2 AS x, 3 AS x"))
    assert "|a.b|  x|  x|" in capsys.readouterr().out


def test_a_secret_is_masked_before_it_is_cut(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
    frame = spark.createDataFrame([("jdbc:pg://u:s3cretcanary@host",)], "v STRING")
    masking = replace(context(spark), _redact=lambda text: text.replace("s3cretcanary", "****"))
    build(ConsoleSink).write(masking, frame)
    assert "s3cr" not in capsys.readouterr().out


@pytest.mark.parametrize("rows", [-1, 2**31])
def test_a_number_of_rows_that_cannot_be_shown_is_a_mistake(rows: int) -> None:
    with pytest.raises(ConfigError, match=f"must be from 0 to 2147483647, not {rows}"):
        build(ConsoleSink, rows=rows)


def test_in_a_stream_each_batch_says_which_one_it_is(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = memory_stream(spark, "id INT")
    stream.add([(1,), (2,)])
    stream.add([(3,)])
    write_stream(build(ConsoleStreamSink, rows=1), stream.frame, tmp_path)
    first = "Batch 0\n+---+\n| id|\n+---+\n|  1|\n+---+\nonly showing top 1 row\n"
    assert capsys.readouterr().out == f"{first}Batch 1\n+---+\n| id|\n+---+\n|  3|\n+---+\n\n"
