from collections.abc import Callable

import pytest
from ppf_quality.matches import MatchesCheck
from pyspark.sql import SparkSession

from ppf_core import Columns, PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Passing = Callable[..., list[bool]]


@pytest.mark.parametrize(
    ("pattern", "passed"),
    [
        ("N", [True, True, False, False, True]),
        ("^N[0-9]+$", [True, False, False, False, True]),
        ("(?i)^n\\d", [True, False, True, False, True]),
        ("", [True, True, True, True, True]),
    ],
)
def test_a_pattern_is_searched_anywhere_and_null_passes(
    ansi: SparkSession, passing: Passing, pattern: str, passed: list[bool]
) -> None:
    frame = ansi.createDataFrame([("N14",), ("xN",), ("n14",), ("",), (None,)], "`tail num` STRING")
    assert passing(build(MatchesCheck, column="tail num", pattern=pattern), frame) == passed


def test_it_is_the_syntax_of_java(spark: SparkSession, passing: Passing) -> None:
    frame = spark.createDataFrame([("b",), ("e",), ("Ä",)], "c STRING")
    assert passing(build(MatchesCheck, column="c", pattern="^[a-z&&[^aeiou]]$"), frame) == [True, False, False]
    assert passing(build(MatchesCheck, column="c", pattern="\\p{Lu}"), frame) == [False, False, True]


def test_a_pattern_is_never_read_as_sql(spark: SparkSession, passing: Passing) -> None:
    frame = spark.createDataFrame([('it\'s "q" \\ `x`',)], "c STRING")
    assert passing(build(MatchesCheck, column="c", pattern='it\'s "q" \\\\ `x`'), frame) == [True]


def test_what_is_no_text_is_matched_as_spark_writes_it(ansi: SparkSession, passing: Passing) -> None:
    frame = ansi.sql("SELECT 2024 AS year, DATE '2024-02-29' AS day")
    assert passing(build(MatchesCheck, column="year", pattern="^20"), frame) == [True]
    assert passing(build(MatchesCheck, column="day", pattern="-02-29$"), frame) == [True]


def test_nested_values_have_no_pattern(spark: SparkSession) -> None:
    frame = spark.sql("SELECT array(1) AS a")
    with pytest.raises(PpfError, match="Column 'a' is array<int>, in which no pattern can be searched"):
        build(MatchesCheck, column="a", pattern="1").passes(Columns(frame))


def test_a_pattern_that_only_java_can_refuse_is_told_when_it_is_planned(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], "c STRING")
    with pytest.raises(PpfError, match=r"pattern is 'a\{2,1\}', which Java does not take: Illegal repetition range"):
        build(MatchesCheck, column="c", pattern="a{2,1}").passes(Columns(frame))


def test_a_pattern_that_is_none_is_a_mistake_in_the_file() -> None:
    with pytest.raises(ConfigError, match=r"is '\[a-z', which has a '\[' that is never closed\."):
        build(MatchesCheck, column="c", pattern="[a-z")
