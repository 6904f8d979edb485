"""Shows what a stream from Kafka into Delta promises: it is killed half-way, and each event is there once all the same.

    tox -e demo-kafka

Starts a broker of its own, fills a topic with every flight of 2013, streams them into a table, kills the stream with -9 while
it writes, starts it again, and counts.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from kafka_broker import Topics, kafka_broker
from rich.console import Console

HERE = Path(__file__).parent
PPF = Path(sys.executable).with_name("ppf")
EVENTS = 336_776
COMMITS = 6
"""So many batches are shown before the kill."""

console = Console()


def main() -> None:
    """Runs all of it; ends with 1 when an event is lost or there twice."""
    began = time.monotonic()
    for old in (HERE / "out", HERE / ".ppf"):  # of an earlier demo, which had another broker
        shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder, kafka_broker(Path(folder) / "kafka") as broker:
        os.environ["KAFKA"] = broker.address
        Topics(broker.address).create(partitions=4, name="flights")
        console.rule("ppf run events.conf: fills the topic")
        ppf("run", "events.conf")
        console.rule("ppf run flights.conf: streams it into a table, and is killed")
        kill_half_way()
        console.rule("ppf run flights.conf: goes on")
        ppf("run", "flights.conf")
    console.rule("ppf run answers.conf: what is in the table")
    ppf("run", "answers.conf")
    (counted,) = [json.loads(line) for file in (HERE / "out/events").glob("[!._]*") for line in file.open()]
    good, bad = counted["good"], counted["bad"]
    (latest, *_) = reversed([each for each in document("runs", "list")["runs"] if each["pipeline"] == "flights-stream"])
    ppf("runs", "report", latest["run_id"])
    console.print(f"{good:,} events are in the table and {bad:,} in quarantine: {good + bad:,} of {EVENTS:,}, each once.")
    console.print(f"All of it took {time.monotonic() - began:.0f} s.")
    sys.exit(0 if good + bad == EVENTS else 1)


def kill_half_way() -> None:
    """SIGKILL, for the JVM too, in the middle of a batch."""
    with subprocess.Popen([PPF, "run", "flights.conf"], cwd=HERE, start_new_session=True) as stream:
        while len(list((HERE / "out/flights/_delta_log").glob("*.json"))) < COMMITS:
            if stream.poll() is not None:
                sys.exit("The stream ended before it could be killed.")
            time.sleep(0.1)
        os.killpg(stream.pid, signal.SIGKILL)
    console.print(f"Killed after {COMMITS} batches.", style="bold red")


def ppf(*words: str) -> None:
    """A command of ppf, as one types it."""
    done = subprocess.run([PPF, *words], cwd=HERE, check=False)
    if done.returncode != 0:
        sys.exit(f"ppf {' '.join(words)} ended with {done.returncode}.")


def document(*words: str) -> dict[str, Any]:
    """What a command says as JSON."""
    done = subprocess.run([PPF, *words, "--json"], cwd=HERE, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
