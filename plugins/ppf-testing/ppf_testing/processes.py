"""A process that is killed once it has done something: what was in its memory is gone, what it has written is there.

It is a fork of the process of the tests, and uses the same JVM: a sink may be written for one, and a JVM costs seconds.
"""

import gc
import json
import os
import select
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import pytest

_PATIENCE = 180.0
"""Seconds after which nobody waits any longer."""


def done_by_a_killed_process(act: Callable[[], Any]) -> Any:
    """What `act` gives there, as JSON carries it. The process is killed right after, in the middle of its work."""
    if not hasattr(os, "fork"):
        pytest.skip("This machine cannot fork.")
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads: the child starts a thread of its own
        child = os.fork()
    if child == 0:
        _live(act, writing)
    os.close(writing)
    try:
        told = json.loads(_all_of(reading) or '{"error": "It ended and said nothing."}')
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert "error" not in told, f"In another process:\n{told['error']}"
    return told["given"]


def _live(act: Callable[[], Any], writing: int) -> None:
    """The child, from its first moment to its last."""
    try:
        # The objects of Spark are the parent's: were they collected here, the JVM would forget them there as well.
        gc.freeze()
        # A new thread has connections of its own to the JVM; those of the parent are left alone.
        thread = threading.Thread(target=lambda: _tell(act, writing))
        thread.start()
        thread.join()
    finally:
        os.kill(os.getpid(), signal.SIGKILL)


def _tell(act: Callable[[], Any], writing: int) -> None:
    try:
        told = json.dumps({"given": act()})
    except BaseException:  # noqa: BLE001 -- whatever it is, the parent must hear of it
        told = json.dumps({"error": traceback.format_exc()})
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        pipe.write(told)
        pipe.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def _all_of(reading: int) -> str:
    """What comes through a pipe until its other end is closed."""
    end, parts = time.monotonic() + _PATIENCE, list[bytes]()
    while select.select([reading], [], [], max(0, end - time.monotonic()))[0]:
        part = os.read(reading, 65536)
        if not part:
            return b"".join(parts).decode("utf-8")
        parts.append(part)
    return json.dumps({"error": f"It was not done after {_PATIENCE:.0f} seconds."})
