"""A SQL query over the inputs."""

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, OptionsError, PpfError, Transform, local_path, option, options, suggestion
from ppf_sql.scope import result_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.errors import AnalysisException
    from pyspark.sql import DataFrame

_MOST_DIGITS = 38  # of Spark's decimals


@options
class SqlOptions:
    """The query, and the values of its parameters."""

    query: str | None = option("The query. Inputs are visible under their names.", default=None, one_of="query", sql=True)
    query_file: str | None = option("A file that holds the query, in UTF-8.", default=None, path=True, one_of="query")
    params: dict[str, Any] = option(
        "Values of the query's named parameters, written `:name` there. A list becomes an array.",
        default_factory=dict,
        as_written=True,
    )

    def __post_init__(self) -> None:
        """There is a query, and Spark takes single values and lists of them."""
        problems = {} if self.query is None or self.query.strip() else {"query": "is empty."}
        for name, value in self.params.items():
            if not _is_scalar(value) and not (isinstance(value, list) and _is_uniform(value)):
                problems[f"params.{name}"] = "must be a text, a number, a boolean, or a list of one of these."
            if any(_is_too_large(each) for each in (value if isinstance(value, list) else [value])):
                problems[f"params.{name}"] = "is too large for Spark's BIGINT. Write it as a text, and cast it in the query."
            if isinstance(value, list) and any(isinstance(each, float) and _has_more_digits(each) for each in value):
                problems[f"params.{name}"] = "has more digits than DOUBLE. Write them as texts, and cast them in the query."
        if problems:
            raise OptionsError(problems)


class SqlTransform(Transform[SqlOptions]):
    """Runs a SQL query over the inputs, which are visible under their names or aliases.

    A name with a dash stands between backticks: SELECT * FROM `late-flights`.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = (
        'query = "SELECT carrier, count(*) AS late FROM flights WHERE dep_delay > 15 GROUP BY carrier"',
        'query = "SELECT * FROM flights WHERE dep_delay > :limit", params { limit = 15 }',
    )

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The result of the query; no Spark job runs."""
        from pyspark.errors import AnalysisException

        try:
            return result_of(self._text, self._params, context.spark, inputs)
        except AnalysisException as error:
            unknown = _unknown_table(error)
            if unknown is None:
                raise
            raise PpfError(
                f"The query reads {unknown!r}, which is neither an input of this component nor a table.",
                hint=f"{suggestion(unknown, inputs)} Add it to `inputs`, or correct the query.",
            ) from error

    @property
    def _params(self) -> dict[str, Any]:
        return {name: _as_spark_takes(value) for name, value in self.options.params.items()}

    @cached_property
    def _text(self) -> str:
        # Read once a run: a retry must not see a file that was edited meanwhile.
        if self.options.query_file is None:
            return self.options.query or ""
        path = local_path(self.options.query_file)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise PpfError(f"The query file {str(path)!r} cannot be read: {error}.", hint="Correct query_file.") from error
        if not text.strip():
            raise PpfError(f"The query file {str(path)!r} is empty.", hint="Write the query there, or correct query_file.")
        return text


def _unknown_table(error: "AnalysisException") -> str | None:
    """The table that the query asks for in vain: nearly always a mistyped input, and Spark does not know the inputs."""
    # Spark 4 gave getErrorClass a new name and warns of the old one.
    condition = getattr(error, "getCondition", error.getErrorClass)()
    if condition != "TABLE_OR_VIEW_NOT_FOUND":
        return None
    return (error.getMessageParameters() or {}).get("relationName", "?").replace("`", "")


def _as_spark_takes(value: Any) -> Any:
    """A fraction as a DOUBLE; with more digits than that holds, as a DECIMAL, as if it stood in the query."""
    if isinstance(value, list):
        return [float(each) if isinstance(each, float) else each for each in value]
    if isinstance(value, float):
        return Decimal(str(value)) if _has_more_digits(value) else float(value)
    return value


def _has_more_digits(number: float) -> bool:
    written = Decimal(str(number))
    return written != Decimal(repr(float(number))) and len(written.as_tuple().digits) <= _MOST_DIGITS


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _is_too_large(value: Any) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def _is_uniform(values: list[Any]) -> bool:
    kinds = {float if _is_number(value) else type(value) for value in values}
    return all(_is_scalar(value) for value in values) and len(kinds - {type(None)}) <= 1
