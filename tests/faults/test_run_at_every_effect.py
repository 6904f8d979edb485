"""A whole run, struck at every effect: what readers see is old or new, and what follows it leaves exactly its rows."""

import signal
from functools import partial

import pytest
from books import Books, Findings, state_files
from forking import FAILED, REFUSED
from injection import FAULTS, Effects
from points import spread
from pyspark.sql import SparkSession
from scene import Scene
from striking import effects_of, struck

# What follows a fault: the run is resumed, what it left is finished, or the next run just comes.
FOLLOWING = ("resume", "recover", "run")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_run_that_is_struck_anywhere_loses_nothing_and_leaves_nothing(
    fault: str, quiet_spark: SparkSession, scene: Scene
) -> None:
    books, batch = Books(scene.folder), 2
    assert scene.attempt("run", 1, quiet_spark) == 0
    books.settle(1, is_shown=True)
    effects = effects_of(lambda: scene.attempt("run", 2, quiet_spark), str(scene.folder))
    books.settle(2, is_shown=True)
    count = len(effects)
    assert count > 150
    for number, at in enumerate(spread(count, seconds=6)):
        batch += 1
        where = f"{fault} at {at} of {count}, about {effects[at]}"
        faulty = Effects([str(scene.folder)], at, FAULTS[fault])
        ended = struck(partial(scene.attempt, "run", batch, quiet_spark), faulty)
        assert ended in (-signal.SIGKILL, 0, FAILED, REFUSED), f"{where}: {ended}"
        books.look(batch)
        batch = followed(FOLLOWING[number % 3], batch, books, scene, quiet_spark, was_shown=ended == 0)
        assert books.findings == Findings(), where
    assert scene.attempt("run", batch + 1, quiet_spark) == 0  # undisturbed, so that it clears away what the last fault left
    scene.clean()
    assert state_files(scene.folder) == []


def followed(kind: str, batch: int, books: Books, scene: Scene, spark: SparkSession, *, was_shown: bool) -> int:
    """What comes after a fault in a batch, and what must be there then; gives the last batch."""
    if kind == "resume" and not was_shown:
        code = scene.attempt("resume", batch, spark)
        # A run that was killed before its first checkpoint has done nothing, and cannot be resumed.
        assert code in (0, REFUSED)
        if code == 0:
            books.settle(batch, is_shown=True)
            return batch
    if kind == "run":
        assert scene.attempt("run", batch + 1, spark) == 0
        books.pass_over(batch)
        books.settle(batch + 1, is_shown=True)
        return batch + 1
    assert scene.attempt("recover", batch, spark) == 0
    books.settle(batch, is_shown=True if was_shown else None)
    return batch
