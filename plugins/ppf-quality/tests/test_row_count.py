from collections.abc import Callable
from typing import Any

import pytest
from ppf_quality.row_count import RowCountCheck
from pyspark.sql import SparkSession

from ppf_core import Verdict
from ppf_core.errors import ConfigError
from ppf_core.testing import build


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"min": 3, "max": 3}, ""),
        ({"min": 1}, ""),
        ({"max": 3}, ""),
        ({"min": 1000}, "The number of rows is 3; wanted at least 1000."),
        ({"max": 2}, "The number of rows is 3; wanted at most 2."),
        ({"min": 4, "max": 5}, "The number of rows is 3; wanted 4 to 5."),
        ({"min": 4, "max": 4}, "The number of rows is 3; wanted exactly 4."),
    ],
)
def test_rows_are_counted(spark: SparkSession, judging: Callable[..., Verdict], bounds: dict[str, int], told: str) -> None:
    verdict = judging(build(RowCountCheck, **bounds), spark.createDataFrame([(1,), (None,), (None,)], "x INT"))
    assert verdict == Verdict(passed=not told, value=3.0, message=told)


def test_an_empty_frame_has_no_rows_and_is_judged_by_that(spark: SparkSession, judging: Callable[..., Verdict]) -> None:
    assert not judging(build(RowCountCheck, min=1), spark.range(0)).passed
    assert judging(build(RowCountCheck, max=5), spark.range(0)).passed


@pytest.mark.parametrize("values", [{}, {"rows": None}])
def test_a_count_that_did_not_arrive_never_passes(values: dict[str, Any]) -> None:
    verdict = build(RowCountCheck, max=5).judge(values)
    assert verdict == Verdict(passed=False, message="Spark gave no value for rows, so nothing can be said.")


@pytest.mark.parametrize("bounds", [{}, {"min": -1}, {"min": 2, "max": 1}, {"min": 1.5}])
def test_bounds_that_make_no_sense_are_a_mistake(bounds: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        build(RowCountCheck, **bounds)
