"""The fixtures `spark`, `memory_stream`, `run_pipeline` and `tmp_plugin`; load them with `-p ppf_core.testing.fixtures`.

None of them leaves anything behind, and none looks at what the machine has besides Java and Python.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ppf_core.contracts.components import Schema
    from ppf_core.contracts.results import PipelineResult
    from ppf_core.testing.streams import MemoryStream


@pytest.fixture(scope="session")
def spark_settings() -> Mapping[str, str]:
    """Settings with which `spark` starts besides its own; a conftest.py may give some, such as `spark.jars`."""
    return {}


@pytest.fixture(scope="session")
def spark(spark_settings: Mapping[str, str]) -> "Iterator[SparkSession]":
    """One small local session for the whole test process; a JVM costs seconds, so that tests share it."""
    with small_session(spark_settings) as session:
        yield session


@pytest.fixture
def memory_stream(spark: "SparkSession", tmp_path: Path) -> "Callable[[Schema], MemoryStream]":
    """Makes streams that the test feeds: `memory_stream("id INT")`, then `add` and `frame`."""
    from ppf_core.testing.streams import memory_stream as made

    folders = (tmp_path / f"stream-{number}" for number in range(1, sys.maxsize))
    return lambda schema: made(spark, schema, next(folders))


@pytest.fixture
def run_pipeline(spark: "SparkSession", tmp_path: Path) -> "Callable[..., PipelineResult]":
    """Runs a pipeline in the folder of the test: the text of a file, or its content as a dictionary.

        result = run_pipeline({"components": {…}}, resume="last")

    It needs no name. Whatever else is given goes to `PipelineRunner.run`.
    """
    from ppf_core.runs.runner import PipelineRunner

    def run(pipeline: str | Mapping[str, Any], **arguments: Any) -> "PipelineResult":
        if isinstance(pipeline, str):
            file = tmp_path / "pipeline.conf"
            file.write_text(f"name = test\n{pipeline}", encoding="utf-8")  # of two names the later one holds
            return PipelineRunner.from_file(file).run(spark=spark, **arguments)
        return PipelineRunner.from_config({"name": "test", **pipeline}, tmp_path).run(spark=spark, **arguments)

    return run


@pytest.fixture
def tmp_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Installs a distribution for one test, seen by this process and by those that it starts. Gives the folder of its files.

    tmp_plugin({"sources.dice": "acme:Dice"}, {"acme.py": "class Dice …"}, name="acme", requires=["ppf-core>=0.1,<1"])
    """
    from ppf_core.testing.installing import forget_modules_below, install

    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH")))))

    def installed(
        offers: Mapping[str, str],
        files: Mapping[str, str],
        *,
        name: str = "acme",
        version: str = "1.0",
        requires: Sequence[str] = ("ppf-core>=0.1,<1",),
    ) -> Path:
        install(site, name, offers, files, requires, version)
        return site

    yield installed
    forget_modules_below(site)


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
