"""Checks evaluated one by one, as the kernel evaluates them together."""

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession, functions

from ppf_core import AggregateCheck, Columns, FrameCheck, RowCheck, Verdict
from ppf_core.testing import context

Passing = Callable[[RowCheck[Any], DataFrame], list[bool]]
Judging = Callable[..., Verdict]


@pytest.fixture(params=["true", "false"], ids=["ansi", "lenient"])
def ansi(request: pytest.FixtureRequest, spark: SparkSession) -> SparkSession:
    """A session of its own, in which a cast that does not fit raises, or gives NULL."""
    session = spark.newSession()
    session.conf.set("spark.sql.ansi.enabled", request.param)
    return session


@pytest.fixture
def passing() -> Passing:
    """Which rows pass, in their order: in a sum of masks, as the kernel asks."""

    def rows(check: RowCheck[Any], frame: DataFrame) -> list[bool]:
        passes = functions.coalesce(check.passes(Columns(frame)), functions.lit(check.null_passes))
        return [row[0] == 0 for row in frame.select(functions.when(passes, 0).otherwise(1)).collect()]

    return rows


@pytest.fixture
def judging(spark: SparkSession) -> Judging:
    """The verdict on a frame; `frames` are those of the components that options name."""

    def verdict(check: AggregateCheck[Any] | FrameCheck[Any], frame: DataFrame, **frames: DataFrame) -> Verdict:
        if isinstance(check, FrameCheck):
            return check.judge(context(spark, frames=frames), frame)
        row = frame.agg(*[column.alias(name) for name, column in check.metrics(Columns(frame)).items()]).first()
        assert row is not None
        return check.judge(row.asDict())

    return verdict
