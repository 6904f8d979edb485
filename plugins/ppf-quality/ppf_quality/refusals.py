"""What Spark refuses, as a sentence about an option."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ppf_core import PpfError, suggestion

if TYPE_CHECKING:
    from pyspark.errors import PySparkException


def condition_of(error: "PySparkException") -> str:
    """Spark's name for what went wrong, empty where it has none."""
    # Spark 4 gave getErrorClass a new name and warns of the old one.
    return getattr(error, "getCondition", error.getErrorClass)() or ""


def refused(error: "PySparkException", names: Iterable[str], option: str, text: str) -> PpfError:
    """Spark's refusal of an option; `names` are the columns that it could have meant."""
    unknown = (error.getMessageParameters() or {}).get("objectName")
    if condition_of(error).startswith("UNRESOLVED_COLUMN") and unknown:
        name = unknown.replace("`", "")
        return PpfError(f"{option} is {text!r}, but there is no column {name!r}. {suggestion(name, names)}")
    reason = str(error).strip().partition("\n")[0]
    return PpfError(f"Spark does not accept {option}, which is {text!r}: {reason}")
