import subprocess
import sys

from pyspark.sql import SparkSession

from ppf_core import WriteId
from ppf_core.testing import context


def test_everything_but_the_session_has_a_default(spark: SparkSession) -> None:
    made = context(spark)
    assert (made.spark, made.component, made.attempt, made.pinned, dict(made.frames)) == (spark, "component", 1, None, {})


def test_each_component_of_each_run_of_each_pipeline_has_a_write_id_of_its_own(spark: SparkSession) -> None:
    each = [context(spark, pipeline=pipeline, run_id=run, component=name) for pipeline in "pq" for run in "ab" for name in "xy"]
    assert len({str(one.write_id) for one in each}) == 8
    assert context(spark, write_id=WriteId("mine", 7)).write_id == WriteId("mine", 7)


def test_frames_pins_and_state_are_handed_through(spark: SparkSession) -> None:
    made = context(spark, frames={"users": spark.range(1)}, pinned="v3", state={"day": "1"})
    assert (made.frames["users"].count(), made.pinned, made.state["day"]) == (1, "v3", "1")


def test_the_first_value_of_a_cursor_wins_and_is_in_the_state(spark: SparkSession) -> None:
    made = context(spark, state={"day": "1"})
    assert [made.advance("day", "2"), made.advance("day", "3"), made.state["day"]] == ["2", "2", "2"]


def test_the_state_that_a_test_gave_stays_its_own(spark: SparkSession) -> None:
    state = {"day": "1"}
    context(spark, state=state).advance("day", "2")
    assert state == {"day": "1"}


def test_a_component_may_report(spark: SparkSession) -> None:
    context(spark).report(rows_written=3, retries=1.0)


def test_importing_it_needs_neither_pytest_nor_pyspark() -> None:
    code = "import sys, ppf_core.testing; print([name for name in ('pytest', 'pyspark') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
