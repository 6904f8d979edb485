"""pyspark's own loggers, which print every exception, whole and unredacted, as a line of JSON on standard error."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "pyspark.sql.connect.logging")


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
