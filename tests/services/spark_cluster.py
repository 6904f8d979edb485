"""A standalone Spark cluster on this machine, from the files that pyspark brings: a master, and workers with one core each."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

HOME = Path(pyspark.__file__).parent
_URL = re.compile(r"Starting Spark master at (spark://\S+)")


@contextmanager
def spark_cluster(folder: Path, workers: int = 2) -> Iterator[str]:
    """The URL of the master. All processes are stopped at the end of the block; what they log lies in the folder."""
    with ExitStack() as stack:
        master = folder / "master.log"
        stack.enter_context(_daemon(master, "master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"))
        url = _wait_for(master, _URL)
        for number in range(workers):
            log = folder / f"worker-{number}.log"
            limits = ("--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0")
            stack.enter_context(_daemon(log, "worker.Worker", *limits, "--work-dir", str(folder / f"work-{number}"), url))
            _wait_for(log, re.compile("Successfully registered with master (.*)"))
        yield url


@contextmanager
def _daemon(log: Path, name: str, *arguments: str) -> Iterator[None]:
    environment = {**os.environ, "SPARK_HOME": str(HOME), "SPARK_LOCAL_IP": "127.0.0.1"}
    command = [str(HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(log: Path, words: re.Pattern[str], seconds: float = 60) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = words.search(log.read_text(errors="replace"))
        if found is not None:
            return found[1]
        time.sleep(0.2)
    raise TimeoutError(f"{words.pattern!r} did not come within {seconds:g} s:\n{log.read_text(errors='replace')}")
