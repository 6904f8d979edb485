"""The Spark session of a run: made or borrowed, separate from everybody else's, and left as it was found."""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ppf_core.contracts.context import SPARK_ENDS
from ppf_core.errors import Problem, RunError
from ppf_core.jvm import start
from ppf_core.jvm.errors import describe_error
from ppf_core.jvm.event_log import Mask, event_log
from ppf_core.jvm.java import require_java
from ppf_core.jvm.masters import refusal_of, require_reachable, without_parameters
from ppf_core.jvm.quiet_pyspark import CALL_SITES, quiet_loggers, without_call_sites
from ppf_core.jvm.requirements import JARS, PACKAGES, installed_spark
from ppf_core.jvm.settings import (
    apply_settings,
    jars_of,
    jars_of_jvm,
    read_at_start,
    require_settings,
    require_valid,
    settings_of,
)
from ppf_core.secrets.references import SECRET_NAME, is_secret_name
from ppf_core.spark.connect import connect, is_connect, leave, server_of, sibling

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_Opened: TypeAlias = "tuple[SparkSession, tuple[Problem, ...]]"

_SUBMITTED = "PYSPARK_GATEWAY_PORT"  # set by spark-submit, and by nobody else

# Only in a JVM that ppf starts, and the file may override them.
_DEFAULTS = {"spark.scheduler.mode": "FAIR", "spark.ui.showConsoleProgress": "false"}
_REDACTION = "spark.redaction.regex"
_OF_THE_JVM = ("spark.driver.", "spark.jars", "spark.submit.")
"""Settings that count before there is a SparkContext."""
# Spark on one machine needs no name or address that others can reach; laptops behind a VPN often have none that works.
_LOCAL_DEFAULTS = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
_FATAL = re.compile(r'^(?:Exception in thread "main"|Error:|Invalid |Unrecognized |java: ).*', re.MULTILINE)
_COMPLAINT = re.compile(r"^(?!\s+at ).*(?:Exception|ERROR).*", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class SessionRequest:
    """What a run wants of Spark. required: what plugins cannot do without, out of `conf`. log: where Spark's output goes.

    is_quick: a question is asked, so that starting soon is worth more than running fast. hidden: keys whose values are secret.
    mask: takes the secrets of the run out of a text; None when it has none. tell: hears what was not masked.
    """

    app_name: str
    master: str | None = None
    remote: str | None = None
    conf: Mapping[str, str] = field(default_factory=dict)
    required: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    is_quick: bool = False
    hidden: frozenset[str] = frozenset()
    mask: Mask | None = None
    tell: Callable[[str], None] = lambda _text: None


@dataclass(frozen=True)
class RunSession:
    """A session of the run's own. owned: ppf started Spark for it, and `close` stops it; else `close` leaves Spark alone.

    facts: spark_version, ansi, time_zone, master.
    """

    spark: "SparkSession"
    owned: bool
    warnings: tuple[Problem, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    _undo: ExitStack = field(default_factory=ExitStack, repr=False)

    def close(self) -> None:
        """Stops what ppf started, and nothing else; the caller's session is active again. Calling it twice does no harm."""
        self._undo.close()


def open_session(request: SessionRequest, given: "SparkSession | None" = None) -> RunSession:
    """A new session for one run: in the given Spark, in the one that is active in this process, or in one that ppf starts.

        session = open_session(SessionRequest(app_name="flights", master="local[*]"))
        session.spark.range(3).count()
        session.close()

    In a Spark that ppf did not start, it sets nothing but SQL settings on the new session, and stops nothing.
    """
    if installed_spark() is None:
        raise RunError("pyspark is not installed.", hint="Install ppf-core[spark], or run in an environment that brings Spark.")
    undo = ExitStack()
    try:
        base = given or _active_session()
        if base is not None:
            spark, warnings = _borrowed(request, base, undo)
        elif request.remote or (not request.master and "SPARK_REMOTE" in os.environ):
            spark, warnings = _remote(request, request.remote or os.environ["SPARK_REMOTE"], undo)
        else:
            spark, warnings = _started(request, undo)
        undo.enter_context(quiet_loggers())
        if request.conf.get(CALL_SITES) != "true":
            undo.enter_context(without_call_sites())
        return RunSession(spark, base is None and _SUBMITTED not in os.environ, warnings, _facts(spark), undo)
    except BaseException:
        undo.close()
        raise


def _active_session() -> "SparkSession | None":
    """The session of this process, from whichever thread one asks; `getActiveSession` knows only its own thread."""
    if "pyspark" not in sys.modules:
        return None
    from pyspark import SparkContext
    from pyspark.sql import SparkSession
    from pyspark.sql.utils import is_remote

    if is_remote() or SparkContext._active_spark_context is None:
        return SparkSession.getActiveSession()
    return SparkSession.builder.getOrCreate()


def _borrowed(request: SessionRequest, base: "SparkSession", undo: ExitStack) -> _Opened:
    if is_connect(base):
        spark = sibling(base)
        undo.callback(leave, spark)
    else:
        undo.callback(_forget_tables, base)
        undo.enter_context(_active_again(base))
        spark = base.newSession()
    warnings = apply_settings(spark, _wanted(request))
    require_settings(request.required, settings_of(spark, request.required), lambda: jars_of(spark))
    return spark, warnings


def _remote(request: SessionRequest, url: str, undo: ExitStack) -> _Opened:
    if url.startswith("local"):
        require_java()
    mode = os.environ.get("SPARK_CONNECT_MODE_ENABLED")
    with _explained(request, f"Spark Connect at {without_parameters(url)!r}"):
        spark = connect(url, request.app_name)
        # pyspark marks the whole process as a client of Spark Connect; a later run may want a JVM again.
        undo.callback(_set_environment, "SPARK_CONNECT_MODE_ENABLED", mode)
        undo.callback(spark.stop)
        if url.startswith("local"):
            spark.conf.set(SPARK_ENDS, "true")
        return spark, apply_settings(spark, request.conf)


def _started(request: SessionRequest, undo: ExitStack) -> _Opened:
    """A new SparkContext; in a JVM of our own, or in the one that spark-submit started for us."""
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    conf, late = {"spark.app.name": request.app_name, **_wanted(request)}, {}
    with _explained(request, "Spark"), _sigint_kept(), _python_of_workers(conf):
        if start.is_foreign():
            SparkContext._ensure_initialized()
            found = dict(SparkConf().getAll())
            settled = {key: value for key, value in request.required.items() if key in found or read_at_start(key)}
            require_settings(settled, found, lambda: f"{jars_of_jvm(SparkContext._jvm)} {found.get(JARS, '')}")
            late = {key: value for key, value in conf.items() if key in found or read_at_start(key)}
            conf = {key: value for key, value in conf.items() if key not in late}
        else:
            require_java()
            require_reachable(conf.get("spark.master", ""))
            conf = {**_DEFAULTS, **(_LOCAL_DEFAULTS if start.is_local(conf) else {}), **conf}
            conf[_REDACTION] = _names_to_hide(conf.get(_REDACTION), request.hidden)
            # What the JVM is started with, everybody on this machine can see; the context gets the rest from inside.
            seen = {key: value for key, value in conf.items() if key not in request.hidden or key.startswith(_OF_THE_JVM)}
            start.start_jvm(seen, is_quick=request.is_quick)
            start.quiet_warnings()
        require_valid(SparkContext._jvm, conf)
        base = SparkSession.builder.config(map={**conf}).getOrCreate()
    warnings: tuple[Problem, ...] = ()
    if _SUBMITTED not in os.environ:
        warnings = _masked_events(request, base, undo)
        undo.callback(start.end_context)
    spark = base.newSession()
    spark.conf.set(SPARK_ENDS, "true")
    # spark-submit's own settings stay as they are; what belongs to a session is this run's to choose.
    differing = apply_settings(spark, {key: value for key, value in late.items() if key != "spark.app.name"})
    return spark, (*warnings, *differing)


def _masked_events(request: SessionRequest, base: "SparkSession", undo: ExitStack) -> tuple[Problem, ...]:
    """Masks the event log in the end, if there is one and there are secrets; a warning where that cannot be."""
    log = event_log(base.sparkContext) if request.mask is not None else None
    if log is None or request.mask is None:
        return ()
    if log.obstacle is not None:
        return (log.obstacle,)
    undo.callback(log.mask, request.mask, request.tell)
    return ()


def _names_to_hide(given: str | None, keys: frozenset[str]) -> str:
    """The pattern of the settings whose values Spark shows in no event log and on no page."""
    exact = [f"^{re.escape(key)}$" for key in sorted(keys) if not is_secret_name(key)]
    return "|".join([*([] if given is None else [given]), f"(?i){SECRET_NAME}", *exact])


def _wanted(request: SessionRequest) -> dict[str, str]:
    """The settings, the master among them."""
    return {**request.conf, **({"spark.master": request.master} if request.master else {})}


@contextmanager
def _explained(request: SessionRequest, what: str) -> Iterator[None]:
    """Whatever keeps Spark from starting becomes one RunError, with what Spark itself said of it."""
    try:
        yield
    except RunError:
        raise
    except Exception as error:
        told = describe_error(error)
        start.end_jvm()
        master = _wanted(request).get("spark.master")
        hint = "Spark's own words are on standard error, above." if request.log is None else _last_words(request.log)
        refused = refusal_of(master, f"{told.message}\n{hint}", request.log) if master is not None else None
        if refused is not None:
            raise refused from error
        if PACKAGES in request.conf and "JAVA_GATEWAY_EXITED" in told.message:
            hint += (
                f" If a package of {request.conf[PACKAGES]!r} was not found: check its name, the network, and that"
                " ~/.m2/repository does not hold its POM without its JAR."
            )
        raise RunError(f"{what} did not start: {told.type}: {told.message}", hint=hint.strip()) from error


def _last_words(log: Path) -> str:
    """What Spark complained of in its log, and where that is."""
    time.sleep(0.3)  # a thread writes the log
    try:
        text = log.read_bytes()[-100_000:].decode("utf-8", "replace")
    except OSError:
        return ""
    found = _FATAL.search(text) or _COMPLAINT.search(text)
    return f"Spark said: {found[0]} (all of it: {log})" if found else f"Spark's own words: {log}."


def _forget_tables(base: "SparkSession") -> None:
    """Lets the caller's session look up tables anew: it remembers the files of those that the run replaced."""
    with suppress(Exception):  # the caller's Spark may be gone by now
        base._jsparkSession.sessionState().catalog().invalidateAllCachedTables()


@contextmanager
def _active_again(base: "SparkSession") -> Iterator[None]:
    """Afterwards the session that was active in this thread is so again: `createDataFrame` makes its own session active."""
    from pyspark.sql import SparkSession

    home: Any = getattr(SparkSession, "_get_j_spark_session_class", lambda jvm: jvm.SparkSession)(base._jvm)
    before, java = SparkSession._activeSession, home.getActiveSession()
    yield
    SparkSession._activeSession = before
    with suppress(Exception):  # the caller's Spark may be gone by now
        home.setActiveSession(java.get()) if java.isDefined() else home.clearActiveSession()


@contextmanager
def _sigint_kept() -> Iterator[None]:
    """pyspark takes SIGINT for itself when it makes a context; a run has its own way to end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _python_of_workers(conf: Mapping[str, str]) -> Iterator[None]:
    """On this machine the workers run this very Python; Spark would take the first `python3` on the PATH."""
    before = os.environ.get("PYSPARK_PYTHON")
    if before is None and start.is_local(conf) and "spark.pyspark.python" not in conf:
        os.environ["PYSPARK_PYTHON"] = sys.executable
    try:
        yield
    finally:
        _set_environment("PYSPARK_PYTHON", before)


def _set_environment(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _facts(spark: "SparkSession") -> dict[str, str]:
    return {
        "spark_version": spark.version,
        "ansi": str(spark.conf.get("spark.sql.ansi.enabled")).lower(),
        "time_zone": str(spark.conf.get("spark.sql.session.timeZone")),
        "master": server_of(spark) if is_connect(spark) else str(spark.sparkContext.master),
    }
