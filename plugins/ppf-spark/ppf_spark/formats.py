"""Whether this Spark knows a format, and what to do when it does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError, suggestion
from ppf_spark.well_known import PACKAGES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# How all versions of Spark begin or go on when they do not know a format.
_UNKNOWN = ("Failed to find data source: ", "Failed to find the data source: ")


def require_format(spark: "SparkSession", name: str) -> None:
    """Raises when this Spark does not know a format. Reads nothing of it."""
    jvm: Any = spark._jvm
    with explained(spark, name):
        settings = spark._jsparkSession.sessionState().conf()
        jvm.org.apache.spark.sql.execution.datasources.DataSource.lookupDataSource(name, settings)


@contextmanager
def explained(spark: "SparkSession", name: str) -> Iterator[None]:
    """Says what to do when Spark does not know a format."""
    try:
        yield
    except Exception as error:
        if not any(text in str(error) for text in _UNKNOWN):
            raise
        package = PACKAGES.get(name.lower())
        unknown = "" if package else f"{suggestion(name, _known(spark))} Or name the package that has it in 'packages'."
        raise PpfError(f"This Spark knows no format {name!r}.", hint=package.advice if package else unknown) from error


def _known(spark: "SparkSession") -> list[str]:
    """The short names of what is on the class path. One that cannot be loaded has none."""
    from py4j.protocol import Py4JJavaError

    jvm: Any = spark._jvm
    kind = jvm.java.lang.Class.forName(
        "org.apache.spark.sql.sources.DataSourceRegister", True, jvm.java.lang.Thread.currentThread().getContextClassLoader()
    )
    found, each = [], jvm.java.util.ServiceLoader.load(kind).iterator()
    while each.hasNext():
        try:
            found.append(str(each.next().shortName()))
        except Py4JJavaError:
            continue
    return found
