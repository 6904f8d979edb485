"""Pauses Python's garbage collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """While a file is read, hardly anything is garbage, but the collector would look through all of it again and again.

    That costs two thirds of the time for 1 MB. What is read is bounded, and nothing in it is a cycle that has to go soon.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
