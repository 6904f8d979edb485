"""How many rows a write wrote, as Spark counted them while it wrote: exact after retries, and without another job.

Spark keeps the numbers of its last executions for its web interface, also when that is switched off. An observed count would
cost time for every row, and never arrives when Spark takes it out of the plan.
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_WRITES = ("Execute InsertIntoHadoopFsRelationCommand", "Execute InsertIntoHiveTable")
_ROWS = "number of output rows"
_RECENT = 100
_PATIENCE = 5.0


def rows_written(spark: "SparkSession", folder: str, since: float = 0.0) -> int | None:
    """The rows of the last write into `folder`, a path or a part of one that no other write has; None when Spark does not tell.

    since: a time before the write, as of `time.time`, where an earlier attempt may have written there too.
    """
    executions: Any = spark._jsparkSession.sharedState().statusStore()
    end = time.monotonic() + _PATIENCE
    # Spark's bookkeeping runs behind its work, on a thread of its own.
    while time.monotonic() < end:
        for execution in _recent(executions):
            is_meant = execution.submissionTime() >= int(since * 1000) and folder in execution.physicalPlanDescription()
            if is_meant and execution.completionTime().isDefined():
                rows = _rows(executions, execution.executionId())
                if rows is not None:
                    return rows
        time.sleep(0.01)
    return None


def _recent(executions: Any) -> Iterator[Any]:
    count = executions.executionsCount()
    return _backwards(executions.executionsList(max(0, count - _RECENT), _RECENT))


def _rows(executions: Any, number: int) -> int | None:
    values = executions.executionMetrics(number)
    for node in _backwards(executions.planGraph(number).allNodes()):
        if node.name().startswith(_WRITES):
            for metric in _backwards(node.metrics()):
                value = values.get(metric.accumulatorId())
                if metric.name() == _ROWS and value.isDefined():
                    return int(value.get().replace(",", ""))
    return None


def _backwards(scala_sequence: Any) -> Iterator[Any]:
    for position in reversed(range(scala_sequence.size())):
        yield scala_sequence.apply(position)
