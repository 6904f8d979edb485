"""Fixtures of the fault tests."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from scene import Scene


@pytest.fixture(scope="session")
def quiet_spark(spark: SparkSession) -> Iterator[SparkSession]:
    """The session, without a word on each of the many tasks that end with their process."""
    spark.sparkContext.setLogLevel("OFF")
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    yield spark
    spark.sparkContext.setLogLevel("WARN")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A pipeline that was never run."""
    return Scene.new(tmp_path / "scene")
