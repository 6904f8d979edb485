"""Debian's Prometheus, Pushgateway and node exporter, and a run and a component that events are about."""

import datetime
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from programs import free_port, get, program, serving

from ppf_core import ComponentInfo, RunInfo

Query = Callable[[str], float]


@pytest.fixture
def run() -> RunInfo:
    """A run of the pipeline `flights`."""
    return RunInfo(
        run_id="r1",
        pipeline="flights",
        version=None,
        environment="dev",
        mode="batch",
        tags={},
        started_at=datetime.datetime(2024, 3, 1, 12, tzinfo=datetime.UTC),
        record_path="/records/r1",
    )


@pytest.fixture
def out() -> ComponentInfo:
    """Its sink `out`."""
    return ComponentInfo(name="out", kind="sink", plugin="noop", distribution="ppf-console", inputs={}, datasets=(), options={})


@pytest.fixture(scope="session")
def pushgateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Pushgateway."""
    address = f"127.0.0.1:{free_port()}"
    command = [program("prometheus-pushgateway", "prometheus-pushgateway"), f"--web.listen-address={address}"]
    with serving([*command, "--persistence.file="], f"http://{address}/-/ready", tmp_path_factory.mktemp("pushgateway")):
        yield f"http://{address}"


@pytest.fixture
def node_exporter(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder of textfiles, and the URL of a node exporter that reads it."""
    folder, address = tmp_path / "textfiles", f"127.0.0.1:{free_port()}"
    folder.mkdir()
    command = [
        program("prometheus-node-exporter", "prometheus-node-exporter"),
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={folder}",
        f"--web.listen-address={address}",
    ]
    with serving(command, f"http://{address}/", tmp_path):
        yield folder, f"http://{address}/metrics"


@pytest.fixture
def scraped(tmp_path: Path) -> Iterator[tuple[int, Query]]:
    """A port that a Prometheus scrapes, and a function that asks this Prometheus until it knows an answer."""
    target, address = free_port(), f"127.0.0.1:{free_port()}"
    (tmp_path / "prometheus.yml").write_text(
        "global: { scrape_interval: 200ms }\n"
        f"scrape_configs: [ {{ job_name: ppf, static_configs: [ {{ targets: ['127.0.0.1:{target}'] }} ] }} ]\n"
    )
    command = [program("prometheus", "prometheus"), f"--web.listen-address={address}", "--config.file=prometheus.yml"]

    def ask(query: str) -> float:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = json.loads(get(f"http://{address}/api/v1/query?query={quote(query)}"))["data"]["result"]
            if found:
                return float(found[0]["value"][1])
            time.sleep(0.1)
        raise AssertionError(f"Prometheus knows nothing of {query}.")

    with serving([*command, "--storage.tsdb.path=tsdb"], f"http://{address}/-/ready", tmp_path):
        yield target, ask


@pytest.fixture(scope="session")
def lint() -> Callable[[bytes], str]:
    """What Prometheus' own tool finds wrong with an exposition."""
    command = [program("promtool", "prometheus"), "check", "metrics"]

    def check(exposition: bytes) -> str:
        done = subprocess.run(command, input=exposition, capture_output=True, check=False)
        return f"{done.returncode} {done.stdout.decode()}{done.stderr.decode()}"

    return check
