"""The `spark` fixture for tests of plugins and pipelines; load it with `-p ppf_core.testing.fixtures`."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark_settings() -> Mapping[str, str]:
    """Settings with which `spark` starts besides its own; a conftest.py may give some, such as `spark.jars`."""
    return {}


@pytest.fixture(scope="session")
def spark(spark_settings: Mapping[str, str]) -> "Iterator[SparkSession]":
    """One small local session for the whole test process; a JVM costs seconds, so that tests share it."""
    with small_session(spark_settings) as session:
        yield session


@contextmanager
def small_session(settings: Mapping[str, str]) -> "Iterator[SparkSession]":
    """A session that starts fast, with these settings besides its own; to the end of the block."""
    from pyspark.sql import SparkSession

    from ppf_core.jvm.class_archive import archive_options, class_archive
    from ppf_core.jvm.java_options import jvm_options, quick_options

    # Functions of a test run in workers, which must see what the test sees; Spark would take the first `python3` on the PATH.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory(prefix="ppf-spark-", ignore_cleanup_errors=True) as folder:
        builder = SparkSession.builder.master("local[2]").appName("ppf tests")
        for key, value in (_small(folder) | dict(settings)).items():
            builder = builder.config(key, value)
        with jvm_options((*quick_options({}), *archive_options(class_archive({})))):
            session = builder.getOrCreate()
        yield session
        session.stop()


def _small(folder: str) -> dict[str, str]:
    return {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.python.daemon.module": "ppf_core.testing.workers",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.local.dir": f"{folder}/local",
        # The test process and the JVM are one machine: no look-up of a host name that may not resolve.
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
