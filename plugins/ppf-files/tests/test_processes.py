"""Whether a process still runs: what is in use must never be taken for what a killed one left."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from ppf_files.processes import Process


def test_the_process_that_asks_runs() -> None:
    assert Process.this().state == "running"
    assert Process.this().is_this
    assert str(Process.this()).startswith(f"process {os.getpid()} on host ")


def test_a_number_that_was_given_to_another_process_is_not_the_old_one() -> None:
    assert replace(Process.this(), started="1").state == "ended"


def test_a_process_that_died_has_ended_also_while_nobody_asked_for_its_status() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    values = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    process = replace(Process.this(), pid=child.pid, started=values[19])
    assert process.state == "running"
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process.state == "ended"
    child.communicate()
    assert process.state == "ended"


def test_of_another_host_or_boot_or_container_nothing_is_known() -> None:
    assert replace(Process.this(), host="far-away").state == "unknown"
    assert replace(Process.this(), machine="another boot").state == "unknown"
