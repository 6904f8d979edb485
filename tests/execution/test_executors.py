"""Plugins whose code runs on executors, on a cluster whose Python has no plugin: what is written in Python is handed over."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from spark_cluster import spark_cluster
from wheels import build_wheel, install

PPF = Path(sys.executable).with_name("ppf")
CODE = """
from acme_words import loud
from pyspark.sql import functions as F
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from ppf_core import NoOptions, Source, Transform


def shouted(text):
    import sys

    return f"{loud(text)} {sys.prefix}"


class Words(DataSource):
    @classmethod
    def name(cls):
        return "acme_words"

    def schema(self):
        return "word STRING"

    def reader(self, schema):
        return WordReader()


class WordReader(DataSourceReader):
    def partitions(self):
        return [InputPartition("one"), InputPartition("two")]

    def read(self, partition):
        yield (loud(partition.value),)


class WordSource(Source[NoOptions]):
    "Words that executors make."
    supports = frozenset({"classic", "connect"})

    def read(self, context):
        context.spark.dataSource.register(Words)
        return context.spark.read.format("acme_words").load()


class Shout(Transform[NoOptions]):
    "Shouts on the executors."
    supports = frozenset({"classic", "connect"})

    def transform(self, context, inputs):
        (frame,) = inputs.values()
        return frame.select(F.udf(shouted)("word").alias("word"))
"""
PIPELINE = """
name = words
components {
  words { source = words }
  shouted { transform = shout, inputs = [words] }
  out { sink = console, inputs = [shouted], options { truncate = false } }
}
"""


class Bare:
    """A Python of the executors that has no plugin, and a driver that has `acme-shout` and what it requires."""

    def __init__(self, folder: Path, driver_path: list[str]) -> None:
        self.folder, self.driver_path = folder, driver_path
        venv.create(folder / "bare", with_pip=False, symlinks=True)
        self.python = folder / "bare" / "bin" / "python"
        (site,) = (folder / "bare" / "lib").glob("python*/site-packages")
        (site / "pyarrow").symlink_to(Path(pyarrow.__file__).parent)
        self.site = folder / "site"
        offers = {"sources.words": "acme_shout:WordSource", "transforms.shout": "acme_shout:Shout"}
        needs = ("ppf-core>=0.1,<1", "acme-words>=1")
        words = "def loud(text):\n    return text.upper()\n"
        for wheel in (
            build_wheel(folder, "acme-shout", offers=offers, code=CODE, requires=needs),
            build_wheel(folder, "acme-words", offers={}, code=words, requires=()),
        ):
            install(wheel, self.site)
        (folder / "words.conf").write_text(PIPELINE)

    def run(self, *arguments: str) -> tuple[dict[str, Any], str]:
        """The document of a run, and what stands on standard error."""
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(self.site), *self.driver_path]),
            "PYSPARK_PYTHON": str(self.python),
            "PYSPARK_DRIVER_PYTHON": sys.executable,
        }
        command = [str(PPF), "run", "words.conf", "--json", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        return json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    with pytest.MonkeyPatch.context() as patch:
        path = os.environ.get("PYTHONPATH", "")
        patch.delenv("PYTHONPATH", raising=False)  # the cluster would have it, too
        yield Bare(tmp_path_factory.mktemp("bare"), [path] if path else [])


@pytest.fixture(scope="module")
def master(bare: Bare) -> Iterator[str]:
    with spark_cluster(bare.folder) as url:
        yield url


def test_the_python_of_the_executors_has_no_plugin(bare: Bare) -> None:
    for name in ("ppf_core", "acme_shout", "acme_words"):
        done = subprocess.run(
            [bare.python, "-c", f"import {name}"], cwd=bare.folder, capture_output=True, text=True, check=False
        )
        assert "ModuleNotFoundError" in done.stderr


def test_what_a_plugin_needs_is_handed_to_a_cluster(bare: Bare, master: str) -> None:
    document, errors = bare.run("--master", master)
    assert document["status"] == "success", errors
    assert "ONE" in errors
    assert str(bare.python.parent.parent) in errors  # the prefix of the Python that shouted
    kept = sorted(
        path.name.partition("-1.0")[0].partition("-0.1")[0] for path in (bare.folder / ".ppf" / "executors").iterdir()
    )
    assert kept == ["acme-shout", "acme-words", "ppf-console", "ppf-core"]


def test_what_a_plugin_needs_is_handed_to_a_server_of_spark_connect(bare: Bare) -> None:
    document, errors = bare.run("--remote", "local[2]")
    assert document["status"] == "success", errors
    assert "TWO" in errors


def test_what_has_native_code_is_named_with_what_to_do(bare: Bare, master: str) -> None:
    kept = set((bare.folder / ".ppf" / "executors").iterdir())
    native = bare.site / "acme_words-1.0.dist-info" / "RECORD"
    before = native.read_text()
    (bare.site / "acme_fast.so").write_bytes(b"\x7fELF")
    native.write_text(f"{before}acme_fast.so,,\n")
    try:
        document, errors = bare.run("--master", master)
    finally:
        native.write_text(before)
    assert set((bare.folder / ".ppf" / "executors").iterdir()) == kept  # another run finds what this one has made
    assert document["status"] == "failed"
    assert "'acme-words', which 'acme-shout' requires, has native code (acme_fast.so)" in errors
    assert "Install acme-words==1.0 in the Python of the executors" in errors
    assert "No module named 'acme_words'" in json.dumps(document)
