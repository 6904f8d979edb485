"""Whether a condition holds a query of its own, as Spark itself sees it."""

import re
from typing import TYPE_CHECKING, Any

from ppf_quality.refusals import condition_of

if TYPE_CHECKING:
    from pyspark.sql import Column

    from ppf_core import Columns

# Without one of these words there is no query in a text; with one there may be.
_QUERY_WORD = re.compile(r"\b(select|with|values|table|from|map|reduce|describe)\b", re.IGNORECASE)
_WITHIN_A_FUNCTION = "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY"


def has_subquery(condition: "Column", text: str, columns: "Columns") -> bool:
    """Whether the condition, made of the text, holds a subquery. Spark 3.5 does not tell over Spark Connect."""
    import pyspark

    if not _QUERY_WORD.search(text):
        return False
    return _parsed_subquery(condition) if pyspark.__version__.startswith("3.") else _refused_within(condition, columns)


def _refused_within(condition: "Column", columns: "Columns") -> bool:
    """Spark takes a subquery as a condition of rows, but from 4.0 on refuses it within the function of a function."""
    from pyspark.errors import PySparkException
    from pyspark.sql import functions

    within = functions.transform(functions.array(functions.lit(1)), lambda _: condition)
    try:
        columns.analyse(within[0])
    except PySparkException as error:
        return condition_of(error).startswith(_WITHIN_A_FUNCTION)
    return False


def _parsed_subquery(condition: "Column") -> bool:
    from pyspark import SparkContext

    context: Any = SparkContext._active_spark_context
    if context is None or ".connect." in type(condition).__module__:
        return False
    column: Any = condition
    patterns = context._jvm.org.apache.spark.sql.catalyst.trees.TreePattern
    return bool(column._jc.expr().containsPattern(patterns.PLAN_EXPRESSION()))
