"""Columns and expressions of an option, and errors that say which option is meant."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from ppf_core import Columns, PpfError, suggestion

if TYPE_CHECKING:
    from pyspark.errors import PySparkException
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

    Change = Callable[[Mapping[str, Column]], DataFrame]


def literal(frame: "DataFrame", name: str) -> "Column":
    """The column of exactly this name, whatever characters it has."""
    quoted = name.replace("`", "``")
    return frame[f"`{quoted}`"]


def expressions(frame: "DataFrame", texts: Mapping[str, str]) -> "dict[str, Column]":
    """Option → column: the column of exactly this name if there is one, else the SQL expression."""
    return {option: _expression(frame, text, option) for option, text in texts.items()}


def _expression(frame: "DataFrame", text: str, option: str) -> "Column":
    from pyspark.errors import ParseException
    from pyspark.sql import functions

    if text in frame.columns:
        return literal(frame, text)
    try:
        return functions.expr(text)
    except ParseException as error:
        raise refused(error, frame.columns, text, option) from error


def applied(
    frame: "DataFrame",
    texts: Mapping[str, str],
    columns: "Mapping[str, Column]",
    change: "Change",
) -> "DataFrame":
    """What `change` makes of the columns. When Spark refuses it, the error names the option that is to blame."""
    from pyspark.errors import AnalysisException

    try:
        return analysed(change(columns))
    except AnalysisException as error:
        option, cause = _blamed(columns, change) or (", ".join(columns), error)
        raise refused(cause, frame.columns, texts.get(option, " | ".join(texts.values())), option) from error


def analysed(frame: "DataFrame") -> "DataFrame":
    """The frame. Spark Connect finds mistakes only when it is asked for the columns."""
    _ = frame.columns
    return frame


def _blamed(columns: "Mapping[str, Column]", change: "Change") -> "tuple[str, PySparkException] | None":
    """The first column that fails by itself: Spark's own error does not tell which one it was."""
    from pyspark.errors import AnalysisException

    for option, column in columns.items():
        try:
            analysed(change({option: column}))
        except AnalysisException as error:
            return option, error
    return None


def refused(error: "PySparkException", names: Iterable[str], text: str, option: str) -> PpfError:
    """Spark's refusal as a sentence about an option; `names` are the columns that it could have meant."""
    # Spark 4 gave getErrorClass a new name and warns of the old one.
    condition = getattr(error, "getCondition", error.getErrorClass)() or ""
    unknown = (error.getMessageParameters() or {}).get("objectName")
    if condition.startswith("UNRESOLVED_COLUMN") and unknown:
        name = unknown.replace("`", "")
        return PpfError(f"{option} is {text!r}, but there is no column {name!r}. {suggestion(name, names)}")
    reason = str(error).strip().partition("\n")[0]
    return PpfError(f"Spark does not accept {option}, which is {text!r}: {reason}")


def found(columns: Columns, name: str, option: str) -> "tuple[Column, DataType]":
    """The column of that name, or the field of a struct, with its type."""
    try:
        return columns[name], columns.type_of(name)
    except KeyError as error:
        raise PpfError(f"{option} does not fit the input: {error.args[0]}") from error


def require_columns(frame: "DataFrame", names: Iterable[str], option: str, whose: str = "the input") -> None:
    """Raises when a name is not exactly that of a column."""
    for name in names:
        if name not in frame.columns:
            raise PpfError(f"{option} names {name!r}, which is no column of {whose}. {suggestion(name, frame.columns)}")


def require_distinct(frame: "DataFrame", hint: str) -> "DataFrame":
    """The frame; raises when two of its columns have one name, since nobody downstream could tell them apart."""
    spelled = spelling(frame)
    names = [spelled(name) for name in frame.columns]
    twice = [name for name in frame.columns if names.count(spelled(name)) > 1]
    if twice:
        raise PpfError(f"The result has columns of one name: {', '.join(map(repr, twice))}.", hint=hint)
    return frame


def spelling(frame: "DataFrame") -> Callable[[str], str]:
    """Makes two names equal where Spark, as its session is set, takes them for one."""
    sensitive = frame.sparkSession.conf.get("spark.sql.caseSensitive") == "true"
    return str if sensitive else str.casefold
