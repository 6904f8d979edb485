"""File systems on which the same promises are tried: this machine's, a real HDFS, and an S3."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from grounds import Ground
from hdfs import hdfs
from jars import jars
from object_store import BUNDLE, HADOOP_AWS, SDK, object_store
from pyspark.sql import SparkSession

from ppf_core.storage import files_at

_NUMBERS = count()


@pytest.fixture(scope="session")
def hdfs_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The root of an HDFS."""
    with hdfs(tmp_path_factory.mktemp("hdfs")) as uri:
        yield uri


@pytest.fixture(scope="session")
def bucket(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A bucket that the session reaches. S3A comes into its JVM late, so Hadoop is told where its classes are."""
    with object_store(tmp_path_factory.mktemp("moto")) as settings:
        spark_jvm: Any = spark
        loader = spark_jvm._jsparkSession.sharedState().jarClassLoader()
        for jar in sorted(jars("hadoop-aws-3.4.2", [HADOOP_AWS, *SDK], excluded=[BUNDLE]).glob("*.jar")):
            loader.addURL(spark_jvm._jvm.java.io.File(str(jar)).toURI().toURL())
        conf = spark_jvm.sparkContext._jsc.hadoopConfiguration()
        before = conf.getClassLoader()
        conf.setClassLoader(loader)
        for key, value in settings.items():
            conf.set(key, value)
        yield "s3a://bucket"
        conf.setClassLoader(before)


@pytest.fixture(params=["local", "hdfs", "s3"])
def ground(request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path) -> Ground:
    """A fresh folder on each of them."""
    folder = str(tmp_path)
    if request.param != "local":
        folder = f"{request.getfixturevalue({'hdfs': 'hdfs_uri', 's3': 'bucket'}[request.param])}/ground-{next(_NUMBERS)}"
    return Ground(request.param, files_at(spark, folder if request.param != "local" else f"file:{folder}"), folder)
