"""Signals while `ppf run` is at work, and a JVM that dies: a clear end, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PPF = Path(sys.executable).with_name("ppf")

PIPELINE = """
name = slow
spark { master = "local[2]", conf { "spark.ui.enabled" = false } }
hooks { logging { format = json, path = log.jsonl } }
components {
  numbers { source = range, options { end = 1000 } }
  slow { transform = python, inputs = [numbers], options { function = "slow:slow" } }
  quick { sink = parquet, inputs = [numbers], options { path = quick, mode = overwrite } }
  out { sink = parquet, inputs = [slow], options { path = out, mode = overwrite } }
}
"""
NAP = 600
"""So many seconds a task sleeps that nobody interrupts."""
CODE = """
def slow(context, inputs):
    def nap(batches):
        import pathlib, time
        pathlib.Path(FOLDER, "started").touch()
        for batch in batches:
            time.sleep(SECONDS)
            yield batch
    return inputs["numbers"].mapInPandas(nap, "id BIGINT")
"""


class Process:
    """`ppf run` in a process of its own, and what came of it."""

    def __init__(self, folder: Path) -> None:
        (folder / "pipeline.conf").write_text(PIPELINE)
        (folder / "slow.py").write_text(f"FOLDER, SECONDS = {str(folder)!r}, {NAP}\n{CODE}")
        (folder / "quick").mkdir()
        self.folder = folder
        command = [PPF, "run", "pipeline.conf", "--run-id", "r1", "--json"]
        self.popen = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_hear_interrupts,
        )

    def wait_for_the_job(self) -> None:
        while not (self.folder / "started").exists():
            assert self.popen.poll() is None, self.popen.communicate()[1]
            time.sleep(0.1)

    def end(self) -> tuple[int, dict[str, Any]]:
        """How it ended, long before the job would have."""
        out, _ = self.popen.communicate(timeout=NAP / 2)
        return self.popen.returncode, json.loads(out) if out else {}

    def below(self) -> list[int]:
        """The processes that it started, and those that these started."""
        parents = {int(line.split()[0]): int(line.split()[1]) for line in _ps()}
        found = [self.popen.pid]
        for parent in found:  # grows while we walk it
            found += [pid for pid, of in parents.items() if of == parent]
        return found[1:]


def _hear_interrupts() -> None:
    """What `nohup` and a shell in the background ignore is ignored by their children too, unless they say otherwise."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _ps() -> list[str]:
    stats = [path.read_text().rpartition(")") for path in Path("/proc").glob("[0-9]*/stat") if path.exists()]
    return [f"{head.split()[0]} {rest.split()[1]}" for head, _, rest in stats]


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _all_end(pids: list[int], seconds: float = NAP / 4) -> bool:
    end = time.monotonic() + seconds
    while any(map(_is_alive, pids)) and time.monotonic() < end:
        time.sleep(0.2)
    return not any(map(_is_alive, pids))


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    for pid in [*process.below(), process.popen.pid]:
        if _is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    process.popen.wait()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_with_its_record_its_hooks_and_no_leftovers(number: int, code: int, process: Process) -> None:
    process.wait_for_the_job()
    started = process.below()
    process.popen.send_signal(number)
    returned, document = process.end()
    assert (returned, document["status"], document["exit_code"]) == (code, "interrupted", code)
    statuses = {each["name"]: (each["status"], each["published"]) for each in document["components"]}
    assert statuses["out"] == statuses["quick"] == ("skipped", False)
    events = [json.loads(line)["event"] for line in (process.folder / "log.jsonl").read_text().splitlines()]
    assert events.count("pipeline_started") == events.count("pipeline_ended") == 1
    assert events.count("component_started") == events.count("component_ended")
    assert len(started) > 1
    assert _all_end(started)
    names = {path.name for path in process.folder.iterdir()}
    assert names - {"__pycache__"} == {".ppf", "log.jsonl", "pipeline.conf", "quick", "slow.py", "started"}
    assert list((process.folder / "quick").iterdir()) == []


def test_a_second_signal_ends_it_at_once_without_hooks(process: Process) -> None:
    process.wait_for_the_job()
    started = process.below()
    process.popen.send_signal(signal.SIGTERM)
    process.popen.send_signal(signal.SIGINT)
    code, document = process.end()
    assert code in (130, 143)
    assert document == {}
    assert '"pipeline_ended"' not in (process.folder / "log.jsonl").read_text()
    assert _all_end(started)


def test_a_jvm_that_dies_ends_the_run_with_one_clear_line(process: Process) -> None:
    process.wait_for_the_job()
    (jvm,) = [pid for pid in process.below() if b"java" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]]
    os.kill(jvm, signal.SIGKILL)
    returned, document = process.end()
    assert (returned, document["status"]) == (1, "failed")
    failed = [each for each in document["components"] if each["status"] == "failed"]
    assert [each["error"]["message"] for each in failed] == [
        "Spark's JVM is gone. If it ran out of memory, raise spark.driver.memory."
    ]
