"""A session in which the inputs of one component are views, and nobody else's.

Components of one run share a session, so two of them that use one alias would see each other's views. A clone of the run's
session has the same settings and functions; Spark makes one in about 3 ms. The result is handed back to the run's session.
"""

from typing import TYPE_CHECKING, Any

from ppf_core import PpfError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, SparkSession


def scope(spark: "SparkSession", inputs: "Mapping[str, DataFrame]") -> "SparkSession":
    """A session like `spark` whose only temporary views are the inputs."""
    _require_distinct(spark, list(inputs))
    clone = type(spark)(spark.sparkContext, spark._jsparkSession.cloneSession())
    # What a Python transform left in the run's session would be there or not, depending on which component ran first.
    clone._jsparkSession.sessionState().catalog().clearTempTables()
    for alias, frame in inputs.items():
        moved(frame, clone).createOrReplaceTempView(f"`{alias}`")
    return clone


def moved(frame: "DataFrame", spark: "SparkSession") -> "DataFrame":
    """The same frame as a frame of another session."""
    from pyspark.sql import DataFrame

    java_frame: Any = frame._jdf
    # Spark 4 moved its Dataset into a package `classic`.
    package = java_frame.getClass().getPackage().getName()
    dataset = getattr(spark.sparkContext._jvm, f"{package}.Dataset")
    return DataFrame(dataset.ofRows(spark._jsparkSession, java_frame.queryExecution().analyzed()), spark)


def _require_distinct(spark: "SparkSession", aliases: list[str]) -> None:
    if spark.conf.get("spark.sql.caseSensitive") == "true":
        return
    seen: dict[str, str] = {}
    for alias in aliases:
        other = seen.setdefault(alias.casefold(), alias)
        if other != alias:
            raise PpfError(f"SQL cannot tell the inputs {other!r} and {alias!r} apart.", hint="Give one of them another alias.")
