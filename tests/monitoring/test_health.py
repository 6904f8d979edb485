"""What a stream tells over HTTP, asked by a real client."""

import datetime
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from command_line import Ppf, ppf
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner, RunInfo
from ppf_core.config.model import HealthConfig
from ppf_core.errors import RunError
from ppf_core.monitoring import health as module
from ppf_core.monitoring.health import Health, served

__all__ = ["ppf"]

NOW = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
RUN = RunInfo(
    run_id="r1", pipeline="ticks", version=None, environment="dev", mode="streaming", tags={}, started_at=NOW, record_path="/r1"
)
STREAM = """
name = ticks
mode = streaming
components {
  ticks { source = rate, options { rows_per_batch = 10, partitions = 1 } }
  none  { sink = noop, inputs = [ticks] }
}
runtime { health { port = 0 } }
"""


def asked(address: str, path: str) -> tuple[int, dict[str, object]]:
    try:
        with urlopen(f"{address}{path}", timeout=10) as answer:  # noqa: S310 -- it is the address that was served
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.fixture
def health() -> Health:
    return Health(RUN)


@pytest.fixture
def address(health: Health) -> Iterator[str]:
    with served(health, HealthConfig(port=0)) as found:
        yield found


def test_before_spark_is_there_a_stream_lives_and_is_not_ready(address: str) -> None:
    assert asked(address, "/live")[0] == 200
    status, document = asked(address, "/ready")
    assert (status, document["ready"], document["reason"]) == (503, False, "Spark is not ready yet.")
    assert (document["run_id"], document["pipeline"], document["ok"]) == ("r1", "ticks", False)


def test_it_is_ready_while_every_query_is_at_work(health: Health, address: str) -> None:
    health.beat(None)
    assert asked(address, "/ready?verbose=1")[0] == 200
    health.beat("The query 'ticks' is drained.")
    assert asked(address, "/ready")[1]["reason"] == "The query 'ticks' is drained."
    assert asked(address, "/live")[0] == 200


def test_a_run_that_nobody_looks_after_does_not_live(health: Health, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    health.beat(None)
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", -1.0)
    status, document = asked(address, "/live")
    assert (status, document["reason"]) == (503, "Nobody has looked after the stream for 0 s.")


def test_another_path_tells_which_there_are(address: str) -> None:
    assert asked(address, "/") == (
        404,
        {**asked(address, "/")[1], "paths": ["/live", "/ready", "/progress"]},
    )


def test_a_client_that_says_nothing_does_not_keep_others_waiting(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))):
        assert asked(address, "/live")[0] == 200


def test_a_port_that_is_taken_is_told_with_its_number(health: Health, address: str) -> None:
    port = int(address.rpartition(":")[2])
    with (
        pytest.raises(RunError, match=f"port {port}: Address already in use") as refused,
        served(health, HealthConfig(port=port)),
    ):
        pass
    assert refused.value.exit_code == 1


def test_a_stream_that_goes_on_is_ready_and_tells_of_its_last_batch(tmp_path: Path, spark: SparkSession, ppf: Ppf) -> None:
    path = tmp_path / "ticks.conf"
    path.write_text(STREAM)
    stream = PipelineRunner.from_file(path).start(spark=spark)
    try:
        while stream.is_alive and not stream.progress():
            time.sleep(0.05)
        address = ppf("runs", "show", stream.run_id, "--pipeline", path, "--json").document["facts"]["health"]
        while stream.is_alive and asked(address, "/ready")[0] != 200:  # twice a second somebody looks whether it is
            time.sleep(0.05)
        (query,) = asked(address, "/progress")[1]["queries"]  # type: ignore[misc]
        assert (query["query"], query["input_rows"]) == ("ticks", 10)
    finally:
        stream.stop()
        result = stream.await_end()
    assert result is not None
    assert result.ok
    with pytest.raises(OSError, match="refused"):
        asked(address, "/live")


def test_where_the_port_is_taken_the_run_fails_before_spark(tmp_path: Path, ppf: Ppf) -> None:
    path = tmp_path / "ticks.conf"
    path.write_text(STREAM)
    with served(Health(RUN), HealthConfig(port=0)) as address:
        port = address.rpartition(":")[2]
        answer = ppf("run", path, "--set", f"runtime.health.port={port}", "--json")
    assert answer.code == 1
    assert f"port {port}: Address already in use" in answer.document["problems"][0]["message"]
    assert not any(component["started_at"] for component in answer.document["components"])


def test_a_port_that_cannot_be_and_a_batch_pipeline_are_located(tmp_path: Path, ppf: Ppf) -> None:
    path = tmp_path / "ticks.conf"
    path.write_text(STREAM.replace("port = 0", "port = 70000"))
    assert "must be a port from 0 to 65535" in ppf("validate", path).err
    path.write_text(STREAM.replace("mode = streaming", "").replace("rate", "range").replace("rows_per_batch", "end"))
    (problem,) = [each for each in ppf("validate", path, "--json").document["problems"] if each["path"] == "runtime.health"]
    assert (problem["code"], problem["line"]) == ("wrong-mode", 8)
