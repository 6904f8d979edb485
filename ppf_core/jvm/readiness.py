"""Whether Spark can start at all, asked before a run leaves its first trace."""

import os
import sys
from typing import TYPE_CHECKING

from ppf_core.errors import RunError
from ppf_core.jvm.java import require_java
from ppf_core.jvm.requirements import installed_spark

if TYPE_CHECKING:
    from ppf_core.spark.session import SessionRequest


def require_spark(request: "SessionRequest", given: object = None) -> None:
    """Raises RunError when pyspark or its Java is missing, or the session that was given is of no use.

    Asks nothing of Java where a JVM is there already or is not needed.
    """
    if given is not None:
        _require_running(given)
        return
    if installed_spark() is None:
        raise RunError("pyspark is not installed.", hint="Run: pip install 'ppf-core[spark]'.")
    if not (request.remote or "PYSPARK_GATEWAY_PORT" in os.environ or _has_context()):
        require_java()


def _require_running(given: object) -> None:
    if not hasattr(given, "createDataFrame"):
        hint = "Pass the session of your notebook or test, or nothing: then ppf finds or starts one."
        raise RunError(f"spark is {given!r}, which is no SparkSession.", hint=hint)
    context = getattr(given, "_sc", None)
    if context is not None and context._jsc is None:
        raise RunError("The Spark session that was passed in is stopped.", hint="Pass one that runs, or none.")


def _has_context() -> bool:
    """Whether somebody in this process started Spark; looking must not import pyspark."""
    pyspark = sys.modules.get("pyspark")
    return pyspark is not None and getattr(pyspark.SparkContext, "_active_spark_context", None) is not None
