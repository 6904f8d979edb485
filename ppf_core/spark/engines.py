"""Where the Spark of a run comes from. The one place that a simulation replaces, to stand in for all of Spark."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ppf_core.spark.engine import Engine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ppf_core.spark.session import RunSession, SessionRequest


class Engines(ABC):
    """Finds, starts and wraps sessions."""

    @abstractmethod
    def installed_version(self) -> str | None:
        """The version of the Spark that is installed; None without one."""

    @abstractmethod
    def require(self, request: "SessionRequest", given: object = None) -> None:
        """Raises RunError when a session cannot be had; asked before a run leaves its first trace."""

    @abstractmethod
    def open(self, request: "SessionRequest", given: "SparkSession | None" = None) -> "RunSession":
        """A session of a run's own."""

    @abstractmethod
    def engine(self, session: "SparkSession") -> Engine:
        """The engine of a session, also of one that somebody else opened."""


class SparkEngines(Engines):
    """The Spark that is installed, and the sessions that this process has."""

    def installed_version(self) -> str | None:
        """As its metadata says; nothing is imported."""
        from ppf_core.jvm.requirements import installed_spark

        return installed_spark()

    def require(self, request: "SessionRequest", given: object = None) -> None:
        """Looks for pyspark and Java."""
        from ppf_core.jvm.java import require_spark

        require_spark(request, given)

    def open(self, request: "SessionRequest", given: "SparkSession | None" = None) -> "RunSession":
        """In the given Spark, in the one that is active in this process, or in one that is started."""
        from ppf_core.spark.session import open_session

        return open_session(request, given)

    def engine(self, session: "SparkSession") -> Engine:
        """Classic Spark, or Spark Connect."""
        from ppf_core.spark.classic import ClassicEngine
        from ppf_core.spark.connect import is_connect
        from ppf_core.spark.connect_engine import ConnectEngine

        return ConnectEngine(session) if is_connect(session) else ClassicEngine(session)


_current: Engines = SparkEngines()


def engines() -> Engines:
    """Where the kernel gets its Spark from now."""
    return _current


@contextmanager
def replaced_engines(other: Engines) -> Iterator[None]:
    """Within the block, the kernel gets its Spark from elsewhere."""
    global _current
    before, _current = _current, other
    try:
        yield
    finally:
        _current = before
