"""Whether the jobs of a tag ran once: no stage a second time, no task that failed or ran twice.

Numbers that Spark gathers while a job runs count a task again that ran again. So they are only believed of such jobs.
"""

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PATIENCE_SECONDS = 2.0


def ran_once(spark: "SparkSession", tag: str) -> bool:
    """Whether every job with the tag has succeeded, and each of its stages at once. False where that cannot be told."""
    tracker: Any = spark.sparkContext._jsc.sc().statusTracker()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        states = [_job_state(tracker, job) for job in tracker.getJobIdsForTag(tag)]
        # What the tracker says comes a moment later than the end of the action.
        if not states or "running" not in states or time.monotonic() > deadline:
            return bool(states) and set(states) == {"once"}
        time.sleep(0.01)


def _job_state(tracker: Any, job: int) -> str:
    info = tracker.getJobInfo(job)
    if not info.isDefined():
        return "unknown"
    if str(info.get().status()) == "RUNNING":
        return "running"
    if str(info.get().status()) != "SUCCEEDED":
        return "failed"
    stages = [tracker.getStageInfo(stage) for stage in info.get().stageIds()]
    return "once" if all(_is_once(stage) for stage in stages) else "again"


def _is_once(stage: Any) -> bool:
    # A stage that was skipped, since its rows were there already, is not known.
    return not stage.isDefined() or (stage.get().currentAttemptId() == 0 and stage.get().numFailedTasks() == 0)
