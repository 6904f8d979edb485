"""Whether Spark can start at all, asked before a run leaves its first trace."""

import os
import sys
from typing import TYPE_CHECKING

from ppf_core.errors import RunError
from ppf_core.spark.java import require_java
from ppf_core.spark.requirements import installed_spark

if TYPE_CHECKING:
    from ppf_core.spark.session import SessionRequest


def require_spark(request: "SessionRequest", given: object = None) -> None:
    """Raises RunError when pyspark or its Java is missing; asks nothing where a JVM is there already or is not needed."""
    if given is not None:
        return
    if installed_spark() is None:
        raise RunError("pyspark is not installed.", hint="Run: pip install 'ppf-core[spark]'.")
    if not (request.remote or "PYSPARK_GATEWAY_PORT" in os.environ or _has_context()):
        require_java()


def _has_context() -> bool:
    """Whether somebody in this process started Spark; looking must not import pyspark."""
    pyspark = sys.modules.get("pyspark")
    return pyspark is not None and getattr(pyspark.SparkContext, "_active_spark_context", None) is not None
