"""The jobs of a run in classic Spark: named, sharing the cluster fairly, and found again when they must end, or have ended.

pyspark gives each Python thread a thread of its own in the JVM, and all this is set per thread.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_TAGS = "spark.job.tags"
_PATIENCE_SECONDS = 2.0


def enter_thread(spark: "SparkSession", pool: str) -> None:
    """Prepares a new thread: its jobs share the executors with those of other pools, and `expr` finds the run's session."""
    from pyspark.sql import SparkSession

    context = spark.sparkContext
    context.setLocalProperty("spark.scheduler.pool", pool)
    home: Any = getattr(SparkSession, "_get_j_spark_session_class", lambda jvm: jvm.SparkSession)(context._jvm)
    home.setActiveSession(spark._jsparkSession)


def name_jobs(spark: "SparkSession", description: str, tags: Sequence[str]) -> None:
    """From here on, the jobs of this thread have this description and these tags."""
    context = spark.sparkContext
    context.setJobDescription(description)
    # What addJobTag does, once for all of them.
    context.setLocalProperty(_TAGS, ",".join(tags))


def count_tasks(spark: "SparkSession", tag: str) -> tuple[int, int]:
    """How many tasks of the jobs with this tag are done, of how many; (0, 0) when no job runs."""
    context: Any = spark.sparkContext
    tracker = context._jsc.sc().statusTracker()
    done = total = 0
    for job in tracker.getJobIdsForTag(tag):
        info = tracker.getJobInfo(job)
        for stage in info.get().stageIds() if info.isDefined() and str(info.get().status()) == "RUNNING" else ():
            found = tracker.getStageInfo(stage)
            if found.isDefined():
                done += found.get().numCompletedTasks()
                total += found.get().numTasks()
    return done, total


def cancel_jobs(spark: "SparkSession", tag: str) -> None:
    """Ends all jobs that carry a tag. A Spark that is gone has none."""
    with suppress(Exception):
        spark.sparkContext.cancelJobsWithTag(tag)


def ran_once(spark: "SparkSession", tag: str) -> bool:
    """Whether every job with the tag has succeeded, and each of its stages at once. False where that cannot be told.

    Numbers that Spark gathers while a job runs count a task again that ran again, so they are only believed of such jobs.
    """
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
