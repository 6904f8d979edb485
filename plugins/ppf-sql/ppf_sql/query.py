"""What a query may be, and the values of its parameters."""

import re
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, SparkSession

_END = re.compile(r";[\s;]*(--[^\n]*\s*)*$")


def require_query(spark: "SparkSession", text: str) -> None:
    """Refuses what is no query: a transform only describes rows, and Spark runs a command as soon as it sees it.

    Spark's own parser judges, so that this and what is run later read the text in the same way.
    """
    from pyspark.errors import ParseException

    parser: Any = spark._jsparkSession.sessionState().sqlParser()
    parser.parsePlan(text)
    # parseQuery knows nothing but queries, but takes no semicolon after one.
    for candidate in (text, _END.sub("", text)):
        try:
            parser.parseQuery(candidate)
        except ParseException:
            continue
        return
    beginning = " ".join(text.split()[:3])
    raise PpfError(
        f"The statement '{beginning} …' is not a query.",
        hint="A sql transform takes SELECT, WITH … SELECT, VALUES, FROM or TABLE; leave writing to a sink.",
    )


def arguments(spark: "SparkSession", params: "Mapping[str, Any]") -> dict[str, Any]:
    """The parameters as Spark takes them."""
    return {name: _array(spark, value) if isinstance(value, list) else value for name, value in params.items()}


def _array(spark: "SparkSession", values: list[Any]) -> "Column":
    # pyspark makes a call of array() of a list. Spark 3.5 refuses that as an argument, Spark 4 when an item must be cast
    # (NULL, or 1 beside 2.5). One literal of a typed Java array suits both.
    from pyspark.sql import functions

    context: Any = spark.sparkContext
    kind, convert = _java_type(values)
    items = context._gateway.new_array(getattr(context._jvm.java.lang, kind), len(values))
    for index, value in enumerate(values):
        items[index] = value if value is None else convert(value)
    # Spark 4 moved the class of columns; one that exists knows its class.
    column: Any = type(functions.lit(0))
    array: Column = column(context._jvm.org.apache.spark.sql.functions.lit(items))
    return array


def _java_type(values: list[Any]) -> tuple[str, type[Any]]:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "Boolean", bool
    if kinds == {int}:
        return ("Integer" if all(value is None or abs(value) < 2**31 for value in values) else "Long"), int
    return ("Double", float) if kinds and kinds <= {int, float} else ("String", str)
