"""Small questions to a frame, which classic Spark and Spark Connect answer differently."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_LEVELS = {"memory": "MEMORY_AND_DISK_DESER", "disk": "DISK_ONLY"}


def frame_schema(frame: "DataFrame") -> str:
    """The schema as Spark's JSON."""
    java = getattr(frame, "_jdf", None)
    # Classic: the JVM has the text ready, and building Python's StructType first takes longer than planning a component.
    return str(java.schema().json()) if java is not None else frame.schema.json()


def describe_jobs(spark: "SparkSession", description: str) -> None:
    """What Spark's own pages show for the jobs that this thread starts; Spark Connect has no such name."""
    if hasattr(spark, "_jsparkSession"):
        spark.sparkContext.setJobDescription(description)


def keep_frame(frame: "DataFrame", persist: str) -> "DataFrame":
    """The frame, kept in memory (and on disk where that is full) or on disk once it was computed; `none` keeps nothing."""
    if persist not in _LEVELS:
        return frame
    from pyspark import StorageLevel

    return frame.persist(getattr(StorageLevel, _LEVELS[persist]))


def release_frame(frame: "DataFrame", persist: str) -> None:
    """Lets go of what `keep_frame` kept."""
    if persist in _LEVELS:
        frame.unpersist()
