"""How many rows were staged: as Spark counted them while it wrote, or as the stage tells where that surely gives back each row.

Spark keeps the numbers of its last executions for its web interface, also when that is switched off.
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ppf_table import catalog
from ppf_table.names import quoted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ppf_table.catalog import Description

# These tell it without reading rows. Text may be read as other rows than were written; of most other stores nothing is known.
_COUNTABLE = frozenset({"parquet", "orc", "delta", "iceberg"})
_WRITES = ("Execute InsertIntoHadoopFsRelationCommand", "Execute InsertIntoHiveTable")
_ROWS = "number of output rows"
_RECENT = 100
_SECONDS = 5.0


def now() -> int:
    """The time as Spark notes it, in milliseconds."""
    return int(time.time() * 1000)


def rows_staged(spark: "SparkSession", stage: "Description", since: int) -> int | None:
    """The rows that were written into a hidden table; None when that is not known. since: before the write, as of `now`."""
    told = None
    if stage.is_of_files and not catalog.is_connect(spark):
        told = _told(spark, stage.location, since)
    if told is None and (stage.provider in _COUNTABLE or _is_in_a_database(spark, stage)):
        return spark.table(quoted(stage.table)).count()
    return told


def _is_in_a_database(spark: "SparkSession", stage: "Description") -> bool:
    """Whether Spark made it over JDBC: such a table has no key, which would let it lose rows."""
    return str(spark.conf.get(f"spark.sql.catalog.{stage.table[0]}", "")).endswith(".JDBCTableCatalog")


def _told(spark: "SparkSession", location: str, since: int) -> int | None:
    # The name of the write is in the last two parts. An earlier attempt wrote there too.
    executions, folder = spark._jsparkSession.sharedState().statusStore(), "/".join(location.split("/")[-2:])
    end = time.monotonic() + _SECONDS
    # Spark's bookkeeping runs behind its work, on a thread of its own.
    while time.monotonic() < end:
        for execution in _recent(executions):
            is_of_stage = execution.submissionTime() >= since and folder in execution.physicalPlanDescription()
            if is_of_stage and execution.completionTime().isDefined():
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
