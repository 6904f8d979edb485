"""What the kernel hands to a plugin when it calls it."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class WriteId:
    """The identity of one logical write: the same for its retry, its resume, its replayed batch; different for any other.

    Batch: scope from pipeline, run and component, number 0. Stream: from pipeline, sink and checkpoint id, number = batch id.
    `str()` is [a-z0-9_]{1,40}: fit for table, branch and folder names.
    """

    scope: str
    number: int

    def __str__(self) -> str:
        # 1 + 18 + 1 + 19 digits of the largest batch id = 39.
        return f"w{hashlib.sha256(self.scope.encode()).hexdigest()[:18]}_{self.number}"


@dataclass(frozen=True)
class Requirements:
    """What the Spark session must bring. `{spark}`, `{spark_minor}`, `{scala}` are filled in from the installed Spark.

    packages: Maven coordinates. extend: comma lists such as spark.sql.extensions, united and sorted.
    conf: two plugins that differ are an error naming both; the file's conf wins. spark: a version specifier (">=4.0,<4.2").
    executors: distributions whose code runs on executors.
    """

    packages: Sequence[str] = ()
    jars: Sequence[str] = ()
    repositories: Sequence[str] = ()
    conf: Mapping[str, str] = field(default_factory=dict)
    extend: Mapping[str, Sequence[str]] = field(default_factory=dict)
    spark: str = ""
    executors: Sequence[str] = ()


@dataclass(frozen=True)
class Dataset:
    """An outside thing that is read or written, for lineage, locks and "two sinks, one target"."""

    namespace: str
    name: str


# A setting of the run's own session, so that whoever has the session knows.
SPARK_ENDS = "spark.ppf.endsWithRun"


def _advance_nothing(_key: str, value: str) -> str:
    return value


def _report_nothing(_rows_written: int | None, _metrics: Mapping[str, float]) -> None:
    return None


@dataclass(frozen=True)
class Context:
    """Where a component stands. Only the kernel and `ppf_core.testing.context` construct one.

    spark: in a micro-batch the session of its frame. attempt: from 1. write_id: for sinks. frames: of the components named by
    options with component=True. pinned: what this source's `pin` returned for this run. state: committed cursor values of this
    component, plus what this run advanced.
    """

    spark: "SparkSession"
    run_id: str
    pipeline: str
    component: str
    attempt: int
    write_id: WriteId
    frames: "Mapping[str, DataFrame]"
    pinned: str | None
    state: Mapping[str, str]
    logger: logging.Logger
    _advance: Callable[[str, str], str] = field(default=_advance_nothing, repr=False)
    _report: Callable[[int | None, Mapping[str, float]], None] = field(default=_report_nothing, repr=False)
    _redact: Callable[[str], str] = field(default=str, repr=False)

    @property
    def spark_ends(self) -> bool:
        """Whether Spark ends with this run, and with it all that only its memory holds.

        False in a session that the caller gave, which goes on, and on a server of Spark Connect.
        """
        return self.spark.conf.get(SPARK_ENDS, "") == "true"

    def advance(self, key: str, value: str) -> str:
        """Moves a cursor. The first value in a run wins and is returned on later reads, so that `read` repeats the same slice.

        Committed with the publish journal, when every enabled sink downstream has published.
        """
        return self._advance(key, value)

    def report(self, *, rows_written: int | None = None, **metrics: float) -> None:
        """Tells what was done; the last value of an attempt goes into the result, metrics and report."""
        self._report(rows_written, metrics)

    def redact(self, text: str) -> str:
        """The text with every known secret masked. Ask before it is cut, wrapped or encoded."""
        return self._redact(text)
