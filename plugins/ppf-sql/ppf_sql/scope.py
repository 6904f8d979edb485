"""The inputs of one component under their names, for its query and for nobody else's.

Components of one run share a session, so two of them that use one alias would see each other's views. With a JVM of our own a
clone of the run's session is made, in about 3 ms: the same settings and functions, and only the inputs as views. Spark Connect
cannot clone, so there the inputs are bound to the query as common table expressions.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError
from ppf_sql.query import arguments, require_query

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def result_of(text: str, params: Mapping[str, Any], spark: "SparkSession", inputs: "Mapping[str, DataFrame]") -> "DataFrame":
    """The result of a query in which the inputs are tables."""
    _require_distinct(spark, inputs)
    if type(spark).__module__.startswith("pyspark.sql.connect"):
        return _bound(text, params, spark, inputs)
    session = _clone(spark, inputs)
    require_query(session, text)
    return _moved(session.sql(text, args=arguments(session, params)), spark)


def _clone(spark: "SparkSession", inputs: "Mapping[str, DataFrame]") -> "SparkSession":
    clone = type(spark)(spark.sparkContext, spark._jsparkSession.cloneSession())
    # What a Python transform left in the run's session would be there or not, depending on which component ran first.
    clone._jsparkSession.sessionState().catalog().clearTempTables()
    for alias, frame in inputs.items():
        _moved(frame, clone).createOrReplaceTempView(_quoted(alias))
    return clone


def _moved(frame: "DataFrame", spark: "SparkSession") -> "DataFrame":
    """The same frame as a frame of another session."""
    from pyspark.sql import DataFrame

    java_frame: Any = frame._jdf
    # Spark 4 moved its Dataset into a package `classic`.
    package = java_frame.getClass().getPackage().getName()
    dataset = getattr(spark.sparkContext._jvm, f"{package}.Dataset")
    return DataFrame(dataset.ofRows(spark._jsparkSession, java_frame.queryExecution().analyzed()), spark)


def _bound(text: str, params: Mapping[str, Any], spark: "SparkSession", inputs: "Mapping[str, DataFrame]") -> "DataFrame":
    """In parentheses Spark takes nothing but a query, so that no statement runs."""
    slots = {f"input_{index}": frame for index, frame in enumerate(inputs.values())}
    tables = ", ".join(f"{_quoted(alias)} AS (TABLE {{{slot}}})" for alias, slot in zip(inputs, slots, strict=True))
    query = text.rstrip().rstrip(";")
    if not slots:
        return spark.sql(f"(\n{query}\n)", args=dict(params))
    # The braces are those of Spark's own formatter, and must not be found in the query.
    query = query.replace("{", "{{").replace("}", "}}")
    return spark.sql(f"WITH {tables} (\n{query}\n)", args=dict(params), **slots)


def _quoted(alias: str) -> str:
    return "`" + alias.replace("`", "``") + "`"


def _require_distinct(spark: "SparkSession", inputs: "Mapping[str, DataFrame]") -> None:
    if spark.conf.get("spark.sql.caseSensitive") == "true":
        return
    seen: dict[str, str] = {}
    for alias in inputs:
        other = seen.setdefault(alias.casefold(), alias)
        if other != alias:
            raise PpfError(f"SQL cannot tell the inputs {other!r} and {alias!r} apart.", hint="Give one of them another alias.")
