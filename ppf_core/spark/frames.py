"""Frames that are computed once for all who read them, and what classic Spark and Spark Connect know of a frame."""

import datetime
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from ppf_core.spark.partial_reads import file_relation, leaves, partial_read
from ppf_core.spark.rules import CHECKED_AT, RUN_ID

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_LEVELS = {"memory": "MEMORY_AND_DISK_DESER", "disk": "DISK_ONLY"}

# Spark's own names of what a logical plan contains → why computing it twice is worse than keeping it.
_COSTLY = {
    "JOIN": "a join",
    "LATERAL_JOIN": "a join",
    "AS_OF_JOIN": "a join",
    "AGGREGATE": "an aggregation",
    "DISTINCT_LIKE": "an aggregation",
    "INTERSECT": "an aggregation",
    "EXCEPT": "an aggregation",
    "WINDOW": "a window function",
    "SORT": "a sort",
    "REPARTITION_OPERATION": "a shuffle",
    "PYTHON_UDF": "a Python function",
    "SCALA_UDF": "a function of a user",
    "CURRENT_LIKE": "the current time",
    "LIMIT": "a limit, which may take other rows next time",
}
# Which rows a limit or a window takes among equals may depend on the order in which tasks end.
_UNSTEADY = ("CURRENT_LIKE", "LIMIT", "WINDOW")
# Local file listings are cheap to read again; everything else asks another system.
_LOCAL_LEAVES = ("LocalRelation", "OneRowRelation", "Range", "InMemoryRelation", "CommandResult")


def cache_frame(frame: "DataFrame", level: str) -> "DataFrame":
    """Computes a frame once, in memory (and on disk where that is full) or on disk alone. Read the frame that it gives."""
    kept = cache_when_read(frame, level)
    # Counting reads all rows of all columns into the cache, and moves none of them.
    frame.count()
    return kept


def cache_when_read(frame: "DataFrame", level: str) -> "DataFrame":
    """As `cache_frame`, but the first action that reads all rows of the frame computes it."""
    from pyspark import StorageLevel

    frame.persist(getattr(StorageLevel, _LEVELS[level]))
    return planned_anew(frame)


def release_frame(frame: "DataFrame") -> None:
    """Lets go of what `cache_frame` kept for this frame, the one that was given to it."""
    frame.unpersist()


def planned_anew(frame: "DataFrame") -> "DataFrame":
    """The same rows: a frame decides once, when it is first asked, which kept frames it reads.

    Not the very plan of a kept frame: Spark forgets that when a view of it is dropped, as `spark.sql("…", name=frame)` does.
    """
    from pyspark.sql import functions as F

    return frame.where(F.lit(True))


def why_cache(frame: "DataFrame") -> str | None:
    """What in a frame's plan makes a second computation costly or different; None when reading again is cheaper.

    Frames that are kept already count as read, not as computed. Spark Connect does not show its plans: None.
    """
    java: Any = getattr(frame, "_jdf", None)
    if java is None:
        return None
    plan = planned_anew(frame)._jdf.queryExecution().withCachedData()
    if not plan.deterministic():
        return "values that differ from time to time"
    jvm: Any = frame.sparkSession.sparkContext._jvm
    patterns = jvm.org.apache.spark.sql.catalyst.trees.TreePattern
    for name, reason in _COSTLY.items():
        if plan.containsPattern(patterns.withName(name)):
            return reason
    return partial_read(plan, frame.sparkSession) or _remote_read(plan)


def is_deterministic(frame: "DataFrame") -> bool:
    """Whether a second computation gives the very same rows, also one that reads fewer columns, as far as the plan tells.

    Spark Connect does not show its plans: True.
    """
    java: Any = getattr(frame, "_jdf", None)
    if java is None:
        return True
    plan = planned_anew(frame)._jdf.queryExecution().withCachedData()
    jvm: Any = frame.sparkSession.sparkContext._jvm
    patterns = jvm.org.apache.spark.sql.catalyst.trees.TreePattern
    is_steady = bool(plan.deterministic()) and not any(plan.containsPattern(patterns.withName(name)) for name in _UNSTEADY)
    return is_steady and partial_read(plan, frame.sparkSession) is None


def depends_on_columns(frame: "DataFrame") -> str | None:
    """Why fewer columns of a frame may have other rows; None when they have the same.

    Such a frame is only looked at as a whole: while all its columns are written, or once it is kept. Spark Connect does not
    show its plans: None.
    """
    if getattr(frame, "_jdf", None) is None:
        return None
    return partial_read(planned_anew(frame)._jdf.queryExecution().withCachedData(), frame.sparkSession)


def is_computed_alike(frame: "DataFrame") -> bool:
    """Whether the columns of a selection have the same values each time they are computed, of the same rows."""
    plan: Any = frame._jdf.queryExecution().analyzed()
    jvm: Any = frame.sparkSession.sparkContext._jvm
    current = jvm.org.apache.spark.sql.catalyst.trees.TreePattern.withName("CURRENT_LIKE")
    computed = plan.expressions()
    columns = [computed.apply(index) for index in range(computed.size())]
    return all(column.deterministic() and not column.containsPattern(current) for column in columns)


def _remote_read(plan: Any) -> str | None:
    for leaf in leaves(plan):
        kind, relation = leaf.getClass().getSimpleName(), file_relation(leaf)
        if relation is not None and _is_local(relation):
            continue
        if kind == "LogicalRDD":
            return "rows that Python makes"
        if kind not in _LOCAL_LEAVES:
            return "a read from another system"
    return None


def _is_local(relation: Any) -> bool:
    roots = relation.location().rootPaths()
    return all(str(roots.apply(index).toUri().getScheme()) == "file" for index in range(roots.size()))


def same_shape(one: "DataFrame", other: "DataFrame") -> bool:
    """Whether rules of one frame mean the same on the other: the same columns of the same types, in any order."""
    return _shape(one) == _shape(other)


def signed(rows: "DataFrame", run_id: str, at: datetime.datetime) -> "DataFrame":
    """Set-apart rows with the run that looked at them, and when."""
    from pyspark.sql import functions as F

    return rows.withColumns({RUN_ID: F.lit(run_id), CHECKED_AT: F.lit(at)})


def united_rows(frames: "Sequence[DataFrame]") -> "DataFrame":
    """All rows of all frames; a column that a frame lacks is NULL there."""
    return reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), frames)


def _shape(frame: "DataFrame") -> dict[str, str]:
    return {field.name: field.dataType.simpleString() for field in frame.schema.fields}
