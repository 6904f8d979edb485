"""Columns and expressions of an option, and errors that say which option is meant."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from ppf_core import PpfError
from ppf_core.errors import suggestion

if TYPE_CHECKING:
    from pyspark.errors import PySparkException
    from pyspark.sql import Column, DataFrame


def literal(frame: "DataFrame", name: str) -> "Column":
    """The column of exactly this name, whatever characters it has."""
    quoted = name.replace("`", "``")
    return frame[f"`{quoted}`"]


def expression(frame: "DataFrame", text: str, option: str) -> "Column":
    """The column of exactly this name if there is one, else the SQL expression. `option` is its place in the options."""
    from pyspark.errors import ParseException
    from pyspark.sql import functions

    if text in frame.columns:
        return literal(frame, text)
    try:
        return functions.expr(text)
    except ParseException as error:
        raise explained(error, frame.columns, text, option) from error


def applied(frame: "DataFrame", change: "Callable[[], DataFrame]", texts: Mapping[str, str]) -> "DataFrame":
    """What `change` gives; when Spark refuses it, the error names the option that is to blame. `texts` are option → expression."""
    from pyspark.errors import AnalysisException

    try:
        return change()
    except AnalysisException as error:
        option, cause = _blamed(frame, texts) or (next(iter(texts)), error)
        raise explained(cause, frame.columns, texts[option], option) from error


def _blamed(frame: "DataFrame", texts: Mapping[str, str]) -> "tuple[str, PySparkException] | None":
    """The first expression that fails by itself; Spark's own error does not tell which one it was."""
    from pyspark.errors import AnalysisException

    for option, text in texts.items():
        try:
            frame.select(expression(frame, text, option))
        except AnalysisException as error:
            return option, error
    return None


def explained(error: "PySparkException", names: Iterable[str], text: str, option: str) -> PpfError:
    """Spark's refusal as a sentence about an option; `names` are the columns that it could have meant."""
    # Spark 4 gave getErrorClass a new name and warns of the old one.
    condition = getattr(error, "getCondition", error.getErrorClass)() or ""
    unknown = (error.getMessageParameters() or {}).get("objectName")
    if condition.startswith("UNRESOLVED_COLUMN") and unknown:
        name = unknown.replace("`", "")
        return PpfError(f"{option} is {text!r}, but there is no column {name!r}. {suggestion(name, names)}")
    reason = str(error).strip().partition("\n")[0]
    return PpfError(f"Spark does not accept {option}, which is {text!r}: {reason}")


def require_columns(frame: "DataFrame", names: Iterable[str], option: str, whose: str = "the input") -> None:
    """Raises when a name is not exactly that of a column."""
    for name in names:
        if name not in frame.columns:
            raise PpfError(f"{option} names {name!r}, which is no column of {whose}. {suggestion(name, frame.columns)}")


def require_distinct(frame: "DataFrame", hint: str) -> "DataFrame":
    """The frame; raises when two of its columns have one name, since nobody downstream could tell them apart."""
    sensitive = frame.sparkSession.conf.get("spark.sql.caseSensitive") == "true"
    names = frame.columns if sensitive else [name.casefold() for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PpfError(f"The result has two columns of one name: {', '.join(map(repr, twice))}.", hint=hint)
    return frame
