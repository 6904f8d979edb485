"""What pyspark does beside its work, and a run can do without.

Its own loggers print every exception, whole and unredacted, as a line of JSON on standard error. And at each operation on a
column it tells the JVM which line of Python called for it.
"""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "pyspark.sql.connect.logging")
CALL_SITES = "spark.python.sql.dataFrameDebugging.enabled"
"""What Spark calls it to tell the line. pyspark reads it once in a process, and keeps it here:"""
_KEPT = "_enable_debugging_cache"

_lock = threading.Lock()
_found: list[Any] = []
"""What was kept when each of the blocks began that are open now: the last one to end puts back what the first one found."""


@contextmanager
def quiet_loggers() -> Iterator[None]:
    """Until the block ends they print into Spark's log if there is one, and nothing if there is none: ppf reports errors."""
    try:
        from pyspark.logger import PySparkLogger
    except ImportError:  # pyspark 3.5 has none
        yield
        return
    # They must be made by pyspark: a plain logger of this name would not take the arguments that pyspark passes.
    loggers: list[logging.Logger] = [PySparkLogger.getLogger(name) for name in _NAMES]
    before = [(logger, list(logger.handlers), logger.propagate) for logger in loggers]
    # While the standard streams are captured, `sys.stderr` is another stream, and this one goes to the log.
    captured = sys.stderr is not sys.__stderr__ and getattr(sys.stderr, "redacting", False)
    for logger in loggers:
        logger.handlers = []
        logger.propagate = False
        logger.addHandler(logging.StreamHandler(sys.__stderr__) if captured else logging.NullHandler())
    try:
        yield
    finally:
        for logger, handlers, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate


@contextmanager
def without_call_sites() -> Iterator[None]:
    """Until the block ends pyspark does not tell, in the whole process: ten calls to the JVM for each operation on a column.

    Only Spark's own messages would name the line, below `== DataFrame ==`, and ppf does not show that part of them.
    """
    from pyspark.errors import utils

    if not hasattr(utils, _KEPT):  # an older pyspark
        yield
        return
    with _lock:
        _found.append(_found[0] if _found else getattr(utils, _KEPT))
        setattr(utils, _KEPT, False)
    try:
        yield
    finally:
        with _lock:
            before = _found.pop()
            if not _found:
                setattr(utils, _KEPT, before)
