"""The JVM that ppf started, if it did: one at a time, kept for the next run that asks for the very same settings."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ppf_core.jvm.archive_job import make_in_background
from ppf_core.jvm.class_archive import archive_options, class_archive
from ppf_core.jvm.java_options import jvm_options, quick_options
from ppf_core.threads import threads

_SECONDS_TO_END = 20
_READER = "org.apache.spark.sql.execution.datasources.DataSource"
# `All paths were ignored`, although it reads them: the folders in which the rows of sinks, tables and quarantines wait.
_HIDDEN_STAGES = r"All paths were ignored:(?:\s+\S.*/(?:\.stage-|\.staged-|_ppf_w)[^/\n]*)+\s*"

# What the JVM was started with. Packages, memory and Java options only count at its start, and all settings of its first
# context stay visible to the next one: so another run can use it only when it wants exactly these.
_started_with: dict[str, str] | None = None


def start_jvm(conf: Mapping[str, str], *, is_quick: bool = False) -> None:
    """Starts a JVM with these settings, or keeps the one that was started with the same.

    is_quick: for a JVM that answers one question: a small collector, and nothing is compiled twice. A JVM of this machine alone
    takes Spark's classes from an archive; if there is none, one is made for the next.
    """
    global _started_with  # a process has one JVM, and pyspark keeps it in a global as well
    if _started_with is not None and (_started_with != conf or not _is_alive()):
        end_jvm()
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError

    settings = SparkConf(loadDefaults=False)
    for key, value in conf.items():
        settings.set(key, value)
    loading = threads().start(_load_converters, "ppf-converters")
    archive, quick = class_archive(conf), tuple(quick_options(conf)) if is_quick else ()
    archived = archive_options(archive) if is_local(conf) else ()
    try:
        with jvm_options((*quick, *archived)):
            SparkContext._ensure_initialized(conf=settings)
    except PySparkRuntimeError:
        if not archived:
            raise
        archive.forget()  # if it is to blame, a JVM without it starts
        with jvm_options(quick):
            SparkContext._ensure_initialized(conf=settings)
    loading.join()
    _started_with = dict(conf)
    if is_local(conf) and archive.is_worth_making:
        make_in_background(conf)


def _load_converters() -> None:
    """Lets pyspark import while the JVM starts what it imports at its first call of Java: numpy, pandas and pyarrow.

    At each call it asks whether an argument has to be converted, and looks there whether these are installed.
    """
    from py4j.protocol import INPUT_CONVERTER

    with suppress(Exception):  # pyspark comes to the same point, and tells it
        for converter in INPUT_CONVERTER:
            converter.can_convert(None)


def is_local(conf: Mapping[str, str]) -> bool:
    """Whether Spark runs on this machine. Without a master it does, unless an installation of Spark here says otherwise."""
    elsewhere = os.environ.get("SPARK_HOME") or os.environ.get("SPARK_CONF_DIR")
    return conf.get("spark.master", "" if elsewhere else "local").startswith("local")


def quiet_warnings() -> None:
    """Lets Spark not warn of what a run does on purpose: pools that no file describes, stages that it reads while hidden."""
    from pyspark import SparkContext

    java: Any = SparkContext._jvm
    with suppress(Exception):  # an installation with another logging backend warns, which harms nothing
        log4j = java.org.apache.logging.log4j
        log4j.core.config.Configurator.setLevel("org.apache.spark.scheduler.FairSchedulableBuilder", log4j.Level.ERROR)
        # Only of stages: of a user's own hidden path the warning is the one hint why no rows come.
        deny, neutral = (getattr(log4j.core.Filter.Result, name) for name in ("DENY", "NEUTRAL"))
        regex = log4j.core.filter.RegexFilter.createFilter(_HIDDEN_STAGES, None, False, deny, neutral)
        log4j.core.config.Configurator.setLevel(_READER, log4j.Level.WARN)
        context = log4j.LogManager.getContext(False)
        context.getConfiguration().getLoggerConfig(_READER).addFilter(regex)
        context.updateLoggers()


def is_foreign() -> bool:
    """Whether the JVM that pyspark uses, or would use, was started by somebody else: spark-submit, or our caller."""
    return "PYSPARK_GATEWAY_PORT" in os.environ or (_started_with is None and _gateway() is not None)


def end_context() -> None:
    """Stops the SparkContext, whether or not its JVM still answers, and makes pyspark forget it."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    session = SparkSession._instantiatedSession
    if session is not None:
        with suppress(Exception):
            session.stop()
    # What `stop` leaves behind when the JVM died; the next session would be built on it.
    SparkContext._active_spark_context = SparkSession._instantiatedSession = SparkSession._activeSession = None


def end_jvm() -> None:
    """Ends the JVM if ppf started it, and waits until it has printed its last words; else does nothing."""
    global _started_with  # see above
    gateway = _gateway()
    if _started_with is None or gateway is None:
        return
    from pyspark import SparkContext

    _started_with = None
    end_context()
    with suppress(Exception):
        gateway.shutdown()
    SparkContext._gateway = SparkContext._jvm = None
    # The JVM ends by itself when its standard input does.
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()


def kill_jvm() -> None:
    """Ends the JVM that ppf started at once, whatever it is doing; its Python workers end with it."""
    gateway = _gateway()
    if _started_with is not None and gateway is not None:
        gateway.proc.kill()


def _is_alive() -> bool:
    gateway = _gateway()
    return gateway is not None and gateway.proc.poll() is None


def _gateway() -> Any:
    """pyspark's connection to its JVM; None before there is one."""
    pyspark = sys.modules.get("pyspark")
    return pyspark.SparkContext._gateway if pyspark is not None else None
