"""A run with a checkpointed frame, struck at every effect, then resumed: the rows are those of a run that nothing struck."""

import signal
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from books import Books, Findings, read_batches
from forking import FAILED, REFUSED
from injection import FAULTS, Effects
from points import EVERY_POINT, spread
from pyspark.sql import SparkSession
from scene import REPLACED, ROWS, Scene
from striking import effects_of, struck

_SHORT = ("killed before", "killed after", "full disk", "failed before")


@pytest.fixture
def reading(scene: Scene) -> Scene:
    """The scene, with files as its source instead of a range."""
    file = scene.folder / "struck.conf"
    text = file.read_text()
    there = f"source = range, options {{ end = {ROWS} }}"
    assert there in text
    file.write_text(text.replace(there, "source = parquet, options { path = in }"))
    arrive(scene.folder / "in" / "early.parquet", range(ROWS))
    return scene


def arrive(file: Path, numbers: range) -> None:
    """A file with rows comes to the source."""
    file.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table({"id": list(numbers)}), file)


@pytest.mark.parametrize("fault", FAULTS if EVERY_POINT else _SHORT)
def test_a_resumed_run_gives_the_rows_of_one_that_nothing_struck(fault: str, quiet_spark: SparkSession, reading: Scene) -> None:
    books, folder = Books(reading.folder), reading.folder
    assert reading.attempt("run", 1, quiet_spark) == 0
    books.settle(1, is_shown=True)
    effects = effects_of(lambda: reading.attempt("run", 2, quiet_spark), str(folder))
    books.settle(2, is_shown=True)
    batch = 2
    for at in spread(len(effects), seconds=4):
        batch += 1
        where = f"{fault} at {at} of {len(effects)}, about {effects[at]}"
        ended = struck(partial(reading.attempt, "run", batch, quiet_spark), Effects([str(folder)], at, FAULTS[fault]))
        assert ended in (-signal.SIGKILL, 0, FAILED, REFUSED), f"{where}: {ended}"
        shown = [rows for name in REPLACED if (rows := read_batches(folder / "out" / name).get(batch))]
        if is_pinned(reading, batch):
            arrive(folder / "in" / "late.parquet", range(100, 102))
        if (folder / ".ppf" / "checkpoints" / f"batch-{batch}.json").exists():
            assert reading.attempt("resume", batch, quiet_spark) == 0, where
            books.settle(batch, is_shown=True)
            assert all(books.shown[batch] == rows for rows in shown), where
        else:  # it was struck before it began
            assert reading.attempt("resume", batch, quiet_spark) == REFUSED, where
            assert not shown
        (folder / "in" / "late.parquet").unlink(missing_ok=True)
        assert books.findings == Findings(), where


def is_pinned(scene: Scene, batch: int) -> bool:
    """Whether the run has decided which files it reads."""
    record = scene.folder / ".ppf" / "runs" / f"batch-{batch}" / "record.jsonl"
    return record.exists() and any('"line": "pin"' in line for line in record.read_text().splitlines())
