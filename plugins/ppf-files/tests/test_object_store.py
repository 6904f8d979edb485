"""An object store that renames by copying: S3 as moto speaks it, through Hadoop's own S3A."""

import importlib.util
import json
import os
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pyspark
import pytest
from programs import free_port, serving

# Nobody skips it unseen: in CI, the environment of the reference version has what it needs.
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("moto") is None and not (os.environ.get("CI") and pyspark.__version__.startswith("4.1.")),
    reason="needs moto[s3], flask, flask-cors",
)

# What S3A needs of the 650 MB bundle that it names.
SDK = [f"software.amazon.awssdk:{name}:2.29.52" for name in ("s3", "s3-transfer-manager", "sts", "apache-client")]
PACKAGES = ["org.apache.hadoop:hadoop-aws:3.4.2", *SDK, "software.amazon.awssdk:netty-nio-client:2.29.52"]

SCRIPT = """
import json, sys, threading
from pyspark.sql import SparkSession
from ppf_core import PpfError
from ppf_core.testing import build, context
from ppf_files import leases
from ppf_files.hadoop_files import HadoopFiles
from ppf_files.owner import Owner
from ppf_files.place import Place
from ppf_files.processes import Process
from ppf_files.sinks import ParquetSink

builder = SparkSession.builder.master("local[2]")
for key, value in json.loads(sys.argv[1]).items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
told, base = {}, "s3a://bucket/data"
files = HadoopFiles(spark, base)

def sink(name, **options):
    return build(ParquetSink, path=f"{base}/{name}", **options)

def write(run, query, name, **options):
    made, here = sink(name, **options), context(spark, run_id=run)
    ticket = made.stage(here, spark.sql(query))
    made.publish(here, ticket)
    made.publish(here, ticket)

def ids(name):
    return sorted(row.id for row in spark.read.parquet(f"{base}/{name}").select("id").collect())

write("one", "SELECT id FROM range(3)", "out")
write("two", "SELECT id FROM range(10, 12)", "out", mode="overwrite")
write("three", "SELECT id FROM range(20, 22)", "out", mode="append")
write("four", "SELECT 99 AS id", "out", mode="ignore")
told["modes"] = ids("out")

dynamic = dict(mode="overwrite", partition_by=["k"], partition_overwrite="dynamic")
write("one", "SELECT id, id % 2 AS k FROM range(4)", "days", **dynamic)
write("two", "SELECT 9L AS id, 1L AS k", "days", **dynamic)
told["partitions"] = ids("days")

first, here = sink("out", mode="overwrite"), context(spark, run_id="five")
ticket = first.stage(here, spark.range(1))
try:
    sink("out", mode="overwrite").stage(context(spark, run_id="six"), spark.range(2))
except PpfError as error:
    told["refused"] = str(error)
first.discard(here, ticket)
told["discarded"] = ids("out")
told["names"] = files.names(base)

def race(run, start, taken):
    place = Place(HadoopFiles(spark, base), f"{base}/race", Owner("p", run, "out", f"{run}_0", "0a", Process.this()))
    place.open()
    start.wait()
    try:
        leases.take(place, place.lease)
    except leases.Held:
        return
    taken.append(run)

told["winners"] = []
for number in range(5):
    start, taken = threading.Barrier(5), []
    threads = [threading.Thread(target=race, args=(f"w{number}{each}", start, taken)) for each in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told["winners"].append(len(taken))
    files.delete(f"{base}/.race.ppf-lease")
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a session saw that works on a bucket; a session of its own, since jars are only added before it starts."""
    port, folder = free_port(), tmp_path_factory.mktemp("moto")
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with serving(command, f"{url}/moto-api/data.json", folder):
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("PUT", "/bucket")
        assert connection.getresponse().status == 200
        connection.close()
        run = [sys.executable, "-c", SCRIPT, json.dumps(_settings(url))]
        ended = subprocess.run(run, capture_output=True, text=True, check=False, cwd=folder, timeout=600)
    assert ended.returncode == 0, ended.stderr[-4000:]
    return json.loads(ended.stdout.splitlines()[-1])


def _settings(url: str) -> dict[str, str]:
    store = {
        "endpoint": url,
        "endpoint.region": "us-east-1",
        "path.style.access": "true",
        "connection.ssl.enabled": "false",
        "aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "access.key": "any",
        "secret.key": "any",
    }
    return {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.jars.packages": ",".join(PACKAGES),
        "spark.jars.excludes": "software.amazon.awssdk:bundle",
        "spark.jars.ivy": str(Path("~/.cache/ppf-tests/ivy").expanduser()),
        **{f"spark.hadoop.fs.s3a.{key}": value for key, value in store.items()},
    }


def test_every_mode_publishes_once(told: dict[str, Any]) -> None:
    assert told["modes"] == [10, 11, 20, 21]
    assert told["partitions"] == [0, 2, 9]


def test_a_second_overwrite_is_refused_and_a_discard_leaves_the_rows_alone(told: dict[str, Any]) -> None:
    assert "is being written by run 'five' of pipeline 'test'" in told["refused"]
    assert told["discarded"] == told["modes"]


def test_nothing_stays_beside_the_targets(told: dict[str, Any]) -> None:
    assert told["names"] == ["days", "out"]


def test_of_those_that_ask_at_once_only_one_gets_a_lease(told: dict[str, Any]) -> None:
    assert told["winners"] == [1] * 5
