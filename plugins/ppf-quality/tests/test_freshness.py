from collections.abc import Callable
from typing import Any

import pytest
from ppf_quality.freshness import FreshnessCheck
from pyspark.sql import SparkSession

from ppf_core import Columns, PpfError, Verdict
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Judging = Callable[..., Verdict]
HOUR = 3600


@pytest.mark.parametrize(("max_age", "passed"), [("1 hour", False), ("125 minutes", True), ("PT3H", True), (7300, True)])
def test_the_newest_time_must_be_young_enough(spark: SparkSession, judging: Judging, max_age: Any, passed: bool) -> None:
    frame = spark.sql("SELECT explode(array(now() - INTERVAL 2 HOURS, now() - INTERVAL 9 DAYS, NULL)) AS `the time`")
    found = judging(build(FreshnessCheck, column="the time", max_age=max_age), frame)
    assert (found.passed, found.value) == (passed, pytest.approx(2 * HOUR, abs=60))
    assert ("2:00:0" in found.message) != passed


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_dates_and_times_without_a_zone_are_those_of_the_session(spark: SparkSession, judging: Judging, zone: str) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", zone)
    frame = session.sql("SELECT current_date() AS day, localtimestamp() - INTERVAL 1 HOUR AS local, now() AS at")
    (since_midnight,) = session.sql("SELECT unix_micros(now()) - unix_micros(CAST(current_date() AS TIMESTAMP))").collect()[0]
    day = judging(build(FreshnessCheck, column="day", max_age="1 day"), frame)
    assert (day.passed, day.value) == (True, pytest.approx(since_midnight / 1e6, abs=60))
    local = judging(build(FreshnessCheck, column="local", max_age="30 minutes"), frame)
    assert (local.passed, local.value) == (False, pytest.approx(HOUR, abs=60))


def test_a_time_to_come_is_fresh(spark: SparkSession, judging: Judging) -> None:
    frame = spark.sql("SELECT now() + INTERVAL 1 HOUR AS at")
    assert judging(build(FreshnessCheck, column="at", max_age=1), frame).passed


@pytest.mark.parametrize("where", ["FALSE", "TRUE"])
def test_without_values_it_fails(spark: SparkSession, judging: Judging, where: str) -> None:
    frame = spark.sql(f"SELECT CAST(NULL AS TIMESTAMP) AS at WHERE {where}")
    found = judging(build(FreshnessCheck, column="at", max_age="1 day"), frame)
    assert found == Verdict(passed=False, message="Nothing is fresh: 'at' has no values.")


def test_what_is_no_time_is_told(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], "at STRING")
    with pytest.raises(PpfError, match="Column 'at' is string; freshness wants dates or times"):
        build(FreshnessCheck, column="at", max_age=1).metrics(Columns(frame))


@pytest.mark.parametrize("values", [{}, {"values": 1}, {"values": 1, "newest": 5, "now": None}, {"newest": 5, "now": 6}])
def test_a_number_that_did_not_arrive_never_passes(values: dict[str, Any]) -> None:
    assert not build(FreshnessCheck, column="at", max_age="1 day").judge(values).passed


def test_an_age_below_zero_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="max_age"):
        build(FreshnessCheck, column="at", max_age="-1 day")
