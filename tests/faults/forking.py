"""A process of its own for what a test kills, at the price of a fork: it shares the JVM of the test's session."""

import gc
import os
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

REFUSED, FAILED, BROKEN = 3, 4, 99


@dataclass(frozen=True)
class Forked:
    """A process that leads a group of its own."""

    pid: int

    def wait(self) -> int:
        """How it ended: its exit code, or minus the signal."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def fork(act: Callable[[], int]) -> Forked:
    """Starts a process that does something and ends with the number that this gives."""
    child = os.fork()
    if child == 0:
        _live(act)
    os.setpgid(child, child)  # here too, so that it can be killed as a group before it came to that itself
    return Forked(child)


def forked(act: Callable[[], int]) -> int:
    """Does something in a process of its own, and says how that ended."""
    return fork(act).wait()


def _live(act: Callable[[], int]) -> None:
    """The child, from its first moment to its last."""
    code = BROKEN
    try:
        os.setpgid(0, 0)
        # The objects of Spark are the parent's: were they collected here, the JVM would forget them there as well.
        gc.freeze()
        ended: list[int] = []
        # py4j keeps connections for each thread. A new thread opens its own, and the parent's are left alone.
        thread = threading.Thread(target=lambda: ended.append(_acted(act)))
        thread.start()
        thread.join()
        code = ended[0]
    finally:
        os._exit(code)


def _acted(act: Callable[[], int]) -> int:
    try:
        return act()
    except BaseException:  # noqa: BLE001 -- whatever it is, the parent must hear of it
        traceback.print_exc()
        return BROKEN
