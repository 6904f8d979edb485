import pytest
from ppf_console.console import ConsoleSink
from pyspark.sql import SparkSession

from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


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


@pytest.mark.parametrize("rows", [-1, 2**31])
def test_a_number_of_rows_that_cannot_be_shown_is_a_mistake(rows: int) -> None:
    with pytest.raises(ConfigError, match=f"must be from 0 to 2147483647, not {rows}"):
        build(ConsoleSink, rows=rows)


def test_printing_twice_is_not_printing_once() -> None:
    assert not build(ConsoleSink).idempotent
