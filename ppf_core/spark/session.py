"""The Spark session of a run: made or borrowed, separate from everybody else's, and left as it was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ppf_core.errors import Problem

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True, kw_only=True)
class SessionRequest:
    """What a run wants of Spark. required: the part of `conf` that plugins cannot do without. log: where Spark's output goes."""

    app_name: str
    master: str | None = None
    remote: str | None = None
    conf: Mapping[str, str] = field(default_factory=dict)
    required: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None


@dataclass(frozen=True)
class RunSession:
    """A session of the run's own. owned: ppf started Spark for it, and `close` stops it; else `close` leaves Spark alone."""

    spark: "SparkSession"
    owned: bool
    warnings: tuple[Problem, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    def close(self) -> None:
        """Ends what this run started, and gives the caller back the session that was active before."""
        if self.owned:
            self.spark.stop()


def open_session(request: SessionRequest, given: "SparkSession | None" = None) -> RunSession:
    """A new session for one run: in the given Spark, in the one that is active in this process, or in one that ppf starts."""
    from pyspark.sql import SparkSession

    base = given or SparkSession.getActiveSession()
    owned = base is None
    if base is None:
        builder = SparkSession.builder.appName(request.app_name)
        for key, value in request.conf.items():
            builder = builder.config(key, value)
        base = (builder.master(request.master) if request.master else builder).getOrCreate()
    spark = base.newSession()
    return RunSession(spark, owned, (), {"spark_version": spark.version, "master": spark.sparkContext.master})


def connect_refusals(conf: Mapping[str, str], packages: Mapping[str, str]) -> list[str]:
    """Why these settings and packages cannot work under Spark Connect; empty when they can."""
    return []
