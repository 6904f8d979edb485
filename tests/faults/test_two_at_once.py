"""Two pipelines at one target at the same time: one after the other, or not at all; never a mixture."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.dataset as arrow
import pytest
from forking import FAILED, Forked, fork
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.state.store import RunRecords

STEPS = """
import pathlib
import time

from pyspark.sql import functions as F


def wait(context, inputs, name, waits_for):
    here = pathlib.Path(__file__).parent

    def begin(id):
        (here / f"{name}.began").touch()
        until = time.monotonic() + 60
        while waits_for and not (here / waits_for).exists():
            if time.monotonic() > until:
                raise TimeoutError(waits_for)
            time.sleep(0.01)
        return id

    began = F.udf(begin, "long").asNondeterministic()
    # One task each: both must find room at the same time.
    return inputs["numbers"].coalesce(1).select(began("id").alias("id"), F.lit(name).alias("k"))
"""

PIPELINE = """
name = %(name)s
components {
  numbers { source = range, options { end = 4 } }
  slow    { transform = python, inputs = [numbers]
            options { function = "steps:wait", args { name = %(name)s, waits_for = "%(waits_for)s" } } }
  out     { sink = parquet, inputs = [slow], options { path = "out/target", %(options)s } }
}
runtime { state_dir = %(state)s }
"""

DYNAMIC = "mode = overwrite, partition_by = [k], partition_overwrite = dynamic"
Rows = Counter[tuple[int, str]]


@dataclass(frozen=True)
class Both:
    """Two pipelines in one folder, `first` and `second`.

    is_apart: each has a state directory of its own, and their runs have the same id, as when one scheduler starts them.
    """

    folder: Path
    spark: SparkSession
    is_apart: bool

    def write(self, name: str, options: str, waits_for: str) -> None:
        state = f".ppf-{name}" if self.is_apart else ".ppf"
        values = {"name": name, "options": options, "waits_for": waits_for, "state": state}
        (self.folder / f"{name}.conf").write_text(PIPELINE % values)
        (self.folder / "steps.py").write_text(STEPS)

    def run_id(self, name: str) -> str:
        return "run" if self.is_apart else f"{name}-run"

    def run(self, name: str, run_id: str | None = None) -> PipelineResult:
        runner = PipelineRunner.from_file(self.folder / f"{name}.conf")
        return runner.run(spark=self.spark, run_id=run_id or self.run_id(name))

    def begin(self, name: str) -> Forked:
        return fork(lambda: 0 if self.run(name).ok else FAILED)

    def rows(self) -> Rows:
        """What another reader finds."""
        table = arrow.dataset(self.folder / "out" / "target", format="parquet", partitioning="hive").to_table()
        return Counter(zip(table["id"].to_pylist(), table["k"].to_pylist(), strict=True))

    def began(self, name: str) -> Path:
        return self.folder / f"{name}.began"

    def status(self, name: str) -> str:
        store = RunRecords(self.folder / (f".ppf-{name}" if self.is_apart else ".ppf"))
        return str(store.show(self.run_id(name))["status"])

    def left(self) -> list[str]:
        beside = [path.name for path in (self.folder / "out").iterdir() if path.name != "target"]
        return beside + [path.name for path in self.folder.glob(".ppf*/unfinished/*")]


def of(*names: str) -> Rows:
    return Counter((number, name) for name in names for number in range(4))


def appears(file: Path) -> bool:
    """Waits for it."""
    until = time.monotonic() + 60
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return file.exists()


@pytest.fixture(params=[True, False], ids=["two state directories", "one state directory"])
def both(request: pytest.FixtureRequest, quiet_spark: SparkSession, tmp_path: Path) -> Both:
    return Both(tmp_path, quiet_spark, request.param)


def test_the_second_of_two_overwrites_ends_before_it_stages(both: Both) -> None:
    both.write("first", "mode = overwrite", waits_for="go")
    both.write("second", "mode = overwrite", waits_for="")
    first = both.begin("first")
    assert appears(both.began("first"))
    result = both.run("second")
    error = result["out"].error
    assert error is not None
    assert f"out/target' is being written by run {both.run_id('first')!r} of pipeline 'first' (process " in error.message
    assert "Try again when that run has ended." in error.message
    assert not both.began("second").exists()
    (both.folder / "go").touch()
    assert first.wait() == 0
    assert both.rows() == of("first")
    assert (both.status("first"), both.status("second")) == ("success", "failed")
    assert both.left() == []


@pytest.mark.parametrize(("options", "before"), [("mode = append", ("first",)), (DYNAMIC, ())], ids=["append", "partitions"])
def test_two_that_leave_each_others_files_alone_both_succeed(both: Both, options: str, before: tuple[str, ...]) -> None:
    """Each waits in the middle of its stage until the other one stages as well."""
    both.write("first", options, waits_for="")
    assert both.run("first", "earlier").ok
    both.began("first").unlink()
    both.write("first", options, waits_for="second.began")
    both.write("second", options, waits_for="first.began")
    running = [both.begin(name) for name in ("first", "second")]
    assert all(appears(both.began(name)) for name in ("first", "second"))
    assert [process.wait() for process in running] == [0, 0]
    assert both.rows() == of(*before, "first", "second")
    assert both.left() == []
