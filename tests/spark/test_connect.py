"""Spark Connect: what it refuses, and a session on a real server that Spark starts on this machine."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pyspark
import pytest

from ppf_core.spark.connect import connect_refusals

# Nobody skips it unseen: in CI, the environment of the reference version has what it needs.
needs_connect = pytest.mark.skipif(
    importlib.util.find_spec("grpc") is None and not (os.environ.get("CI") and pyspark.__version__.startswith("4.1.")),
    reason="needs pyspark[connect]",
)

CONNECTED = """
import json, os
from ppf_core.jvm.errors import describe_error, is_analysis_error
from ppf_core.spark.session import SessionRequest, open_session

def opened(given=None, **wanted):
    return open_session(SessionRequest(app_name="connected", **wanted), given)

first = opened(remote="local[1]", conf={"spark.sql.shuffle.partitions": "3", "spark.executor.memory": "9g"})
second = opened(first.spark, conf={"spark.sql.shuffle.partitions": "4"})
second.spark.range(1).createOrReplaceTempView("of_the_second")
seen = {
    "owned": [first.owned, second.owned],
    "count": first.spark.range(3).count(),
    "partitions": [session.spark.conf.get("spark.sql.shuffle.partitions") for session in (first, second)],
    "view": [session.spark.catalog.tableExists("of_the_second") for session in (first, second)],
    "warnings": [warning.path for warning in first.warnings],
    "master": first.facts["master"],
}
try:
    first.spark.sql("SELECT nope").schema
except Exception as error:
    seen["analysis"] = is_analysis_error(error), describe_error(error).message
second.close()
seen["alive"] = first.spark.range(2).count()
first.close()
seen["marks"] = [name for name in ("SPARK_REMOTE", "SPARK_LOCAL_REMOTE", "SPARK_CONNECT_MODE_ENABLED") if name in os.environ]
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What a client saw of a server that was started for it."""
    folder = tmp_path_factory.mktemp("connected")
    environment = {**os.environ, "SPARK_TESTING": "1"}  # a free port instead of 15002, where another server may listen
    done = subprocess.run(
        [sys.executable, "-c", CONNECTED], cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@needs_connect
def test_a_server_on_this_machine_is_started_and_works(connected: Mapping[str, Any]) -> None:
    assert (connected["owned"], connected["count"], connected["master"]) == ([True, False], 3, "sc://localhost")


@needs_connect
def test_each_run_has_a_session_of_its_own_on_the_server(connected: Mapping[str, Any]) -> None:
    assert (connected["partitions"], connected["view"]) == (["3", "4"], [False, True])


@needs_connect
def test_a_static_setting_is_a_warning_and_not_dropped_silently(connected: Mapping[str, Any]) -> None:
    assert connected["warnings"] == ['spark.conf."spark.executor.memory"']


@needs_connect
def test_closing_a_borrowed_session_leaves_the_server_alone(connected: Mapping[str, Any]) -> None:
    assert connected["alive"] == 2


@needs_connect
def test_after_the_end_the_process_is_no_client_any_more(connected: Mapping[str, Any]) -> None:
    assert connected["marks"] == []


@needs_connect
def test_errors_of_a_server_are_described_as_those_of_a_jvm(connected: Mapping[str, Any]) -> None:
    analysis, message = connected["analysis"]
    assert analysis
    assert "`nope` cannot be resolved" in message


def test_jars_and_static_settings_are_refused_each_by_name() -> None:
    conf = {"spark.jars": "/a.jar", "spark.executor.memory": "1g", "spark.sql.extensions": "x.Y"}
    refusals = connect_refusals(conf, ["g:a:1"])
    assert [text.split("'")[1] for text in refusals] == ["g:a:1", "spark.jars", "spark.executor.memory", "spark.sql.extensions"]


def test_settings_of_a_session_and_of_table_formats_are_not_refused() -> None:
    conf = {"spark.sql.shuffle.partitions": "3", "spark.sql.catalog.lake": "x.Y", "spark.wap.branch": "audit"}
    assert connect_refusals(conf) == []
