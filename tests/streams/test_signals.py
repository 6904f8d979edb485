"""A stream that is asked to end by a signal finishes its batch, shows it, and says so by its exit code."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PIPELINE = """
name = ticking
mode = streaming
spark { master = "local[1]", conf { "spark.ui.enabled" = false } }
components {
  ticks { source = rate, options { rows_per_batch = 3 } }
  out   { sink = json, inputs = [ticks], trigger = "200 ms", options { path = "out" } }
}
"""


def rows(folder: Path) -> list[int]:
    lines = [line for path in (folder / "out").glob("[!._]*") for line in path.read_text().splitlines()]
    return sorted(json.loads(line)["value"] for line in lines)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_drains_the_stream_and_the_next_run_goes_on(tmp_path: Path, number: int, code: int) -> None:
    path = tmp_path / "ticking.conf"
    path.write_text(PIPELINE)
    command = [str(Path(sys.executable).with_name("ppf")), "run", str(path), "--json"]
    for _ in range(2 if number == signal.SIGTERM else 1):
        before = len(rows(tmp_path))
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                until = time.monotonic() + 240
                while len(rows(tmp_path)) == before and time.monotonic() < until and process.poll() is None:
                    time.sleep(0.05)
                process.send_signal(number)
                told, noise = process.communicate(timeout=120)
            finally:
                process.kill()
        assert process.returncode == code, noise
        assert json.loads(told)["status"] == "interrupted"
        found = rows(tmp_path)
        assert found == list(range(len(found)))
        assert len(found) > before
    assert not list((tmp_path / "out").glob(".stage*"))
