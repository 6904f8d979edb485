"""An object store that renames by copying: S3 as moto speaks it, through Hadoop's own S3A."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from object_store import BUNDLE, HADOOP_AWS, SDK, object_store

SCRIPT = """
import json, sys, threading
from pyspark.sql import SparkSession
from ppf_core import PpfError
from ppf_core.testing import build, context
from ppf_files import leases
from ppf_core.storage.hadoop_files import HadoopFiles
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
try:
    sink("single", single_file="one.parquet").stage(context(spark, run_id="seven"), spark.range(1))
except PpfError as error:
    told["single"] = str(error)
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
    folder = tmp_path_factory.mktemp("moto")
    with object_store(folder) as settings:
        run = [sys.executable, "-c", SCRIPT, json.dumps(_settings(settings))]
        ended = subprocess.run(run, capture_output=True, text=True, check=False, cwd=folder, timeout=600)
    assert ended.returncode == 0, ended.stderr[-4000:]
    return json.loads(ended.stdout.splitlines()[-1])


def _settings(store: Mapping[str, str]) -> dict[str, str]:
    return {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.jars.packages": ",".join([HADOOP_AWS, *SDK]),
        "spark.jars.excludes": BUNDLE,
        "spark.jars.ivy": str(Path("~/.cache/ppf-tests/ivy").expanduser()),
        **{f"spark.hadoop.{key}": value for key, value in store.items()},
    }


def test_every_mode_publishes_once(told: dict[str, Any]) -> None:
    assert told["modes"] == [10, 11, 20, 21]
    assert told["partitions"] == [0, 2, 9]


def test_a_second_overwrite_is_refused_and_a_discard_leaves_the_rows_alone(told: dict[str, Any]) -> None:
    assert "is being written by run 'five' of pipeline 'test'" in told["refused"]
    assert told["discarded"] == told["modes"]


def test_a_file_that_would_not_keep_its_name_is_refused(told: dict[str, Any]) -> None:
    assert "single_file cannot be shown in one step" in told["single"]


def test_nothing_stays_beside_the_targets(told: dict[str, Any]) -> None:
    assert told["names"] == ["days", "out"]


def test_of_those_that_ask_at_once_only_one_gets_a_lease(told: dict[str, Any]) -> None:
    assert told["winners"] == [1] * 5
