"""A query that finds bad rows."""

import re
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, FrameCheck, OptionsError, PpfError, Verdict, option, options
from ppf_quality.columns import frame_of
from ppf_quality.keys import counted
from ppf_quality.refusals import condition_of, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.errors import AnalysisException
    from pyspark.sql import DataFrame

_END = re.compile(r";[\s;]*(--[^\n]*\s*)*$")


@options
class QueryOptions:
    """The query."""

    sql: str = option("A query that returns what is wrong. The checked rows are visible as `this`.", sql=True)
    components: list[str] = option(
        "Further components, visible under their names: to compare counts, sums or keys.", default_factory=list, component=True
    )

    def __post_init__(self) -> None:
        """There is a query."""
        if not self.sql.strip():
            raise OptionsError({"sql": "is empty."})
        if "this" in map(str.lower, self.components):
            raise OptionsError({"components": "names 'this', which is what the checked rows are called."})


class QueryCheck(FrameCheck[QueryOptions]):
    """A SQL query over the rows, visible as `this`, returns nothing. Every row that it returns is a violation.

    Over an empty frame most queries return nothing, and pass. Needs one Spark action.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = (
        'sql = "SELECT carrier FROM this GROUP BY carrier HAVING avg(dep_delay) > 60"',
        'sql = "SELECT 1 WHERE (SELECT sum(amount) FROM this) <> (SELECT sum(amount) FROM orders)", components = [orders]',
    )

    def judge(self, context: Context, frame: "DataFrame") -> Verdict:
        """How many rows the query returns."""
        from pyspark.errors import AnalysisException
        from pyspark.sql import functions

        try:
            tables = {name: frame_of(context, name, "components") for name in self.options.components}
            violations = _result(self.options.sql, frame, tables)
            one = functions.count(functions.lit(1))
            counts = frame.agg(one.alias("rows")).crossJoin(violations.agg(one.alias("violations")))
            _ = counts.columns  # Spark Connect finds mistakes only when it is asked for the columns
        except AnalysisException as error:
            raise _refusal(error, frame, self.options) from error
        rows, failed = counted(counts)
        told = f"The query returned {failed:,} row{'s' if failed != 1 else ''}."
        return Verdict(failed == 0, failed=failed, evaluated=rows, message=told if failed else "")


def _result(sql: str, frame: "DataFrame", tables: "Mapping[str, DataFrame]") -> "DataFrame":
    """The result of the query in which `this` is the frame: a table of the query itself, so that no view is made for it.

    In parentheses Spark takes nothing but a query, so that no statement runs.
    """
    # The braces are those of Spark's own formatter, and must not be found in the query.
    query = _END.sub("", sql).replace("{", "{{").replace("}", "}}")
    slots: dict[str, Any] = {f"table_{index}": _beside(frame, table) for index, table in enumerate(tables.values())}
    named = "".join(f", `{name}` AS (TABLE {{{slot}}})" for name, slot in zip(tables, slots, strict=True))
    return frame.sparkSession.sql(f"WITH this AS (TABLE {{checked}}){named} (\n{query}\n)", checked=frame, **slots)


def _beside(frame: "DataFrame", table: "DataFrame") -> "DataFrame":
    """The table in the session of the frame: each batch of a stream has a session of its own, where Spark looks names up."""
    if type(frame).__module__.startswith("pyspark.sql.connect"):
        return table
    java: Any = table._jdf
    session = frame.sparkSession
    return type(table)(java.ofRows(session._jsparkSession, java.queryExecution().analyzed()), session)


def _refusal(error: "AnalysisException", frame: "DataFrame", options: QueryOptions) -> PpfError:
    if condition_of(error) == "TABLE_OR_VIEW_NOT_FOUND":
        name = (error.getMessageParameters() or {}).get("relationName", "?").replace("`", "")
        hint = "The checked rows are visible as `this`. Other components are under their names, once `components` lists them."
        return PpfError(f"sql reads {name!r}, which is no table.", hint=hint)
    return refused(error, frame.columns, "sql", options.sql)
