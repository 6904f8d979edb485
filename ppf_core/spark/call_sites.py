"""Which line of Python called for a column, which pyspark tells the JVM at each operation on one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SETTING = "spark.python.sql.dataFrameDebugging.enabled"
"""What Spark calls it. pyspark reads it once in a process, and keeps it here:"""
_KEPT = "_enable_debugging_cache"

_lock = threading.Lock()
_found: list[Any] = []
"""What was kept when each of the blocks began that are open now: the last one to end puts back what the first one found."""


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
