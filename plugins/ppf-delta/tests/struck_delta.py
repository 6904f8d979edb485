"""Runs a pipeline in a process and a JVM of its own, which both die at a moment that the test names:
`struck_delta.py FILE RUN write|commit SECONDS`, so many seconds after Delta began to write files, or to commit."""

import os
import signal
import sys
import threading
from typing import Any

from connectors import connector_settings
from ppf_delta.log import Log, Transaction

from ppf_core import PipelineRunner
from ppf_core.testing.fixtures import small_session

POINTS: dict[str, tuple[Any, str]] = {"write": (Log, "write_files"), "commit": (Transaction, "commit")}

if __name__ == "__main__":
    path, run_id, point, seconds = sys.argv[1:]
    owner, name = POINTS[point]
    original = getattr(owner, name)

    def struck(*arguments: Any, **named: Any) -> Any:
        threading.Timer(float(seconds), lambda: os.killpg(0, signal.SIGKILL)).start()
        return original(*arguments, **named)

    setattr(owner, name, struck)
    with small_session(connector_settings()) as spark:
        PipelineRunner.from_file(path).run(spark=spark, run_id=run_id)
    threading.Event().wait(60)  # for the one who kills
