"""How many rows a write wrote, as Spark counted them while it wrote: exact after retries, and without another job.

Spark keeps the numbers of its last executions for its web interface, also when that is switched off. An observed count would
cost time for every row, and never arrives when Spark takes it out of the plan.
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_WRITE = "Execute InsertIntoHadoopFsRelationCommand"
_ROWS = "number of output rows"
_RECENT = 100
_SECONDS = 5.0


def rows_written(spark: "SparkSession", folder: str) -> int | None:
    """The rows of the write into `folder`, a path that no other write has; None when Spark does not tell."""
    executions = spark._jsparkSession.sharedState().statusStore()
    end = time.monotonic() + _SECONDS
    # Spark's bookkeeping runs behind its work, on a thread of its own.
    while time.monotonic() < end:
        for execution in _recent(executions):
            if execution.completionTime().isDefined() and folder in execution.physicalPlanDescription():
                return _rows(executions, execution.executionId())
        time.sleep(0.01)
    return None


def _recent(executions: Any) -> Iterator[Any]:
    count = executions.executionsCount()
    return _backwards(executions.executionsList(max(0, count - _RECENT), _RECENT))


def _rows(executions: Any, number: int) -> int | None:
    values = executions.executionMetrics(number)
    for node in _backwards(executions.planGraph(number).allNodes()):
        if node.name().startswith(_WRITE):
            for metric in _backwards(node.metrics()):
                value = values.get(metric.accumulatorId())
                if metric.name() == _ROWS and value.isDefined():
                    return int(value.get().replace(",", ""))
    return None


def _backwards(scala_sequence: Any) -> Iterator[Any]:
    for position in reversed(range(scala_sequence.size())):
        yield scala_sequence.apply(position)
